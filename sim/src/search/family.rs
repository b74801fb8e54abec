//! Kinds of pool that people tell apart.

use crate::pool::{Concurrency, PoolConfig};

/// A kind of pool, by what its requests share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// One request per process.
    Processes,
    /// Threads of one process under one lock.
    Threads,
    /// Several processes of threads, a lock each.
    ThreadWorkers,
    /// Threads of one process without a lock.
    FreeThreads,
    /// Several processes of threads without locks.
    FreeThreadWorkers,
    /// Event loops, one per process.
    EventLoops,
    /// Sub-interpreters of one process.
    Interpreters,
}

impl Family {
    /// The family of `pool`.
    pub(super) fn of(pool: &PoolConfig) -> Self {
        match (pool.profile.concurrency, pool.profile.workers, pool.python.free_threaded) {
            (Concurrency::Serial, _, _) => Self::Processes,
            (Concurrency::EventLoop(_), _, _) => Self::EventLoops,
            (Concurrency::Interpreters(_), _, _) => Self::Interpreters,
            (Concurrency::Threads(_), 1, false) => Self::Threads,
            (Concurrency::Threads(_), _, false) => Self::ThreadWorkers,
            (Concurrency::Threads(_), 1, true) => Self::FreeThreads,
            (Concurrency::Threads(_), _, true) => Self::FreeThreadWorkers,
        }
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Threads => "threads of one process",
            Self::ThreadWorkers => "processes of threads",
            Self::FreeThreads => "free threads of one process",
            Self::FreeThreadWorkers => "processes of free threads",
            Self::EventLoops => "event loops",
            Self::Interpreters => "sub-interpreters",
        }
    }
}
