//! What stands between the client and a worker: parent threads, limits on what
//! is under way, keys and bundles.

use crate::kernel::SimDuration;

/// Threads of the parent (or the dispatcher's process) that a request passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParentThreads {
    /// One thread sends requests and takes results.
    #[default]
    One,
    /// The caller submits, a feeder sends, a collector takes results: three
    /// threads under one lock (`multiprocessing.Pool`, `ProcessPoolExecutor`).
    FeederAndCollector,
    /// The caller submits; the worker's thread settles the result itself
    /// (`ThreadPoolExecutor`).
    CallerOnly,
}

/// How many requests may be handed to the workers before their turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefetch {
    /// Any number: the queue is behind the dispatcher, before the workers.
    #[default]
    Unbounded,
    /// So many beyond the slots that are ready. The rest waits before the
    /// dispatcher; room is made when a result has been taken. With 0 a freed
    /// slot stays empty until the dispatcher has taken the result and sent the
    /// next request.
    Beyond(u32),
}

/// Requests that are sent to a worker together and run there one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bundling {
    /// Most requests of a bundle, at least 1.
    pub size: u32,
    /// Longest wait for a bundle to fill, from its first request.
    pub wait: SimDuration,
    /// Do all results come back together, when the last request is done?
    pub settle_together: bool,
}

/// Which requests may not be under way at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ordering {
    /// Any may.
    #[default]
    Unordered,
    /// One at a time of each key.
    ByKey,
    /// One at a time of each partition.
    ByPartition,
}

impl Ordering {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unordered, Self::ByKey, Self::ByPartition];

    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unordered => "unordered",
            Self::ByKey => "key_hash",
            Self::ByPartition => "partition",
        }
    }
}
