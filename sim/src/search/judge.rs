//! What makes one candidate better than another.
//!
//! Two figures per replication, both lower is better: how far the limits are
//! broken, and the goal. The first goes before the second.

use std::cmp::Ordering;

use crate::experiment::{ClassOutcome, Outcome};
use crate::host::Host;
use crate::pool::{Deployment, Split};
use crate::search::memory::memory_limit;
use crate::search::sharing::Sharing;
use crate::stats::{Estimate, paired_difference, paired_ratio};
use crate::workload::{Arrivals, Goal, Quantile, Workload};

/// Broken limits are told apart in steps of this: half a percent of a limit.
/// Finer differences between short runs are noise, and must not hide the goal.
const GRAIN: f64 = 0.005;
/// Growth of the number in the system, as a share of the arrivals, that a
/// stable queue may show in a short run.
const GROWTH: f64 = 0.02;
/// Goal figures stay in this range so that their ratios are always defined.
const RANGE: (f64, f64) = (1e-12, 1e12);

/// Scores replications by a workload's objective.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a> {
    pub(super) workload: &'a Workload,
    pub(super) host: &'a Host,
    pub(super) goal: Goal,
    memory_bytes: f64,
}

impl<'a> Judge<'a> {
    pub(super) fn new(workload: &'a Workload, host: &'a Host) -> Self {
        let memory_bytes = memory_limit(workload, host).0 as f64;
        Self { workload, host, goal: workload.goal(), memory_bytes }
    }

    /// Standing of `deployment`, which takes `startup` seconds to be ready.
    pub(super) fn standing(
        &self,
        deployment: &Deployment,
        outcomes: &[Outcome],
        startup: f64,
    ) -> Standing {
        let peaks = self.peaks(deployment, outcomes);
        let each = || outcomes.iter().zip(&peaks);
        Standing {
            excess: each().map(|(o, &pss)| self.excess(o, pss, startup)).collect(),
            figure: each().map(|(o, &pss)| self.figure(o, pss)).collect(),
            pss: peaks.iter().sum::<f64>() / peaks.len().max(1) as f64,
        }
    }

    /// Peak PSS of each replication, in bytes.
    pub(super) fn peaks(&self, deployment: &Deployment, outcomes: &[Outcome]) -> Vec<f64> {
        let pools = deployment.pools.iter();
        let sharing: Vec<Sharing> =
            pools.map(|pool| Sharing::of(self.workload, self.host, pool)).collect();
        outcomes.iter().map(|o| self.peak_pss(&deployment.split, &sharing, o)).collect()
    }

    /// Peak PSS: of a finite load as it is, else in the long run, in bytes.
    fn peak_pss(&self, split: &Split, sharing: &[Sharing], outcome: &Outcome) -> f64 {
        let seen = outcome.memory.peak_pss as f64;
        match self.workload.arrivals {
            Arrivals::Batch { .. } | Arrivals::Replay { .. } => seen,
            _ => {
                let each = sharing.iter().enumerate();
                let left = each.map(|(i, one)| one.still_shared(completed(split, i, outcome)));
                seen + left.sum::<f64>()
            }
        }
    }

    /// The goal figure of one replication.
    fn figure(&self, outcome: &Outcome, pss: f64) -> f64 {
        let figure = match self.goal {
            Goal::Latency if self.workload.objective.latency.is_empty() => sojourn(&outcome.all),
            Goal::Latency => self.latencies(outcome).fold(0.0, f64::max),
            Goal::Throughput if matches!(self.workload.arrivals, Arrivals::Batch { .. }) => {
                outcome.makespan
            }
            Goal::Throughput => 1.0 / outcome.throughput,
            Goal::Memory => pss,
        };
        if figure.is_nan() { RANGE.1 } else { figure.clamp(RANGE.0, RANGE.1) }
    }

    /// Every latency limit's quantile over the limit.
    fn latencies<'o>(&'o self, outcome: &'o Outcome) -> impl Iterator<Item = f64> + 'o {
        self.workload.objective.latency.iter().filter_map(|limit| {
            let class = &outcome.classes[limit.class];
            let never_drawn = class.completed + class.failed == 0;
            (!never_drawn).then(|| quantile(class, limit.quantile) / limit.at_most.as_secs())
        })
    }

    /// The worst p99 of any class: over its limit if any class has one, else in
    /// s.
    pub(super) fn tail(&self, outcome: &Outcome) -> f64 {
        let limits = &self.workload.objective.latency;
        if limits.iter().any(|limit| limit.quantile == Quantile::P99) {
            let p99 = limits.iter().filter(|limit| limit.quantile == Quantile::P99);
            let shares = p99.map(|limit| {
                quantile(&outcome.classes[limit.class], Quantile::P99) / limit.at_most.as_secs()
            });
            return shares.fold(0.0, f64::max);
        }
        outcome.classes.iter().map(|class| quantile(class, Quantile::P99)).fold(0.0, f64::max)
    }

    /// By how much the limits are broken, each as a share of itself, summed.
    /// Failed requests without a limit on them count as they are.
    fn excess(&self, outcome: &Outcome, pss: f64, startup: f64) -> f64 {
        let objective = &self.workload.objective;
        let over = |value: f64, limit: f64| (value / limit - 1.0).max(0.0);
        let mut excess: f64 = self.latencies(outcome).map(|share| over(share, 1.0)).sum();
        excess += over(pss, self.memory_bytes);
        if let Some(limit) = objective.throughput {
            excess += over(limit, outcome.throughput);
        }
        if let Some(limit) = objective.startup {
            excess += over(startup, limit.as_secs());
        }
        let failed = outcome.all.failed as f64;
        let share = failed / (failed + outcome.all.completed as f64).max(1.0);
        excess += (share - objective.failures.unwrap_or(0.0)).max(0.0);
        let grows = !outcome.stationary && outcome.arrival_rate > 0.0;
        if grows && stationary_load(self.workload) {
            excess += (outcome.growth / outcome.arrival_rate - GROWTH).max(0.0);
        }
        if excess.is_nan() { RANGE.1 } else { excess.min(RANGE.1) }
    }
}

