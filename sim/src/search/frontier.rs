//! Pools that no other beats in everything: throughput, worst p99, memory,
//! start-up and what one worker's death takes along.

use crate::experiment::Summary;
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::assess::{assess, verdict};
use crate::search::bounds::Bounds;
use crate::search::dominated::ready_estimate;
use crate::search::entrant::Entrant;
use crate::search::judge::Judge;
use crate::search::report::Reported;
use crate::stats::{Estimate, Verdict};
use crate::workload::{Quantile, Workload};

/// Pools measured for the frontier beside those that are shown anyway.
const MEASURED: usize = 8;

/// Pools of which none is beaten in everything by another that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Frontier {
    /// Least memory first.
    pub points: Vec<FrontierPoint>,
    /// Is `tail` over the p99 limits (else in s)?
    pub tail_over_limit: bool,
}

/// A pool of the frontier.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontierPoint {
    /// The pool, or the pools that share the host.
    pub deployment: Deployment,
    /// Is it the choice?
    pub chosen: bool,
    /// Does it keep every limit?
    pub verdict: Verdict,
    /// Most throughput that its resources allow by the operational bounds, in
    /// requests/s; infinite if it uses none.
    pub capacity: f64,
    /// Completions per second.
    pub throughput: Estimate,
    /// The worst p99 of any class, in s or over its limit.
    pub tail: Estimate,
    /// Highest PSS, in bytes.
    pub peak_pss: Estimate,
    /// Cold start until ready, in s.
    pub startup: Estimate,
    /// Share of the slots that one worker's death or replacement takes.
    pub blast_radius: f64,
}

/// What is compared; lower is better in each.
type Axes = [f64; 5];

impl FrontierPoint {
    /// Is this no better than `other` in anything, and worse in something?
    pub fn is_dominated_by(&self, other: &Self) -> bool {
        dominates(&other.axes(), &self.axes())
    }

    /// Is this better than `other` in something, by more than what does not
    /// matter?
    fn stands_out_from(&self, other: &Self, indifference: f64) -> bool {
        let pairs = self.axes().into_iter().zip(other.axes());
        pairs.into_iter().any(|(own, theirs)| theirs - own > indifference * theirs.abs())
    }

    fn axes(&self) -> Axes {
        let rate = self.capacity.min(1e300);
        let known = |value: f64| if value.is_nan() { f64::INFINITY } else { value };
        let (tail, pss) = (self.tail.point, self.peak_pss.point);
        [-rate, tail, pss, self.startup.point, self.blast_radius].map(known)
    }
}

fn dominates(a: &Axes, b: &Axes) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

/// Most of the slots that one worker has, as a share.
pub(super) fn blast_radius(deployment: &Deployment) -> f64 {
    let pools = || deployment.pools.iter().map(|pool| pool.profile);
    let most = pools().map(|profile| profile.slots_per_worker()).max().unwrap_or(1);
    f64::from(most) / pools().map(|profile| profile.slots()).sum::<u64>() as f64
}

/// Candidates worth measuring for the frontier: of those that did best on one
/// axis or, roughly, are beaten by none. Differences of less than
/// `indifference` count for nothing, else everything would be on it.
pub(super) fn contenders(
    workload: &Workload,
    host: &Host,
    entrants: &[Entrant],
    indifference: f64,
) -> Vec<Deployment> {
    let best = entrants.iter().map(|e| e.standing.mean_excess()).fold(f64::INFINITY, f64::min);
    let keeping: Vec<(&Entrant, Axes)> = entrants
        .iter()
        .filter(|entrant| entrant.standing.mean_excess() <= best)
        .map(|entrant| (entrant, rough(workload, host, entrant, indifference)))
        .collect();
    let mut front: Vec<&(&Entrant, Axes)> = Vec::new();
    for one in &keeping {
        let beaten = keeping.iter().any(|other| dominates(&other.1, &one.1));
        if !beaten && front.iter().all(|known| known.1 != one.1) {
            front.push(one);
        }
    }
    let mut taken: Vec<Deployment> = Vec::new();
    // The best on each axis first, then whoever is best in all together.
    for axis in 0..5 {
        let order = |a: &&&(&Entrant, Axes), b: &&&(&Entrant, Axes)| {
            a.1[axis].total_cmp(&b.1[axis]).then(sum(&a.1).total_cmp(&sum(&b.1)))
        };
        if let Some((entrant, _)) = front.iter().min_by(order)
            && !taken.contains(&entrant.deployment)
        {
            taken.push(entrant.deployment.clone());
        }
    }
    front.sort_by(|a, b| sum(&a.1).total_cmp(&sum(&b.1)));
    for (entrant, _) in front {
        if taken.len() < MEASURED && !taken.contains(&entrant.deployment) {
            taken.push(entrant.deployment.clone());
        }
    }
    taken
}

