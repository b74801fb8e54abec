//! What would change the answer of `planner recommend`.

use schemars::JsonSchema;
use serde::Serialize;
use sim::host::{HostParameter, ParameterUnit};
use sim::search::{
    EndEffect, Flip, FlipPoint, FrontierPoint, InputUnit, ParameterEffect, Recommendation,
};
use sim::stats::Estimate;
use sim::workload::Workload;

use super::common::{Figures, Interval, Kept, Part, parts};
use super::recommend::Limit;

/// Figures of the choice with intervals that cover the simulation's own error
/// and the ranges of the parameters; where `model_error` is true, their ends are
/// moved outwards by how far the model was off in real runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Prediction {
    /// Completions per second.
    pub throughput: Interval,
    /// First arrival to last completion, in s.
    pub makespan: Interval,
    /// Highest sum of proportional set sizes, in bytes.
    pub peak_pss: Interval,
    /// Cold start until every worker is ready, in s.
    pub startup: Interval,
    /// Quantiles by class, in s.
    pub latency: std::collections::BTreeMap<String, Quantiles>,
    /// Is each limit kept for all that the parameters may be? In the order of
    /// the choice's limits.
    pub limits: Vec<Kept>,
    /// Has the calibration a discrepancy, and do the intervals hold it?
    pub model_error: bool,
}

/// Quantiles of the sojourn time, in s.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Quantiles {
    /// Median.
    pub p50: Interval,
    /// 95 %.
    pub p95: Interval,
    /// 99 %.
    pub p99: Interval,
}

/// A calibration parameter at both ends of its range.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Parameter {
    /// Table and key of the calibration file.
    pub name: String,
    /// What its numbers count: number, seconds or bytes.
    pub unit: &'static str,
    /// Best value.
    pub value: f64,
    /// Lower end of its range.
    pub low: f64,
    /// Upper end of its range.
    pub high: f64,
    /// Measured, published or assumed.
    pub origin: &'static str,
    /// At the lower end.
    pub at_low: End,
    /// At the upper end.
    pub at_high: End,
}

/// What a parameter does at an end of its range, as ratios to the figures at
/// its best value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct End {
    /// Of the choice's goal figure; above 1 is worse.
    pub goal: Interval,
    /// Of each limited figure, in the order of the choice's limits.
    pub limits: Vec<Interval>,
    /// The pools that would then be better, if others are.
    pub winner: Option<Vec<Part>>,
}

/// How far an input must move before the answer changes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Flips {
    /// The input.
    pub input: String,
    /// What its values count: per_second, count, share, seconds or bytes.
    pub unit: &'static str,
    /// Its value; of times and sizes the mean over all requests.
    pub value: f64,
    /// Where the answer changes as it shrinks; null: not down to a quarter.
    pub down: Option<Change>,
    /// Where it changes as it grows; null: not up to four times.
    pub up: Option<Change>,
}

/// Where the answer changes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Change {
    /// Over the stated value.
    pub factor: f64,
    /// The last factor at which the answer was the same.
    pub same_at: f64,
    /// The input's value there.
    pub value: f64,
    /// The pools that win; null: the choice stays.
    pub winner: Option<Vec<Part>>,
    /// Does it keep every limit?
    pub keeps: bool,
}

/// Who wins as two inputs move together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Map {
    /// The input along each row.
    pub across: String,
    /// The input from row to row.
    pub down: String,
    /// Factors on either.
    pub factors: Vec<f64>,
    /// What cells refer to: one pool, or all of a hybrid or a pipeline.
    pub deployments: Vec<Vec<Part>>,
    /// Row by row; null where the inputs cannot be so.
    pub cells: Vec<Vec<Option<Cell>>>,
}

/// One cell of a map.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cell {
    /// Index of the winner.
    pub deployment: usize,
    /// Does it keep every limit?
    pub keeps: bool,
}

/// How many such hosts would meet the objective.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fleet {
    /// Fewest hosts behind any balancer, by the operational bounds.
    pub at_least: u32,
    /// Behind a balancer that picks at random; null: no number does.
    pub random: Option<Hosts>,
}

