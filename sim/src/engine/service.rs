//! Serving a request: a server thread, or a task of an event loop, goes through
//! its steps.

use crate::cpu::{CpuScheduler, ThreadId};
use crate::engine::requests::{NO_REQUEST, Place, RequestId, Step};
use crate::engine::threads::{Activity, Then};
use crate::engine::{Engine, rank};
use crate::kernel::SimDuration;

impl<C: CpuScheduler> Engine<'_, C> {
    /// A server thread goes on with its request.
    #[inline]
    pub(super) fn serve(&mut self, thread: ThreadId) {
        let request = self.threads[thread as usize].request;
        if request == NO_REQUEST {
            self.release(thread, Then::Idle);
            return;
        }
        // A request is only taken up by a thread that has the lock: the
        // worker reads its pipe or queue in bytecode.
        if !self.acquire(thread, false) {
            return;
        }
        if self.honours_drop_request(thread) {
            return;
        }
        if self.requests[request].started.is_none() {
            self.begin_service(request);
        }
        match self.requests.next_step(request, &self.plan) {
            Step::Locked { work, preemptible } => self.run_locked(thread, work, preemptible),
            Step::Native { work, width, yielding } => {
                self.step_aside(thread, Then::Native { work, width }, yielding);
            }
            Step::Wait { time, yielding } => {
                self.step_aside(thread, Then::Wait { time }, yielding);
            }
            Step::Done => {
                self.thread(thread).request = NO_REQUEST;
                self.workers.put_back_thread(&self.plan, thread);
                self.end_service(request);
                // The pool may have given this thread its next request.
                self.serve(thread);
            }
        }
    }

    /// An event loop takes its next turn.
    pub(super) fn turn_loop(&mut self, thread: ThreadId) {
        let worker = self.threads[thread as usize].worker;
        let idle = self.threads[thread as usize].request == NO_REQUEST;
        if idle && !self.workers.has_task(worker) {
            self.release(thread, Then::Idle);
            return;
        }
        if !self.acquire(thread, false) || self.honours_drop_request(thread) {
            return;
        }
        loop {
            let mut request = self.threads[thread as usize].request;
            if request == NO_REQUEST {
                let Some(ready) = self.workers.next_task(worker) else {
                    self.release(thread, Then::Idle);
                    return;
                };
                request = ready;
                self.thread(thread).request = ready;
                if self.requests[request].started.is_none() {
                    self.begin_service(request);
                }
                if self.plan.task_switch > 0.0 {
                    self.run_locked(thread, self.plan.task_switch, true);
                    return;
                }
            }
            match self.requests.next_step(request, &self.plan) {
                Step::Locked { work, .. } => {
                    // Tasks are not pre-empted by each other; the loop's thread
                    // may still lose the lock to the dispatcher's.
                    self.run_locked(thread, work, true);
                    return;
                }
                Step::Native { work, width, yielding } => {
                    // The loop stands still either way; only the dispatcher of
                    // the same process could use the lock meanwhile.
                    if self.plan.dispatcher_in_worker {
                        self.step_aside(thread, Then::Native { work, width }, yielding);
                    } else {
                        self.run_native(thread, work, width);
                    }
                    return;
                }
                Step::Wait { time, .. } => {
                    let at = self.now + SimDuration(time) + self.oversleep;
                    self.calendar.schedule(self.slots.request(request), at, rank::REQUEST);
                    self.thread(thread).request = NO_REQUEST;
                }
                Step::Done => {
                    self.thread(thread).request = NO_REQUEST;
                    self.end_service(request);
                }
            }
        }
    }

    /// A task of an event loop has what it waited for.
    pub(super) fn on_task_ready(&mut self, request: RequestId) {
        let worker = self.requests[request].worker;
        self.workers.push_task(worker, request);
        let thread = self.workers.first_thread(&self.plan, worker);
        if self.threads[thread as usize].activity == Activity::Idle {
            self.wake(thread);
        }
    }

    fn begin_service(&mut self, request: RequestId) {
        let entry = &mut self.requests[request];
        entry.started = Some(self.now);
        let (worker, class) = (entry.worker, entry.class as usize);
        self.ledger.request_starts(self.now, worker, class);
    }

    /// The worker is done with `request`: its slot is free.
    fn end_service(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        let (worker, class, sealed) = (entry.worker, entry.class, entry.sealed);
        let receive = self.plan.classes[class as usize].receive;
        self.ledger.request_ends(self.now, worker, class as usize);
        self.watch.slot_freed(self.now);
        if self.plan.dispatches && receive > 0.0 {
            self.requests[request].place = Place::Returning;
            self.hand_to_dispatcher(request);
        } else if sealed {
            self.requests.remove(request);
        } else {
            self.complete(request);
        }
        self.slot_freed(worker);
    }
}
