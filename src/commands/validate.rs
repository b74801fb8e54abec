//! `planner validate`: predictions against real pools.

use std::fs;

use sim::host::Host;
use sim::pool::{Concurrency, PoolKind, Profile};
use validator::interpreters::{self, Interpreter};
use validator::run::{Stop, WaitKernel};
use validator::validate::campaign::{self, Settings};
use validator::validate::discrepancy::note;
use validator::validate::summary::{Judgement, Summary};
use validator::validate::{Cell, Set, cells, random};

use crate::args::{Format, SetArg, ValidateArgs};
use crate::exit::{Code, Failure};
use crate::files::to_stdout;
use crate::validation::discrepancy::Asked;
use crate::validation::extrapolation::Restricted;
use crate::validation::{Answer, Keeper, decision, exports, extrapolation, suspects};
use crate::{command_line, inputs, render};

/// Runs of each cell, and of each of a quick run; decisions need three rounds to be
/// told from noise.
const REPEATS: (u32, u32) = (3, 2);
/// Starts of the pool in each run, and in each of a quick run.
const STARTS: (u32, u32) = (5, 3);

/// Measures, predicts and compares.
pub fn run(args: &ValidateArgs) -> Result<Code, Failure> {
    if args.print_set {
        let SetArg::Random = args.set else { return Err(only_random("--print-set")) };
        to_stdout(&random::text(args.seed, args.count).map_err(Failure::Inputs)?)?;
        return Ok(Code::Met);
    }
    if args.list {
        to_stdout(&render::validate::list(&chosen(args)?))?;
        return Ok(Code::Met);
    }
    let path = args.calibration.as_ref().ok_or(Failure::NoCalibration)?;
    let mut host = Host::load(path).map_err(Failure::Inputs)?;
    // What servers import is looked at before each run, the application included.
    host.servers.clear();
    let cells = match args.decision {
        true => Vec::new(),
        false => chosen(args)?,
    };
    let to = args.discrepancy.as_deref();
    let asked = to.map(|to| Asked::new(to, path, &cells)).transpose()?;
    if asked.is_some() {
        // What is measured is how far runs lie beyond the intervals without it.
        host.discrepancy.clear();
    }
    let mut restricted = None;
    if cells.iter().any(|cell| cell.set == Set::Extrapolation) {
        let Restricted { host: one, said } = extrapolation::restricted(path, &host)?;
        (host, restricted) = (one, Some(said));
    }
    let interpreter = interpreter(args)?;
    fs::create_dir_all(&args.out).map_err(|error| Failure::file(&args.out, error))?;
    let signals = |error| Failure::Output { target: "signal handlers".to_owned(), error };
    let stop = Stop::on_signals().map_err(signals)?;
    let quick = args.quick && !args.decision;
    let repeats = if quick { REPEATS.1 } else { REPEATS.0 };
    let starts = match args.decision {
        // Only what is served decides.
        true => 1,
        false if quick => STARTS.1,
        false => STARTS.0,
    };
    let settings = Settings {
        host: &host,
        interpreter: &interpreter,
        repeats: args.repeats.unwrap_or(repeats),
        starts: args.starts.unwrap_or(starts),
        seed: args.seed,
        draws: args.draws,
        out: &args.out,
        rates: &[],
    };
    if args.decision {
        return decision::run(args, &settings, &stop);
    }
    let campaign = campaign::run(&cells, &settings, &stop, &mut Keeper::new(&args.out))?;
    let summary = match &asked {
        Some(_) => Summary::of_errors(&campaign.results),
        None => Summary::of(&campaign.results),
    };
    let which = match args.set {
        SetArg::Random => format!("random (seed {})", args.seed),
        _ => Set::Development.name().to_owned(),
    };
    let note = note(&which, &interpreter.build, settings.repeats);
    let discrepancy = asked.map(|it| it.write(&campaign, &summary, &note)).transpose()?;
    let answer = Answer {
        host: &host,
        interpreter: &interpreter,
        campaign: &campaign,
        summary: &summary,
        worst: suspects(&campaign, &settings)?,
        repeats: settings.repeats,
        restricted,
        discrepancy,
        out: &args.out,
        command: command_line::repeat(),
    };
    exports::write(&answer)?;
    to_stdout(&match args.format {
        Format::Text => render::validate::text(&answer),
        Format::Json => render::json::text(&render::json::validate::Validate::new(&answer)),
    })?;
    Ok(code(&answer))
}