/// Can the load go on for ever, so that a growing queue means too little pool?
pub(super) fn stationary_load(workload: &Workload) -> bool {
    !matches!(
        workload.arrivals,
        Arrivals::Closed { .. } | Arrivals::Batch { .. } | Arrivals::Replay { .. }
    )
}

/// Requests that pool `pool` completed, or its stage of them.
pub(super) fn completed(split: &Split, pool: usize, outcome: &Outcome) -> u64 {
    match split {
        Split::Whole | Split::ByStage => outcome.counts.completed,
        Split::ByClass(_) => {
            let classes = outcome.classes.iter().enumerate();
            classes.filter(|(i, _)| split.pool(*i, 0) == pool).map(|(_, c)| c.completed).sum()
        }
    }
}

fn quantile(class: &ClassOutcome, quantile: Quantile) -> f64 {
    if class.completed == 0 { RANGE.1 } else { class.quantiles[quantile as usize] }
}

fn sojourn(all: &ClassOutcome) -> f64 {
    if all.completed == 0 { RANGE.1 } else { all.mean }
}

/// How a candidate did over its replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Standing {
    /// Broken limits, per replication.
    pub(super) excess: Vec<f64>,
    /// Goal figure, per replication.
    pub(super) figure: Vec<f64>,
    /// Mean of the peak PSS, in bytes.
    pub(super) pss: f64,
}

impl Standing {
    /// Mean of the broken limits, to the grain.
    pub(super) fn mean_excess(&self) -> f64 {
        let mean = self.excess.iter().sum::<f64>() / self.excess.len().max(1) as f64;
        (mean / GRAIN).round() * GRAIN
    }

    /// Mean logarithm of the goal figure: ratios are what is compared.
    fn level(&self) -> f64 {
        self.figure.iter().map(|f| f.ln()).sum::<f64>() / self.figure.len().max(1) as f64
    }

    /// Better first: limits before the goal.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.mean_excess()
            .total_cmp(&other.mean_excess())
            .then(self.level().total_cmp(&other.level()))
    }

    /// Goal figure over that of `best`, on the same requests.
    pub(super) fn over(&self, best: &Self) -> Estimate {
        paired_ratio(&self.figure, &best.figure)
    }

    /// Is this as good as `best`, up to a difference that does not matter? If
    /// `best` keeps every limit, this must too.
    pub(super) fn within(&self, best: &Self, indifference: f64) -> bool {
        self.keeps_as(best) && self.over(best).point <= 1.0 + indifference
    }

    /// Does this keep the limits as `best` does? If that keeps all, this must too.
    pub(super) fn keeps_as(&self, best: &Self) -> bool {
        let (excess, least) = (self.mean_excess(), best.mean_excess());
        if least == 0.0 { excess == 0.0 } else { excess <= least + 1.5 * GRAIN }
    }

    /// How far this lies from `other`: the larger change of the goal figure and of
    /// what is broken of the limits, as a logarithm.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        let broken = self.mean_excess().ln_1p() - other.mean_excess().ln_1p();
        (self.level() - other.level()).abs().max(broken.abs())
    }

    /// Do the replications show that this breaks limits by more than `best`?
    pub(super) fn breaks_more(&self, best: &Self) -> bool {
        self.mean_excess() > 0.0 && paired_difference(&self.excess, &best.excess).low > GRAIN
    }

    /// Do the replications show that this is worse than `best` by more than
    /// what does not matter?
    pub(super) fn clearly_worse(&self, best: &Self, indifference: f64) -> bool {
        self.breaks_more(best)
            || self.over(best).low > 1.0 + indifference && self.mean_excess() >= best.mean_excess()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(excess: [f64; 4], figure: [f64; 4]) -> Standing {
        Standing { excess: excess.to_vec(), figure: figure.to_vec(), pss: 0.0 }
    }

    #[test]
    fn limits_go_before_the_goal() {
        let keeps = standing([0.0; 4], [9.0; 4]);
        let breaks = standing([0.1; 4], [1.0; 4]);
        assert_eq!(keeps.compare(&breaks), Ordering::Less);
        assert!(breaks.clearly_worse(&keeps, 0.05));
        assert!(!breaks.within(&keeps, 0.05));
    }

    #[test]
    fn noise_common_to_both_does_not_hide_a_difference() {
        let best = standing([0.0; 4], [1.0, 5.0, 2.0, 8.0]);
        let worse = standing([0.0; 4], [1.2, 6.1, 2.4, 9.5]);
        assert!(worse.clearly_worse(&best, 0.05));
        assert!(!worse.clearly_worse(&best, 0.30));
        assert!(!best.clearly_worse(&worse, 0.05));
    }

    #[test]
    fn noise_of_its_own_keeps_a_candidate_in() {
        let best = standing([0.0; 4], [1.0, 1.0, 1.0, 1.0]);
        let noisy = standing([0.0; 4], [0.8, 1.9, 1.0, 1.4]);
        assert!(!noisy.clearly_worse(&best, 0.05));
        assert!(!noisy.within(&best, 0.05));
        assert!(standing([5e-4; 4], [1.04; 4]).within(&best, 0.05));
    }
}
