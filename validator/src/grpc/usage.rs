//! CPU time of the dispatcher and of its workers while the trace was served.

use std::collections::BTreeMap;

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use super::roots::Roots;
use crate::run::sampler::{clock_ns, monotonic_ns};

/// What was spent between the first request and the last answer, in ns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How long that was.
    pub elapsed: u64,
    /// CPU time of the dispatcher's thread.
    pub dispatcher: u64,
    /// CPU time of each worker process that was there all the time, all of its
    /// threads together.
    pub workers: BTreeMap<i32, u64>,
}

impl Usage {
    pub(super) fn begin(&mut self, roots: &Roots) {
        *self = now(roots);
    }

    /// From `begin` to now.
    pub(super) fn end(&self, roots: &Roots) -> Self {
        let now = now(roots);
        let spent = |(pid, cpu): (i32, u64)| {
            let before = self.workers.get(&pid)?;
            Some((pid, cpu.saturating_sub(*before)))
        };
        Self {
            elapsed: now.elapsed.saturating_sub(self.elapsed),
            dispatcher: now.dispatcher.saturating_sub(self.dispatcher),
            workers: now.workers.into_iter().filter_map(spent).collect(),
        }
    }
}

fn now(roots: &Roots) -> Usage {
    let cpu = |pid| Some((pid, clock_ns(clock_getcpuclockid(Pid::from_raw(pid)).ok()?)));
    Usage {
        elapsed: monotonic_ns(),
        dispatcher: clock_ns(ClockId::CLOCK_THREAD_CPUTIME_ID),
        workers: roots.all().into_iter().filter_map(cpu).collect(),
    }
}
