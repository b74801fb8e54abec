//! The answer of `planner recommend`.

use schemars::JsonSchema;
use serde::Serialize;
use sim::search::{Assessed, Margin, RuleOutcome, RunnerUp, Warning};
use sim::workload::{Goal, Workload};

use super::VERSION;
use super::common::{Figures, HostSize, Interval, Kept, Part, Pool, parts};
use super::recycling_rule::Recycling;
use super::robustness::Robustness;
use super::what_if::{Frontier, Hybrid, Prediction, WhatIf};
use crate::render::recommendation::{Answer, limited};

/// The answer of `planner recommend`. Times in seconds, memory in bytes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recommend {
    /// Version of this form.
    pub version: u32,
    /// Name of the workload.
    pub workload: String,
    /// The host that was predicted for.
    pub host: HostSize,
    /// What was optimised: latency, throughput or memory.
    pub goal: &'static str,
    /// Does the choice keep every limit?
    pub verdict: Kept,
    /// The choice.
    pub choice: Candidate,
    /// The choice's figures over all that the parameters may be.
    pub prediction: Prediction,
    /// The next best, best first.
    pub runners_up: Vec<Compared>,
    /// What was ruled out, and why.
    pub excluded: Vec<Excluded>,
    /// What the usual rules would have picked.
    pub rules: Vec<Rule>,
    /// When workers are to be replaced, for each pool that anything calls for it in.
    pub recycling: Vec<Recycling>,
    /// The best of the hybrids that were tried and are not the choice: two pools
    /// in the place of one.
    pub hybrids: Vec<Hybrid>,
    /// Pools that no other beats in everything.
    pub frontier: Frontier,
    /// How the choice holds over the calibration's ranges; null if another pool
    /// took its place after the finalists were compared.
    pub robustness: Option<Robustness>,
    /// What would change the answer.
    pub what_if: WhatIf,
    /// What to know before acting.
    pub warnings: Vec<Advice>,
    /// A closed form beside the simulation.
    pub sanity: Option<Sanity>,
    /// How the search went.
    pub effort: Effort,
    /// Seed of all randomness.
    pub seed: u64,
    /// The command that repeats this answer.
    pub command: String,
}

/// A deployment and its figures.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Candidate {
    /// The pool, or all pools of a hybrid or a pipeline.
    pub pools: Vec<Part>,
    /// Predicted from a warm start.
    pub figures: Figures,
    /// Cold start until every worker is ready, in s.
    pub startup: Interval,
    /// Every limit of the objective.
    pub limits: Vec<Limit>,
    /// The resource closest to its end.
    pub bottleneck: String,
    /// Share of it in use.
    pub bottleneck_utilisation: Interval,
    /// Most throughput that each resource allows, tightest first, in requests/s.
    pub bounds: Vec<Bound>,
}

/// A limit and the prediction, in the limit's unit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Limit {
    /// What is limited.
    pub what: String,
    /// The prediction.
    pub predicted: Interval,
    /// The limit.
    pub limit: f64,
    /// Is it kept?
    pub verdict: Kept,
}

/// A resource's own bound.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Bound {
    /// The resource.
    pub resource: String,
    /// Throughput, in requests/s.
    pub throughput: f64,
}

/// A candidate beside the choice.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Compared {
    /// The candidate.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// Its goal figure over the choice's, paired; above 1 is worse.
    pub worse_by: Interval,
    /// Why it lost.
    pub why: String,
}

/// What was ruled out.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Excluded {
    /// What.
    pub what: String,
    /// Candidates that this stands for.
    pub candidates: u32,
    /// Why.
    pub reason: String,
}

/// A rule of thumb.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rule {
    /// The rule.
    pub rule: String,
    /// Its pick.
    pub pick: Option<Pool>,
    /// Its goal figure over the choice's, paired; above 1 is worse.
    pub worse_by: Option<Interval>,
    /// Does the pick keep the objective?
    pub verdict: Option<Kept>,
    /// What it costs, or why there is no pick.
    pub note: String,
}

/// Something to know.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Advice {
    /// What.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// A closed form beside the simulation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sanity {
    /// The formula.
    pub formula: String,
    /// What is compared.
    pub what: String,
    /// By formula.
    pub expected: f64,
    /// By simulation.
    pub simulated: Interval,
}

