//! What starting a pool costs, and on which process.
//!
//! Starting is work on the cores like any other: a hundred interpreters that
//! import at once on eight cores queue for them.

use crate::host::{ConstructorCost, Host};
use crate::pool::{Concurrency, Dispatcher, ParentThreads, PoolConfig, PoolKind, StartMethod};
use crate::workload::Runtime;

const MIB: f64 = 1_048_576.0;

/// CPU times of a start, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct StartPlan {
    /// Before the first worker: the parent's own boot and imports, and what the
    /// pool is made of.
    pub(crate) boot: f64,
    /// In the parent, per worker, one after another.
    pub(crate) launch: f64,
    /// In the worker until it can serve.
    pub(crate) child: f64,
    /// Threads that the parent starts one after another: each start returns
    /// once the new thread runs.
    pub(crate) threads: Threads,
}

/// Threads that a pool starts in the process that makes it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Threads {
    /// That serve requests; they come first, and before the worker is ready.
    pub(crate) slots: u32,
    /// CPU time of starting one of these, both sides, in ns.
    pub(crate) slot: f64,
    /// That look after the pool; after the last launch if workers are processes.
    pub(crate) helpers: u32,
    /// CPU time of starting one of these, both sides, in ns.
    pub(crate) helper: f64,
}

impl Threads {
    /// All of them.
    pub(crate) fn count(&self) -> u32 {
        self.slots + self.helpers
    }

    /// CPU time of the start of thread `index`, in ns.
    pub(crate) fn work(&self, index: u32) -> f64 {
        if index < self.slots { self.slot } else { self.helper }
    }

    /// CPU time of all starts, in ns.
    pub(crate) fn total(&self) -> f64 {
        f64::from(self.slots) * self.slot + f64::from(self.helpers) * self.helper
    }
}

impl StartPlan {
    pub(crate) fn new(host: &Host, runtime: &Runtime, pool: &PoolConfig) -> Self {
        let made = host.constructors.get(&pool.kind);
        match pool.in_parent() {
            true => Self::inside(host, runtime, pool, made),
            false => Self::beside(host, runtime, pool, made),
        }
    }

    /// Workers that are threads or tasks of the process that makes the pool.
    fn inside(
        host: &Host,
        runtime: &Runtime,
        pool: &PoolConfig,
        made: Option<&ConstructorCost>,
    ) -> Self {
        let mut threads = helpers(host, pool);
        if let Concurrency::Threads(n) = pool.profile.concurrency {
            let alone = &host.start.thread;
            threads.slots = n;
            threads.slot = made.map_or(alone, |cost| &cost.per_worker).value.0 as f64;
        }
        let child = match pool.profile.concurrency {
            // Each further interpreter imports again.
            Concurrency::Interpreters(n) => f64::from(n - 1) * runtime.import_time.0 as f64,
            _ => 0.0,
        };
        let construct = construct(made, threads);
        if pool.shares_parent() {
            return Self { boot: booted(host, runtime) + construct, launch: 0.0, child, threads };
        }
        let (parent, worker) = server(host, pool);
        // The only process there is, but for a server's arbiter: its successor begins
        // where it did.
        let child = booted(host, runtime) + construct + threads.total() + child + worker;
        Self { boot: parent, child, ..Self::default() }
    }

    /// Workers that are processes.
    fn beside(
        host: &Host,
        runtime: &Runtime,
        pool: &PoolConfig,
        made: Option<&ConstructorCost>,
    ) -> Self {
        let start = &host.start;
        let interpreter = start.interpreter.value.0 as f64;
        let imports = runtime.import_time.0 as f64;
        let fork = |resident: f64| {
            start.fork_base.value.0 as f64 + start.fork_per_mib.value.0 as f64 * resident / MIB
        };
        let bare = (host.memory.interpreter.value + host.memory.shared_libraries.value) as f64;
        let grown = bare + (runtime.import_bytes + runtime.parent_bytes) as f64;
        let inner = match pool.profile.concurrency {
            Concurrency::Threads(n) => f64::from(n) * start.thread.value.0 as f64,
            // Each further interpreter imports again.
            Concurrency::Interpreters(n) => f64::from(n - 1) * imports,
            Concurrency::Serial | Concurrency::EventLoop(_) => 0.0,
        };
        let threads = helpers(host, pool);
        let construct = construct(made, threads);
        let python_parent = pool.dispatcher == Dispatcher::Python;
        let boot_parent = if python_parent { booted(host, runtime) + construct } else { 0.0 };
        let forked = start.child.value.0 as f64;
        let child = made.map_or(forked, |cost| cost.child.value.0 as f64) + inner;
        let launch = made.map_or(0.0, |cost| cost.per_worker.value.0 as f64);
        let (parent, worker) = server(host, pool);
        let child = child + worker;
        match pool.start_method {
            StartMethod::Fork => Self {
                boot: booted(host, runtime) + construct + parent,
                launch: fork(grown) + launch,
                child,
                threads,
            },
            StartMethod::Forkserver => Self {
                boot: boot_parent + interpreter + parent,
                launch: fork(bare) + launch,
                child: child + imports,
                threads,
            },
            StartMethod::Spawn => Self {
                boot: boot_parent + parent,
                launch: start.exec.value.0 as f64 + launch,
                // What a worker of this pool does beyond a plain child.
                child: interpreter + imports + (child - forked).max(inner),
                threads,
            },
        }
    }

    /// The same where another pool has booted the Python parent already.
    pub(crate) fn in_running_parent(self, host: &Host, runtime: &Runtime) -> Self {
        Self { boot: (self.boot - booted(host, runtime)).max(0.0), ..self }
    }
}

