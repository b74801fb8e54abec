//! The dispatcher's thread: it sends each request to a worker and takes each
//! result back, one at a time, under its own interpreter's lock if it is
//! Python. Executors have it in the caller's process; pool managers and brokers
//! have it in a process of their own.

use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::engine::Engine;
use crate::engine::plan::NATIVE;
use crate::engine::requests::{NO_REQUEST, Place, RequestId};
use crate::engine::threads::{Activity, Then};

impl<C: CpuScheduler> Engine<'_, C> {
    /// Puts a request (on its way in or out) before the dispatcher.
    pub(super) fn hand_to_dispatcher(&mut self, request: RequestId) {
        self.dispatch_queue.push_back(request);
        let Some(thread) = self.dispatcher else {
            unreachable!("a pool that dispatches has a dispatcher");
        };
        if self.threads[thread as usize].activity == Activity::Idle {
            self.wake(thread);
        }
    }

    /// The dispatcher goes on: ends the job in hand, takes the next.
    pub(super) fn dispatch(&mut self, thread: ThreadId) {
        let in_hand = std::mem::replace(&mut self.thread(thread).request, NO_REQUEST);
        if in_hand != NO_REQUEST {
            self.watch.dispatcher_freed(self.now);
            self.dispatched(in_hand);
        }
        let Some(&next) = self.dispatch_queue.front() else {
            self.release(thread, Then::Idle);
            return;
        };
        if !self.acquire(thread, false) || self.honours_drop_request(thread) {
            return;
        }
        self.dispatch_queue.pop_front();
        let entry = &self.requests[next];
        let costs = &self.plan.classes[entry.class as usize];
        let work = if entry.place == Place::Returning { costs.receive } else { costs.send };
        self.thread(thread).request = next;
        self.watch.dispatcher_taken(self.now);
        if self.plan.dispatcher_is_python {
            self.run_locked(thread, work, true);
        } else {
            self.thread(thread).activity = Activity::OnCpu { preemptible: false };
            self.put_on_cpu(thread, Demand { work, group: NATIVE, width: 1 });
        }
    }

    fn dispatched(&mut self, request: RequestId) {
        match self.requests[request].place {
            Place::Sending => self.knock_at_pool(request),
            Place::Returning if self.requests[request].sealed => self.requests.remove(request),
            Place::Returning => self.complete(request),
            Place::Abandoned => self.requests.remove(request),
            place => unreachable!("the dispatcher holds a request that is {place:?}"),
        }
    }
}
