//! When workers are to be replaced, in the answer of `planner recommend`.

use schemars::JsonSchema;
use serde::Serialize;

use super::common::Interval;

/// What calls for replacing the workers of a pool, and by which rule.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recycling {
    /// The pool's place in the choice, from 0.
    pub pool: usize,
    /// What calls for it.
    pub why: String,
    /// The rule; null if there is none.
    pub rule: Option<Rule>,
    /// Why there is none.
    pub no_rule: Option<String>,
}

/// A rule, and what it costs; by formula, but for what is simulated.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rule {
    /// Requests after which a worker is replaced.
    pub max_requests: Option<u64>,
    /// Up to so many are added, uniformly.
    pub max_requests_jitter: u64,
    /// Longest life, in s.
    pub ttl: Option<f64>,
    /// Up to so much is added, uniformly, in s.
    pub ttl_jitter: f64,
    /// Workers that must be up.
    pub up: u32,
    /// Least chance of that, at any moment after a common start.
    pub probability: f64,
    /// Does the objective say so (else all but one are asked for)?
    pub stated: bool,
    /// From a worker's last request until its successor's first, in s.
    pub outage: f64,
    /// Share of the slots that one replacement takes.
    pub blast_radius: f64,
    /// Share of worker time lost.
    pub capacity_lost: f64,
    /// Replacements per hour.
    pub restarts_per_hour: f64,
    /// Chances of so many workers or more down at once.
    pub down: Vec<Down>,
    /// Most that one worker leaks in a life, in bytes; null without a leak.
    pub leak: Option<f64>,
    /// What the rule does to requests, paired with workers that live for ever
    /// and never fail; null if it was not simulated.
    pub simulated: Option<Extra>,
    /// Why it was not.
    pub not_simulated: Option<String>,
}

/// How much worse requests fare with the rule.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Extra {
    /// Added to the mean latency, in s.
    pub mean: Interval,
    /// Added to its 99 % quantile, in s.
    pub p99: Interval,
    /// Added to the share of requests that fail.
    pub failures: Interval,
}

/// Chance of several workers down at once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Down {
    /// So many or more.
    pub down: u32,
    /// In the long run.
    pub steady: f64,
    /// At the worst moment after a common start.
    pub worst: f64,
}

impl From<&sim::search::Recycling> for Recycling {
    fn from(recycling: &sim::search::Recycling) -> Self {
        Self {
            pool: recycling.pool,
            why: recycling.why.clone(),
            rule: recycling.rule.as_ref().ok().map(Rule::from),
            no_rule: recycling.rule.as_ref().err().cloned(),
        }
    }
}

impl From<&sim::search::RecyclingRule> for Rule {
    fn from(rule: &sim::search::RecyclingRule) -> Self {
        let (cycle, answer) = (&rule.lifecycle, &rule.answer);
        let down = answer.down.iter().map(|row| Down {
            down: row.down,
            steady: row.steady,
            worst: row.worst,
        });
        Self {
            max_requests: cycle.max_requests,
            max_requests_jitter: cycle.max_requests_jitter,
            ttl: cycle.ttl.map(sim::kernel::SimDuration::as_secs),
            ttl_jitter: cycle.ttl_jitter.as_secs(),
            up: rule.up,
            probability: rule.probability,
            stated: rule.stated,
            outage: rule.outage,
            blast_radius: rule.blast_radius,
            capacity_lost: answer.capacity_lost,
            restarts_per_hour: answer.restarts_per_hour,
            down: down.collect(),
            leak: answer.leak.map(|leak| leak.most),
            simulated: rule.simulated.as_ref().ok().map(|radius| Extra {
                mean: (&radius.extra_mean).into(),
                p99: (&radius.extra_p99).into(),
                failures: (&radius.extra_failures).into(),
            }),
            not_simulated: rule.simulated.as_ref().err().cloned(),
        }
    }
}
