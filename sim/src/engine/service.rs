//! Serving a request: a server thread, or a task of an event loop, goes through
//! its steps.

use crate::cpu::{CpuScheduler, ThreadId};
use crate::engine::requests::{Doom, NO_REQUEST, Place, RequestId, Step};
use crate::engine::threads::{Activity, Then};
use crate::engine::{Engine, rank};
use crate::kernel::SimDuration;

impl<C: CpuScheduler> Engine<'_, C> {
    /// A server thread goes on with its request.
    #[inline]
    pub(super) fn serve(&mut self, thread: ThreadId) {
        loop {
            let request = self.threads[thread as usize].request;
            if request == NO_REQUEST {
                self.release(thread, Then::Idle);
                return;
            }
            // A request is only taken up by a thread that has the lock: the
            // worker reads its pipe or queue in bytecode.
            if !self.acquire(thread, false) || self.honours_drop_request(thread) {
                return;
            }
            if self.requests[request].begun.is_none() {
                self.begin_service(request);
                self.pay_for_cold(thread, request);
            }
            match self.next_step(request) {
                Step::Locked { work, preemptible } => {
                    return self.run_locked(thread, work, preemptible);
                }
                Step::Native { work, width, yielding } => {
                    return self.step_aside(thread, Then::Native { work, width }, yielding);
                }
                Step::Wait { time, yielding } => {
                    return self.step_aside(thread, Then::Wait { time }, yielding);
                }
                Step::Done if self.requests[request].doom != Doom::None => {
                    return self.meet_doom(thread, request);
                }
                Step::Done => {
                    let next = self.requests[request].next;
                    self.thread(thread).request = next;
                    if next == NO_REQUEST {
                        let worker = self.threads[thread as usize].worker;
                        self.workers.put_back_thread(worker, thread);
                        self.end_service(request);
                        self.slot_freed(worker);
                        // The pool may have given this thread its next request.
                    } else {
                        self.go_on_with_bundle(request, next);
                        // It came with the one before: nothing is taken up.
                        self.thread(thread).took_up = self.now;
                    }
                }
            }
        }
    }

    #[inline]
    fn next_step(&mut self, request: RequestId) -> Step {
        let entry = &self.requests[request];
        let class = &self.plan.pools[entry.pool as usize].classes[entry.class as usize];
        self.requests.next_step(request, class)
    }

    /// An event loop takes its next turn.
    pub(super) fn turn_loop(&mut self, thread: ThreadId) {
        let worker = self.threads[thread as usize].worker;
        let idle = self.threads[thread as usize].request == NO_REQUEST;
        if idle && !self.workers.has_task(worker) && !self.may_accept(worker) {
            self.release(thread, Then::Idle);
            return;
        }
        if !self.acquire(thread, false) || self.honours_drop_request(thread) {
            return;
        }
        loop {
            let mut request = self.threads[thread as usize].request;
            if request == NO_REQUEST {
                if self.workers.round_is_over(worker) {
                    self.look_at_sockets(worker);
                }
                let Some(ready) = self.workers.next_task(worker) else {
                    self.release(thread, Then::Idle);
                    return;
                };
                request = ready;
                self.thread(thread).request = ready;
                if self.requests[request].begun.is_none() {
                    self.begin_service(request);
                    self.pay_for_cold(thread, request);
                }
                // Resuming a task is measured after sleep.
                self.thread(thread).slept = None;
                if self.plan.task_switch > 0.0 {
                    self.run_locked(thread, self.plan.task_switch, true);
                    return;
                }
            }
            match self.next_step(request) {
                Step::Locked { work, .. } => {
                    // Tasks are not pre-empted by each other; the loop's thread
                    // may still lose the lock to another of its process.
                    return self.run_locked(thread, work, true);
                }
                Step::Native { work, width, yielding } => {
                    let pool = self.requests[request].pool as usize;
                    if self.plan.pools[pool].offload_threads > 0 {
                        self.thread(thread).request = NO_REQUEST;
                        self.offload(request, work, width);
                        continue;
                    }
                    // The loop stands still either way; others of its process
                    // can use the lock meanwhile.
                    if self.scenario.pools[pool].shares_parent() {
                        let then = Then::Native { work, width };
                        return self.step_aside(thread, then, yielding);
                    }
                    return self.run_native(thread, work, width);
                }
                Step::Wait { time, .. } => {
                    let at = self.now + SimDuration(time) + self.lateness.slack();
                    self.calendar.schedule(self.slots.request(request), at, rank::REQUEST);
                    self.thread(thread).request = NO_REQUEST;
                }
                Step::Done if self.requests[request].doom != Doom::None => {
                    return self.meet_doom(thread, request);
                }
                Step::Done => {
                    self.thread(thread).request = NO_REQUEST;
                    self.end_service(request);
                    self.slot_freed(worker);
                }
            }
        }
    }

    /// A task of an event loop has what it waited for.
    pub(super) fn on_task_ready(&mut self, request: RequestId) {
        let worker = self.requests[request].worker;
        self.workers.push_task(worker, request);
        let thread = self.plan.of_worker(worker).first_thread(worker);
        if self.threads[thread as usize].activity == Activity::Idle {
            self.wake(thread);
        }
    }

    /// Taking up a request takes longer, the longer ago the thread did so last:
    /// whether it slept or computed since, the caches have other things in them.
    #[inline]
    fn pay_for_cold(&mut self, thread: ThreadId, request: RequestId) {
        let now = self.now;
        let entry = self.thread(thread);
        let (slept, since) = (entry.slept.take(), now.since(entry.took_up));
        entry.took_up = now;
        let idle = if self.plan.cools() { Some(since) } else { slept };
        let entry = &self.requests[request];
        let class = &self.plan.pools[entry.pool as usize].classes[entry.class as usize];
        let more = self.plan.cold(idle, class.before.after_sleep);
        self.thread(thread).debt += more;
    }

    fn begin_service(&mut self, request: RequestId) {
        let now = self.now;
        let entry = &mut self.requests[request];
        entry.begun = Some(now);
        entry.started.get_or_insert(now);
        let (worker, class, pool) = (entry.worker, entry.class, entry.pool as usize);
        if entry.doom != Doom::None {
            entry.halve();
        }
        self.ledger.request_starts(now, worker, class as usize);
        self.parent_forgets(request);
        if self.plan.pools[pool].lifecycle.kill_after.is_some() {
            self.watch_over(request);
        }
    }

    /// The worker is done with `request`.
    #[inline]
    fn end_service(&mut self, request: RequestId) {
        self.count_served(request);
        let first = self.requests[request].first;
        if first != NO_REQUEST && self.settles_together(request) {
            self.requests[request].place = Place::Bundled;
            self.send_out(first);
        } else {
            self.send_out(request);
        }
    }

    /// `request` is served, and the same thread takes up `next`.
    fn go_on_with_bundle(&mut self, request: RequestId, next: RequestId) {
        self.count_served(request);
        let worker = self.requests[request].worker;
        if self.settles_together(request) {
            self.requests[request].place = Place::Bundled;
        } else {
            self.requests[request].next = NO_REQUEST;
            self.send_out(request);
        }
        let entry = &mut self.requests[next];
        entry.place = Place::Serving;
        entry.worker = worker;
    }

    pub(super) fn settles_together(&self, request: RequestId) -> bool {
        let bundling = self.plan.pools[self.requests[request].pool as usize].bundling;
        bundling.is_some_and(|bundling| bundling.settle_together)
    }

    fn count_served(&mut self, request: RequestId) {
        let now = self.now;
        let entry = &self.requests[request];
        let (worker, class) = (entry.worker, entry.class as usize);
        let (came, began) = (entry.at_pool, entry.begun.unwrap_or(now));
        self.pools[entry.pool as usize].tally.served(now, came, began);
        self.ledger.request_ends(now, worker, class);
        if self.plan.of_worker(worker).mortal {
            self.workers.count_served(worker);
        }
    }
}
