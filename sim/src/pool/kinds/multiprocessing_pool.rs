//! `multiprocessing.Pool`.
//!
//! CPython 3.12, `Lib/multiprocessing/pool.py`; 3.8 and 3.13 do the same.
//!
//! * **Queue.** One pipe for all workers (`SimpleQueue`), read under one lock:
//!   the worker that waits longest goes first. The pipe takes as much as fits in
//!   64 KiB, so that hand-outs run ahead of the workers.
//! * **Chunks.** `map` cuts `n` requests into chunks of `ceil(n / (4 * workers))`
//!   (`Pool._map_async`). A chunk is pickled once, runs in one worker without a
//!   break, and its results come back together. `apply_async` and `imap` send
//!   single requests; so does an open or closed load here.
//! * **Who pays.** The caller cuts, a task-handler thread pickles and writes
//!   (`_handle_tasks`), a result-handler thread reads and unpickles
//!   (`_handle_results`): three threads under the parent's lock. A fourth, which
//!   starts workers, wakes with every result as well and keeps looking at all of
//!   them until that is read (`_get_sentinels`).
//! * **Recycling.** `maxtasksperchild` counts chunks, exactly, without jitter;
//!   a worker-handler thread starts the successor as soon as the old one has gone
//!   (`_handle_workers`).
//! * **Size.** `os.cpu_count()`, from 3.13 `os.process_cpu_count()`.
//! * Nothing is kept: the worker sets `task = job = result = ... = None`.

use crate::kernel::SimDuration;
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Bundling, Dispatcher, ParentThreads, PoolConfig, Profile};
use crate::workload::{Arrivals, PythonVersion, Workload};

pub(super) struct MultiprocessingPool;

impl Kind for MultiprocessingPool {
    fn shape(&self) -> Shape {
        Shape::Processes
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::processes(logical_cpus)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        &[Rule::MaxRequests]
    }

    fn configure(&self, pool: &mut PoolConfig, workload: &Workload, _logical_cpus: u32) {
        pool.parent_threads = ParentThreads::FeederAndCollector;
        pool.looks_at_results = true;
        pool.bundling = chunks(workload, pool.profile.workers);
    }
}

/// The chunks of `map`, if the load is one call of it. Workers are processes or
/// threads.
pub(super) fn chunks(workload: &Workload, workers: u32) -> Option<Bundling> {
    let Arrivals::Batch { requests } = workload.arrivals else {
        return None;
    };
    let size = requests.div_ceil(4 * u64::from(workers));
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    // The whole batch is there at once: a last, shorter chunk waits for nobody.
    let wait = SimDuration(1);
    (size > 1).then_some(Bundling { size, wait, settle_together: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};
    use crate::pool::{PoolKind, Prefetch, WorkerChoice};

    const KIND: PoolKind = PoolKind::MultiprocessingPool;

    #[test]
    fn three_threads_feed_one_pipe() {
        let pool = pool(KIND, "process:4");
        assert_eq!(pool.dispatcher, Dispatcher::Python);
        assert_eq!(pool.parent_threads, ParentThreads::FeederAndCollector);
        assert_eq!(pool.choice, WorkerChoice::SharedQueue);
        assert_eq!((pool.prefetch, pool.bundling), (Prefetch::Unbounded, None));
    }

    #[test]
    fn map_cuts_four_chunks_for_each_worker() {
        // As `divmod(n, 4 * workers)` with one more for a remainder.
        for (requests, workers, size) in [
            (16, 4, None),
            (17, 4, Some(2)),
            (1000, 8, Some(32)),
            (1024, 8, Some(32)),
            (1, 1, None),
        ] {
            let mut workload = workload();
            workload.arrivals = Arrivals::Batch { requests };
            let bundling = of(KIND, &format!("process:{workers}"), &workload).bundling;
            assert_eq!(bundling.map(|b| b.size), size, "{requests} over {workers}");
            assert!(bundling.is_none_or(|b| b.settle_together));
        }
    }

    #[test]
    fn it_has_processes_only() {
        refuses(KIND, &["threads:4", "async:1x4", "interpreters:2"], "write process:8");
    }
}
