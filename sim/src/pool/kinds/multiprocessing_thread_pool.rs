//! `multiprocessing.pool.ThreadPool`.
//!
//! CPython 3.12, `Lib/multiprocessing/pool.py`: a subclass of `Pool` whose workers are
//! threads and whose pipes are `queue.SimpleQueue`s, so that nothing is pickled.
//!
//! * **Queue and chunks** as in `multiprocessing.Pool`: `map` cuts
//!   `ceil(n / (4 * threads))`, which is why it beats `ThreadPoolExecutor` on
//!   short requests.
//! * **Who pays.** The caller, the task handler and the result handler, all
//!   under the one lock that the workers share too.
//! * It replaces no threads: the constructor takes no `maxtasksperchild`.
//! * **Size.** `os.cpu_count()`, from 3.13 `os.process_cpu_count()`.

use crate::pool::kinds::multiprocessing_pool::chunks;
use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, ParentThreads, PoolConfig, Profile};
use crate::workload::Workload;

pub(super) struct ThreadPool;

impl Kind for ThreadPool {
    fn shape(&self) -> Shape {
        Shape::Threads
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::threads(1, logical_cpus)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn configure(&self, pool: &mut PoolConfig, workload: &Workload, _logical_cpus: u32) {
        pool.parent_threads = ParentThreads::FeederAndCollector;
        pool.bundling = chunks(workload, pool.profile.slots_per_worker());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};
    use crate::workload::Arrivals;

    const KIND: PoolKind = PoolKind::MultiprocessingThreadPool;

    #[test]
    fn it_cuts_chunks_by_threads_and_shares_the_parents_lock() {
        let mut workload = workload();
        workload.arrivals = Arrivals::Batch { requests: 1000 };
        let pool = of(KIND, "threads:10", &workload);
        assert_eq!(pool.bundling.map(|b| (b.size, b.settle_together)), Some((25, true)));
        assert!(pool.shares_parent());
        assert_eq!(pool.parent_threads, ParentThreads::FeederAndCollector);
    }

    #[test]
    fn single_requests_are_not_bundled() {
        assert_eq!(pool(KIND, "threads:10").bundling, None);
    }

    #[test]
    fn it_is_one_process() {
        refuses(KIND, &["process:4", "thread:2x4", "async:1x4"], "write threads:16");
    }
}
