//! Celery, threads pool.
//!
//! Celery 5.7, `celery/concurrency/thread.py`: a `ThreadPoolExecutor` in the
//! worker's own process.
//!
//! * **Queue.** The broker's; the main thread prefetches
//!   `worker_prefetch_multiplier` (4) messages for each thread and submits them
//!   to the executor's queue.
//! * **Who pays.** The consumer's thread submits; the pool's thread runs the
//!   request, stores the result and acknowledges the message, under one lock.
//! * No time limits and no recycling: `signal_safe = False`, and nothing counts
//!   requests or memory.
//! * **Size.** The number of CPUs, as for prefork, not the executor's own default.

use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, ParentThreads, PoolConfig, Profile};
use crate::workload::Workload;

pub(super) struct CeleryThreads;

impl Kind for CeleryThreads {
    fn shape(&self) -> Shape {
        Shape::Threads
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::threads(1, logical_cpus)
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
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{pool, refuses, workload};

    const KIND: PoolKind = PoolKind::CeleryThreads;

    #[test]
    fn it_is_an_executor_with_another_size() {
        let pool = pool(KIND, "threads:8");
        assert!(pool.shares_parent());
        assert_eq!(pool.parent_threads, ParentThreads::CallerOnly);
        assert_eq!(CeleryThreads.default_profile(8), pool.profile);
    }

    #[test]
    fn no_time_limit_can_be_had() {
        let mut workload = workload();
        workload.service.lifecycle.kill_after = Some(crate::kernel::SimDuration::SECOND);
        let python = "3.12".parse().unwrap();
        let why = PoolConfig::of_kind(KIND, &workload, Profile::threads(1, 8), python, 8);
        assert!(why.unwrap_err().contains("celery-prefork"));
    }

    #[test]
    fn it_is_one_process() {
        refuses(KIND, &["process:4", "thread:2x4", "async:1x4"], "write threads:16");
    }
}
