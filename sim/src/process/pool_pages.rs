//! What the workers of one pool have in common.

use super::holding::Footprint;
use super::lineage::{Lineage, Origin};
use super::plan::MemoryPlan;
use crate::pool::PoolConfig;
use crate::workload::Workload;

/// What all workers of a pool have in common.
#[derive(Clone, Debug)]
pub(super) struct PoolPages {
    pub(super) plan: MemoryPlan,
    pub(super) origin: Origin,
    /// A process leaks once, however many pools live in it.
    pub(super) leaks: bool,
    /// One entry per class.
    pub(super) footprints: Vec<Footprint>,
}

/// One entry per pool.
pub(super) fn pool_pages(
    workload: &Workload,
    pools: &[PoolConfig],
    plans: &[MemoryPlan],
    lineage: &Lineage,
) -> Vec<PoolPages> {
    let footprint = |plan: &MemoryPlan, pool: &PoolConfig, class: usize| {
        let class = &workload.classes[class];
        let working = pool.working_set_bytes.unwrap_or(class.working_set_bytes);
        Footprint {
            working: working + plan.per_request,
            kept: (class.kept_share * working as f64) as u64,
            leak: class.leak_bytes,
            result: pool.keeps_last_result.then_some(class.response_bytes),
        }
    };
    let pages = plans.iter().zip(pools).enumerate().map(|(i, (plan, pool))| {
        let origin = lineage.origins[i];
        let first = lineage.origins.iter().position(|other| *other == origin) == Some(i);
        PoolPages {
            plan: *plan,
            origin,
            leaks: first || !matches!(origin, Origin::Inside(_)),
            footprints: (0..workload.classes.len()).map(|c| footprint(plan, pool, c)).collect(),
        }
    });
    pages.collect()
}
