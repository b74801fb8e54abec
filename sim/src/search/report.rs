//! Figures worth showing: fresh requests, and replications until the intervals
//! are as narrow as asked for, or until a pool is clearly not the choice.

use crate::experiment::{ClassSummary, Outcome, SimError, Summary};
use crate::pool::Deployment;
use crate::search::SearchOptions;
use crate::search::judge::{Judge, stationary_load};
use crate::search::lengths::{cycle_requests, one_period, patience_requests};
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::stats::Estimate;
use crate::workload::{Arrivals, Quantile, Trace, Workload};

/// Replications before the width of the intervals is looked at.
const FIRST: u32 = 10;
/// Replications that tell what is clearly worse, and all that a rule's pick
/// needs, of which a ratio is shown.
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
    /// Is it clearly worse than the first one shown? Then no more is asked of it.
    beaten: bool,
}

impl Reported {
    fn is_pending(&self) -> bool {
        !self.precise && !self.beaten
    }
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
/// same requests, as far as the budget goes. Replications go where the answer
/// hangs on them: the first of `shown` and all that may be as good get as many
/// as they need.
pub(super) fn report(
    simulator: &mut Simulator<'_>,
    judge: &Judge<'_>,
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
    let runs = Runs { purpose: Purpose::Report, from: 0, replications: few, requests };
    let mut shown = start(simulator, shown, runs)?;
    let rough = start(simulator, rough, runs)?;
    let mut done = few;
    while done < MOST {
        dismiss(judge, options, &mut shown);
        if done >= first {
            look(workload, options, &mut shown);
        }
        let mut pending: Vec<&mut Reported> =
            shown.iter_mut().filter(|one| one.is_pending()).collect();
        let left = simulator.affordable(options).saturating_sub(simulator.spent);
        let affordable = left / (requests * pending.len() as u64).max(1);
        let replications = match first.checked_sub(done) {
            None | Some(0) => u64::from((done / 2).min(MOST - done)).min(affordable) as u32,
            Some(owed) => owed,
        };
        if pending.is_empty() || replications == 0 {
            break;
        }
        let deployments: Vec<&Deployment> = pending.iter().map(|r| &r.deployment).collect();
        let more = simulator.run(&deployments, Runs { from: done, replications, ..runs })?;
        for (reported, outcomes) in pending.iter_mut().zip(more) {
            reported.outcomes.extend(outcomes);
        }
        done += replications;
    }
    look(workload, options, &mut shown);
    Ok(Report { shown, rough, requests })
}

fn start(
    simulator: &mut Simulator<'_>,
    deployments: Vec<Deployment>,
    runs: Runs,
) -> Result<Vec<Reported>, SimError> {
    let outcomes = simulator.run(&deployments.iter().collect::<Vec<_>>(), runs)?;
    let reported =
        |(deployment, outcomes)| Reported { deployment, outcomes, precise: false, beaten: false };
    Ok(deployments.into_iter().zip(outcomes).map(reported).collect())
}

fn look(workload: &Workload, options: &SearchOptions, shown: &mut [Reported]) {
    for one in shown.iter_mut().filter(|one| one.is_pending()) {
        one.precise = precise(workload, options, &Summary::of(one.outcomes.clone()));
    }
}

/// Asks no more of those that are clearly worse than the first.
fn dismiss(judge: &Judge<'_>, options: &SearchOptions, shown: &mut [Reported]) {
    let standing =
        |one: &Reported, runs: usize| judge.standing(&one.deployment, &one.outcomes[..runs], 0.0);
    let Some((first, others)) = shown.split_first_mut() else { return };
    for one in others.iter_mut().filter(|one| one.is_pending()) {
        // The first may have had enough before: only what both served compares.
        let runs = one.outcomes.len().min(first.outcomes.len());
        one.beaten =
            standing(one, runs).clearly_worse(&standing(first, runs), options.indifference);
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

    fn reported(profiles: &[&str], rate: f64, budget: u64) -> (Vec<Reported>, u64) {
        let workload = cpu_bound(rate, SimDuration(10_000_000));
        let host = Host::ideal(2);
        let options = SearchOptions { budget, ..SearchOptions::default() };
        let pool = |text: &str| {
            Deployment::from(PoolConfig::new(&workload, text.parse().unwrap(), python("3.12")))
        };
        let mut simulator = Simulator::new(&workload, &host, CpuModel::default(), 1);
        let judge = Judge::new(&workload, &host);
        let shown = profiles.iter().map(|text| pool(text)).collect();
        let rough = vec![pool("process:3")];
        let Report { shown, rough, .. } =
            report(&mut simulator, &judge, &workload, &options, shown, rough).unwrap();
        assert_eq!(rough[0].outcomes.len(), ROUGH as usize);
        (shown, simulator.spent)
    }

    #[test]
    fn replications_go_on_until_the_intervals_are_narrow() {
        let alone = |profile: &str| reported(&[profile], 70.0, 6_000_000).0.swap_remove(0);
        let (two, one) = (alone("process:2"), alone("process:1"));
        for pool in [&two, &one] {
            let summary = Summary::of(pool.outcomes.clone());
            let p99 = summary.classes[0].quantiles[2];
            assert!(pool.precise && p99.relative_half_width() <= 0.05, "{p99:?}");
        }
        assert!(one.outcomes.len() > two.outcomes.len(), "a busier pool needs more");
    }

    #[test]
    fn what_is_clearly_worse_than_the_first_gets_no_more() {
        let (shown, _) = reported(&["process:2", "process:1", "process:2"], 70.0, 6_000_000);
        let counts: Vec<usize> = shown.iter().map(|r| r.outcomes.len()).collect();
        assert_eq!((counts[1], counts[2]), (ROUGH as usize, counts[0]));
        assert!(counts[0] >= FIRST as usize && shown[0].precise && !shown[1].precise);
    }

    #[test]
    fn the_budget_ends_it() {
        let (shown, spent) = reported(&["process:1"], 95.0, 100_000);
        assert!(spent <= 100_000, "{spent}");
        assert!(!shown[0].precise);
    }

    #[test]
    fn an_overload_is_not_prolonged() {
        let (shown, _) = reported(&["process:1"], 150.0, 6_000_000);
        assert_eq!(shown[0].outcomes.len(), FIRST as usize);
    }
}
