//! Workers that go and come back, and memory over time.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sim::experiment::{MemorySummary, RestartCause, WorkersSummary};

use super::common::Interval;

/// What became of the workers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Workers {
    /// Replacements in all replications together.
    pub restarts: u64,
    /// Simulated time that they were observed for, all replications together, in
    /// s.
    pub observed: f64,
    /// Replacements per hour.
    pub restarts_per_hour: Interval,
    /// The same by cause: ttl, max_requests, memory_limit, killed_for_time, hang,
    /// crash, out_of_memory.
    pub restarts_per_hour_by_cause: BTreeMap<String, Interval>,
    /// Share of the slots that was not up, time average.
    pub capacity_lost: Interval,
    /// Largest share of the slots that was down at once.
    pub worst_capacity_lost: Interval,
    /// Share of time that 1, 2, 3, ... or more workers were down, as far as it
    /// was seen.
    pub down_at_least: Vec<Interval>,
    /// Mean time that a worker was down per replacement, in s.
    pub mean_outage: Interval,
    /// Longest time with at least one worker down, in s.
    pub longest_outage: Interval,
    /// Share of the requests that was lost with a worker.
    pub requests_lost: Interval,
    /// Share of the requests that came while a worker was down and had to wait.
    pub requests_delayed: Interval,
}

impl From<&WorkersSummary> for Workers {
    fn from(workers: &WorkersSummary) -> Self {
        let causes = RestartCause::ALL.iter().zip(&workers.per_hour_by_cause);
        Self {
            restarts: workers.restarts,
            observed: workers.observed,
            restarts_per_hour: (&workers.per_hour).into(),
            restarts_per_hour_by_cause: causes
                .map(|(cause, rate)| (key(*cause).to_owned(), rate.into()))
                .collect(),
            capacity_lost: (&workers.capacity_lost).into(),
            worst_capacity_lost: (&workers.worst_capacity_lost).into(),
            down_at_least: workers.down.iter().map(Interval::from).collect(),
            mean_outage: (&workers.mean_outage).into(),
            longest_outage: (&workers.longest_outage).into(),
            requests_lost: (&workers.requests_lost).into(),
            requests_delayed: (&workers.requests_delayed).into(),
        }
    }
}

fn key(cause: RestartCause) -> &'static str {
    match cause {
        RestartCause::Ttl => "ttl",
        RestartCause::MaxRequests => "max_requests",
        RestartCause::MemoryLimit => "memory_limit",
        RestartCause::KilledForTime => "killed_for_time",
        RestartCause::Hang => "hang",
        RestartCause::Crash => "crash",
        RestartCause::OutOfMemory => "out_of_memory",
    }
}

/// How much worse requests fare than the same ones with workers that live for
/// ever and never fail, leak or get killed; paired by replication.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BlastRadius {
    /// Added to the mean sojourn time, in s.
    pub extra_mean: Interval,
    /// Added to its 99 % quantile, in s.
    pub extra_p99: Interval,
    /// Added to the share of requests that fail.
    pub extra_failures: Interval,
}

impl From<&sim::experiment::BlastRadius> for BlastRadius {
    fn from(radius: &sim::experiment::BlastRadius) -> Self {
        Self {
            extra_mean: (&radius.extra_mean).into(),
            extra_p99: (&radius.extra_p99).into(),
            extra_failures: (&radius.extra_failures).into(),
        }
    }
}

/// Memory over time, in bytes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Memory {
    /// Quantiles of the sum of proportional set sizes over time.
    pub pss: OverTime,
    /// Quantiles of the sum of resident set sizes over time.
    pub rss: OverTime,
    /// Highest resident set size of any worker.
    pub worst_worker: Interval,
    /// Workers that the kernel killed, per replication.
    pub kills: Interval,
    /// Time during which memory was swapped out, per replication, in s.
    pub swapping: Interval,
}

/// Quantiles over time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OverTime {
    /// Median.
    pub p50: Interval,
    /// 95 %.
    pub p95: Interval,
    /// 99 %.
    pub p99: Interval,
}

impl From<&MemorySummary> for Memory {
    fn from(memory: &MemorySummary) -> Self {
        let over_time = |[p50, p95, p99]: &[sim::stats::Estimate; 3]| OverTime {
            p50: p50.into(),
            p95: p95.into(),
            p99: p99.into(),
        };
        Self {
            pss: over_time(&memory.pss),
            rss: over_time(&memory.rss),
            worst_worker: (&memory.worst_worker).into(),
            kills: (&memory.kills).into(),
            swapping: (&memory.swapping).into(),
        }
    }
}
