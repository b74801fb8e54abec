//! Cores and how runnable threads share them.
//!
//! A scheduler holds the runnable threads and what is left of their work, and
//! says when the next of them will be done if nothing else happens. It knows
//! nothing of locks, requests or pools; `engine` tells it who wakes and who
//! blocks.

mod course;
mod fair_quanta;
mod processor_sharing;
mod quota;
mod rate_groups;
mod run_queue;
mod topology;

pub(crate) use fair_quanta::FairQuanta;
pub(crate) use processor_sharing::ProcessorSharing;
pub(crate) use rate_groups::{GroupKind, GroupSpec};

use crate::kernel::SimTime;

/// A thread, numbered by the engine.
pub(crate) type ThreadId = u32;

/// What a thread wants of the cores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    /// CPU time of each native thread, alone on an idle host, in ns.
    pub(crate) work: f64,
    /// Which rate group it belongs to.
    pub(crate) group: usize,
    /// Native threads that it keeps busy (BLAS), at least 1.
    pub(crate) width: u32,
}

/// Shares the cores among runnable threads.
pub(crate) trait CpuScheduler {
    /// `thread` becomes runnable with `demand`. It must not be runnable yet.
    fn wake(&mut self, now: SimTime, thread: ThreadId, demand: Demand);

    /// `thread` leaves before its work is done; returns what is left, in ns.
    fn block(&mut self, now: SimTime, thread: ThreadId) -> f64;

    /// When `advance` must be called next. Ask after every change and before
    /// time moves on: the shares are worked out here, once for all changes of
    /// one instant.
    fn next_change(&mut self) -> SimTime;

    /// Moves to `now`, which is `next_change()`; returns a thread whose work is
    /// done (it is no longer runnable) or `None` after an inner change such as
    /// the end of a slice.
    fn advance(&mut self, now: SimTime) -> Option<ThreadId>;

    /// Cores' worth of progress made since the start, in ns: CPU time, less what
    /// siblings of one core cost each other.
    fn busy_time(&self, now: SimTime) -> f64;

    /// Is the runnable `thread` on a core at this instant?
    fn is_running(&self, thread: ThreadId) -> bool;

    /// Threads on or waiting for a core, native threads counted.
    fn runnable(&self) -> u32;
}
