//! `planner systems`: published systems, predicted beside observed.

use std::fs;
use std::path::Path;

use sim::host::{Host, Parameter};
use sim::search::Progress as _;
use sim::workload::PythonVersion;
use validator::environments::Cache;
use validator::interpreters::{self, Interpreter};
use validator::lock_probe::{Plan, asker_wins, measure};
use validator::run::Stop;
use validator::systems::measured::{self, Head};
use validator::systems::pools::FivePools;
use validator::systems::pyrallel::Pyrallel;
use validator::systems::tadween::Tadween;
use validator::systems::{Score, Setting, System, SystemError, Variant, campaign};

use crate::args::{Format, SystemArg, SystemsArgs};
use crate::exit::{Code, Failure};
use crate::files::to_stdout;
use crate::progress::Bar;
use crate::render::systems::{Answer, Scored};
use crate::{command_line, render};

/// Runs of each variant, and of each of a quick run.
const REPEATS: (u32, u32) = (3, 2);

/// Runs, fits, predicts and compares.
pub fn run(args: &SystemsArgs) -> Result<Code, Failure> {
    let path = args.calibration.as_ref().ok_or(Failure::NoCalibration)?;
    let host = Host::load(path).map_err(Failure::Inputs)?;
    let signals = |error| Failure::Output { target: "signal handlers".to_owned(), error };
    let stop = Stop::on_signals().map_err(signals)?;
    let mut answer = Answer { host: &host, scored: Vec::new(), not_run: Vec::new() };
    for system in chosen(args, &host) {
        match one(args, &host, &*system, &stop) {
            Ok(scored) => answer.scored.push(scored),
            Err(SystemError::Interrupted) => return Err(SystemError::Interrupted.into()),
            Err(SystemError::Simulation(error)) => return Err(error.into()),
            Err(error) => answer.not_run.push((system.name(), error.to_string())),
        }
    }
    to_stdout(&match args.format {
        Format::Text => render::systems::text(&answer),
        Format::Json => render::json::text(&render::json::systems::Systems::new(&answer)),
    })?;
    Ok(code(&answer))
}

fn code(answer: &Answer<'_>) -> Code {
    let mut groups = answer.scored.iter().flat_map(|scored| &scored.score.groups);
    match answer.scored.is_empty() {
        true => Code::NotRun,
        false if groups.all(validator::systems::GroupScore::is_met) => Code::Met,
        false => Code::Beyond,
    }
}

fn chosen(args: &SystemsArgs, host: &Host) -> Vec<Box<dyn System>> {
    let of = |which| args.system.is_none_or(|system| system == which);
    let mut systems: Vec<Box<dyn System>> = Vec::new();
    if of(SystemArg::Tadween) {
        systems.push(Box::new(Tadween::for_memory(host.memory_bytes)));
    }
    if of(SystemArg::Pyrallel) {
        systems.push(Box::new(Pyrallel));
    }
    if of(SystemArg::Pools) {
        systems.push(Box::new(FivePools::on(host.logical_cpus())));
    }
    systems
}

/// One system, from its packages to its score.
fn one(
    args: &SystemsArgs,
    host: &Host,
    system: &dyn System,
    stop: &Stop,
) -> Result<Scored, SystemError> {
    let interpreter = interpreter(args, system)?;
    let environment = Cache::of_user()?.environment(&interpreter, system.purpose())?;
    let variants: Vec<Variant> =
        system.variants().into_iter().filter(|it| !args.quick || it.quick || it.fitted).collect();
    let repeats = args.repeats.unwrap_or(if args.quick { REPEATS.1 } else { REPEATS.0 });
    let folder = args.out.join(system.name());
    let bar = Bar::new();
    let mut progress = |variant: &str, done: usize, total: usize| {
        bar.step(variant, done as u64, total as u64);
    };
    let python = &environment.python;
    let runs = campaign::run(system, &variants, python, repeats, &folder, stop, &mut progress)?;
    drop(bar);
    let build = &interpreter.build;
    let version = PythonVersion { minor: build.minor, free_threaded: build.free_threaded };
    let host = with_races(host, version, python)?;
    let model = system.fit(&Setting { host: &host, python: version }, &runs)?;
    let score = Score::of(&*model, &variants, &runs)?;
    drop(model);
    if let Some(folder) = &args.measured {
        write_measured(folder, system, &host, &score)?;
    }
    Ok(Scored {
        system: system.name(),
        scaling: system.scaling(),
        interpreter,
        asker_wins: host.interpreter.asker_wins.value,
        repeats,
        score,
    })
}

/// Writes what was seen where `planner audit` looks for it.
fn write_measured(
    folder: &Path,
    system: &dyn System,
    host: &Host,
    score: &Score,
) -> Result<(), SystemError> {
    let claims = system.claims();
    if claims.is_empty() {
        return Ok(());
    }
    let path = folder.join(format!("{}.toml", system.document()));
    let command = command_line::repeat();
    let head = Head { document: system.document(), host: &host.name, command: &command };
    let write = || {
        fs::create_dir_all(folder)?;
        fs::write(&path, measured::text(&head, &claims, &score.rows))
    };
    write().map_err(|error| SystemError::File { path: path.clone(), error })
}

/// The calibration with the share of races for the lock that askers win here,
/// which a calibration does not measure.
fn with_races(host: &Host, version: PythonVersion, python: &Path) -> Result<Host, SystemError> {
    let plan = Plan { spinners: vec![0], ..Plan::default() };
    let scratch = tempfile::tempdir()
        .map_err(|error| SystemError::File { path: std::env::temp_dir(), error })?;
    let measured = measure(python, &plan, scratch.path(), &version.to_string(), &Bar::new())?;
    let races = asker_wins(host.interpreter.wake_order, &measured);
    let mut host = host.clone();
    host.interpreter.asker_wins = Parameter {
        value: races.point,
        low: races.low,
        high: races.high,
        ..Parameter::exactly(races.point)
    };
    Ok(host)
}

fn interpreter(args: &SystemsArgs, system: &dyn System) -> Result<Interpreter, SystemError> {
    let none = SystemError::NoPython { system: system.name(), oldest: system.oldest_python() };
    let suits = |it: &Interpreter| {
        it.build.implementation == "CPython"
            && it.build.minor >= system.oldest_python()
            && !it.build.free_threaded
    };
    let named = args.python.as_ref().map(|path| interpreters::at(path).ok());
    let found = named.unwrap_or_else(|| interpreters::find().interpreters.into_iter().find(suits));
    found.filter(suits).ok_or(none)
}
