//! gRPC servers of one request each behind a dispatcher that is not Python.
//!
//! snakepit 0.6, `lib/snakepit/pool/pool.ex` and the profile `:process` of its
//! guide to worker profiles.
//!
//! * **Queue.** One, first come first served, in the dispatcher (an Erlang
//!   process). It holds 1000 requests, then answers `pool saturated` at once, and
//!   gives a request up after 5 s. The first free worker in the set's fixed order
//!   gets the head; at low load the same few get everything. Affinity to sessions is not
//!   modelled.
//! * **Who pays.** The dispatcher and protobuf on both sides. A worker is free
//!   when its reply has been taken, not before.
//! * **Start.** A fresh interpreter for each worker, in batches of 8 with 750 ms
//!   after each.
//! * **Recycling.** A tick every 60 s looks at TTL, requests and memory. Workers
//!   stop before their successors start, nothing is drained, there is no jitter:
//!   a common TTL takes the whole pool down at nearly one tick.
//! * **Heartbeat.** A ping every 2 s, 10 s for the answer, three misses.
//! * BLAS: `OPENBLAS_NUM_THREADS` and its like are 1.
//! * **Size.** Two for each hardware thread (`System.schedulers_online() * 2`); a
//!   `max_workers` of 150 caps it without a word.

use crate::kernel::SimDuration;
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{
    Dispatcher, Drain, Heartbeat, MAX_WORKERS, PoolConfig, Prefetch, Profile, StartMethod,
    WorkerChoice,
};
use crate::workload::{PythonVersion, Workload};

const QUEUE_CAP: u32 = 1000;
const QUEUE_TIMEOUT: SimDuration = SimDuration(5_000_000_000);
const START_BATCH: u32 = 8;
const START_DELAY: SimDuration = SimDuration(750_000_000);
const TICK: SimDuration = SimDuration(60_000_000_000);
const HEARTBEAT: Heartbeat = Heartbeat {
    every: SimDuration(2_000_000_000),
    timeout: SimDuration(10_000_000_000),
    misses: 3,
};
/// `max_workers`.
pub(super) const CAP: u32 = 150;

/// Rules of the tick and the heartbeat, the same for all worker profiles.
pub(super) const RULES: &[Rule] =
    &[Rule::Ttl, Rule::MaxRequests, Rule::MemoryLimit, Rule::Heartbeat];

pub(super) struct GrpcProcess;

impl Kind for GrpcProcess {
    fn shape(&self) -> Shape {
        Shape::Processes
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::processes((2 * logical_cpus).min(CAP).min(MAX_WORKERS))
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Native)
    }

    fn start_methods(&self, _workload: &Workload, _python: PythonVersion) -> Vec<StartMethod> {
        vec![StartMethod::Spawn]
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        RULES
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        manage(pool);
        pool.choice = WorkerChoice::FirstFit;
    }
}

/// What the pool manager does whatever the worker profile.
pub(super) fn manage(pool: &mut PoolConfig) {
    pool.queue_cap.get_or_insert(QUEUE_CAP);
    pool.queue_timeout.get_or_insert(QUEUE_TIMEOUT);
    pool.prefetch = Prefetch::Beyond(0);
    if pool.start_batch.is_none() {
        pool.start_batch = Some(START_BATCH);
        pool.start_delay = START_DELAY;
    }
    pool.lifecycle.check_every.get_or_insert(TICK);
    pool.lifecycle.heartbeat.get_or_insert(HEARTBEAT);
    pool.lifecycle.start_first = false;
    pool.lifecycle.drain = Drain::Drop;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};

    const KIND: PoolKind = PoolKind::GrpcProcess;

    #[test]
    fn a_manager_with_a_queue_serves_the_first_free_worker() {
        let pool = pool(KIND, "process:8");
        assert_eq!((pool.dispatcher, pool.choice), (Dispatcher::Native, WorkerChoice::FirstFit));
        assert_eq!(pool.prefetch, Prefetch::Beyond(0));
        assert_eq!((pool.queue_cap, pool.queue_timeout), (Some(1000), Some(QUEUE_TIMEOUT)));
        assert_eq!((pool.start_batch, pool.start_delay), (Some(8), START_DELAY));
        assert_eq!((pool.start_method, pool.blas_threads), (StartMethod::Spawn, 1));
    }

    #[test]
    fn workers_stop_at_the_tick_before_their_successors_start() {
        let mut workload = workload();
        workload.service.lifecycle.ttl = Some(SimDuration(1_800_000_000_000));
        let lifecycle = of(KIND, "process:8", &workload).lifecycle;
        assert_eq!((lifecycle.check_every, lifecycle.drain), (Some(TICK), Drain::Drop));
        assert!(!lifecycle.start_first && lifecycle.ttl_jitter == SimDuration::ZERO);
        assert_eq!(lifecycle.heartbeat, Some(HEARTBEAT));
    }

    #[test]
    fn a_stated_batch_comes_with_its_own_pause() {
        let mut workload = workload();
        workload.service.start_batch = Some(10);
        workload.service.start_delay = SimDuration(500_000_000);
        let pool = of(KIND, "process:8", &workload);
        assert_eq!(pool.start_batch, Some(10));
        assert_eq!(pool.start_delay, SimDuration(500_000_000));
    }

    #[test]
    fn it_has_processes_only() {
        refuses(KIND, &["thread:4x25", "threads:4", "async:1x4"], "write process:8");
    }
}
