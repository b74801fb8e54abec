//! Operational bounds: throughputs that no schedule can pass.

use crate::host::Host;
use crate::pool::{Concurrency, Deployment, PoolConfig};
use crate::search::Resource;
use crate::search::demand::Demand;
use crate::workload::{Arrivals, Workload};

/// Every resource's largest throughput, tightest first, in requests/s.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bounds {
    /// Only resources with a demand appear.
    pub(super) by_resource: Vec<(Resource, f64)>,
    /// What the load itself can ask for at most; infinite for an open load.
    pub(super) asked: f64,
}

impl Bounds {
    /// Bounds of `pool` under `workload` on `host`.
    pub(super) fn of(workload: &Workload, host: &Host, pool: &PoolConfig) -> Self {
        Self::of_parts(workload, host, &[(pool, Demand::of(workload, host, pool))])
    }

    /// Bounds of `deployment`: its pools share the cores, and what lives in the
    /// parent shares its lock; the tightest pool's slots and dispatcher count.
    pub(super) fn of_deployment(workload: &Workload, host: &Host, deployment: &Deployment) -> Self {
        Self::of_parts(workload, host, &Demand::of_deployment(workload, host, deployment))
    }

    fn of_parts(workload: &Workload, host: &Host, parts: &[(&PoolConfig, Demand)]) -> Self {
        let sum = |of: fn(&Demand) -> f64| parts.iter().map(|(_, demand)| of(demand)).sum::<f64>();
        let least = |bound: &dyn Fn(&PoolConfig, &Demand) -> f64| {
            let bounds = parts.iter().map(|(pool, demand)| bound(pool, demand));
            bounds.filter(|bound| !bound.is_nan()).fold(f64::INFINITY, f64::min)
        };
        let mut by_resource: Vec<(Resource, f64)> = [
            (Resource::Cores, host.usable_cpus() / sum(|demand| demand.cores)),
            (Resource::Lock, lock(parts)),
            (Resource::Workers, least(&|pool, d| pool.profile.slots() as f64 / d.slot)),
            (Resource::Dispatcher, least(&|_, d| 1.0 / d.dispatcher)),
        ]
        .into_iter()
        .filter(|(_, bound)| bound.is_finite())
        .collect();
        by_resource.sort_by(|a, b| a.1.total_cmp(&b.1));
        let asked = match &workload.arrivals {
            Arrivals::Closed { clients, think } => {
                let alone = sum(|demand| demand.slot + demand.dispatcher);
                f64::from(*clients) / (alone + think.mean_secs())
            }
            _ => f64::INFINITY,
        };
        Self { by_resource, asked }
    }

    /// The tightest resource and its bound.
    pub(super) fn tightest(&self) -> Option<(Resource, f64)> {
        self.by_resource.first().copied()
    }

    /// Largest throughput that anything allows, in requests/s.
    pub(super) fn throughput(&self) -> f64 {
        self.tightest().map_or(self.asked, |(_, bound)| bound.min(self.asked))
    }
}

/// The tightest lock: each pool's own, and the parent's for all that live there.
fn lock(parts: &[(&PoolConfig, Demand)]) -> f64 {
    let in_parent = |pool: &PoolConfig| pool.shares_parent() && locks(pool) == 1.0;
    let parent = parts.iter().filter(|(pool, _)| in_parent(pool));
    // Not `sum`, which is -0 for nothing.
    let shared = 1.0 / parent.map(|(_, demand)| demand.lock).fold(0.0, |a, b| a + b);
    let own = parts.iter().filter(|(pool, _)| !in_parent(pool));
    own.map(|(pool, demand)| locks(pool) / demand.lock).fold(shared, f64::min)
}

/// Interpreter locks of the whole pool.
fn locks(pool: &PoolConfig) -> f64 {
    let per_worker = match pool.profile.concurrency {
        Concurrency::Interpreters(n) => n,
        _ => 1,
    };
    f64::from(pool.profile.workers) * f64::from(per_worker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Parameter, Quota};
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::Distribution;

    fn tightest(profile: &str, host: &Host) -> (Resource, f64) {
        let workload = cpu_bound(1.0, SimDuration(10_000_000));
        let pool = PoolConfig::new(&workload, profile.parse().unwrap(), python("3.12"));
        Bounds::of(&workload, host, &pool).tightest().unwrap()
    }

    #[test]
    fn the_resource_that_runs_out_first_is_named() {
        let host = Host::ideal(4);
        assert_eq!(tightest("process:2", &host), (Resource::Workers, 200.0));
        assert_eq!(tightest("process:16", &host), (Resource::Cores, 400.0));
        assert_eq!(tightest("threads:16", &host), (Resource::Lock, 100.0));
        assert_eq!(tightest("thread:2x16", &host), (Resource::Lock, 200.0));
    }

    #[test]
    fn quota_and_siblings_change_the_cores() {
        let mut host = Host::ideal(4);
        host.threads_per_core = 2;
        host.cpu.smt_gain = Parameter::exactly(1.25);
        assert_eq!(host.usable_cpus(), 5.0);
        host.quota = Some(Quota { cpus: 0.5, period: SimDuration(100_000_000) });
        assert_eq!(tightest("process:16", &host), (Resource::Cores, 50.0));
    }

    #[test]
    fn clients_that_think_ask_for_less() {
        let mut workload = cpu_bound(1.0, SimDuration(10_000_000));
        let think = Distribution::Constant(SimDuration(90_000_000));
        workload.arrivals = Arrivals::Closed { clients: 5, think };
        let pool = PoolConfig::new(&workload, "process:8".parse().unwrap(), python("3.12"));
        let bounds = Bounds::of(&workload, &Host::ideal(8), &pool);
        assert!((bounds.throughput() - 50.0).abs() < 1e-9);
    }
}
