//! Requests on their way in and out: arrivals, clients, queues, time-outs, and
//! doing what the pool's policy decides.

use std::collections::VecDeque;

use crate::cpu::CpuScheduler;
use crate::engine::requests::{NO_WORKER, Place, RequestId};
use crate::engine::threads::Activity;
use crate::engine::{Engine, rank};
use crate::experiment::{Fate, Record, SimError};
use crate::kernel::SimTime;
use crate::pool::{Action, PoolView};
use crate::workload::Arrivals;

/// A deadline of one request. The number tells whether the entry still holds
/// the request that it was set for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: SimTime,
    request: RequestId,
    number: u64,
}

/// Deadlines in order: all waits in one queue are allowed the same time.
pub(super) type Deadlines = VecDeque<Deadline>;

impl<C: CpuScheduler> Engine<'_, C> {
    /// The first requests of the load.
    pub(super) fn open_the_doors(&mut self) -> Result<(), SimError> {
        if self.scenario.requests == 0 {
            return Ok(());
        }
        if let Arrivals::Closed { clients, .. } = self.scenario.workload.arrivals {
            for _ in 0..clients {
                self.client_thinks()?;
            }
        } else {
            self.draw_arrival();
        }
        Ok(())
    }

    /// Draws the next row of an open load and schedules it.
    fn draw_arrival(&mut self) {
        if self.trace.next_into(&mut self.row) {
            self.calendar.schedule(self.slots.arrival(), self.row.at, rank::ARRIVAL);
        } else {
            self.watch.load_ended();
        }
    }

    /// The drawn request of an open load is here.
    pub(super) fn on_arrival(&mut self) -> Result<(), SimError> {
        let request = self.new_request(self.now)?;
        if self.watch.wants_more_arrivals() {
            self.draw_arrival();
        }
        self.enter(request);
        Ok(())
    }

    /// A client of a closed load thinks, then sends.
    fn client_thinks(&mut self) -> Result<(), SimError> {
        if !self.trace.next_into(&mut self.row) {
            return Ok(());
        }
        let at = SimTime(self.now.0.saturating_add(self.row.at.0));
        let request = self.new_request(at)?;
        self.calendar.schedule(self.slots.request(request), at, rank::REQUEST);
        Ok(())
    }

    fn new_request(&mut self, at: SimTime) -> Result<RequestId, SimError> {
        let limit = self.scenario.limits.in_system;
        if self.requests.len() >= limit as usize {
            return Err(SimError::TooManyInSystem { limit, at: self.now });
        }
        let request = self.requests.insert(self.next_number, &self.row, at);
        self.next_number += 1;
        self.calendar.reserve_slots(self.slots.count(self.requests.capacity()));
        Ok(request)
    }

    /// A request's own timer: its client has thought, or its task is ready.
    pub(super) fn on_request_timer(&mut self, request: RequestId) {
        if self.requests[request].place == Place::Thinking {
            self.enter(request);
        } else {
            self.on_task_ready(request);
        }
    }

    /// A request is sent: it counts from now on.
    fn enter(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        let class = entry.class;
        self.watch.entered(self.now, entry.number);
        if let Some(patience) = self.scenario.workload.classes[class as usize].client_timeout {
            let deadline = Deadline { at: self.now + patience, request, number: entry.number };
            let queue = &mut self.client_deadlines[class as usize];
            queue.push_back(deadline);
            if queue.len() == 1 {
                let slot = self.slots.client_timeout(class);
                self.calendar.schedule(slot, deadline.at, rank::TIMEOUT);
            }
        }
        if self.plan.dispatches && self.plan.classes[class as usize].send > 0.0 {
            self.requests[request].place = Place::Sending;
            self.hand_to_dispatcher(request);
        } else {
            self.knock_at_pool(request);
        }
    }

    /// The request is at the pool's door.
    pub(super) fn knock_at_pool(&mut self, request: RequestId) {
        let pool = PoolView { workers: self.workers.views(), queued: self.queued_shared };
        match self.policy.on_arrival(&pool) {
            Action::Start { worker } => self.start(request, worker),
            Action::Queue => self.join_queue(request, NO_WORKER),
            Action::QueueAt { worker } => self.join_queue(request, worker),
            other => unreachable!("{other:?} is no answer to an arrival"),
        }
    }

    fn join_queue(&mut self, request: RequestId, worker: u32) {
        let cap = self.scenario.pools[0].queue_cap.map_or(usize::MAX, |cap| cap as usize);
        if self.queued >= cap {
            self.seal(request, Fate::Rejected);
            self.requests.remove(request);
            return;
        }
        self.queued += 1;
        self.watch.queue_length(self.queued as u64);
        let entry = &mut self.requests[request];
        if worker == NO_WORKER {
            entry.place = Place::Queued;
            self.queued_shared += 1;
            self.queue.push_back(request);
        } else {
            entry.place = Place::QueuedAt;
            entry.worker = worker;
            self.workers.queue_at(worker, request);
        }
        if let Some(patience) = self.scenario.pools[0].queue_timeout {
            let number = self.requests[request].number;
            let deadline = Deadline { at: self.now + patience, request, number };
            self.queue_deadlines.push_back(deadline);
            if self.queue_deadlines.len() == 1 {
                self.calendar.schedule(self.slots.queue_timeout(), deadline.at, rank::TIMEOUT);
            }
        }
    }

    fn leave_queue(&mut self, request: RequestId) {
        self.queued -= 1;
        match self.requests[request].place {
            Place::Queued => self.queued_shared -= 1,
            Place::QueuedAt => self.workers.left_own_queue(self.requests[request].worker),
            place => unreachable!("a queued request is {place:?}"),
        }
    }

    /// Starts `request` on `worker`, which has a free slot.
    fn start(&mut self, request: RequestId, worker: u32) {
        let entry = &mut self.requests[request];
        entry.place = Place::Serving;
        entry.worker = worker;
        self.workers.take_slot(worker);
        self.watch.slot_taken(self.now);
        let thread = if self.plan.event_loops {
            self.workers.push_task(worker, request);
            self.workers.first_thread(&self.plan, worker)
        } else {
            let thread = self.workers.take_thread(worker);
            self.thread(thread).request = request;
            thread
        };
        if self.threads[thread as usize].activity == Activity::Idle {
            self.wake(thread);
        }
    }

    /// `worker` is done with a request.
    pub(super) fn slot_freed(&mut self, worker: u32) {
        self.workers.free_slot(worker);
        self.offer_slots(worker, 1);
    }

    /// Lets the policy fill `free` slots of `worker`.
    pub(super) fn offer_slots(&mut self, worker: u32, free: u32) {
        let mut actions = std::mem::take(&mut self.actions);
        let pool = PoolView { workers: self.workers.views(), queued: self.queued_shared };
        self.policy.on_free(&pool, worker, free, &mut actions);
        for action in actions.drain(..) {
            match action {
                Action::StartQueued { worker } => self.start_next_of(false, worker),
                Action::StartOwn { worker } => self.start_next_of(true, worker),
                other => unreachable!("{other:?} is no answer to a free slot"),
            }
        }
        self.actions = actions;
    }

    /// Starts the head of the worker's `own` queue, or of the pool's.
    fn start_next_of(&mut self, own: bool, worker: u32) {
        loop {
            let head = if own { self.workers.pop_own(worker) } else { self.queue.pop_front() };
            let Some(request) = head else {
                unreachable!("started from an empty queue");
            };
            if self.requests[request].place == Place::Abandoned {
                self.requests.remove(request);
                continue;
            }
            self.leave_queue(request);
            self.start(request, worker);
            return;
        }
    }

    /// The dispatcher's patience with the first of the queue is over.
    pub(super) fn on_queue_timeout(&mut self) {
        while let Some(deadline) = self.queue_deadlines.front().copied() {
            let entry = &self.requests[deadline.request];
            let waits = entry.number == deadline.number
                && matches!(entry.place, Place::Queued | Place::QueuedAt);
            if waits && deadline.at > self.now {
                self.calendar.schedule(self.slots.queue_timeout(), deadline.at, rank::TIMEOUT);
                return;
            }
            self.queue_deadlines.pop_front();
            if waits {
                self.leave_queue(deadline.request);
                self.requests[deadline.request].place = Place::Abandoned;
                self.seal(deadline.request, Fate::QueueTimeout);
            }
        }
    }

    /// A client of `class` has waited long enough.
    pub(super) fn on_client_timeout(&mut self, class: u32) {
        while let Some(deadline) = self.client_deadlines[class as usize].front().copied() {
            let entry = &self.requests[deadline.request];
            let waits = entry.number == deadline.number
                && !entry.sealed
                && !matches!(entry.place, Place::Free | Place::Thinking | Place::Abandoned);
            if waits && deadline.at > self.now {
                let slot = self.slots.client_timeout(class);
                self.calendar.schedule(slot, deadline.at, rank::TIMEOUT);
                return;
            }
            self.client_deadlines[class as usize].pop_front();
            if waits {
                self.client_gives_up(deadline.request);
            }
        }
    }

    fn client_gives_up(&mut self, request: RequestId) {
        match self.requests[request].place {
            // The server finds the connection closed when it gets there.
            Place::Queued | Place::QueuedAt => {
                self.leave_queue(request);
                self.requests[request].place = Place::Abandoned;
            }
            Place::Sending => self.requests[request].place = Place::Abandoned,
            // It does not notice while it serves: the work is wasted.
            _ => {}
        }
        self.seal(request, Fate::ClientTimeout);
    }

    /// The request has been served and its result taken.
    pub(super) fn complete(&mut self, request: RequestId) {
        self.seal(request, Fate::Completed);
        self.requests.remove(request);
    }

    /// Settles the fate of `request`; its client of a closed load goes on.
    fn seal(&mut self, request: RequestId, fate: Fate) {
        let entry = &mut self.requests[request];
        entry.sealed = true;
        let record = Record {
            request: entry.number,
            class: entry.class as usize,
            scheduled: entry.scheduled,
            started: entry.started,
            finished: self.now,
            worker: (entry.started.is_some()).then_some(entry.worker),
            fate,
        };
        self.watch.sealed(&record, self.observer);
        if self.closed {
            self.failure = self.client_thinks().err();
        }
    }
}
