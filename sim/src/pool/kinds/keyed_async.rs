//! A keyed consumer with an asyncio engine.
//!
//! pyrallel-consumer 1.0.0, `execution_plane/async_engine.py` and
//! `control_plane/work_manager.py`, `broker_poller.py`; Python 3.12 on.
//!
//! * **Queue.** The control loop polls up to 1000 messages, sorts them into a
//!   queue for each (partition, key) or each partition, and submits heads until
//!   `max_in_flight` (1000) are under way. Which may be under way together is the
//!   workload's `ordering`; the library's default is `key_hash`. Polling pauses
//!   above the limit and resumes at 70 % of it (not modelled: the topic keeps
//!   what waits).
//! * **Engine.** `asyncio.Semaphore(max_in_flight)` and a task for each message,
//!   on the loop that also runs the control loop: one thread.
//! * **Who pays.** That thread: submitting, switching tasks and taking completions.
//! * A task that takes over 30 s is cancelled and tried again; not modelled.
//! * **Size.** One loop, 1000 in flight.

use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, ParentThreads, PoolConfig, Profile};
use crate::workload::Workload;

/// `ExecutionConfig.max_in_flight`.
pub(super) const MAX_IN_FLIGHT: u32 = 1000;
/// What `Requires-Python` of pyrallel-consumer 1.0.0 says.
pub(super) const OLDEST_PYTHON: u8 = 12;

pub(super) struct KeyedAsync;

impl Kind for KeyedAsync {
    fn shape(&self) -> Shape {
        Shape::OneLoop
    }

    fn default_profile(&self, _logical_cpus: u32) -> Profile {
        Profile::event_loops(1, MAX_IN_FLIGHT)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn oldest_python(&self) -> u8 {
        OLDEST_PYTHON
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.parent_threads = ParentThreads::One;
        // The semaphore and the control loop have the same limit.
        pool.max_in_flight.get_or_insert(pool.profile.slots_per_worker());
    }
}

#[cfg(test)]
mod tests {
    use crate::pool::kinds::testing::{of, pool, refuses, workload};
    use crate::pool::{Ordering, PoolKind};

    const KIND: PoolKind = PoolKind::KeyedAsync;

    #[test]
    fn the_limit_is_the_semaphore() {
        let pool = pool(KIND, "async:1x2000");
        assert_eq!((pool.max_in_flight, pool.slots()), (Some(2000), 2000));
        assert!(pool.shares_parent());
    }

    #[test]
    fn the_workload_says_the_order() {
        let mut workload = workload();
        workload.service.ordering = Ordering::ByKey;
        assert_eq!(of(KIND, "async:1x100", &workload).ordering, Ordering::ByKey);
    }

    #[test]
    fn it_is_one_loop_on_a_recent_python() {
        refuses(KIND, &["process:4", "threads:4", "async:2x50"], "write async:1x100");
        let why = KIND.refuses("async:1x100".parse().unwrap(), "3.11".parse().unwrap());
        assert_eq!(why.as_deref(), Some("keyed-async needs Python 3.12, not 3.11"));
    }
}
