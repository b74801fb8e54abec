//! gRPC servers of several threads that are given one request at a time: what
//! snakepit's `:thread` was when it shipped.
//!
//! snakepit 0.6, `lib/snakepit/pool/pool.ex` and the Python side's
//! `grpc_server_threaded.py`: the pool marks a worker busy with one request
//! whatever its profile, and the threaded server runs tools on its event loop.
//! `4 workers x 25 threads` therefore serve four requests at once, not 100. The
//! other threads are there, with their stacks and their share of the BLAS
//! threads.
//!
//! All else as in `grpc_thread`; the choice is that of `grpc_process`.

use crate::pool::kinds::grpc_process::RULES;
use crate::pool::kinds::grpc_thread::{default_profile, manage_threads};
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, PoolConfig, Profile, StartMethod, WorkerChoice};
use crate::workload::{PythonVersion, Workload};

pub(super) struct GrpcThreadSerial;

impl Kind for GrpcThreadSerial {
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
        pool.choice = WorkerChoice::FirstFit;
        pool.slots_per_worker = Some(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{pool, refuses};

    const KIND: PoolKind = PoolKind::GrpcThreadSerial;

    #[test]
    fn four_times_25_is_four() {
        let pool = pool(KIND, "thread:4x25");
        assert_eq!((pool.slots(), pool.slots_per_worker()), (4, 1));
        assert_eq!((pool.choice, pool.blas_threads), (WorkerChoice::FirstFit, 25));
    }

    #[test]
    fn its_workers_have_threads() {
        refuses(KIND, &["process:4", "async:2x50"], "write thread:4x25");
    }
}