fn sum(axes: &Axes) -> f64 {
    axes.iter().sum()
}

/// Axes from the race, as whole steps of the indifference.
fn rough(workload: &Workload, host: &Host, entrant: &Entrant, indifference: f64) -> Axes {
    let deployment = &entrant.deployment;
    let capacity = Bounds::of_deployment(workload, host, deployment).throughput().min(1e300);
    let pools = deployment.pools.iter();
    let ready = pools.map(|pool| ready_estimate(workload, host, pool)).fold(0.0, f64::max);
    let step = (1.0 + indifference).ln();
    let steps = |value: f64| (value.clamp(1e-300, 1e300).ln() / step).round();
    [
        -steps(capacity),
        steps(entrant.tail),
        steps(entrant.standing.pss),
        steps(ready),
        steps(blast_radius(deployment)),
    ]
}

/// The frontier of everything that was measured; `measured` begins with the
/// choice, which is shown even if another is better in everything.
pub(super) fn frontier(
    workload: &Workload,
    host: &Host,
    measured: &[(&Reported, f64)],
    indifference: f64,
) -> Frontier {
    let mut all: Vec<FrontierPoint> = Vec::new();
    for (i, (reported, startup)) in measured.iter().enumerate() {
        if all.iter().all(|point| point.deployment != reported.deployment) {
            all.push(point(workload, host, reported, *startup, i == 0));
        }
    }
    let alike = all.first().map(|choice| choice.verdict == Verdict::Met);
    let meets = |point: &FrontierPoint| alike != Some(true) || point.verdict == Verdict::Met;
    let stays = |point: &&FrontierPoint| {
        let beaten = all.iter().any(|other| meets(other) && point.is_dominated_by(other));
        point.chosen || meets(point) && !beaten
    };
    let mut points: Vec<FrontierPoint> = Vec::new();
    for point in all.iter().filter(stays) {
        // Among those that hardly differ the one measured first speaks for all.
        if points.iter().all(|known| point.stands_out_from(known, indifference)) {
            points.push(point.clone());
        }
    }
    points.sort_by(|a, b| a.peak_pss.point.total_cmp(&b.peak_pss.point));
    let mut limits = workload.objective.latency.iter();
    Frontier { points, tail_over_limit: limits.any(|limit| limit.quantile == Quantile::P99) }
}

fn point(
    workload: &Workload,
    host: &Host,
    reported: &Reported,
    startup: f64,
    chosen: bool,
) -> FrontierPoint {
    let judge = Judge::new(workload, host);
    let tails: Vec<f64> = reported.outcomes.iter().map(|outcome| judge.tail(outcome)).collect();
    let assessed = assess(workload, host, &reported.deployment, reported.outcomes.clone(), startup);
    let Summary { throughput, peak_pss, .. } = assessed.summary;
    FrontierPoint {
        deployment: reported.deployment.clone(),
        chosen,
        verdict: verdict(workload, &assessed),
        capacity: Bounds::of_deployment(workload, host, &reported.deployment).throughput(),
        throughput,
        tail: Estimate::from_samples(&tails),
        peak_pss,
        startup: assessed.startup,
        blast_radius: blast_radius(&reported.deployment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::testing::{cpu_bound, python};

    fn a_point(memory: f64, tail: f64) -> FrontierPoint {
        let workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        FrontierPoint {
            deployment: PoolConfig::new(&workload, "process:4".parse().unwrap(), python("3.12"))
                .into(),
            chosen: false,
            verdict: Verdict::Met,
            capacity: 100.0,
            throughput: Estimate::exact(1.0),
            tail: Estimate::exact(tail),
            peak_pss: Estimate::exact(memory),
            startup: Estimate::exact(1.0),
            blast_radius: 0.25,
        }
    }

    #[test]
    fn worse_in_something_and_better_in_nothing_is_dominated() {
        let lean = a_point(1.0, 2.0);
        assert!(!lean.is_dominated_by(&lean));
        assert!(!lean.is_dominated_by(&a_point(2.0, 1.0)));
        assert!(a_point(2.0, 2.0).is_dominated_by(&lean));
        assert!(a_point(1.0, f64::NAN).is_dominated_by(&lean));
        let faster = FrontierPoint { capacity: f64::INFINITY, ..lean.clone() };
        assert!(lean.is_dominated_by(&faster));
    }
}
