//! The worker handler of `multiprocessing.Pool`, `Pool._handle_workers`.
//!
//! It waits in `poll` for a worker that ends, but also for the pipe of results
//! (`_get_sentinels`). So it wakes with every result, beside the result handler to
//! which that belongs, and looks at all workers; and as `poll` comes back at once
//! while the result lies there unread, it does so over and over, and keeps the
//! result handler from the lock that it needs to read: it lets go of the lock only
//! for calls that do not block, after which it has it again before anybody who
//! sleeps is awake. The result handler gets its turn when it is the first, by luck,
//! at a tick of the clock, if both are on one core, or after a switch interval.
//!
//! Luck is to wake up while the lock is free. Who is woken and is not lucky is woken
//! again a look later, so that the time until luck comes is as good as exponential:
//! it is drawn, rather than every look be played.

use crate::cpu::{CpuScheduler, ThreadId};
use crate::engine::Engine;
use crate::engine::lateness::Lateness;
use crate::engine::requests::RequestId;
use crate::engine::threads::{Activity, Then};

/// Share of a look that is spent in `waitpid` and `poll`, without the lock.
/// CPython 3.13 on one Xeon: 0.2 us for each call, of 2.3 us for each worker.
const UNLOCKED: f64 = 0.1;

/// One pool's.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerHandler {
    thread: ThreadId,
    /// Who takes the results, as a clerk.
    collector: u32,
    /// CPU time of one look, in ns.
    look: f64,
}

/// Where one is in its turn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Circle {
    /// Has it looked, and is about to poll?
    looked: bool,
    /// Did the last poll come back at once?
    circles: bool,
}

impl WorkerHandler {
    pub(super) fn new(thread: ThreadId, collector: u32, look: f64) -> Self {
        Self { thread, collector, look }
    }
}

impl<C: CpuScheduler> Engine<'_, C> {
    /// `request` is in the pipe of results.
    #[inline]
    pub(super) fn worker_handler_sees(&mut self, request: RequestId) {
        let pool = self.requests[request].pool as usize;
        if let Some(WorkerHandler { thread, .. }) = self.plan.pools[pool].worker_handler
            && self.threads[thread as usize].activity == Activity::Idle
        {
            self.wake(thread);
        }
    }

    /// The worker handler's thread goes on.
    pub(super) fn turn_worker_handler(&mut self, thread: ThreadId) {
        if !self.acquire(thread, false) || self.honours_drop_request(thread) {
            return;
        }
        let pool = self.threads[thread as usize].worker as usize;
        let Some(WorkerHandler { collector, look, .. }) = self.plan.pools[pool].worker_handler
        else {
            unreachable!("thread {thread} handles no workers")
        };
        let circle = &mut self.pools[pool].circle;
        circle.looked = !circle.looked;
        if circle.looked {
            let luck = |lateness: &mut Lateness| lateness.until_luck(look, UNLOCKED);
            let work = if circle.circles { look.max(luck(&mut self.lateness)) } else { look };
            self.thread(thread).slept = None;
            self.run_locked(thread, work, true);
            return;
        }
        circle.circles = !self.clerks[collector as usize].queue.is_empty();
        if circle.circles {
            // Whoever is woken now is lucky.
            self.step_aside(thread, Then::Native { work: look * UNLOCKED, width: 1 }, true);
        } else {
            self.release(thread, Then::Idle);
        }
    }
}
