//! `concurrent.futures.ThreadPoolExecutor`.
//!
//! CPython 3.12 and 3.13, `Lib/concurrent/futures/thread.py`.
//!
//! * **Queue.** One unbounded `queue.SimpleQueue` that all threads read; threads
//!   start on demand, but not while one idles (`_adjust_thread_count`).
//! * **Who pays.** The caller makes a future and puts it in the queue; the worker's
//!   thread runs it and settles it itself, condition variable and callbacks
//!   included (`_WorkItem.run`). There is no thread between.
//! * `map` submits one future for each request.
//! * It replaces no threads.
//! * **Size.** `min(32, cpus + 4)`: room for waits, few enough for many cores.
//!   `cpus` is `os.cpu_count()`, from 3.13 `os.process_cpu_count()`.
//! * Nothing is kept: the thread deletes the work item before it waits.

use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, ParentThreads, PoolConfig, Profile};
use crate::workload::Workload;

pub(super) struct ThreadPoolExecutor;

/// Threads that an executor without `max_workers` has.
pub(super) fn default_threads(logical_cpus: u32) -> u32 {
    logical_cpus.saturating_add(4).min(32)
}

impl Kind for ThreadPoolExecutor {
    fn shape(&self) -> Shape {
        Shape::Threads
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::threads(1, default_threads(logical_cpus))
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.parent_threads = ParentThreads::CallerOnly;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::kinds::testing::{of, refuses, workload};
    use crate::pool::{PoolKind, Prefetch, WorkerChoice};
    use crate::workload::Arrivals;

    const KIND: PoolKind = PoolKind::ThreadPoolExecutor;

    #[test]
    fn threads_settle_their_own_results() {
        let mut workload = workload();
        workload.arrivals = Arrivals::Batch { requests: 1000 };
        let pool = of(KIND, "threads:16", &workload);
        assert!(pool.shares_parent());
        assert_eq!(pool.parent_threads, ParentThreads::CallerOnly);
        assert_eq!(pool.choice, WorkerChoice::SharedQueue);
        assert_eq!((pool.prefetch, pool.bundling), (Prefetch::Unbounded, None));
    }

    #[test]
    fn the_default_is_four_more_than_cpus_up_to_32() {
        for (cpus, threads) in [(1, 5), (8, 12), (28, 32), (96, 32)] {
            let profile = ThreadPoolExecutor.default_profile(cpus);
            assert_eq!(profile.to_string(), format!("threads:{threads}"));
        }
    }

    #[test]
    fn it_is_one_process() {
        refuses(KIND, &["process:4", "thread:2x4", "async:1x4"], "write threads:16");
    }
}
