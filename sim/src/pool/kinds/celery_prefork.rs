//! Celery, prefork pool.
//!
//! Celery 5.7, `celery/concurrency/asynpool.py` and `prefork.py`; billiard 4.3,
//! `billiard/pool.py`.
//!
//! * **Queue.** The broker's; the worker's main process prefetches
//!   `worker_prefetch_multiplier` (4) messages for each child and keeps them.
//!   Scheduling is `fair` (the default, `-O fair`): a message is written only to
//!   a child that is idle, the first in the order of their pipes
//!   (`schedule_writes`), and a child is idle again when the main process has
//!   read its result. `-O fast` writes to any child whose pipe takes it, busy or
//!   not: that is the choice `round-robin`.
//! * **Who pays.** One thread of the main process: broker, pipes and results on
//!   one event loop.
//! * **Start.** fork, after the application was imported.
//! * **Time-outs.** `task_time_limit` kills the child; there is none by default.
//! * **Recycling.** `worker_max_tasks_per_child`, exact, without jitter;
//!   `worker_max_memory_per_child` on the peak resident set, seen after each
//!   request (`mem_rss` of `Worker.workloop`). The main process starts the
//!   successor when the child has gone.
//! * **Size.** The number of CPUs (`billiard.cpu_count`).

use crate::pool::WorkerChoice;
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, ParentThreads, PoolConfig, Prefetch, Profile, StartMethod};
use crate::workload::{PythonVersion, Workload};

pub(super) struct CeleryPrefork;

impl Kind for CeleryPrefork {
    fn shape(&self) -> Shape {
        Shape::Processes
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::processes(logical_cpus)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn start_methods(&self, _workload: &Workload, _python: PythonVersion) -> Vec<StartMethod> {
        vec![StartMethod::Fork, StartMethod::Spawn]
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        &[Rule::MaxRequests, Rule::MemoryLimit, Rule::KillAfter]
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.parent_threads = ParentThreads::One;
        pool.choice = WorkerChoice::FirstFit;
        pool.prefetch = Prefetch::Beyond(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};

    const KIND: PoolKind = PoolKind::CeleryPrefork;

    #[test]
    fn only_idle_children_get_a_message() {
        let pool = pool(KIND, "process:8");
        assert_eq!((pool.choice, pool.prefetch), (WorkerChoice::FirstFit, Prefetch::Beyond(0)));
        assert_eq!(
            (pool.parent_threads, pool.start_method),
            (ParentThreads::One, StartMethod::Fork)
        );
        assert_eq!(pool.lifecycle.kill_after, None);
    }

    #[test]
    fn children_go_by_requests_and_memory_but_without_jitter() {
        let mut workload = workload();
        workload.service.lifecycle.max_requests = Some(100);
        workload.service.lifecycle.memory_limit = Some(1 << 28);
        let lifecycle = of(KIND, "process:8", &workload).lifecycle;
        assert_eq!((lifecycle.max_requests, lifecycle.check_every), (Some(100), None));
        workload.service.lifecycle.max_requests_jitter = 10;
        let python = "3.12".parse().unwrap();
        let why = PoolConfig::of_kind(KIND, &workload, Profile::processes(8), python, 8);
        assert!(why.unwrap_err().contains("no max_requests_jitter"));
    }

    #[test]
    fn it_has_processes_only() {
        refuses(KIND, &["threads:4", "async:1x100"], "write process:8");
    }
}
