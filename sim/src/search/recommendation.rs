//! The answer of a search, with everything needed to explain and repeat it.

use crate::experiment::Summary;
use crate::pool::{Deployment, PoolConfig};
use crate::search::{Frontier, Hybrids, Recycling, Robustness, WhatIf};
use crate::stats::{Estimate, Verdict};
use crate::workload::{Goal, Quantile};

/// The answer of a search.
#[derive(Clone, Debug)]
pub struct Recommendation {
    /// The choice; the best of the rest if no candidate keeps every limit.
    pub choice: Assessed,
    /// What was optimised.
    pub goal: Goal,
    /// Does the choice keep every limit?
    pub verdict: Verdict,
    /// Next best of each family and of the choice's own neighbours, best first;
    /// if the choice is a hybrid, the single pool that it replaces goes first.
    pub runners_up: Vec<RunnerUp>,
    /// Families and candidates that were ruled out, with the reason.
    pub excluded: Vec<Exclusion>,
    /// What the usual rules would have picked, and what that costs.
    pub rules: Vec<RuleOutcome>,
    /// When the choice's workers are to be replaced: of each pool for which
    /// anything calls for it.
    pub recycling: Vec<Recycling>,
    /// Two pools in the place of one, each for its own classes: those tried that
    /// are not the choice.
    pub hybrids: Hybrids,
    /// Pools that no other beats in everything.
    pub frontier: Frontier,
    /// How the choice holds over the calibration's ranges; `None` if longer runs
    /// or a hybrid put another pool in its place after the race.
    pub robustness: Option<Robustness>,
    /// What would change the answer, and how far its figures can be trusted.
    pub what_if: WhatIf,
    /// What to know before acting on this.
    pub warnings: Vec<Warning>,
    /// A closed form that the simulation can be held against, if one applies.
    pub sanity: Option<SanityLine>,
    /// How the search went.
    pub effort: Effort,
}

/// A deployment and its predicted figures.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// One pool, or several that share the host.
    pub deployment: Deployment,
    /// Simulated from a warm start, with the reporting seed.
    pub summary: Summary,
    /// Time until every worker is ready, cold start without load, in seconds.
    pub startup: Estimate,
    /// Margin to each limit of the objective.
    pub margins: Vec<Margin>,
    /// The resource that limits it.
    pub bottleneck: Bottleneck,
    /// Largest throughput that each resource allows, in requests/s, tightest
    /// first.
    pub bounds: Vec<(Resource, f64)>,
}

impl Assessed {
    /// The first pool: the only one but for hybrids and pipelines.
    pub fn pool(&self) -> &PoolConfig {
        &self.deployment.pools[0]
    }
}

/// One limit of the objective and how far off the prediction is.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    /// What is limited.
    pub what: Limited,
    /// The prediction, in the limit's unit (s, requests/s, bytes, share).
    pub predicted: Estimate,
    /// The limit, same unit.
    pub limit: f64,
    /// Met, missed, or not resolved.
    pub verdict: Verdict,
}

/// What an objective can limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limited {
    /// A quantile of a class's sojourn time; class by index.
    Latency(usize, Quantile),
    /// Throughput, at least.
    Throughput,
    /// Peak PSS.
    Memory,
    /// Time until ready.
    Startup,
    /// Share of failed requests.
    Failures,
}

/// Something that can run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Cores or the CPU quota.
    Cores,
    /// An interpreter lock.
    Lock,
    /// Slots of the workers.
    Workers,
    /// The dispatcher's thread.
    Dispatcher,
    /// Memory.
    Memory,
}

impl Resource {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cores => "cores",
            Self::Lock => "interpreter lock",
            Self::Workers => "workers",
            Self::Dispatcher => "dispatcher",
            Self::Memory => "memory",
        }
    }
}

/// The resource closest to running out, and how close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bottleneck {
    /// Which.
    pub resource: Resource,
    /// Share in use (1 is all).
    pub utilisation: Estimate,
}

/// A candidate that is not the choice.
#[derive(Clone, Debug)]
pub struct RunnerUp {
    /// The candidate.
    pub assessed: Assessed,
    /// Its goal figure over the choice's, from paired replications; above 1 is
    /// worse.
    pub worse_by: Estimate,
    /// Why it lost, in a few words.
    pub why: String,
}

/// A family or candidate that was ruled out before simulation or by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusion {
    /// What: `threads on 3.12`, `thread:4x8 py3.12`, ...
    pub what: String,
    /// Number of candidates that this stands for.
    pub candidates: u32,
    /// The reason, a full sentence.
    pub reason: String,
}

/// A rule of thumb and its pick.
#[derive(Clone, Debug)]
pub struct RuleOutcome {
    /// `2n+1`, `n`, `sqrt`, `min(32, n+4)`, `decision tree`.
    pub rule: String,
    /// Its pick; `None` if it has none here.
    pub pick: Option<PoolConfig>,
    /// Its goal figure over the choice's, paired; above 1 is worse.
    pub worse_by: Option<Estimate>,
    /// Does the pick keep the objective?
    pub verdict: Option<Verdict>,
    /// What it costs, or why there is no pick.
    pub note: String,
}

/// Something to know before acting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

/// A simulated figure beside a closed form.
#[derive(Clone, Debug, PartialEq)]
pub struct SanityLine {
    /// Name of the formula.
    pub formula: String,
    /// What is compared.
    pub what: String,
    /// By formula.
    pub expected: f64,
    /// By simulation.
    pub simulated: Estimate,
}

/// How the search went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Candidates in the space.
    pub candidates: u32,
    /// Ruled out by hard constraints.
    pub excluded: u32,
    /// Ruled out by operational bounds.
    pub bounded: u32,
    /// Simulated at least once.
    pub raced: u32,
    /// Requests simulated in all.
    pub requests: u64,
    /// Seed that the three seeds (search, selection, report) derive from.
    pub seed: u64,
}

/// What to search, and how hard.
#[derive(Clone, Copy, Debug)]
pub struct SearchOptions {
    /// Seed of everything.
    pub seed: u64,
    /// Wanted half-width of the throughput interval, as a share.
    pub throughput_precision: f64,
    /// Wanted half-width of the p99 intervals, as a share.
    pub p99_precision: f64,
    /// Difference that does not matter: among candidates this close to the
    /// best, the one with least memory wins.
    pub indifference: f64,
    /// Most requests to simulate in all. Every candidate that passes the bounds
    /// gets some hundreds, though, and every one shown some thousands.
    pub budget: u64,
    /// As `budget`, in calendar events: requests that contend for one lock take
    /// many. What would change the answer is asked beside it.
    pub events: u64,
    /// How threads share the cores.
    pub cpu: crate::experiment::CpuModel,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            throughput_precision: 0.02,
            p99_precision: 0.05,
            indifference: 0.05,
            budget: 6_000_000,
            events: 12_000_000,
            cpu: crate::experiment::CpuModel::default(),
        }
    }
}

/// A search could not give an answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SearchError {
    /// Every candidate is excluded by a hard constraint.
    #[error("no profile is possible: every one is excluded by the workload's own constraints")]
    NothingPossible(Vec<Exclusion>),
    /// The simulator gave up.
    #[error(transparent)]
    Simulation(#[from] crate::experiment::SimError),
}

/// What to tell a waiting user.
pub trait Progress: Sync {
    /// `done` of `total` steps; `what` is under way.
    fn step(&self, what: &str, done: u64, total: u64);
}

/// Tells nobody.
impl Progress for () {
    fn step(&self, _what: &str, _done: u64, _total: u64) {}
}
