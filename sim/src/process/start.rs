//! What starting a pool costs, and on which process.
//!
//! Starting is work on the cores like any other: a hundred interpreters that
//! import at once on eight cores queue for them.

use crate::host::Host;
use crate::pool::{Concurrency, Dispatcher, ParentThreads, PoolConfig, StartMethod};
use crate::workload::Runtime;

const MIB: f64 = 1_048_576.0;

/// CPU times of a start, in ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StartPlan {
    /// Before the first worker: the parent's own boot and imports.
    pub(crate) boot: f64,
    /// In the parent, per worker, one after another.
    pub(crate) launch: f64,
    /// In the worker until it can serve.
    pub(crate) child: f64,
}

impl StartPlan {
    pub(crate) fn new(host: &Host, runtime: &Runtime, pool: &PoolConfig) -> Self {
        let start = &host.start;
        let interpreter = start.interpreter.value.0 as f64;
        let imports = runtime.import_time.0 as f64;
        let fork = |resident: f64| {
            start.fork_base.value.0 as f64 + start.fork_per_mib.value.0 as f64 * resident / MIB
        };
        let bare = (host.memory.interpreter.value + host.memory.shared_libraries.value) as f64;
        let grown = bare + (runtime.import_bytes + runtime.parent_bytes) as f64;
        let python_parent = pool.dispatcher == Dispatcher::Python;
        let threads = match pool.profile.concurrency {
            Concurrency::Threads(n) => f64::from(n) * start.thread.value.0 as f64,
            // Each further interpreter imports again.
            Concurrency::Interpreters(n) => f64::from(n - 1) * imports,
            Concurrency::Serial | Concurrency::EventLoop(_) => 0.0,
        };
        let clerks = match pool.parent_threads {
            ParentThreads::FeederAndCollector => 2.0 * start.thread.value.0 as f64,
            ParentThreads::CallerOnly | ParentThreads::One => 0.0,
        };
        if pool.in_parent() {
            let child = interpreter + imports + clerks + threads;
            return Self { boot: 0.0, launch: 0.0, child };
        }
        let boot_parent = if python_parent { interpreter + imports + clerks } else { 0.0 };
        let child = start.child.value.0 as f64 + threads;
        match pool.start_method {
            StartMethod::Fork => {
                Self { boot: interpreter + imports + clerks, launch: fork(grown), child }
            }
            StartMethod::Forkserver => {
                Self { boot: boot_parent + interpreter, launch: fork(bare), child: child + imports }
            }
            StartMethod::Spawn => Self {
                boot: boot_parent,
                launch: start.exec.value.0 as f64,
                child: interpreter + imports + threads,
            },
        }
    }

    /// The same where another pool has booted the Python parent already.
    pub(crate) fn in_running_parent(
        self,
        host: &Host,
        runtime: &Runtime,
        pool: &PoolConfig,
    ) -> Self {
        let parent = (host.start.interpreter.value.0 + runtime.import_time.0) as f64;
        if pool.in_parent() {
            return Self { child: (self.child - parent).max(0.0), ..self };
        }
        Self { boot: (self.boot - parent).max(0.0), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::pool::Profile;
    use crate::workload::{Arrivals, Workload};

    fn host() -> Host {
        let mut host = Host::ideal(8);
        let ms = |n: u64| Parameter::exactly(SimDuration(n * 1_000_000));
        host.start.fork_base = ms(1);
        host.start.fork_per_mib = Parameter::exactly(SimDuration(10_000));
        host.start.exec = ms(2);
        host.start.interpreter = ms(20);
        host.start.child = ms(3);
        host.start.thread = Parameter::exactly(SimDuration(100_000));
        host
    }

    #[test]
    fn fork_imports_once_and_spawn_every_time() {
        let mut workload = Workload::new("start", Arrivals::Batch { requests: 1 }, Vec::new());
        workload.runtime.import_time = SimDuration(500_000_000);
        workload.runtime.import_bytes = 100 << 20;
        let python = workload.runtime.python[0];
        let mut pool = PoolConfig::new(&workload, Profile::processes(4), python);
        let plan = |pool: &PoolConfig| StartPlan::new(&host(), &workload.runtime, pool);
        pool.start_method = StartMethod::Fork;
        assert_eq!(plan(&pool), StartPlan { boot: 520e6, launch: 2e6, child: 3e6 });
        pool.start_method = StartMethod::Forkserver;
        assert_eq!(plan(&pool), StartPlan { boot: 20e6, launch: 1e6, child: 503e6 });
        pool.start_method = StartMethod::Spawn;
        assert_eq!(plan(&pool), StartPlan { boot: 0.0, launch: 2e6, child: 520e6 });
        pool.dispatcher = Dispatcher::Python;
        assert_eq!(plan(&pool).boot, 520e6);
    }

    #[test]
    fn forking_copies_the_page_tables_of_a_grown_parent() {
        let mut workload = Workload::new("start", Arrivals::Batch { requests: 1 }, Vec::new());
        workload.runtime.parent_bytes = 400 << 20;
        let mut pool =
            PoolConfig::new(&workload, Profile::processes(4), workload.runtime.python[0]);
        for (method, launch) in [(StartMethod::Fork, 5e6), (StartMethod::Forkserver, 1e6)] {
            pool.start_method = method;
            assert_eq!(StartPlan::new(&host(), &workload.runtime, &pool).launch, launch);
        }
    }

    #[test]
    fn threads_of_one_process_need_one_interpreter() {
        let workload = Workload::new("start", Arrivals::Batch { requests: 1 }, Vec::new());
        let python = workload.runtime.python[0];
        let pool = PoolConfig::new(&workload, Profile::threads(1, 50), python);
        let plan = StartPlan::new(&host(), &workload.runtime, &pool);
        assert_eq!(plan, StartPlan { boot: 0.0, launch: 0.0, child: 25e6 });
    }
}
