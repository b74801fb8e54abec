//! gunicorn, `gthread` workers.
//!
//! gunicorn 27.0, `gunicorn/workers/gthread.py` and `arbiter.py`.
//!
//! * **Queue.** The kernel's, then one in each worker. A worker's main thread
//!   watches the listening socket with an epoll instance of its own, accepts up
//!   to `--worker-connections` (1000), and submits to a `ThreadPoolExecutor` of
//!   `--threads`, whether a thread is free or not (`accept`, `enqueue_req`). A
//!   connection wakes every main thread and the first has it: requests wait at
//!   busy workers while others idle. With one thread each, at a third
//!   of the capacity, one request in three waits; of `sync` workers hardly any.
//! * **Who pays.** Main thread, pool threads and finish callbacks share the
//!   worker's lock. The main thread's own work is part of the worker's cost. It
//!   also closes connections, and waits for clients that do not (`TConn.close`,
//!   at most 2 s; not modelled).
//! * **Time-outs.** The main thread tells the arbiter that it lives whatever the
//!   requests do: no request is killed for being slow.
//! * Start and recycling as in `gunicorn_sync`, but the number of requests is
//!   reached when its last one begins; a worker that is to go accepts no more and
//!   has `--graceful-timeout` (30 s) for what it has.
//! * **Size.** `2 * cpus + 1` workers; `--threads` `generally in the 2-4 x cores
//!   range`. Without a word both are 1.

use crate::pool::kinds::prefork::{
    WORKER_CONNECTIONS, advised_workers, bound_the_queue, drain_gracefully,
};
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, MAX_SLOTS, PoolConfig, Profile, StartMethod, WorkerChoice};
use crate::workload::{PythonVersion, Workload};

pub(super) struct GunicornGthread;

impl Kind for GunicornGthread {
    fn shape(&self) -> Shape {
        Shape::ThreadWorkers
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        let workers = advised_workers(logical_cpus);
        let room = u32::try_from(MAX_SLOTS / u64::from(workers)).unwrap_or(u32::MAX);
        Profile::threads(workers, logical_cpus.saturating_mul(2).min(room))
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Kernel)
    }

    fn start_methods(&self, _workload: &Workload, _python: PythonVersion) -> Vec<StartMethod> {
        vec![StartMethod::Forkserver, StartMethod::Fork]
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        &[Rule::MaxRequests, Rule::MaxRequestsJitter]
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.choice = WorkerChoice::AcceptOne;
        pool.worker_connections = Some(WORKER_CONNECTIONS.max(pool.profile.slots_per_worker()));
        bound_the_queue(pool);
        drain_gracefully(pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};

    const KIND: PoolKind = PoolKind::GunicornGthread;

    #[test]
    fn workers_accept_more_than_they_have_threads() {
        let pool = pool(KIND, "thread:4x8");
        assert_eq!((pool.choice, pool.worker_connections), (WorkerChoice::AcceptOne, Some(1000)));
        assert_eq!(pool.queue_cap, Some(4 * 992 + 2049));
        assert_eq!(pool.lifecycle.kill_after, None);
    }

    #[test]
    fn slow_requests_are_not_killed_even_if_asked() {
        let mut workload = workload();
        workload.service.lifecycle.kill_after = Some(crate::kernel::SimDuration::SECOND);
        let python = "3.12".parse().unwrap();
        let why = PoolConfig::of_kind(KIND, &workload, Profile::threads(4, 8), python, 8);
        assert!(why.unwrap_err().contains("gunicorn-sync"));
        workload.service.lifecycle.kill_after = None;
        workload.service.lifecycle.max_requests = Some(1000);
        workload.service.lifecycle.max_requests_jitter = 100;
        assert_eq!(of(KIND, "thread:4x8", &workload).lifecycle.max_requests, Some(1000));
    }

    #[test]
    fn its_workers_have_threads() {
        refuses(KIND, &["process:4", "async:4x100"], "write thread:4x25");
    }
}
