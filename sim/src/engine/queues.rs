//! Queues of a pool, patience with them, and doing what the pool's policy
//! decides.

use std::collections::VecDeque;

use crate::cpu::CpuScheduler;
use crate::engine::requests::{NO_WORKER, Place, RequestId};
use crate::engine::threads::{Activity, NO_LOCK};
use crate::engine::{Engine, rank};
use crate::experiment::Fate;
use crate::kernel::SimTime;
use crate::pool::{Action, PoolPolicy, PoolView};

/// A deadline of one request. The number tells whether the entry still holds
/// the request that it was set for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    pub(super) at: SimTime,
    pub(super) request: RequestId,
    pub(super) number: u64,
}

/// Deadlines in order: all waits in one queue are allowed the same time.
pub(super) type Deadlines = VecDeque<Deadline>;

impl<C: CpuScheduler> Engine<'_, C> {
    /// The request is before the pool's workers.
    #[inline]
    pub(super) fn knock_at_pool(&mut self, request: RequestId) {
        let index = self.requests[request].pool as usize;
        if self.plan.pools[index].races {
            self.see_who_is_engaged(index);
        }
        let entries = &self.plan.pools[index].entries;
        let pool = &mut self.pools[index];
        let view = PoolView { workers: self.workers.views(entries), queued: pool.queued_shared };
        match pool.policy.on_arrival(&view) {
            Action::Start { worker } => self.start(request, entries.start + worker),
            Action::Queue => self.join_queue(request, NO_WORKER),
            Action::QueueAt { worker } => self.join_queue(request, entries.start + worker),
            other => unreachable!("{other:?} is no answer to an arrival"),
        }
    }

    fn join_queue(&mut self, request: RequestId, worker: u32) {
        let index = self.requests[request].pool as usize;
        // What the gate let in has its place.
        if !self.pools[index].gate.holds() && self.refused(request) {
            self.pools[index].gate.turned_away();
            return;
        }
        if worker == NO_WORKER {
            self.enter_queue(request, Place::Queued);
            self.pools[index].queued_shared += 1;
            self.pools[index].queue.push_back(request);
        } else {
            self.requests[request].worker = worker;
            self.enter_queue(request, Place::QueuedAt);
            self.workers.queue_at(worker, request);
        }
    }

    /// Counts a request that waits for its pool, and sets its deadline.
    pub(super) fn enter_queue(&mut self, request: RequestId, place: Place) {
        let entry = &mut self.requests[request];
        let (index, number) = (entry.pool as usize, entry.number);
        entry.place = place;
        if std::mem::take(&mut entry.came_in_outage) {
            self.lives.delayed += 1;
        }
        let pool = &mut self.pools[index];
        pool.queued += 1;
        pool.tally.queue_length(pool.queued);
        self.queued += 1;
        self.watch.queue_length(self.queued as u64);
        let patience = self.plan.pools[index].queue_timeout;
        if let Some(patience) = patience.filter(|_| pool.gate.holds() == (place == Place::Held)) {
            let deadline = Deadline { at: self.now + patience, request, number };
            pool.deadlines.push_back(deadline);
            if pool.deadlines.len() == 1 {
                let slot = self.slots.queue_timeout(index as u32);
                self.calendar.schedule(slot, deadline.at, rank::TIMEOUT);
            }
        }
    }

    pub(super) fn leave_queue(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        let pool = &mut self.pools[entry.pool as usize];
        pool.queued -= 1;
        self.queued -= 1;
        match entry.place {
            Place::Held => {}
            Place::Queued => pool.queued_shared -= 1,
            Place::QueuedAt => self.workers.left_own_queue(entry.worker),
            place => unreachable!("a queued request is {place:?}"),
        }
    }

    /// Starts `request` on `worker`, which has a free slot.
    #[inline]
    fn start(&mut self, request: RequestId, worker: u32) {
        let entry = &mut self.requests[request];
        entry.place = Place::Serving;
        entry.worker = worker;
        let pool = entry.pool as usize;
        self.workers.take_slot(worker);
        self.watch.slot_taken(self.now);
        self.pools[pool].tally.slot_taken(self.now);
        let plan = &self.plan.pools[pool];
        let thread = if plan.event_loops {
            self.workers.push_task(worker, request);
            plan.first_thread(worker)
        } else {
            let thread = self.workers.take_thread(worker);
            self.thread(thread).request = request;
            thread
        };
        if self.threads[thread as usize].activity == Activity::Idle {
            self.wake(thread);
        }
    }

    /// `worker` has a slot to give: it is done with a request.
    #[inline]
    pub(super) fn slot_freed(&mut self, worker: u32) {
        self.watch.slot_freed(self.now);
        let pool = self.plan.pool_of[worker as usize] as usize;
        self.pools[pool].tally.slot_freed(self.now);
        self.workers.free_slot(worker);
        if self.plan.pools[pool].mortal && self.after_request(worker) {
            return;
        }
        self.offer_slots(worker, 1);
    }

    /// Whose accepting thread would have to wait for a turn or for a lock?
    fn see_who_is_engaged(&mut self, pool: usize) {
        let plan = &self.plan.pools[pool];
        for worker in plan.entries.clone() {
            let first = &self.threads[plan.first_thread(worker) as usize];
            let engaged = match (plan.event_loops, first.lock) {
                (true, _) => first.activity != Activity::Idle,
                // One thread that serves; the one that accepts shares its lock,
                // unless the build has none.
                (false, NO_LOCK) => {
                    !self.scenario.pools[pool].lock_free()
                        && matches!(first.activity, Activity::OnCpu { locked: true, .. })
                }
                (false, lock) => self.locks[lock as usize].gil.holder().is_some(),
            };
            self.workers.set_engaged(worker, engaged);
        }
    }

    /// Could the loop of `worker` accept a connection that waits?
    pub(super) fn may_accept(&self, worker: u32) -> bool {
        let pool = self.plan.pool_of[worker as usize] as usize;
        let view = self.workers.view(worker);
        self.plan.pools[pool].races
            && self.pools[pool].queued_shared > 0
            && view.ready
            && view.busy < view.slots
    }

    /// The loop of `worker` looks at its sockets between two rounds.
    pub(super) fn look_at_sockets(&mut self, worker: u32) {
        if self.may_accept(worker) {
            self.ask_policy(worker, |policy, view, worker, out| policy.on_turn(view, worker, out));
        }
        self.workers.begin_round(worker);
    }

    /// Lets the policy fill `free` slots of `worker`.
    #[inline]
    pub(super) fn offer_slots(&mut self, worker: u32, free: u32) {
        self.ask_policy(worker, |policy, view, worker, out| {
            policy.on_free(view, worker, free, out);
        });
    }

    /// Asks the pool of `worker` what to start there, and starts it.
    #[inline]
    fn ask_policy(
        &mut self,
        worker: u32,
        ask: impl FnOnce(&mut dyn PoolPolicy, &PoolView<'_>, u32, &mut Vec<Action>),
    ) {
        let mut actions = std::mem::take(&mut self.actions);
        let index = self.plan.pool_of[worker as usize] as usize;
        let entries = &self.plan.pools[index].entries;
        let from = entries.start;
        let pool = &mut self.pools[index];
        let view = PoolView { workers: self.workers.views(entries), queued: pool.queued_shared };
        ask(&mut *pool.policy, &view, worker - from, &mut actions);
        self.do_actions(index, from, actions);
    }

    fn do_actions(&mut self, pool: usize, from: u32, mut actions: Vec<Action>) {
        for action in actions.drain(..) {
            match action {
                Action::StartQueued { worker } => self.start_queued(pool, from + worker),
                Action::StartOwn { worker } => self.start_own(from + worker),
                other => unreachable!("{other:?} is no answer to a free slot"),
            }
        }
        self.actions = actions;
    }

    /// Starts the head of the pool's queue on `worker`.
    fn start_queued(&mut self, pool: usize, worker: u32) {
        while let Some(request) = self.pools[pool].queue.pop_front() {
            if self.start_waiting(request, worker) {
                return;
            }
        }
        unreachable!("started from an empty queue");
    }

    /// Starts the head of the worker's own queue.
    pub(super) fn start_own(&mut self, worker: u32) {
        while let Some(request) = self.workers.pop_own(worker) {
            if self.start_waiting(request, worker) {
                return;
            }
        }
        unreachable!("started from an empty queue");
    }

    /// False if the request had been given up.
    fn start_waiting(&mut self, request: RequestId, worker: u32) -> bool {
        if self.requests[request].place == Place::Abandoned {
            self.discard(request);
            return false;
        }
        self.leave_queue(request);
        self.start(request, worker);
        true
    }

    /// Throws a request away that was given up inside its pool.
    pub(super) fn discard(&mut self, request: RequestId) {
        self.parent_forgets(request);
        self.leave_pool(request);
        self.requests.remove(request);
    }

    /// The pool's patience with the first of its queue is over.
    pub(super) fn on_queue_timeout(&mut self, pool: u32) {
        let holds = self.pools[pool as usize].gate.holds();
        while let Some(deadline) = self.pools[pool as usize].deadlines.front().copied() {
            let entry = &self.requests[deadline.request];
            let queued = match entry.place {
                Place::Held => holds,
                Place::Queued | Place::QueuedAt => !holds,
                _ => false,
            };
            let waits = queued && entry.number == deadline.number && entry.pool == pool;
            if waits && deadline.at > self.now {
                let slot = self.slots.queue_timeout(pool);
                self.calendar.schedule(slot, deadline.at, rank::TIMEOUT);
                return;
            }
            self.pools[pool as usize].deadlines.pop_front();
            if waits {
                self.leave_queue(deadline.request);
                self.requests[deadline.request].place = Place::Abandoned;
                self.seal(deadline.request, Fate::QueueTimeout);
            }
        }
    }
}