/// A number of hosts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hosts {
    /// Hosts.
    pub hosts: u32,
    /// The pools on each.
    pub pools: Vec<Part>,
    /// Throughput of one, in requests/s.
    pub throughput: Interval,
    /// Limits on one.
    pub limits: Vec<Limit>,
    /// Does one host fewer do?
    pub one_fewer: Kept,
    /// Limits on each of one fewer.
    pub one_fewer_limits: Vec<Limit>,
}

/// Two pools in the place of one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hybrid {
    /// The pools.
    pub pools: Vec<Part>,
    /// Index of the pool of each class, by name.
    pub classes: std::collections::BTreeMap<String, usize>,
    /// Predicted from a warm start, on the same requests as the choice.
    pub figures: Figures,
    /// Cold start until every worker is ready, in s.
    pub startup: Interval,
    /// Every limit of the objective.
    pub limits: Vec<Limit>,
    /// Does it keep every limit?
    pub verdict: Kept,
    /// Its goal figure over the choice's, paired; above 1 is worse.
    pub worse_by: Interval,
}

impl Hybrid {
    /// Of the search.
    pub fn new(workload: &Workload, hybrid: &sim::search::Hybrid) -> Self {
        let split = &hybrid.deployment.split;
        let classes = workload.classes.iter().enumerate();
        Self {
            pools: parts(workload, &hybrid.deployment),
            classes: classes.map(|(i, class)| (class.name.clone(), split.pool(i, 0))).collect(),
            figures: Figures::new(workload, &hybrid.summary),
            startup: (&hybrid.startup).into(),
            limits: hybrid.margins.iter().map(|margin| Limit::new(workload, margin)).collect(),
            verdict: hybrid.verdict.into(),
            worse_by: (&hybrid.worse_by).into(),
        }
    }
}

/// A pool that no other beats in everything.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Point {
    /// The pool, or all pools of a hybrid or a pipeline.
    pub pools: Vec<Part>,
    /// Is it the choice?
    pub chosen: bool,
    /// Does it keep every limit?
    pub verdict: Kept,
    /// Most throughput that its resources allow, in requests/s; null: any.
    pub capacity: Option<f64>,
    /// Completions per second.
    pub throughput: Interval,
    /// The worst p99 of any class, over its limit or in s: see
    /// `tail_over_limit`.
    pub tail: Interval,
    /// Highest sum of proportional set sizes, in bytes.
    pub peak_pss: Interval,
    /// Cold start until ready, in s.
    pub startup: Interval,
    /// Share of the slots that one worker's end takes.
    pub blast_radius: f64,
}

/// Pools that no other beats in everything.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Frontier {
    /// Is `tail` over the p99 limits (else in s)?
    pub tail_over_limit: bool,
    /// Least memory first.
    pub points: Vec<Point>,
}

/// What would change the answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhatIf {
    /// Parameters that change a figure, the strongest first.
    pub parameters: Vec<Parameter>,
    /// Parameters with a range that were tried.
    pub parameters_tried: u32,
    /// Inputs, the nearest flip first.
    pub flips: Vec<Flips>,
    /// Who wins over the two inputs with the nearest flips.
    pub map: Option<Map>,
    /// How many such hosts would do; null if one does.
    pub fleet: Option<Fleet>,
}

impl Prediction {
    /// Of the choice.
    pub fn new(workload: &Workload, recommendation: &Recommendation) -> Self {
        let prediction = &recommendation.what_if.sensitivity.prediction;
        let names = workload.classes.iter().map(|class| class.name.clone());
        let quantiles = prediction.classes.iter().map(|[p50, p95, p99]: &[Estimate; 3]| {
            Quantiles { p50: p50.into(), p95: p95.into(), p99: p99.into() }
        });
        Self {
            throughput: (&prediction.throughput).into(),
            makespan: (&prediction.makespan).into(),
            peak_pss: (&prediction.peak_pss).into(),
            startup: (&prediction.startup).into(),
            latency: names.zip(quantiles).collect(),
            limits: prediction.verdicts.iter().map(|verdict| (*verdict).into()).collect(),
            model_error: prediction.model_error,
        }
    }
}

