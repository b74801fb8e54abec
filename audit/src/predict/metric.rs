//! Which number of a replication a claim is about.

use sim::host::Host;
use sim::workload::Arrivals;

use super::Run;
use crate::document::Claim;
use crate::quantity::Quantity;
use crate::variants::Built;

/// The number, in the units of figures; `None` if the model has none.
pub(super) fn of(claim: &Claim, built: &Built, host: &Host, run: &Run) -> Option<f64> {
    let outcome = &run.outcome;
    let class = match &claim.class {
        Some(name) => Some(built.workload.classes.iter().position(|c| c.name == *name)?),
        None => None,
    };
    if let Some((_, probability)) =
        Quantity::QUANTILES.iter().find(|(quantity, _)| *quantity == claim.quantity)
    {
        return quantile(&times(run, class), *probability);
    }
    let served = class.map_or(&outcome.all, |class| &outcome.classes[class]);
    match claim.quantity {
        Quantity::Throughput => Some(match (&built.workload.arrivals, class) {
            (Arrivals::Batch { .. }, None) => outcome.counts.completed as f64 / outcome.makespan,
            (_, None) => outcome.throughput,
            (_, Some(_)) => served.completed as f64 / outcome.observed,
        }),
        Quantity::Mean => Some(served.mean),
        Quantity::Makespan => Some(outcome.makespan),
        Quantity::Startup => built.cold.then_some(outcome.ready_at.0 as f64 * 1e-9),
        Quantity::Cpu => Some(outcome.utilisation.cores * host.usable_cpus()),
        Quantity::Memory | Quantity::PeakPss => Some(outcome.memory.peak_pss as f64),
        Quantity::IdlePss => Some(outcome.memory.idle_pss as f64),
        Quantity::WorkerRss => Some(outcome.memory.worst_worker_rss as f64),
        Quantity::Queue => Some(outcome.peak_queue as f64),
        Quantity::Rejected => {
            Some(outcome.counts.rejected as f64 / outcome.counts.arrived.max(1) as f64)
        }
        Quantity::Efficiency => {
            let name = claim.stage.as_ref()?;
            let stage = built.workload.stages.iter().position(|stage| stage.name == *name)?;
            let pool = outcome.pools.get(stage)?;
            Some(pool.mean_service / pool.mean_sojourn)
        }
        _ => None,
    }
    .filter(|value| value.is_finite())
}

fn times(run: &Run, class: Option<usize>) -> Vec<f64> {
    let wanted = run.sojourns.iter().filter(|(of, _)| class.is_none_or(|class| class == *of));
    wanted.map(|(_, time)| *time).collect()
}

/// Of ascending `times`: the smallest that a share of `probability` keeps.
fn quantile(times: &[f64], probability: f64) -> Option<f64> {
    let rank = (probability * times.len() as f64).ceil() as usize;
    times.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_order_statistics() {
        let times: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile(&times, 0.5), Some(50.0));
        assert_eq!(quantile(&times, 0.999), Some(100.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
