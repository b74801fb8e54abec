//! Does it fit? What pools hold when idle, against the memory that there is.

use crate::host::Host;
use crate::pool::{Deployment, PoolConfig};
use crate::process::MemoryPlan;
use crate::search::family::Family;
use crate::search::ruling::{Kind, Ruling};
use crate::search::units::bytes;
use crate::workload::Workload;

/// Memory that the pool may use, and whose limit that is.
pub(super) fn memory_limit(workload: &Workload, host: &Host) -> (u64, &'static str) {
    match workload.objective.memory_bytes {
        Some(limit) if limit <= host.memory_bytes => (limit, "the objective allows"),
        _ => (host.memory_bytes, "the host has"),
    }
}

/// The idle pool alone must fit: every request only adds to it.
pub(super) fn too_much(workload: &Workload, host: &Host, pool: &PoolConfig) -> Option<Ruling> {
    let idle = MemoryPlan::new(host, &workload.runtime, pool).idle_pss(pool.profile.workers);
    let (limit, whose) = memory_limit(workload, host);
    (idle > limit).then(|| Ruling {
        distance: idle as f64,
        ..Ruling::new(
            Family::of(pool).name(),
            Kind::Memory,
            format!(
                "The smallest that does not fit, {pool}, holds {} when idle, and {whose} {}.",
                bytes(idle as f64),
                bytes(limit as f64)
            ),
        )
    })
}

/// Do all pools together keep to the limit on workers and, when idle, to the
/// memory?
pub(super) fn fits(workload: &Workload, host: &Host, deployment: &Deployment) -> bool {
    let most = workload.service.max_workers;
    let idle: u64 = deployment
        .pools
        .iter()
        .map(|pool| {
            let plan = MemoryPlan::new(host, &workload.runtime, pool);
            plan.idle_pss(pool.profile.workers)
        })
        .sum();
    most.is_none_or(|most| deployment.workers() <= most) && idle <= memory_limit(workload, host).0
}
