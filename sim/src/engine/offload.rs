//! Threads beside an event loop that run native segments for it
//! (`asyncio.to_thread`): they take an item from the loop's queue under the
//! lock, run it without, and tell the loop under the lock again.

use crate::cpu::{CpuScheduler, ThreadId};
use crate::engine::Engine;
use crate::engine::requests::{NO_REQUEST, RequestId};
use crate::engine::threads::{Activity, Then};

/// A native segment that waits for a thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offloaded {
    pub(super) request: RequestId,
    pub(super) work: f64,
    pub(super) width: u32,
}

impl<C: CpuScheduler> Engine<'_, C> {
    /// The loop hands the next step of `request` to a thread.
    pub(super) fn offload(&mut self, request: RequestId, work: f64, width: u32) {
        let worker = self.requests[request].worker;
        self.workers.push_offloaded(worker, Offloaded { request, work, width });
        let plan = self.plan.of_worker(worker);
        let helpers = plan.threads_of(worker).skip(plan.threads_per_worker as usize);
        let idle =
            helpers.into_iter().find(|&t| self.threads[t as usize].activity == Activity::Idle);
        if let Some(thread) = idle {
            self.wake(thread);
        }
    }

    /// A thread beside the loop goes on.
    pub(super) fn turn_offload(&mut self, thread: ThreadId) {
        let worker = self.threads[thread as usize].worker;
        let idle = self.threads[thread as usize].request == NO_REQUEST;
        if idle && !self.workers.has_offloaded(worker) {
            self.release(thread, Then::Idle);
            return;
        }
        if !self.acquire(thread, false) || self.honours_drop_request(thread) {
            return;
        }
        let done = std::mem::replace(&mut self.thread(thread).request, NO_REQUEST);
        if done != NO_REQUEST {
            self.on_task_ready(done);
        }
        match self.workers.next_offloaded(worker) {
            Some(Offloaded { request, work, width }) => {
                self.thread(thread).request = request;
                self.step_aside(thread, Then::Native { work, width }, false);
            }
            None => self.release(thread, Then::Idle),
        }
    }
}
