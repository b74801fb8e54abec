//! A pool of the model as a pool that can be run.

use sim::pool::{PoolConfig, PoolKind};

use super::error::RunError;
use super::spec::{POOLS, PoolSpec};
use crate::{grpc, servers};

/// Pools that replace a process after so many requests.
const RECYCLING: [PoolKind; 3] =
    [PoolKind::MultiprocessingPool, PoolKind::ProcessPoolExecutor, PoolKind::CeleryPrefork];

impl PoolSpec {
    /// `pool` as it is run.
    ///
    /// # Errors
    /// This pool is not run for real, or a rule of its life cycle is not.
    pub fn of(pool: &PoolConfig) -> Result<Self, RunError> {
        let kind = pool.kind;
        if !POOLS.contains(&kind) {
            return Err(RunError::NoPool { kind });
        }
        // These are run by their whole configuration, and checked as that.
        if grpc::KINDS.contains(&kind) || servers::HTTP.contains(&kind) {
            return Ok(Self {
                blas_threads: Some(pool.blas_threads),
                ..Self::deployed(pool.clone())
            });
        }
        let life = &pool.lifecycle;
        let other_rule = life.ttl.is_some()
            || life.memory_limit.is_some()
            || life.kill_after.is_some()
            || life.max_requests_jitter > 0
            || (life.max_requests.is_some() && !RECYCLING.contains(&kind));
        if other_rule {
            return Err(RunError::NoRule { kind });
        }
        let too_many = |_| RunError::NoRule { kind };
        Ok(Self {
            workers: pool.profile.workers,
            start_method: pool.start_method,
            max_tasks: life.max_requests.map(u32::try_from).transpose().map_err(too_many)?,
            to_thread: pool.offload_threads > 0,
            blas_threads: Some(pool.blas_threads),
            ..Self::threads(kind, pool.profile.slots_per_worker())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::kernel::SimDuration;
    use sim::pool::{PoolConfig, StartMethod};
    use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

    fn config(kind: PoolKind, profile: &str) -> PoolConfig {
        let wait = Distribution::Constant(SimDuration::MILLISECOND);
        let class = RequestClass::new("only", 1.0, vec![Segment::new(SegmentKind::Wait, wait)]);
        let workload = Workload::new("any", Arrivals::Batch { requests: 8 }, vec![class]);
        let python = "3.12".parse().unwrap();
        PoolConfig::of_kind(kind, &workload, profile.parse().unwrap(), python, 2).unwrap()
    }

    #[test]
    fn a_grpc_pool_keeps_all_of_its_configuration() {
        let pool = config(PoolKind::GrpcThread, "thread:2x3");
        let spec = PoolSpec::of(&pool).unwrap();
        assert_eq!((spec.workers, spec.threads), (2, 3));
        assert_eq!(spec.deployment.unwrap().pools, [pool]);
    }

    #[test]
    fn sizes_start_methods_and_recycling_are_kept() {
        let mut pool = config(PoolKind::MultiprocessingPool, "process:3");
        pool.start_method = StartMethod::Spawn;
        pool.lifecycle.max_requests = Some(7);
        let spec = PoolSpec::of(&pool).unwrap();
        assert_eq!((spec.workers, spec.threads, spec.max_tasks), (3, 1, Some(7)));
        assert_eq!((spec.start_method, spec.blas_threads), (StartMethod::Spawn, Some(1)));
        let threads = PoolSpec::of(&config(PoolKind::ThreadPoolExecutor, "threads:5")).unwrap();
        assert_eq!((threads.workers, threads.threads), (1, 5));
        let tasks = PoolSpec::of(&config(PoolKind::Asyncio, "async:1x9")).unwrap();
        assert_eq!((tasks.workers, tasks.threads, tasks.to_thread), (1, 9, true));
    }

    #[test]
    fn what_is_not_run_for_real_is_refused() {
        let other = PoolSpec::of(&config(PoolKind::KeyedProcess, "process:2")).unwrap_err();
        assert!(other.to_string().contains("keyed-process"), "{other}");
        let mut pool = config(PoolKind::MultiprocessingPool, "process:2");
        pool.lifecycle.ttl = Some(SimDuration::SECOND);
        let rule = PoolSpec::of(&pool).unwrap_err();
        assert!(matches!(rule, RunError::NoRule { .. }), "{rule}");
    }
}