/// CPU time of the parent and of a worker of a server before anything of the
/// application, in ns.
fn server(host: &Host, pool: &PoolConfig) -> (f64, f64) {
    let cost = host.servers.get(&pool.kind);
    cost.map_or((0.0, 0.0), |cost| (cost.start_beside(pool), cost.worker_start.value.0 as f64))
}

/// CPU time of an interpreter that imports the application, in ns.
fn booted(host: &Host, runtime: &Runtime) -> f64 {
    (host.start.interpreter.value.0 + runtime.import_time.0) as f64
}

/// What the constructor does beside starting threads, in ns.
fn construct(made: Option<&ConstructorCost>, threads: Threads) -> f64 {
    let all = made.map_or(0.0, |cost| cost.construct.value.0 as f64);
    (all - f64::from(threads.helpers) * threads.helper).max(0.0)
}

/// The threads of the parent that look after `pool`.
fn helpers(host: &Host, pool: &PoolConfig) -> Threads {
    let helpers = match (pool.parent_threads, pool.kind) {
        (ParentThreads::CallerOnly | ParentThreads::One, _) => 0,
        // One for the workers, one for requests and one for results.
        (_, PoolKind::MultiprocessingPool | PoolKind::MultiprocessingThreadPool) => 3,
        (ParentThreads::FeederAndCollector, _) => 2,
    };
    Threads { helpers, helper: host.start.thread.value.0 as f64, ..Threads::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Parameter, ServerCost};
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
        let plan = |pool: &PoolConfig| {
            let StartPlan { boot, launch, child, .. } =
                StartPlan::new(&host(), &workload.runtime, pool);
            (boot, launch, child)
        };
        pool.start_method = StartMethod::Fork;
        assert_eq!(plan(&pool), (520e6, 2e6, 3e6));
        pool.start_method = StartMethod::Forkserver;
        assert_eq!(plan(&pool), (20e6, 1e6, 503e6));
        pool.start_method = StartMethod::Spawn;
        assert_eq!(plan(&pool), (0.0, 2e6, 520e6));
        pool.dispatcher = Dispatcher::Python;
        assert_eq!(plan(&pool).0, 520e6);
    }

    #[test]
    fn a_server_imports_itself_before_its_workers_import_the_application() {
        let workload = Workload::new("start", Arrivals::Batch { requests: 1 }, Vec::new());
        let ms = |n: u64| Parameter::exactly(SimDuration(n * 1_000_000));
        let none = || Parameter::exactly(0);
        let cost = ServerCost {
            parent_memory: none(),
            worker_memory: none(),
            parent_start: ms(100),
            worker_start: ms(4),
        };
        let (plain, mut with) = (host(), host());
        with.servers.insert(PoolKind::GunicornSync, cost);
        for profile in [Profile::processes(4), Profile::threads(1, 4)] {
            let mut pool = PoolConfig::new(&workload, profile, workload.runtime.python[0]);
            pool.kind = PoolKind::GunicornSync;
            (pool.start_method, pool.dispatcher) = (StartMethod::Forkserver, Dispatcher::Kernel);
            let [before, after] =
                [&plain, &with].map(|host| StartPlan::new(host, &workload.runtime, &pool));
            assert_eq!((after.boot - before.boot, after.child - before.child), (100e6, 4e6));
        }
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
        let mut pool = PoolConfig::new(&workload, Profile::threads(1, 50), python);
        // The only process there is: a successor starts over.
        let plan = StartPlan::new(&host(), &workload.runtime, &pool);
        assert_eq!(plan, StartPlan { child: 25e6, ..StartPlan::default() });
        pool.dispatcher = Dispatcher::Python;
        let plan = StartPlan::new(&host(), &workload.runtime, &pool);
        let threads = Threads { slots: 50, slot: 0.1e6, helpers: 0, helper: 0.1e6 };
        assert_eq!(plan, StartPlan { boot: 20e6, threads, ..StartPlan::default() });
        assert_eq!(plan.threads.total(), 5e6);
    }

    #[test]
    fn a_measured_constructor_comes_on_top_of_forks_and_starts_its_own_threads() {
        let workload = Workload::new("start", Arrivals::Batch { requests: 1 }, Vec::new());
        let python = workload.runtime.python[0];
        let ms = |n: u64| Parameter::exactly(SimDuration(n * 1_000_000));
        let cost = ConstructorCost { construct: ms(4), per_worker: ms(5), child: ms(7) };
        let mut host = host();
        let plan = |host: &Host, kind, profile, start_method| {
            let mut pool = PoolConfig::of_kind(kind, &workload, profile, python, 8).unwrap();
            pool.start_method = start_method;
            StartPlan::new(host, &workload.runtime, &pool)
        };
        for kind in [PoolKind::MultiprocessingPool, PoolKind::ThreadPoolExecutor] {
            host.constructors.insert(kind, cost.clone());
        }
        let mp = |method| plan(&host, PoolKind::MultiprocessingPool, Profile::processes(2), method);
        let forked = mp(StartMethod::Fork);
        // Of the four milliseconds, three threads take 0.1 each.
        assert_eq!((forked.boot, forked.threads.total()), (23.7e6, 0.3e6));
        assert_eq!((forked.launch, forked.child), (6e6, 7e6));
        // A plain forked child takes three of the seven.
        assert_eq!(mp(StartMethod::Spawn).child, 24e6);
        let kind = PoolKind::ThreadPoolExecutor;
        let threads = plan(&host, kind, Profile::threads(1, 3), StartMethod::Fork);
        assert_eq!((threads.boot, threads.threads.total()), (24e6, 15e6));
        assert_eq!((threads.launch, threads.child), (0.0, 0.0));
    }
}
