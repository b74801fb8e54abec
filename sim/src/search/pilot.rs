//! For closed loads and batches: what some candidate is seen to reach rules
//! out every candidate whose bound is clearly below it.

use crate::experiment::SimError;
use crate::host::Host;
use crate::pool::{Deployment, PoolConfig};
use crate::search::bounds::Bounds;
use crate::search::family::Family;
use crate::search::ruling::{Kind, Ruling};
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::search::units::number;
use crate::workload::{Goal, Workload};

/// A bound must be below this share of what was seen.
const CLEARLY_BELOW: f64 = 0.8;
/// Requests of the pilot run.
const REQUESTS: u64 = 1000;

/// Splits `pools` into those worth racing and the rulings on the rest.
pub(super) fn pilot(
    simulator: &mut Simulator<'_>,
    workload: &Workload,
    host: &Host,
    pools: Vec<PoolConfig>,
) -> Result<(Vec<PoolConfig>, Vec<Ruling>), SimError> {
    if workload.goal() != Goal::Throughput || workload.arrivals.offered_rate().is_some() {
        return Ok((pools, Vec::new()));
    }
    let bounds: Vec<f64> =
        pools.iter().map(|pool| Bounds::of(workload, host, pool).throughput()).collect();
    let scouts = best_of_each_family(&pools, &bounds);
    let runs = Runs { purpose: Purpose::Search, from: 0, replications: 1, requests: REQUESTS };
    let scouted: Vec<Deployment> = scouts.iter().map(|(pool, _)| (*pool).clone().into()).collect();
    let outcomes = simulator.run(&scouted.iter().collect::<Vec<_>>(), runs)?;
    // A short run with luck in its draws can pass the bound, which holds in the
    // long run: what counts as reached is at most the scout's own bound.
    let reached = scouts
        .iter()
        .zip(&outcomes)
        .filter_map(|((_, bound), runs)| Some(runs.first()?.throughput.min(*bound)))
        .fold(0.0, f64::max);
    let mut kept = Vec::new();
    let mut rulings = Vec::new();
    for (pool, bound) in pools.iter().zip(bounds) {
        if bound >= CLEARLY_BELOW * reached {
            kept.push(pool.clone());
            continue;
        }
        let family = Family::of(pool).name();
        let reason = format!(
            "Even the best of them, {pool}, could serve at most {} requests/s; others were seen to \
             serve {}.",
            number(bound),
            number(reached)
        );
        rulings.push(Ruling { distance: -bound, ..Ruling::new(family, Kind::Capacity, reason) });
    }
    Ok((kept, rulings))
}

/// The smallest of each family's highest bound, and that bound.
fn best_of_each_family<'p>(pools: &'p [PoolConfig], bounds: &[f64]) -> Vec<(&'p PoolConfig, f64)> {
    let mut best = std::collections::BTreeMap::new();
    for (pool, &bound) in pools.iter().zip(bounds) {
        let (_, highest) = best.entry(Family::of(pool)).or_insert((pool, bound));
        if bound > *highest {
            best.insert(Family::of(pool), (pool, bound));
        }
    }
    best.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::CpuModel;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::Arrivals;

    #[test]
    fn a_bound_below_what_was_seen_is_no_use() {
        let mut workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        workload.arrivals = Arrivals::Batch { requests: 800 };
        let host = Host::ideal(4);
        let pools: Vec<PoolConfig> = ["process:1", "process:2", "process:4", "threads:4"]
            .map(|text| PoolConfig::new(&workload, text.parse().unwrap(), python("3.12")))
            .into();
        let mut simulator = Simulator::new(&workload, &host, CpuModel::default(), 1);
        let (kept, rulings) = pilot(&mut simulator, &workload, &host, pools).unwrap();
        let kept: Vec<String> = kept.iter().map(|pool| pool.profile.to_string()).collect();
        assert_eq!(kept, ["process:4"]);
        assert_eq!(rulings.len(), 3);
        assert!(rulings[0].reason.contains("at most 1000 requests/s"), "{rulings:?}");
    }

    #[test]
    fn a_lucky_draw_rules_not_everything_out() {
        let mut workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        // Twenty exponential services: their mean is often far from the long run's.
        workload.arrivals = Arrivals::Batch { requests: 20 };
        let host = Host::ideal(4);
        for seed in 0..20 {
            let pools = ["process:1", "process:4"]
                .map(|text| PoolConfig::new(&workload, text.parse().unwrap(), python("3.12")));
            let mut simulator = Simulator::new(&workload, &host, CpuModel::default(), seed);
            let (kept, _) = pilot(&mut simulator, &workload, &host, pools.into()).unwrap();
            assert!(kept.iter().any(|pool| pool.profile.workers == 4), "seed {seed}");
        }
    }
}
