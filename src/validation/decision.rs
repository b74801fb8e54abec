//! `planner validate --decision`: runs whole grids of pools, and says what the
//! recommendation and the rules of thumb lose against the best of them.

use std::path::Path;

use sim::host::Host;
use sim::workload::PythonVersion;
use tables::Column;
use validator::interpreters::Interpreter;
use validator::run::Stop;
use validator::validate::campaign::{self, Campaign, Settings};
use validator::validate::decision::{Decided, Decisions, Ran, Today, TodayError};
use validator::validate::grid::{self, Grid};
use validator::validate::summary::Judgement;

use super::{Keeper, keeper};
use crate::args::{Format, ValidateArgs};
use crate::exit::{Code, Failure};
use crate::files::to_stdout;
use crate::progress::Bar;
use crate::{command_line, render};

/// All that the answer shows.
pub struct Answer<'a> {
    pub host: &'a Host,
    pub interpreter: &'a Interpreter,
    pub campaign: &'a Campaign,
    pub decisions: &'a Decisions,
    pub today: &'a Today,
    pub repeats: u32,
    /// Folder of the runs.
    pub out: &'a Path,
    /// The command that repeats this.
    pub command: String,
}

/// Measures, decides and compares.
pub fn run(args: &ValidateArgs, settings: &Settings<'_>, stop: &Stop) -> Result<Code, Failure> {
    let build = &settings.interpreter.build;
    let python = PythonVersion { minor: build.minor, free_threaded: build.free_threaded };
    let grids = chosen(args)?.into_iter().map(|grid| grid.with_picks(settings.host, python));
    let grids: Vec<Grid> = grids.collect();
    let cells: Vec<_> = grids.iter().flat_map(|grid| grid.cells.clone()).collect();
    let today = Today::of(settings.interpreter, settings.out).map_err(|error| match error {
        TodayError::Files { path, error } => Failure::file(&path, error),
        TodayError::Python { .. } => Failure::NoPython(error.to_string()),
    })?;
    // The pools are compared with each other: they do the same work, and their
    // predictions need no interval.
    let settings = Settings { draws: 0, rates: &today.kernels, ..*settings };
    let campaign = campaign::run(&cells, &settings, stop, &mut Keeper::new(settings.out))?;
    let decisions = Decisions::of(&grids, &campaign, settings.host, &today, python, &Bar::new())?;
    let answer = Answer {
        host: settings.host,
        interpreter: settings.interpreter,
        campaign: &campaign,
        decisions: &decisions,
        today: &today,
        repeats: settings.repeats,
        out: settings.out,
        command: command_line::repeat(),
    };
    let path = settings.out.join("decisions.parquet");
    keeper::write(&path, columns(&decisions)).map_err(|error| Failure::file(&path, error))?;
    to_stdout(&match args.format {
        Format::Text => render::decision::text(&answer),
        Format::Json => render::json::text(&render::json::decision::Decision::new(&answer)),
    })?;
    Ok(code(&decisions))
}

fn code(decisions: &Decisions) -> Code {
    if decisions.decided.is_empty() {
        return Code::NotRun;
    }
    match decisions.judgement {
        Judgement::Within => Code::Met,
        Judgement::Beyond(_) => Code::Beyond,
        Judgement::TooNoisy => Code::TooNoisy,
    }
}

/// The grids that the command line asks for.
fn chosen(args: &ValidateArgs) -> Result<Vec<Grid>, Failure> {
    let mut grids = grid::shipped().map_err(Failure::Inputs)?;
    let count = grids.len();
    grids.retain(|grid| !args.quick || grid.quick);
    if let Some(text) = &args.only {
        grids.retain(|grid| grid.name.contains(text.as_str()));
    }
    if grids.is_empty() {
        let message = format!("none of the {count} workloads is left: leave out --only or --quick");
        return Err(Failure::Refused(message));
    }
    Ok(grids)
}

/// A row for each pool of each workload.
fn columns(decisions: &Decisions) -> Vec<(String, Column)> {
    let rows = || decisions.decided.iter().flat_map(|of| of.ran.iter().map(move |ran| (of, ran)));
    let text = |name: &str, value: &dyn Fn(&Decided, &Ran) -> String| {
        (name.to_owned(), Column::Text(rows().map(|(of, ran)| Some(value(of, ran))).collect()))
    };
    let numbers = |name: &str, value: &dyn Fn(&Ran) -> Option<f64>| {
        (name.to_owned(), Column::Number(rows().map(|(_, ran)| value(ran)).collect()))
    };
    let picked_by = |of: &Decided, ran: &Ran| {
        let picks = of.picks.iter().filter(|it| it.ran.is_some_and(|at| of.ran[at] == *ran));
        picks.map(|pick| pick.by).collect::<Vec<_>>().join(", ")
    };
    vec![
        text("workload", &|of, _| of.grid.clone()),
        text("figure", &|of, _| of.figure.label().to_owned()),
        text("cell", &|_, ran| ran.cell.clone()),
        text("pool", &|_, ran| ran.pool.to_string()),
        text("profile", &|_, ran| ran.profile.to_string()),
        numbers("observed", &|ran| Some(ran.observed)),
        numbers("predicted", &|ran| Some(ran.predicted)),
        numbers("noise_floor", &|ran| ran.floor),
        numbers("regret", &|ran| Some(ran.regret.point)),
        numbers("regret_low", &|ran| Some(ran.regret.low)),
        numbers("regret_high", &|ran| Some(ran.regret.high)),
        numbers("rounds", &|ran| Some(f64::from(ran.regret.n))),
        text("picked_by", &picked_by),
    ]
}
