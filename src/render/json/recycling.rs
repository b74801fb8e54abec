//! The answer of `planner recycling`.

use schemars::JsonSchema;
use serde::Serialize;

use super::VERSION;
use super::common::{HostSize, Interval, Kept, Pool};
use super::lives::{Memory, Workers};
use crate::recycling::{Down, settings};
use crate::render::recycling::Answer;

/// The answer of `planner recycling`. Times in seconds, memory in bytes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recycling {
    /// Version of this form.
    pub version: u32,
    /// The workload; null if there is none but plain numbers.
    pub workload: Option<String>,
    /// The host that was predicted for; null without a workload.
    pub host: Option<HostSize>,
    /// The pool.
    pub pool: Pool,
    /// Workers that must be up.
    pub up: u32,
    /// With that probability at any moment after a common start.
    pub probability: f64,
    /// The rule.
    pub rule: Rule,
    /// The rule as products write it, one for each that has it.
    pub settings: Vec<Setting>,
    /// What the question was asked with.
    pub measured: Measured,
    /// By formula.
    pub predicted: Predicted,
    /// One entry for each number of workers down, from 1.
    pub down: Vec<DownRow>,
    /// Share of the simulated time that too few workers were up.
    pub short: Interval,
    /// Is that as seldom as was wanted?
    pub verdict: Kept,
    /// Simulated workers.
    pub workers: Workers,
    /// Simulated memory.
    pub memory: Memory,
    /// Seed of all randomness.
    pub seed: u64,
    /// The command that repeats this answer.
    pub command: String,
}

/// When a worker is replaced: one of both pairs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rule {
    /// Requests of a life, at least.
    pub max_requests: Option<u64>,
    /// Up to so many more.
    pub max_requests_jitter: Option<u64>,
    /// Length of a life, at least, in s.
    pub ttl: Option<f64>,
    /// Up to so much more, in s.
    pub ttl_jitter: Option<f64>,
}

/// What to write in a product.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Setting {
    /// The product.
    pub pool: String,
    /// What to write.
    pub text: String,
}

/// What the question was asked with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Measured {
    /// Length of an outage, in s.
    pub outage: Interval,
    /// Requests per second of a worker that is up.
    pub rate: Interval,
    /// Coefficient of variation of the gaps between a worker's requests.
    pub cv: f64,
    /// Requests of the busiest worker over the average.
    pub busiest: f64,
}

/// By formula.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Predicted {
    /// Share of the worker time lost, in the long run.
    pub capacity_lost: f64,
    /// The same over the simulated time.
    pub capacity_lost_simulated_time: f64,
    /// Restarts of the pool per hour, in the long run.
    pub restarts_per_hour: f64,
    /// The same over the simulated time.
    pub restarts_per_hour_simulated_time: f64,
    /// Chance that too few are up, in the long run.
    pub short: f64,
    /// The same at the worst moment after a common start.
    pub short_at_worst: f64,
    /// Most that a worker leaks before it is replaced, in bytes; null without a
    /// leak.
    pub leak_most: Option<f64>,
    /// What it has leaked on average, in bytes.
    pub leak_mean: Option<f64>,
}

/// So many workers down.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DownRow {
    /// Workers down, or more.
    pub workers: u32,
    /// Share of the simulated time by formula.
    pub predicted: f64,
    /// The same simulated.
    pub simulated: Interval,
    /// Chance at the worst moment after a common start, by formula.
    pub worst: f64,
}

impl From<&Down> for DownRow {
    fn from(down: &Down) -> Self {
        Self {
            workers: down.workers,
            predicted: down.predicted,
            simulated: (&down.simulated).into(),
            worst: down.worst,
        }
    }
}

impl Recycling {
    /// The same numbers as in the text.
    pub fn new(answer: &Answer<'_>) -> Self {
        let (case, study) = (answer.case, answer.study);
        let (measured, predicted, check) = (&study.measured, &study.answer, &study.check);
        let life = &predicted.lifecycle;
        let of_workload = case.outage.is_none();
        let settings = settings(&case.pool, life).into_iter();
        Self {
            version: VERSION,
            workload: of_workload.then(|| case.workload.name.clone()),
            host: of_workload.then(|| (&case.host).into()),
            pool: (&case.pool).into(),
            up: study.goal.up(case.workers()),
            probability: study.goal.probability,
            rule: Rule {
                max_requests: life.max_requests,
                max_requests_jitter: life.max_requests.map(|_| life.max_requests_jitter),
                ttl: life.ttl.map(|ttl| ttl.as_secs()),
                ttl_jitter: life.ttl.map(|_| life.ttl_jitter.as_secs()),
            },
            settings: settings
                .map(|setting| Setting { pool: setting.kind.name().to_owned(), text: setting.text })
                .collect(),
            measured: Measured {
                outage: (&measured.outage).into(),
                rate: (&measured.rate).into(),
                cv: measured.cv,
                busiest: measured.busiest,
            },
            predicted: Predicted {
                capacity_lost: predicted.capacity_lost,
                capacity_lost_simulated_time: check.capacity_lost,
                restarts_per_hour: predicted.restarts_per_hour,
                restarts_per_hour_simulated_time: check.restarts_per_hour,
                short: predicted.short.0,
                short_at_worst: predicted.short.1,
                leak_most: predicted.leak.map(|leak| leak.most),
                leak_mean: predicted.leak.map(|leak| leak.mean),
            },
            down: check.down.iter().map(DownRow::from).collect(),
            short: (&check.short).into(),
            verdict: check.verdict.into(),
            workers: (&check.summary.workers).into(),
            memory: (&check.summary.memory).into(),
            seed: case.seed,
            command: answer.command.clone(),
        }
    }
}
