//! `planner lock-probe`: the interpreter lock, predicted beside observed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sim::host::Host;
use sim::workload::PythonVersion;
use validator::host;
use validator::interpreters::{self, Interpreter};
use validator::lock_probe::{Plan, ProbeError, measure, score};

use crate::args::{Format, LockProbeArgs};
use crate::exit::{Code, Failure};
use crate::files::{Target, to_stdout};
use crate::inputs;
use crate::progress::Bar;
use crate::render::json;
use crate::render::lock_probe::{self as render, Answer, Probed};

/// Measures, simulates and compares.
pub fn run(args: &LockProbeArgs) -> Result<Code, Failure> {
    let host = this_host(args)?;
    let (chosen, missing) = choose(args, interpreters::find().interpreters);
    let mut answer = Answer { host: &host, probed: Vec::new(), not_run: missing };
    // A file appears when it is whole; people are shown what lands.
    let streams = args.output.out.is_none() && args.output.format == Format::Text;
    let target = Target::open(args.output.out.as_deref())?;
    if streams {
        to_stdout(&render::head(&host))?;
    }
    let scratch = tempfile::tempdir().map_err(|error| Failure::file(&env::temp_dir(), error))?;
    let folder = args.raw.as_deref().unwrap_or(scratch.path());
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    for interpreter in &chosen {
        match probe(args, &host, interpreter, folder)? {
            Ok(probed) => {
                if streams {
                    to_stdout(&format!("\n{}", render::section(&probed)))?;
                }
                answer.probed.push(probed);
            }
            Err(error) => answer.not_run.push((interpreter.path.clone(), error.to_string())),
        }
    }
    match args.output.format {
        Format::Text if streams => to_stdout(&render::rest(&answer))?,
        Format::Text => target.write(&render::text(&answer))?,
        Format::Json => target.write(&json::text(&json::lock_probe::LockProbe::new(&answer)))?,
    }
    Ok(Code::Met)
}

/// One interpreter, measured and predicted.
fn probe(
    args: &LockProbeArgs,
    host: &Host,
    interpreter: &Interpreter,
    folder: &Path,
) -> Result<Result<Probed, ProbeError>, Failure> {
    let python = version(interpreter);
    let plan = Plan { repeats: args.repeats, ..Plan::default() };
    let bar = Bar::new();
    let measured = measure(&interpreter.path, &plan, folder, &python.to_string(), &bar);
    let measured = match measured {
        Ok(measured) => measured,
        Err(error) => return Ok(Err(error)),
    };
    let scored = score(host, python, &measured, &bar)?;
    Ok(Ok(Probed { interpreter: interpreter.clone(), locked: measured.locked, scored }))
}

/// The calibration, with the cores of this machine if nothing else is said.
fn this_host(args: &LockProbeArgs) -> Result<Host, Failure> {
    let mut size = args.host.clone();
    if size.calibration.is_none() && size.cores.is_none() {
        size.cores = Some(host::probe()?.affinity);
    }
    inputs::host(&size)
}

fn version(interpreter: &Interpreter) -> PythonVersion {
    let build = &interpreter.build;
    PythonVersion { minor: build.minor, free_threaded: build.free_threaded }
}

/// The interpreters that were asked for, else one of each version that the
/// model knows, or only the newest with the lock and the newest without; and
/// those that were asked for in vain.
fn choose(
    args: &LockProbeArgs,
    found: Vec<Interpreter>,
) -> (Vec<Interpreter>, Vec<(PathBuf, String)>) {
    let known = |i: &Interpreter| {
        i.build.implementation == "CPython" && PythonVersion::SUPPORTED.contains(&i.build.minor)
    };
    let mut seen = BTreeSet::new();
    let known: Vec<_> = found.into_iter().filter(known).collect();
    if args.python.is_empty() {
        let kind = |i: &Interpreter| match args.all {
            true => version(i),
            false => PythonVersion { minor: 0, ..version(i) },
        };
        let newest = known.into_iter().filter(|i| seen.insert(kind(i)));
        return (newest.collect(), Vec::new());
    }
    let (mut chosen, mut missing) = (Vec::new(), Vec::new());
    for path in &args.python {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        match known.iter().find(|i| i.path == real) {
            Some(interpreter) => chosen.push(interpreter.clone()),
            None => missing.push((
                path.clone(),
                "none of the CPythons found here; `planner doctor` lists them".to_owned(),
            )),
        }
    }
    (chosen, missing)
}