fn code(answer: &Answer<'_>) -> Code {
    let unwritten = answer.discrepancy.as_ref().is_some_and(|it| it.written.is_err());
    if answer.campaign.results.is_empty() {
        return Code::NotRun;
    }
    if unwritten && answer.campaign.interrupted {
        return Code::Internal;
    }
    match answer.summary.judgement {
        // Disturbed runs left too few cells.
        Judgement::Within | Judgement::Beyond(_) if unwritten => Code::TooNoisy,
        Judgement::Within => Code::Met,
        Judgement::Beyond(_) => Code::Beyond,
        Judgement::TooNoisy => Code::TooNoisy,
    }
}

fn only_random(option: &str) -> Failure {
    Failure::Refused(format!("{option} is for cells that are drawn: add --set random"))
}

/// The cells that the command line asks for.
fn chosen(args: &ValidateArgs) -> Result<Vec<Cell>, Failure> {
    let mut all = match (&args.own.workload, args.own.profile) {
        (Some(path), Some(profile)) => vec![own(args, inputs::workload(path)?, profile)],
        _ if args.set == SetArg::Random => {
            random::cells(args.seed, args.count).map_err(Failure::Inputs)?
        }
        _ if args.count.is_some() => return Err(only_random("--count")),
        _ if args.cells.is_empty() => cells::shipped(args.set.into()).map_err(Failure::Inputs)?,
        _ => {
            let read = |path| cells::load(path).map_err(Failure::Inputs);
            args.cells.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?.concat()
        }
    };
    for index in 1..all.len() {
        let (earlier, cell) = (&all[..index], &all[index]);
        if earlier.iter().any(|other| other.name == cell.name) {
            let name = &cell.name;
            return Err(Failure::Refused(format!("two files have a cell `{name}`: rename one")));
        }
    }
    let count = all.len();
    all.retain(|cell| !args.quick || cell.quick || args.own.workload.is_some());
    if let Some(text) = &args.only {
        let has = |name: &str| name.contains(text.as_str());
        all.retain(|cell| has(&cell.name) || has(&cell.effect) || has(cell.pool.name()));
    }
    if all.is_empty() {
        let message = format!("none of the {count} cells is left: leave out --only or --quick");
        return Err(Failure::Refused(message));
    }
    Ok(all)
}

/// The cell of a user's own workload.
fn own(args: &ValidateArgs, workload: sim::workload::Workload, profile: Profile) -> Cell {
    let usual = match profile.concurrency {
        Concurrency::Serial => PoolKind::ProcessPoolExecutor,
        Concurrency::EventLoop(_) => PoolKind::Asyncio,
        Concurrency::Threads(_) | Concurrency::Interpreters(_) => PoolKind::ThreadPoolExecutor,
    };
    Cell {
        name: workload.name.clone(),
        set: Set::HeldOut,
        effect: "own".to_owned(),
        max_requests: workload.service.lifecycle.max_requests,
        workload,
        pool: args.own.pool.unwrap_or(usual),
        profile,
        requests: args.own.requests,
        start_method: None,
        blas_threads: 1,
        choice: None,
        beside: None,
        waits: WaitKernel::Sleep,
        quick: true,
    }
}

fn interpreter(args: &ValidateArgs) -> Result<Interpreter, Failure> {
    if let Some(path) = &args.python {
        return interpreters::at(path).map_err(|silent| {
            Failure::NoPython(format!("{}: {}", silent.path.display(), silent.reason))
        });
    }
    interpreters::usual()
        .ok_or_else(|| Failure::NoPython("no CPython 3.8 or later was found".to_owned()))
}
