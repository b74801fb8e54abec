//! A keyed consumer with worker processes and micro-batches.
//!
//! pyrallel-consumer 1.0.0, `execution_plane/process_engine.py`; the control loop
//! is that of `keyed_async`. Python 3.12 on.
//!
//! * **Queue.** Heads of the key queues go into an accumulator that flushes at 64
//!   messages or 5 ms after the first (`_BatchAccumulator`, `size_or_timer`) into
//!   one `multiprocessing.Queue` of 2048 batches that all workers read. A batch
//!   runs serially in one worker: messages wait for those before them while other
//!   workers idle. Each message is settled as soon as it is done.
//! * `max_in_flight` (1000) counts messages from submission to completion, so
//!   that the queue's own cap never binds.
//! * **Who pays.** The control loop, the queue's feeder thread and the thread that
//!   takes completions, under the parent's lock; msgpack on both sides.
//! * **Recycling.** `max_tasks_per_child` plus a random count up to
//!   `recycle_jitter_ms` (which is a count, whatever its name says); the rest of
//!   the batch goes back into the queue.
//! * A message that takes over 30 s is interrupted by a signal in the worker and
//!   tried again; not modelled.
//! * **Size.** 8 processes on every host.

use crate::kernel::SimDuration;
use crate::pool::kinds::keyed_async::{MAX_IN_FLIGHT, OLDEST_PYTHON};
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Bundling, Dispatcher, ParentThreads, PoolConfig, Profile};
use crate::workload::{PythonVersion, Workload};

/// `ProcessConfig.batch_size` and `max_batch_wait_ms`.
const MICRO_BATCH: Bundling =
    Bundling { size: 64, wait: SimDuration(5_000_000), settle_together: false };

pub(super) struct KeyedProcess;

impl Kind for KeyedProcess {
    fn shape(&self) -> Shape {
        Shape::Processes
    }

    fn default_profile(&self, _logical_cpus: u32) -> Profile {
        Profile::processes(8)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        &[Rule::MaxRequests, Rule::MaxRequestsJitter]
    }

    fn oldest_python(&self) -> u8 {
        OLDEST_PYTHON
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.parent_threads = ParentThreads::FeederAndCollector;
        pool.bundling = Some(MICRO_BATCH);
        pool.max_in_flight.get_or_insert(MAX_IN_FLIGHT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::kinds::testing::{pool, refuses};
    use crate::pool::{PoolKind, WorkerChoice};

    const KIND: PoolKind = PoolKind::KeyedProcess;

    #[test]
    fn micro_batches_through_one_queue() {
        let pool = pool(KIND, "process:8");
        assert_eq!(pool.bundling, Some(MICRO_BATCH));
        assert_eq!((pool.max_in_flight, pool.choice), (Some(1000), WorkerChoice::SharedQueue));
        assert_eq!(pool.parent_threads, ParentThreads::FeederAndCollector);
    }

    #[test]
    fn it_has_processes_on_a_recent_python() {
        refuses(KIND, &["threads:4", "async:1x50"], "write process:8");
        assert!(KIND.refuses(Profile::processes(8), "3.11".parse().unwrap()).is_some());
    }
}
