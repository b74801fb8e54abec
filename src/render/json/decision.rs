//! The answer of `planner validate --decision`.

use schemars::JsonSchema;
use serde::Serialize;
use validator::validate::decision::{Decided, Line};
use validator::validate::summary::Judgement;

use super::VERSION;
use crate::validation::decision::Answer;

/// The answer of `planner validate --decision`. Regrets as shares.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decision {
    /// Version of this form.
    pub version: u32,
    /// `within`, `beyond`, `too_noisy` or `not_run`.
    pub verdict: String,
    /// What is beyond tolerance, one sentence each.
    pub reasons: Vec<String>,
    /// Time that bytecode took before the first run, over that at the machine's
    /// full speed.
    pub pace: f64,
    /// Standard error of that, as a share.
    pub pace_error: f64,
    /// Name of the calibration.
    pub calibration: String,
    /// Version of the interpreter that ran the pools.
    pub python: String,
    /// Was it ended early?
    pub interrupted: bool,
    /// The planner, then each rule of thumb, over all workloads.
    pub regrets: Vec<Regret>,
    /// Every workload.
    pub workloads: Vec<Workload>,
    /// Cells and workloads that were not run or judged: name and reason.
    pub not_run: Vec<(String, String)>,
    /// Folder of runs and tables.
    pub out: String,
    /// The command that repeats this answer.
    pub command: String,
}

/// One who picks, over all workloads.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Regret {
    /// `planner`, `planner, today` (at the pace of the day) or the name of a rule of
    /// thumb.
    pub by: String,
    /// Workloads for which its pick ran.
    pub workloads: usize,
    /// Median regret.
    pub median: f64,
    /// Its 95 % bootstrap interval over the workloads.
    pub median_interval: (f64, f64),
    /// Largest regret.
    pub worst: f64,
    /// Picks that may be the best, as far as the rounds tell.
    pub not_distinguishable: usize,
    /// The planner's median over the same workloads.
    pub planner_median: f64,
}

/// One workload.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// The figure that it wants to be best.
    pub figure: String,
    /// Its pools, as they ran.
    pub pools: Vec<Pool>,
    /// Who picks which.
    pub picks: Vec<Picked>,
    /// Runs that do not count because the machine was at another speed than in
    /// the rest of their round.
    pub off_pace: usize,
}

/// One pool of a workload. Times in seconds, memory in bytes, throughput in
/// requests per second.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pool {
    /// Name of its cell.
    pub cell: String,
    /// The pool.
    pub pool: String,
    /// Its size.
    pub profile: String,
    /// Median of the runs.
    pub observed: f64,
    /// Median of the predictions.
    pub predicted: f64,
    /// Difference of two runs; null of one run.
    pub noise_floor: Option<f64>,
    /// What choosing it loses against the best, in the rounds of both.
    pub regret: f64,
    /// Its 95 % bootstrap interval over rounds.
    pub regret_interval: (f64, f64),
    /// Rounds in which it ran undisturbed, at the speed of the others.
    pub rounds: u32,
}

/// What somebody picks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Picked {
    /// `planner`, `planner, today` or the name of a rule of thumb.
    pub by: String,
    /// Name of the cell; null if its pick did not run.
    pub cell: Option<String>,
    /// Its regret; null if its pick did not run.
    pub regret: Option<f64>,
    /// May it be the best, as far as the rounds tell?
    pub not_distinguishable: bool,
    /// What it picks, or why nothing.
    pub note: String,
}

impl Decision {
    /// The same numbers as in the text.
    pub fn new(answer: &Answer<'_>) -> Self {
        let decisions = answer.decisions;
        let (verdict, reasons) = match &decisions.judgement {
            _ if decisions.decided.is_empty() => ("not_run", Vec::new()),
            Judgement::Within => ("within", Vec::new()),
            Judgement::Beyond(reasons) => ("beyond", reasons.clone()),
            Judgement::TooNoisy => ("too_noisy", Vec::new()),
        };
        let not_run = answer.campaign.not_run.iter().chain(&decisions.undecided);
        Self {
            version: VERSION,
            verdict: verdict.to_owned(),
            reasons,
            pace: answer.today.pace,
            pace_error: answer.today.error,
            calibration: answer.host.name.clone(),
            python: answer.interpreter.build.version.clone(),
            interrupted: answer.campaign.interrupted,
            regrets: decisions.lines.iter().map(regret).collect(),
            workloads: decisions.decided.iter().map(workload).collect(),
            not_run: not_run.cloned().collect(),
            out: answer.out.display().to_string(),
            command: answer.command.clone(),
        }
    }
}

fn regret(line: &Line) -> Regret {
    Regret {
        by: line.by.to_owned(),
        workloads: line.workloads,
        median: line.median.point,
        median_interval: (line.median.low, line.median.high),
        worst: line.worst,
        not_distinguishable: line.in_noise,
        planner_median: line.planner,
    }
}

fn workload(decided: &Decided) -> Workload {
    let pools = decided.ran.iter().map(|ran| Pool {
        cell: ran.cell.clone(),
        pool: ran.pool.to_string(),
        profile: ran.profile.to_string(),
        observed: ran.observed,
        predicted: ran.predicted,
        noise_floor: ran.floor,
        regret: ran.regret.point,
        regret_interval: (ran.regret.low, ran.regret.high),
        rounds: ran.regret.n,
    });
    let picks = decided.picks.iter().map(|pick| Picked {
        by: pick.by.to_owned(),
        cell: pick.ran.map(|at| decided.ran[at].cell.clone()),
        regret: pick.ran.map(|at| decided.ran[at].regret.point),
        not_distinguishable: pick.in_noise,
        note: pick.note.clone(),
    });
    Workload {
        name: decided.grid.clone(),
        figure: decided.figure.label().to_owned(),
        pools: pools.collect(),
        picks: picks.collect(),
        off_pace: decided.off_pace,
    }
}
