//! uvicorn with several workers.
//!
//! uvicorn 0.54, `uvicorn/supervisors/multiprocess.py`, `server.py`; CPython 3.12,
//! `Lib/asyncio/selector_events.py`.
//!
//! * **Queue.** The kernel's, behind one listening socket that the supervisor
//!   passes on. A loop that finds a connection accepts all that wait, up to
//!   `--backlog` (`_accept_connection`), and so does uvloop: after a stall of all
//!   loops the first to look takes everything. Nothing limits what a loop has
//!   under way unless `--limit-concurrency` does, and then it answers 503; here
//!   what is beyond the profile's number waits in the kernel.
//! * **Who pays.** The loop.
//! * **Start.** A fresh interpreter for each (`get_context("spawn")`), all at once.
//! * **Time-outs.** The supervisor pings a thread of each worker every 0.5 s and
//!   kills one that is silent for 5 s; a blocked loop still answers, so slow
//!   requests are not killed.
//! * **Recycling.** `--limit-max-requests` plus up to `--limit-max-requests-jitter`;
//!   a worker looks at its count every 0.1 s and accepts until then (`on_tick`).
//!   It then waits 0.1 s whatever it has (`shutdown`), and the supervisor sees
//!   that it has gone at its next look, within 0.5 s (neither is modelled). One
//!   worker has no supervisor: nobody starts another.
//! * **Size.** `--workers`, else `$WEB_CONCURRENCY`, else 1.

use crate::kernel::SimDuration;
use crate::pool::kinds::prefork::{bound_the_queue, look_every, loops};
use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, PoolConfig, Profile, StartMethod, WorkerChoice};
use crate::workload::{PythonVersion, Workload};

/// Between two calls of `Server.on_tick`.
const TICK: SimDuration = SimDuration(100_000_000);

pub(super) struct Uvicorn;

impl Kind for Uvicorn {
    fn shape(&self) -> Shape {
        Shape::Loops
    }

    fn default_profile(&self, _logical_cpus: u32) -> Profile {
        loops(1)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Kernel)
    }

    fn start_methods(&self, _workload: &Workload, _python: PythonVersion) -> Vec<StartMethod> {
        vec![StartMethod::Spawn]
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        &[Rule::MaxRequests, Rule::MaxRequestsJitter]
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.choice = WorkerChoice::AcceptAll;
        bound_the_queue(pool);
        look_every(pool, TICK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};
    use crate::pool::{Drain, PoolKind};

    const KIND: PoolKind = PoolKind::Uvicorn;

    #[test]
    fn a_loop_takes_all_that_waits() {
        let pool = pool(KIND, "async:4x1000");
        assert_eq!((pool.dispatcher, pool.choice), (Dispatcher::Kernel, WorkerChoice::AcceptAll));
        assert_eq!((pool.start_method, pool.queue_cap), (StartMethod::Spawn, Some(2049)));
        assert_eq!((pool.lifecycle.drain, pool.lifecycle.heartbeat), (Drain::Finish, None));
    }

    #[test]
    fn a_worker_counts_its_requests_ten_times_a_second() {
        assert_eq!(pool(KIND, "async:4x1000").lifecycle.check_every, None);
        let mut workload = workload();
        workload.service.lifecycle.max_requests = Some(1000);
        let lifecycle = of(KIND, "async:4x1000", &workload).lifecycle;
        assert_eq!((lifecycle.check_every, lifecycle.drain), (Some(TICK), Drain::Finish));
    }

    #[test]
    fn its_workers_are_loops() {
        refuses(KIND, &["process:4", "thread:4x8", "threads:4"], "write async:4x100");
    }
}