/// How the search went.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Effort {
    /// Candidates in the space.
    pub candidates: u32,
    /// Ruled out by constraints.
    pub excluded: u32,
    /// Ruled out by operational bounds.
    pub bounded: u32,
    /// Simulated.
    pub raced: u32,
    /// Requests simulated.
    pub requests: u64,
}

impl Recommend {
    /// The same numbers as in the text.
    pub fn new(answer: &Answer<'_>) -> Self {
        let Answer { workload, host, recommendation, command } = answer;
        let effort = recommendation.effort;
        let excluded = recommendation.excluded.iter().map(|e| Excluded {
            what: e.what.clone(),
            candidates: e.candidates,
            reason: e.reason.clone(),
        });
        let sanity = recommendation.sanity.as_ref().map(|s| Sanity {
            formula: s.formula.clone(),
            what: s.what.clone(),
            expected: s.expected,
            simulated: (&s.simulated).into(),
        });
        Self {
            version: VERSION,
            workload: workload.name.clone(),
            host: (*host).into(),
            goal: match recommendation.goal {
                Goal::Latency => "latency",
                Goal::Throughput => "throughput",
                Goal::Memory => "memory",
            },
            verdict: recommendation.verdict.into(),
            choice: Candidate::new(workload, &recommendation.choice),
            prediction: Prediction::new(workload, recommendation),
            recycling: recommendation.recycling.iter().map(Recycling::from).collect(),
            hybrids: recommendation
                .hybrids
                .best
                .iter()
                .map(|hybrid| Hybrid::new(workload, hybrid))
                .collect(),
            frontier: Frontier::new(workload, &recommendation.frontier),
            robustness: recommendation.robustness.as_ref().map(Robustness::from),
            what_if: WhatIf::new(workload, recommendation),
            runners_up: recommendation
                .runners_up
                .iter()
                .map(|runner_up| Compared::new(workload, runner_up))
                .collect(),
            excluded: excluded.collect(),
            rules: recommendation.rules.iter().map(Rule::from).collect(),
            warnings: recommendation.warnings.iter().map(Advice::from).collect(),
            sanity,
            effort: Effort {
                candidates: effort.candidates,
                excluded: effort.excluded,
                bounded: effort.bounded,
                raced: effort.raced,
                requests: effort.requests,
            },
            seed: effort.seed,
            command: command.clone(),
        }
    }
}

impl Limit {
    /// A margin of the objective.
    pub fn new(workload: &Workload, margin: &Margin) -> Self {
        Self {
            what: limited(workload, margin).0,
            predicted: (&margin.predicted).into(),
            limit: margin.limit,
            verdict: margin.verdict.into(),
        }
    }
}

impl Candidate {
    fn new(workload: &Workload, assessed: &Assessed) -> Self {
        let limits = assessed.margins.iter().map(|margin| Limit::new(workload, margin));
        let bounds = assessed.bounds.iter().map(|(resource, rate)| Bound {
            resource: resource.name().to_owned(),
            throughput: *rate,
        });
        Self {
            pools: parts(workload, &assessed.deployment),
            figures: Figures::new(workload, &assessed.summary),
            startup: (&assessed.startup).into(),
            limits: limits.collect(),
            bottleneck: assessed.bottleneck.resource.name().to_owned(),
            bottleneck_utilisation: (&assessed.bottleneck.utilisation).into(),
            bounds: bounds.collect(),
        }
    }
}

impl Compared {
    fn new(workload: &Workload, runner_up: &RunnerUp) -> Self {
        Self {
            candidate: Candidate::new(workload, &runner_up.assessed),
            worse_by: (&runner_up.worse_by).into(),
            why: runner_up.why.clone(),
        }
    }
}

impl From<&RuleOutcome> for Rule {
    fn from(rule: &RuleOutcome) -> Self {
        Self {
            rule: rule.rule.clone(),
            pick: rule.pick.as_ref().map(Pool::from),
            worse_by: rule.worse_by.as_ref().map(Interval::from),
            verdict: rule.verdict.map(Kept::from),
            note: rule.note.clone(),
        }
    }
}

impl From<&Warning> for Advice {
    fn from(warning: &Warning) -> Self {
        Self { message: warning.message.clone(), advice: warning.advice.clone() }
    }
}
