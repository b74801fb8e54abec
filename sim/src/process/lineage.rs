//! Which Python processes a deployment has beside its workers, and whose pages
//! the workers share.
//!
//! * All pools that Python dispatches have one parent: the process that calls
//!   them. Pools of threads live in it.
//! * A forked pool that is dispatched otherwise has a master of its own, which
//!   imported the application (a prefork server with preloading).
//! * Fork servers are bare interpreters: one for the Python parent, one for each
//!   pool without it.
//! * A server's own first process has in addition what the server imports
//!   (`Host::servers`), whether workers are forked from it or not.

use crate::host::Host;
use crate::pool::{Dispatcher, PoolConfig, StartMethod};
use crate::workload::Runtime;

/// Where the workers of a pool come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// They are threads of that parent.
    Inside(usize),
    /// Forked from that parent; pages shared until written.
    Forked(usize),
    /// Interpreters of their own.
    Fresh,
}

/// The parents of a deployment and the origin of each pool's workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lineage {
    /// Pages of each parent before any work, in bytes, without libraries.
    pub(super) parents: Vec<u64>,
    /// One entry per pool.
    pub(super) origins: Vec<Origin>,
    /// The parent that dispatches, if it is Python.
    pub(super) python: Option<usize>,
}

impl Lineage {
    pub(super) fn new(host: &Host, runtime: &Runtime, pools: &[PoolConfig]) -> Self {
        let bare = host.memory.interpreter.value;
        let grown = bare + runtime.import_bytes + runtime.parent_bytes;
        let mut lineage = Self::default();
        if pools.iter().any(|pool| pool.dispatcher == Dispatcher::Python) {
            lineage.python = Some(lineage.add(grown));
        }
        let mut fork_server = None;
        for pool in pools {
            let server = host.servers.get(&pool.kind).map_or(0, |cost| cost.memory_beside(pool));
            let python = lineage.python.filter(|_| pool.dispatcher == Dispatcher::Python);
            let origin = match (pool.start_method, python) {
                (_, Some(parent)) if pool.in_parent() => Origin::Inside(parent),
                // The one worker of a server that forks has a parent all the same.
                _ if pool.in_parent() && server == 0 => Origin::Fresh,
                (StartMethod::Spawn, _) => {
                    if server > 0 {
                        lineage.add(server);
                    }
                    Origin::Fresh
                }
                (StartMethod::Fork, Some(parent)) => Origin::Forked(parent),
                (StartMethod::Fork, None) => Origin::Forked(lineage.add(grown + server)),
                (StartMethod::Forkserver, Some(_)) => {
                    Origin::Forked(*fork_server.get_or_insert_with(|| lineage.add(bare)))
                }
                (StartMethod::Forkserver, None) => Origin::Forked(lineage.add(bare + server)),
            };
            lineage.origins.push(origin);
        }
        lineage
    }

    fn add(&mut self, pages: u64) -> usize {
        self.parents.push(pages);
        self.parents.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Parameter, ServerCost};
    use crate::kernel::SimDuration;
    use crate::pool::{PoolKind, Profile};
    use crate::workload::{Arrivals, Workload};

    #[test]
    fn pools_of_one_python_parent_share_it_and_its_fork_server() {
        let mut host = Host::ideal(4);
        host.memory.interpreter = Parameter::exactly(10);
        let mut workload = Workload::new("lineage", Arrivals::Batch { requests: 1 }, Vec::new());
        workload.runtime.import_bytes = 100;
        workload.runtime.parent_bytes = 1_000;
        let pool = |profile, start_method, dispatcher| {
            let pool = PoolConfig::new(&workload, profile, workload.runtime.python[0]);
            PoolConfig { start_method, dispatcher, ..pool }
        };
        let (two, threads) = (Profile::processes(2), Profile::threads(1, 4));
        let pools = [
            pool(two, StartMethod::Fork, Dispatcher::Kernel),
            pool(two, StartMethod::Forkserver, Dispatcher::Python),
            pool(threads, StartMethod::Fork, Dispatcher::Python),
            pool(two, StartMethod::Fork, Dispatcher::Python),
            pool(two, StartMethod::Forkserver, Dispatcher::Python),
            pool(two, StartMethod::Forkserver, Dispatcher::Native),
            pool(two, StartMethod::Spawn, Dispatcher::Python),
            pool(threads, StartMethod::Fork, Dispatcher::Kernel),
        ];
        let lineage = Lineage::new(&host, &workload.runtime, &pools);
        // Python parent, kernel pool's master, fork server, native fork server.
        assert_eq!(lineage.parents, [1_110, 1_110, 10, 10]);
        assert_eq!(lineage.python, Some(0));
        assert_eq!(
            lineage.origins,
            [
                Origin::Forked(1),
                Origin::Forked(2),
                Origin::Inside(0),
                Origin::Forked(0),
                Origin::Forked(2),
                Origin::Forked(3),
                Origin::Fresh,
                Origin::Fresh,
            ]
        );
    }

    #[test]
    fn a_server_has_its_own_imports_in_the_process_that_workers_come_from() {
        let mut host = Host::ideal(4);
        host.memory.interpreter = Parameter::exactly(10);
        let workload = Workload::new("server", Arrivals::Batch { requests: 1 }, Vec::new());
        let cost = ServerCost {
            parent_memory: Parameter::exactly(7),
            worker_memory: Parameter::exactly(3),
            parent_start: Parameter::exactly(SimDuration::ZERO),
            worker_start: Parameter::exactly(SimDuration::ZERO),
        };
        for kind in [PoolKind::GunicornSync, PoolKind::Uvicorn] {
            host.servers.insert(kind, cost.clone());
        }
        let pool = |kind, workers, start_method| PoolConfig {
            kind,
            start_method,
            dispatcher: Dispatcher::Kernel,
            ..PoolConfig::new(&workload, Profile::processes(workers), workload.runtime.python[0])
        };
        let one_of_threads = PoolConfig {
            profile: Profile::threads(1, 4),
            ..pool(PoolKind::GunicornSync, 1, StartMethod::Forkserver)
        };
        for (pool, parents) in [
            (pool(PoolKind::GunicornSync, 2, StartMethod::Forkserver), vec![17]),
            (pool(PoolKind::GunicornSync, 2, StartMethod::Fork), vec![17]),
            (pool(PoolKind::Uvicorn, 2, StartMethod::Spawn), vec![7]),
            // It is the worker.
            (pool(PoolKind::Uvicorn, 1, StartMethod::Spawn), vec![]),
            (pool(PoolKind::GunicornGthread, 2, StartMethod::Forkserver), vec![10]),
            (one_of_threads, vec![17]),
        ] {
            let lineage = Lineage::new(&host, &workload.runtime, std::slice::from_ref(&pool));
            assert_eq!(lineage.parents, parents, "{}", pool.kind);
        }
    }
}
