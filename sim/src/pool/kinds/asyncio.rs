//! asyncio: a loop, a semaphore, and `to_thread` for what would block.
//!
//! CPython 3.12, `Lib/asyncio/base_events.py`, `locks.py`, `threads.py`.
//!
//! * **Queue.** A task for each request; `asyncio.Semaphore(n)` lets the first
//!   `n` in and wakes waiters in the order in which they came. The ready tasks
//!   run one after another, each until it awaits.
//! * **Blocking work.** `asyncio.to_thread` hands native segments to the loop's
//!   default executor, a `ThreadPoolExecutor` of `min(32, cpus + 4)` threads
//!   (`run_in_executor`). They share the loop's lock: what releases it leaves the
//!   loop free, bytecode does not.
//! * **Who pays.** Creating and waking tasks costs the loop's own thread.
//! * It replaces nothing.
//! * **Size.** No limit without a semaphore, which stands here as the most that
//!   the model has.

use crate::pool::kinds::thread_pool_executor::default_threads;
use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, MAX_THREADS, ParentThreads, PoolConfig, Profile};
use crate::workload::Workload;

pub(super) struct Asyncio;

impl Kind for Asyncio {
    fn shape(&self) -> Shape {
        Shape::OneLoop
    }

    fn default_profile(&self, _logical_cpus: u32) -> Profile {
        Profile::event_loops(1, MAX_THREADS)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, logical_cpus: u32) {
        pool.parent_threads = ParentThreads::CallerOnly;
        pool.offload_threads = default_threads(logical_cpus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{pool, refuses};

    const KIND: PoolKind = PoolKind::Asyncio;

    #[test]
    fn native_segments_go_to_the_default_executor() {
        let pool = pool(KIND, "async:1x100");
        assert_eq!((pool.slots(), pool.offload_threads), (100, 12));
        assert_eq!(pool.parent_threads, ParentThreads::CallerOnly);
        assert!(pool.shares_parent());
    }

    #[test]
    fn it_is_one_loop() {
        refuses(KIND, &["process:4", "threads:4", "async:2x50"], "write async:1x100");
    }
}