impl WhatIf {
    /// Of a recommendation.
    pub fn new(workload: &Workload, recommendation: &Recommendation) -> Self {
        let what_if = &recommendation.what_if;
        let limits = |margins: &[sim::search::Margin]| {
            margins.iter().map(|margin| Limit::new(workload, margin)).collect::<Vec<_>>()
        };
        let map = what_if.map.as_ref().map(|map| Map {
            across: map.across.name(workload),
            down: map.down.name(workload),
            factors: map.factors.clone(),
            deployments: map.pools.iter().map(|one| parts(workload, one)).collect(),
            cells: map
                .cells
                .iter()
                .map(|row| {
                    let cell =
                        |c: &sim::search::MapCell| Cell { deployment: c.pool, keeps: c.keeps };
                    row.iter().map(|c| c.as_ref().map(cell)).collect()
                })
                .collect(),
        });
        let fleet = what_if.fleet.as_ref().map(|fleet| Fleet {
            at_least: fleet.at_least,
            random: fleet.random.as_ref().map(|size| Hosts {
                hosts: size.hosts,
                pools: parts(workload, &size.deployment),
                throughput: (&size.throughput).into(),
                limits: limits(&size.margins),
                one_fewer: size.one_fewer.0.into(),
                one_fewer_limits: limits(&size.one_fewer.1),
            }),
        });
        Self {
            parameters: what_if
                .sensitivity
                .effects
                .iter()
                .map(|effect| Parameter::new(workload, effect))
                .collect(),
            parameters_tried: what_if.sensitivity.tried,
            flips: what_if.flips.iter().map(|point| Flips::new(workload, point)).collect(),
            map,
            fleet,
        }
    }
}

impl Parameter {
    fn new(workload: &Workload, effect: &ParameterEffect) -> Self {
        let HostParameter { name, unit, value, low, high, origin, .. } = &effect.parameter;
        Self {
            name: name.clone(),
            unit: match unit {
                ParameterUnit::Number => "number",
                ParameterUnit::Seconds => "seconds",
                ParameterUnit::Bytes => "bytes",
            },
            value: *value,
            low: *low,
            high: *high,
            origin: origin.name(),
            at_low: End::new(workload, &effect.low),
            at_high: End::new(workload, &effect.high),
        }
    }
}

impl End {
    fn new(workload: &Workload, end: &EndEffect) -> Self {
        Self {
            goal: (&end.goal).into(),
            limits: end.limits.iter().map(Interval::from).collect(),
            winner: end.winner.as_ref().map(|one| parts(workload, one)),
        }
    }
}

impl Flips {
    fn new(workload: &Workload, point: &FlipPoint) -> Self {
        Self {
            input: point.input.name(workload),
            unit: match point.input.unit(workload) {
                InputUnit::PerSecond => "per_second",
                InputUnit::Count => "count",
                InputUnit::Share => "share",
                InputUnit::Seconds => "seconds",
                InputUnit::Bytes => "bytes",
            },
            value: point.value,
            down: point.down.as_ref().map(|flip| Change::new(workload, flip)),
            up: point.up.as_ref().map(|flip| Change::new(workload, flip)),
        }
    }
}

impl Change {
    fn new(workload: &Workload, flip: &Flip) -> Self {
        Self {
            factor: flip.factor,
            same_at: flip.same_at,
            value: flip.value,
            winner: flip.winner.as_ref().map(|one| parts(workload, one)),
            keeps: flip.keeps,
        }
    }
}

impl Frontier {
    /// Of the search.
    pub fn new(workload: &Workload, frontier: &sim::search::Frontier) -> Self {
        Self {
            tail_over_limit: frontier.tail_over_limit,
            points: frontier.points.iter().map(|point| Point::new(workload, point)).collect(),
        }
    }
}

impl Point {
    fn new(workload: &Workload, point: &FrontierPoint) -> Self {
        Self {
            pools: parts(workload, &point.deployment),
            chosen: point.chosen,
            verdict: point.verdict.into(),
            capacity: point.capacity.is_finite().then_some(point.capacity),
            throughput: (&point.throughput).into(),
            tail: (&point.tail).into(),
            peak_pss: (&point.peak_pss).into(),
            startup: (&point.startup).into(),
            blast_radius: point.blast_radius,
        }
    }
}
