//! gRPC servers of several threads, each of which serves a request, behind a
//! dispatcher that is not Python: the documented design of snakepit's `:thread`.
//!
//! snakepit, guide to worker profiles. What 0.6 really did is
//! `grpc_thread_serial`.
//!
//! * **Queue** as in `grpc_process`: one, with a cap and a time-out. `Load-aware
//!   worker selection routes requests to least-busy workers`; a worker has as
//!   many requests as threads.
//! * **Who pays.** The dispatcher; in the worker all threads share one lock.
//! * BLAS: `OPENBLAS_NUM_THREADS` and its like equal the threads of the worker.
//! * Start, recycling and heartbeat as in `grpc_process`; each recycled worker
//!   takes all its threads along.
//! * **Size.** A worker for every other hardware thread, of 16 threads, as in the
//!   guide's `schedulers_online() / 2`.

use crate::pool::kinds::grpc_process::{CAP, RULES, manage};
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, PoolConfig, Profile, StartMethod, WorkerChoice};
use crate::workload::{PythonVersion, Workload};

pub(super) struct GrpcThread;

/// The size of the guide.
pub(super) fn default_profile(logical_cpus: u32) -> Profile {
    Profile::threads((logical_cpus / 2).clamp(1, CAP), 16)
}

/// What both kinds of thread workers have in common.
pub(super) fn manage_threads(pool: &mut PoolConfig) {
    manage(pool);
    pool.blas_threads = pool.profile.slots_per_worker();
}

impl Kind for GrpcThread {
    fn shape(&self) -> Shape {
        Shape::ThreadWorkers
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        default_profile(logical_cpus)
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
        manage_threads(pool);
        pool.choice = WorkerChoice::LeastBusy;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::kinds::testing::{pool, refuses};
    use crate::pool::{PoolKind, Prefetch};

    const KIND: PoolKind = PoolKind::GrpcThread;

    #[test]
    fn every_thread_is_a_slot() {
        let pool = pool(KIND, "thread:4x25");
        assert_eq!((pool.slots(), pool.choice), (100, WorkerChoice::LeastBusy));
        assert_eq!((pool.blas_threads, pool.prefetch), (25, Prefetch::Beyond(0)));
        assert_eq!(pool.queue_cap, Some(1000));
    }

    #[test]
    fn its_workers_have_threads() {
        refuses(KIND, &["process:4", "async:2x50"], "write thread:4x25");
    }
}
