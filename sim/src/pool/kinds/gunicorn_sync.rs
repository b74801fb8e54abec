//! gunicorn, `sync` workers.
//!
//! gunicorn 27.0, `gunicorn/workers/sync.py` and `arbiter.py`.
//!
//! * **Queue.** The kernel's, behind the one listening socket. A worker accepts,
//!   serves, closes, and accepts again at once while anything waits; only then it
//!   goes to `select`, from which a connection wakes all idle workers
//!   (`run_for_one`). No request waits while a worker idles, and each idle worker
//!   is as likely to get the next.
//! * **Who pays.** The worker: nobody stands between.
//! * **Start.** The arbiter forks, 0 to 100 ms apart (not modelled). Without
//!   `--preload` it has not imported the application, and each worker does: that
//!   is a fork server's start. With it, it is a plain fork.
//!   Having answered, it waits until the client has closed the connection
//!   (`util.close_graceful`): its slot is free one wake-up of the client later
//!   (not modelled).
//! * **Time-outs.** A worker tells the arbiter that it lives between requests
//!   only: a request over `--timeout` (30 s) gets its worker killed, once the
//!   arbiter looks: up to 1 s later if nothing else wakes it (not modelled).
//! * **Recycling.** `--max-requests` plus up to `--max-requests-jitter`, drawn anew
//!   for each worker (`Worker.__init__`); the arbiter forks the successor when the
//!   old one has gone.
//! * **Size.** `2 * cpus + 1` says the manual; without a word it is 1.

use crate::kernel::SimDuration;
use crate::pool::kinds::prefork::{advised_workers, bound_the_queue, drain_gracefully};
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, PoolConfig, Profile, StartMethod, WorkerChoice};
use crate::workload::{PythonVersion, Workload};

/// `--timeout`.
const TIMEOUT: SimDuration = SimDuration(30_000_000_000);

pub(super) struct GunicornSync;

impl Kind for GunicornSync {
    fn shape(&self) -> Shape {
        Shape::Processes
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::processes(advised_workers(logical_cpus))
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Kernel)
    }

    fn start_methods(&self, _workload: &Workload, _python: PythonVersion) -> Vec<StartMethod> {
        vec![StartMethod::Forkserver, StartMethod::Fork]
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        &[Rule::MaxRequests, Rule::MaxRequestsJitter, Rule::KillAfter]
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.choice = WorkerChoice::AcceptOne;
        bound_the_queue(pool);
        drain_gracefully(pool);
        pool.lifecycle.kill_after.get_or_insert(TIMEOUT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};
    use crate::pool::{Drain, PoolKind};

    const KIND: PoolKind = PoolKind::GunicornSync;

    #[test]
    fn idle_workers_race_for_the_kernels_queue() {
        let pool = pool(KIND, "process:4");
        assert_eq!((pool.dispatcher, pool.choice), (Dispatcher::Kernel, WorkerChoice::AcceptOne));
        assert_eq!((pool.queue_cap, pool.worker_connections), (Some(2049), None));
        assert_eq!(pool.start_method, StartMethod::Forkserver);
        assert_eq!(GunicornSync.default_profile(8), Profile::processes(17));
    }

    #[test]
    fn a_request_of_thirty_seconds_costs_its_worker() {
        assert_eq!(pool(KIND, "process:4").lifecycle.kill_after, Some(TIMEOUT));
        let mut workload = workload();
        workload.service.lifecycle.kill_after = Some(SimDuration::SECOND);
        let lifecycle = of(KIND, "process:4", &workload).lifecycle;
        assert_eq!(lifecycle.kill_after, Some(SimDuration::SECOND));
        assert!(matches!(lifecycle.drain, Drain::Within(_)) && !lifecycle.start_first);
    }

    #[test]
    fn it_has_processes_only() {
        refuses(KIND, &["thread:4x2", "async:4x100"], "write process:8");
    }
}
