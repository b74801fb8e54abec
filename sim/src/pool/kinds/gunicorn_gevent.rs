//! gunicorn, `gevent` workers.
//!
//! gunicorn 27.0, `gunicorn/workers/ggevent.py`; gevent 26.9,
//! `gevent/baseserver.py`.
//!
//! * **Queue.** The kernel's. Each worker is a loop with a `Pool` of
//!   `--worker-connections` (1000) greenlets; the profile says how many. A
//!   connection wakes all loops that wait; each takes one and looks again
//!   (`max_accept = 1` with several workers, else up to 100:
//!   `BaseServer._do_read`). A loop in a long turn accepts nothing, and all its
//!   own requests wait with it; one with all greenlets in use stops accepting.
//! * **Who pays.** The loop.
//! * **Time-outs.** A greenlet tells the arbiter every second that the worker
//!   lives: slow requests are not killed, only a loop that stands still.
//! * Start and recycling as in `gunicorn_sync`, but a worker looks at its count
//!   once a second and accepts until then (`GeventWorker.run`). One that is to go
//!   has `--graceful-timeout` (30 s) for what it has, and looks whether that is
//!   over once a second too (not modelled).
//! * **Size.** `2 * cpus + 1` workers.

use crate::kernel::SimDuration;
use crate::pool::kinds::prefork::{
    advised_workers, bound_the_queue, drain_gracefully, look_every, loops,
};
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, PoolConfig, Profile, StartMethod, WorkerChoice};
use crate::workload::{PythonVersion, Workload};

pub(super) struct GunicornGevent;

impl Kind for GunicornGevent {
    fn shape(&self) -> Shape {
        Shape::Loops
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        loops(advised_workers(logical_cpus))
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
        pool.choice = match pool.profile.workers {
            1 => WorkerChoice::AcceptAll,
            _ => WorkerChoice::AcceptOne,
        };
        bound_the_queue(pool);
        drain_gracefully(pool);
        look_every(pool, SimDuration::SECOND);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};

    const KIND: PoolKind = PoolKind::GunicornGevent;

    #[test]
    fn several_loops_take_one_at_a_time() {
        let several = pool(KIND, "async:4x1000");
        assert_eq!((several.choice, several.queue_cap), (WorkerChoice::AcceptOne, Some(2049)));
        assert_eq!(several.lifecycle.kill_after, None);
        assert_eq!(pool(KIND, "async:1x1000").choice, WorkerChoice::AcceptAll);
    }

    #[test]
    fn a_worker_counts_its_requests_once_a_second() {
        assert_eq!(pool(KIND, "async:4x1000").lifecycle.check_every, None);
        let mut workload = workload();
        workload.service.lifecycle.max_requests = Some(1000);
        let lifecycle = of(KIND, "async:4x1000", &workload).lifecycle;
        assert_eq!(lifecycle.check_every, Some(SimDuration::SECOND));
    }

    #[test]
    fn its_workers_are_loops() {
        refuses(KIND, &["process:4", "thread:4x8"], "write async:4x100");
    }
}
