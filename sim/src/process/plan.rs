//! What a pool's processes hold when they are ready.

use super::lineage::{Lineage, Origin};
use crate::host::Host;
use crate::pool::{Concurrency, PoolConfig, StartMethod};
use crate::workload::Runtime;

/// What the processes of one pool hold, had it the host to itself, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MemoryPlan {
    /// Python processes that are not workers: parent, fork server.
    pub(crate) parents: u64,
    /// Shared libraries: in PSS once, in RSS per process.
    pub(crate) libraries: u64,
    /// A worker's own pages when ready.
    pub(crate) worker_private: u64,
    /// A worker's pages that it shares with its parent, before any work.
    pub(crate) worker_shared: u64,
    /// Share of the shared pages that end up private.
    pub(crate) cow_plateau: f64,
    /// Share of the rest of that plateau that one request makes private.
    pub(crate) cow_step: f64,
    /// One more request in service, beside its working set.
    pub(crate) per_request: u64,
}

impl MemoryPlan {
    pub(crate) fn new(host: &Host, runtime: &Runtime, pool: &PoolConfig) -> Self {
        Self::within(
            &Lineage::new(host, runtime, std::slice::from_ref(pool)),
            0,
            host,
            runtime,
            pool,
        )
    }

    /// As pool `index` of a deployment.
    pub(super) fn within(
        lineage: &Lineage,
        index: usize,
        host: &Host,
        runtime: &Runtime,
        pool: &PoolConfig,
    ) -> Self {
        let memory = &host.memory;
        let inside = match pool.profile.concurrency {
            Concurrency::Threads(n) => u64::from(n) * memory.thread.value,
            Concurrency::Interpreters(n) => {
                u64::from(n - 1) * (memory.subinterpreter.value + runtime.import_bytes)
                    + u64::from(n) * memory.thread.value
            }
            Concurrency::Serial | Concurrency::EventLoop(_) => 0,
        };
        let server = host.servers.get(&pool.kind).map_or(0, |cost| cost.worker_memory.value);
        let (own, shared) = match lineage.origins[index] {
            Origin::Inside(_) => (0, 0),
            Origin::Fresh => (memory.interpreter.value + runtime.import_bytes, 0),
            // A child of the fork server imports by itself.
            Origin::Forked(parent) if pool.start_method == StartMethod::Forkserver => {
                (runtime.import_bytes, lineage.parents[parent])
            }
            Origin::Forked(parent) => (0, lineage.parents[parent]),
        };
        let per_request = match pool.profile.concurrency {
            Concurrency::EventLoop(_) => memory.task.value,
            _ => 0,
        };
        Self {
            parents: lineage.parents.iter().sum(),
            libraries: memory.shared_libraries.value,
            worker_private: own + inside + server,
            worker_shared: shared,
            cow_plateau: memory.cow_plateau.value,
            cow_step: 1.0 - (-1.0 / memory.cow_requests.value.max(f64::MIN_POSITIVE)).exp(),
            per_request,
        }
    }

    /// PSS of the whole pool once ready and idle.
    pub(crate) fn idle_pss(&self, workers: u32) -> u64 {
        self.parents
            .saturating_add(self.libraries)
            .saturating_add(u64::from(workers).saturating_mul(self.worker_private))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Parameter;
    use crate::pool::{Dispatcher, Profile};
    use crate::workload::{Arrivals, Workload};

    fn plan(profile: &str, start_method: StartMethod, dispatcher: Dispatcher) -> MemoryPlan {
        let mut host = Host::ideal(4);
        host.memory.interpreter = Parameter::exactly(10);
        host.memory.shared_libraries = Parameter::exactly(7);
        host.memory.thread = Parameter::exactly(1);
        host.memory.subinterpreter = Parameter::exactly(2);
        host.memory.task = Parameter::exactly(3);
        let mut workload = Workload::new("plan", Arrivals::Batch { requests: 1 }, Vec::new());
        workload.runtime.import_bytes = 100;
        let profile: Profile = profile.parse().unwrap();
        let pool = PoolConfig::new(&workload, profile, workload.runtime.python[0]);
        let pool = PoolConfig { start_method, dispatcher, ..pool };
        MemoryPlan::new(&host, &workload.runtime, &pool)
    }

    #[test]
    fn what_is_shared_depends_on_the_start() {
        use Dispatcher::{Native, Python};
        use StartMethod::{Fork, Forkserver, Spawn};
        let sizes = |plan: MemoryPlan| (plan.parents, plan.worker_private, plan.worker_shared);
        assert_eq!(sizes(plan("process:4", Fork, Python)), (110, 0, 110));
        assert_eq!(sizes(plan("process:4", Fork, Native)), (110, 0, 110));
        assert_eq!(sizes(plan("process:4", Forkserver, Python)), (120, 100, 10));
        assert_eq!(sizes(plan("process:4", Forkserver, Native)), (10, 100, 10));
        assert_eq!(sizes(plan("process:4", Spawn, Python)), (110, 110, 0));
        assert_eq!(sizes(plan("process:4", Spawn, Native)), (0, 110, 0));
        assert_eq!(plan("process:4", Spawn, Python).idle_pss(4), 7 + 5 * 110);
    }

    #[test]
    fn one_process_holds_one_interpreter_whoever_dispatches() {
        for dispatcher in [Dispatcher::Kernel, Dispatcher::Native, Dispatcher::Python] {
            for (profile, inside) in
                [("threads:5", 5), ("interpreters:3", 2 * 102 + 3), ("async:1x9", 0)]
            {
                let plan = plan(profile, StartMethod::Fork, dispatcher);
                assert_eq!(plan.idle_pss(1), 7 + 110 + inside, "{profile}");
            }
        }
    }
}
