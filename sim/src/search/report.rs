//! Figures worth showing: fresh requests, and replications until the intervals
//! are as narrow as asked for.

use crate::experiment::{ClassSummary, Outcome, SimError, Summary};
use crate::pool::Deployment;
use crate::search::SearchOptions;
use crate::search::judge::stationary_load;
use crate::search::lengths::{cycle_requests, one_period, patience_requests};
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::stats::Estimate;
use crate::workload::{Arrivals, Quantile, Trace, Workload};

/// Replications before the intervals are looked at.
const FIRST: u32 = 10;
/// Replications of a rule's pick, which needs a ratio only.
const ROUGH: u32 = 5;
/// Replications of either if each is long.
const FEW: u32 = 4;
/// Most replications.
const MOST: u32 = 160;
/// Requests of the rarest class in one replication, so that twenty of them
/// are beyond its p99, within the limits that follow.
const OF_RAREST: f64 = 2000.0;
const SHORTEST: u64 = 5_000;
const LONGEST: u64 = 40_000;

/// A deployment and its replications.
#[derive(Clone, Debug)]
pub(super) struct Reported {
    pub(super) deployment: Deployment,
    pub(super) outcomes: Vec<Outcome>,
    /// Do its intervals have the wanted width (or no meaning, in an overload)?
    pub(super) precise: bool,
}

/// What is shown, and on how many requests each replication rests.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// To the wanted precision, in the order asked for.
    pub(super) shown: Vec<Reported>,
    /// Roughly.
    pub(super) rough: Vec<Reported>,
    /// Of one replication.
    pub(super) requests: u64,
}

/// Simulates `shown` to the wanted precision and `rough` roughly, all on the
/// same requests, as far as the budget goes.
pub(super) fn report(
    simulator: &mut Simulator<'_>,
    workload: &Workload,
    options: &SearchOptions,
    shown: Vec<Deployment>,
    rough: Vec<Deployment>,
) -> Result<Report, SimError> {
    let wanted = requests(workload);
    // A long replication counts for several short ones.
    let (first, few) = if wanted > LONGEST { (FEW, FEW) } else { (FIRST, ROUGH) };
    let runs = shown.len() as u64 * u64::from(first) + rough.len() as u64 * u64::from(few);
    let left = simulator.affordable(options).saturating_sub(simulator.spent);
    let requests = wanted.min((left / runs.max(1)).max(SHORTEST / 10));
    let runs = Runs { purpose: Purpose::Report, from: 0, replications: first, requests };
    let mut shown = start(simulator, shown, runs)?;
    let rough = start(simulator, rough, Runs { replications: few, ..runs })?;
    look(workload, options, &mut shown);
    let mut done = first;
    while done < MOST {
        let mut pending: Vec<&mut Reported> = shown.iter_mut().filter(|r| !r.precise).collect();
        let left = simulator.affordable(options).saturating_sub(simulator.spent);
        let affordable = left / (requests * pending.len() as u64).max(1);
        let replications = u64::from((done / 2).min(MOST - done)).min(affordable) as u32;
        if pending.is_empty() || replications == 0 {
            break;
        }
        let deployments: Vec<&Deployment> = pending.iter().map(|r| &r.deployment).collect();
        let more = simulator.run(&deployments, Runs { from: done, replications, ..runs })?;
        for (reported, outcomes) in pending.iter_mut().zip(more) {
            reported.outcomes.extend(outcomes);
        }
        done += replications;
        look(workload, options, &mut shown);
    }
    Ok(Report { shown, rough, requests })
}

fn start(
    simulator: &mut Simulator<'_>,
    deployments: Vec<Deployment>,
    runs: Runs,
) -> Result<Vec<Reported>, SimError> {
    let outcomes = simulator.run(&deployments.iter().collect::<Vec<_>>(), runs)?;
    let reported = |(deployment, outcomes)| Reported { deployment, outcomes, precise: false };
    Ok(deployments.into_iter().zip(outcomes).map(reported).collect())
}

fn look(workload: &Workload, options: &SearchOptions, shown: &mut [Reported]) {
    for reported in shown.iter_mut().filter(|r| !r.precise) {
        reported.precise = precise(workload, options, &Summary::of(reported.outcomes.clone()));
    }
}

/// Are the intervals narrow enough? In an overload the latencies describe the
/// length of the run, and no number of replications changes that.
fn precise(workload: &Workload, options: &SearchOptions, summary: &Summary) -> bool {
    if summary.saturated && stationary_load(workload) {
        return true;
    }
    let rate = match workload.arrivals {
        Arrivals::Batch { .. } => summary.makespan,
        _ => summary.throughput,
    };
    let tail = |class: &ClassSummary| class.quantiles[Quantile::P99 as usize];
    rate.relative_half_width() <= options.throughput_precision
        && summary
            .classes
            .iter()
            .map(tail)
            .filter(Estimate::is_known)
            .all(|p99| p99.relative_half_width() <= options.p99_precision)
}

/// Requests of one replication: a finite load or periods in whole, else enough
/// of the rarest class and of the load's bursts.
fn requests(workload: &Workload) -> u64 {
    let rarest = workload.classes.iter().map(|class| class.share).fold(1.0, f64::min);
    let swings = (2 * cycle_requests(workload)).max(patience_requests(workload));
    let enough = ((OF_RAREST / rarest).ceil() as u64).max(swings).clamp(SHORTEST, LONGEST);
    // A quantile over part of a period is that part's, not the period's.
    let whole = match one_period(workload) {
        0 => enough,
        period => (LONGEST / period).max(1) * period,
    };
    Trace::rows(workload).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::CpuModel;
    use crate::host::Host;
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::testing::{cpu_bound, python};

    fn reported(rate: f64, budget: u64) -> (Vec<Reported>, u64) {
        let workload = cpu_bound(rate, SimDuration(10_000_000));
        let host = Host::ideal(2);
        let options = SearchOptions { budget, ..SearchOptions::default() };
        let pool = |text: &str| {
            Deployment::from(PoolConfig::new(&workload, text.parse().unwrap(), python("3.12")))
        };
        let mut simulator = Simulator::new(&workload, &host, CpuModel::default(), 1);
        let shown = vec![pool("process:2"), pool("process:1")];
        let Report { shown, rough, .. } =
            report(&mut simulator, &workload, &options, shown, vec![pool("process:3")]).unwrap();
        assert_eq!(rough[0].outcomes.len(), ROUGH as usize);
        (shown, simulator.spent)
    }

    #[test]
    fn replications_go_on_until_the_intervals_are_narrow() {
        let (shown, _) = reported(70.0, 6_000_000);
        for one in &shown {
            let summary = Summary::of(one.outcomes.clone());
            let p99 = summary.classes[0].quantiles[2];
            assert!(one.precise && p99.relative_half_width() <= 0.05, "{p99:?}");
        }
        let counts: Vec<usize> = shown.iter().map(|r| r.outcomes.len()).collect();
        assert!(counts[1] > counts[0], "a busier pool needs more: {counts:?}");
    }

    #[test]
    fn the_budget_ends_it() {
        let (shown, spent) = reported(95.0, 150_000);
        assert!(spent <= 150_000, "{spent}");
        assert!(!shown[1].precise);
    }

    #[test]
    fn an_overload_is_not_prolonged() {
        let (shown, _) = reported(150.0, 6_000_000);
        assert_eq!(shown[1].outcomes.len(), FIRST as usize);
    }
}
