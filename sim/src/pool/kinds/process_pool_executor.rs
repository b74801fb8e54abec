//! `concurrent.futures.ProcessPoolExecutor`.
//!
//! CPython 3.12 and 3.13, `Lib/concurrent/futures/process.py`.
//!
//! * **Queue.** Pending work stays in the parent; a call queue that all workers
//!   read holds `max_workers + EXTRA_QUEUED_CALLS` (1) of it, counting what the
//!   workers have not taken yet. The management thread tops it up whenever a
//!   result comes in (`_ExecutorManagerThread.add_call_item_to_queue`).
//! * **Who pays.** The caller makes a future, the call queue's feeder thread
//!   pickles and writes (`multiprocessing.Queue._feed`), the management thread
//!   reads, unpickles and settles: three threads under the parent's lock, and
//!   one more wake-up for each request than `multiprocessing.Pool` needs.
//! * `map` sends single requests (`chunksize=1`).
//! * **Recycling.** `max_tasks_per_child` from 3.11, exact, without jitter. It
//!   excludes fork; where no context is given it means spawn.
//! * A worker that dies breaks the executor (`BrokenProcessPool`): every request
//!   under way fails and none is accepted any more. Here the worker is started
//!   again, as if the caller made a new executor of the old workers.
//! * **Size.** `os.cpu_count()`, from 3.13 `os.process_cpu_count()`.
//! * Nothing is kept: the worker deletes call and result.

use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, ParentThreads, PoolConfig, Prefetch, Profile, StartMethod};
use crate::workload::{PythonVersion, Workload};

/// `EXTRA_QUEUED_CALLS`.
const EXTRA_QUEUED_CALLS: u32 = 1;

pub(super) struct ProcessPoolExecutor;

impl Kind for ProcessPoolExecutor {
    fn shape(&self) -> Shape {
        Shape::Processes
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::processes(logical_cpus)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        Some(Dispatcher::Python)
    }

    fn start_methods(&self, workload: &Workload, python: PythonVersion) -> Vec<StartMethod> {
        if workload.service.lifecycle.max_requests.is_some() {
            return vec![StartMethod::Spawn, StartMethod::Forkserver];
        }
        super::any_start_method(python)
    }

    fn rules(&self, python: PythonVersion) -> &'static [Rule] {
        if python.minor >= 11 { &[Rule::MaxRequests] } else { &[] }
    }

    fn configure(&self, pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {
        pool.parent_threads = ParentThreads::FeederAndCollector;
        pool.prefetch = Prefetch::Beyond(EXTRA_QUEUED_CALLS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, pool, refuses, workload};

    const KIND: PoolKind = PoolKind::ProcessPoolExecutor;

    #[test]
    fn one_call_waits_beside_the_busy_workers() {
        let pool = pool(KIND, "process:4");
        assert_eq!(pool.prefetch, Prefetch::Beyond(1));
        assert_eq!(pool.parent_threads, ParentThreads::FeederAndCollector);
        assert_eq!(pool.start_method, StartMethod::Fork);
    }

    #[test]
    fn recycling_excludes_fork_and_old_pythons() {
        let mut workload = workload();
        workload.service.lifecycle.max_requests = Some(100);
        assert_eq!(of(KIND, "process:2", &workload).start_method, StartMethod::Spawn);
        let python = "3.10".parse().unwrap();
        let old = PoolConfig::of_kind(KIND, &workload, Profile::processes(2), python, 2);
        assert!(old.unwrap_err().contains("no max_requests on Python 3.10"));
    }

    #[test]
    fn it_has_processes_only() {
        refuses(KIND, &["threads:4", "async:1x4"], "write process:8");
    }
}
