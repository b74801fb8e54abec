//! A consumer loop without an engine: poll a message, work, commit every
//! hundredth; what keyed consumers are measured against.
//!
//! The baseline of the published pyrallel-consumer benchmark: one thread of one
//! process that calls `Consumer.consume` and the worker function in turn.
//!
//! * **Queue.** The topic. One message is under way at a time, so that any
//!   ordering holds for free.
//! * **Who pays.** The loop itself: no thread hands anything over. librdkafka
//!   fetches ahead in native threads of its own.
//! * **Size.** One.

use crate::pool::kinds::{Kind, Shape};
use crate::pool::{Dispatcher, PoolConfig, Profile};
use crate::workload::Workload;

pub(super) struct KeyedBaseline;

impl Kind for KeyedBaseline {
    fn shape(&self) -> Shape {
        Shape::OneByOne
    }

    fn default_profile(&self, _logical_cpus: u32) -> Profile {
        Profile::processes(1)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Kernel)
    }

    fn configure(&self, _pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{pool, refuses};

    const KIND: PoolKind = PoolKind::KeyedBaseline;

    #[test]
    fn it_takes_one_message_after_another_by_itself() {
        let pool = pool(KIND, "process:1");
        assert_eq!((pool.slots(), pool.dispatcher), (1, Dispatcher::Kernel));
    }

    #[test]
    fn it_has_one_worker() {
        refuses(KIND, &["process:2", "threads:1", "async:1x1"], "write process:1");
    }
}
