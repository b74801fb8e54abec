//! `gevent.pool.Pool`.
//!
//! gevent 26.9, `gevent/pool.py`.
//!
//! * **Queue.** A greenlet for each request, at most `size` at once: the caller
//!   waits on a semaphore (`Pool.start`, `wait_available`) until one ends. Each
//!   runs until it waits cooperatively; nothing pre-empts it, and a native
//!   segment stops the loop (`hub.threadpool` is there, but nobody uses it
//!   unasked).
//! * **Who pays.** The caller is a greenlet too: spawning and switching cost the
//!   one thread.
//! * It replaces nothing.
//! * **Size.** None: `Pool(size=None)` has no limit, which stands here as the most
//!   that the model has.

use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, MAX_THREADS, ParentThreads, PoolConfig, Profile};
use crate::workload::Workload;

pub(super) struct GeventPool;

impl Kind for GeventPool {
    fn shape(&self) -> Shape {
        Shape::OneLoop
    }

    fn default_profile(&self, _logical_cpus: u32) -> Profile {
        Profile::event_loops(1, MAX_THREADS)
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
    use crate::pool::kinds::testing::{pool, refuses};

    const KIND: PoolKind = PoolKind::GeventPool;

    #[test]
    fn greenlets_of_the_callers_own_thread() {
        let pool = pool(KIND, "async:1x50");
        assert!(pool.shares_parent());
        assert_eq!(pool.parent_threads, ParentThreads::CallerOnly);
        assert_eq!((pool.slots(), pool.offload_threads), (50, 0));
    }

    #[test]
    fn it_is_one_loop() {
        refuses(KIND, &["process:4", "threads:4", "async:2x50"], "write async:1x100");
    }
}
