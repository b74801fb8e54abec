//! What became of the workers, over replications.

use crate::experiment::{Outcome, RestartCause, WorkersOutcome};
use crate::stats::{Estimate, pooled_share};

/// Estimates of how often workers were down, for how long and at what cost.
/// Times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkersSummary {
    /// Replacements in all replications together.
    pub restarts: u64,
    /// Time that they were observed for, all replications together, in s.
    pub observed: f64,
    /// Replacements of the pool per hour.
    pub per_hour: Estimate,
    /// The same by cause, as in `RestartCause::ALL`.
    pub per_hour_by_cause: [Estimate; 7],
    /// Share of the slots that was not up, time average.
    pub capacity_lost: Estimate,
    /// Largest share of the slots that was down at once.
    pub worst_capacity_lost: Estimate,
    /// Share of time that 1, 2, 3, ... or more workers were down, as far as any
    /// replication has seen it.
    pub down: Vec<Estimate>,
    /// Mean time that a worker was down per replacement, where there was one.
    pub mean_outage: Estimate,
    /// Longest time with at least one worker down.
    pub longest_outage: Estimate,
    /// Share of the requests that was lost with a worker.
    pub requests_lost: Estimate,
    /// Share of the requests that came while a worker was down and had to wait.
    pub requests_delayed: Estimate,
}

impl WorkersSummary {
    /// Boils down what became of the workers in each replication.
    pub fn of(outcomes: &[Outcome]) -> Self {
        // Where not all workers were ever up at once, nothing was observed.
        let seen: Vec<&Outcome> = outcomes.iter().filter(|o| o.workers.observed > 0.0).collect();
        let over = |value: &dyn Fn(&WorkersOutcome) -> f64| {
            Estimate::from_samples(&seen.iter().map(|o| value(&o.workers)).collect::<Vec<_>>())
        };
        let hourly = |restarts: u64, w: &WorkersOutcome| restarts as f64 * 3_600.0 / w.observed;
        let share = |part: fn(&WorkersOutcome) -> u64| {
            let counts = outcomes.iter().map(|o| (part(&o.workers), o.counts.arrived));
            pooled_share(&counts.collect::<Vec<_>>())
        };
        let most_down = seen.iter().map(|o| most_down(&o.workers)).max().unwrap_or(0);
        let outages = seen.iter().filter(|o| o.workers.mean_outage > 0.0);
        let outages: Vec<f64> = outages.map(|o| o.workers.mean_outage).collect();
        Self {
            restarts: outcomes.iter().map(|o| o.workers.total_restarts()).sum(),
            observed: seen.iter().map(|o| o.workers.observed).sum(),
            per_hour: over(&|w| hourly(w.total_restarts(), w)),
            per_hour_by_cause: RestartCause::ALL
                .map(|cause| over(&|w| hourly(w.restarts[cause as usize], w))),
            capacity_lost: over(&|w| w.capacity_lost),
            worst_capacity_lost: over(&|w| w.worst_capacity_lost),
            down: (1..=most_down).map(|k| within(over(&|w| w.down_at_least(k)))).collect(),
            mean_outage: Estimate::from_samples(&outages),
            longest_outage: over(&|w| w.longest_outage),
            requests_lost: share(|w| w.requests_lost),
            requests_delayed: share(|w| w.requests_delayed),
        }
    }

    /// Share of time with `k` or more workers down; an exact 0 beyond what was
    /// ever seen.
    pub fn down_at_least(&self, k: usize) -> Estimate {
        match k.checked_sub(1) {
            None => Estimate::exact(1.0),
            Some(place) => self.down.get(place).copied().unwrap_or(Estimate::exact(0.0)),
        }
    }
}

/// Most workers down at once.
fn most_down(workers: &WorkersOutcome) -> usize {
    workers.down_shares.iter().rposition(|share| *share > 0.0).unwrap_or(0)
}

/// A share's interval, cut to what a share can be.
fn within(share: Estimate) -> Estimate {
    match share.half_width().is_finite() {
        true => Estimate { low: share.low.max(0.0), high: share.high.min(1.0), ..share },
        false => share,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(down_shares: Vec<f64>, ttl: u64, observed: f64) -> Outcome {
        let mut workers = WorkersOutcome { observed, down_shares, ..WorkersOutcome::default() };
        workers.restarts[RestartCause::Ttl as usize] = ttl;
        (workers.requests_delayed, workers.mean_outage) = (5, ttl as f64);
        let mut outcome = Outcome::nothing();
        (outcome.workers, outcome.counts.arrived) = (workers, 100);
        outcome
    }

    #[test]
    fn shares_of_time_are_tails_up_to_the_most_that_was_seen() {
        let outcomes =
            [outcome(vec![0.5, 0.25, 0.25, 0.0], 4, 7_200.0), outcome(vec![1.0, 0.0], 0, 3_600.0)];
        let summary = WorkersSummary::of(&outcomes);
        let tails: Vec<f64> = summary.down.iter().map(|share| share.point).collect();
        assert_eq!(tails, [0.25, 0.125]);
        assert!(summary.down.iter().all(|share| share.low >= 0.0 && share.high <= 1.0));
        assert_eq!([0, 1, 9].map(|k| summary.down_at_least(k).point), [1.0, 0.25, 0.0]);
    }

    #[test]
    fn rates_are_per_hour_and_outages_of_those_who_had_one() {
        let outcomes = [outcome(vec![1.0], 4, 7_200.0), outcome(vec![1.0], 0, 3_600.0)];
        let summary = WorkersSummary::of(&outcomes);
        assert_eq!((summary.restarts, summary.observed), (4, 10_800.0));
        assert_eq!(summary.per_hour.point, 1.0);
        assert_eq!(summary.per_hour_by_cause[RestartCause::Ttl as usize], summary.per_hour);
        assert_eq!((summary.mean_outage.point, summary.mean_outage.n), (4.0, 1));
        assert!((summary.requests_delayed.point - 0.05).abs() < 1e-12);
    }

    #[test]
    fn who_was_never_up_was_not_observed() {
        let summary = WorkersSummary::of(&[outcome(vec![], 0, 0.0)]);
        assert!(!summary.per_hour.is_known() && !summary.capacity_lost.is_known());
        assert!(summary.down.is_empty());
    }
}
