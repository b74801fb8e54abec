//! `eventlet.GreenPool`.
//!
//! eventlet 0.41, `eventlet/greenpool.py`.
//!
//! * **Queue.** A green thread for each request, at most `size` at once: `spawn`
//!   takes a semaphore that the caller waits on. `imap` and `starmap` keep `size`
//!   results in a queue of their own. As in gevent nothing pre-empts a green
//!   thread, and a native segment stops the loop unless it goes through
//!   `tpool`.
//! * **Who pays.** The caller is a green thread of the same OS thread.
//! * It replaces nothing.
//! * **Size.** 1000.

use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, ParentThreads, PoolConfig, Profile};
use crate::workload::Workload;

pub(super) struct EventletGreenPool;

impl Kind for EventletGreenPool {
    fn shape(&self) -> Shape {
        Shape::OneLoop
    }

    fn default_profile(&self, _logical_cpus: u32) -> Profile {
        Profile::event_loops(1, 1000)
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

    const KIND: PoolKind = PoolKind::EventletGreenPool;

    #[test]
    fn green_threads_of_the_callers_own_thread() {
        let pool = pool(KIND, "async:1x1000");
        assert!(pool.shares_parent());
        assert_eq!(pool.parent_threads, ParentThreads::CallerOnly);
        assert_eq!(EventletGreenPool.default_profile(64), pool.profile);
    }

    #[test]
    fn it_is_one_loop() {
        refuses(KIND, &["process:4", "threads:4", "async:2x50"], "write async:1x100");
    }
}
