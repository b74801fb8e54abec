//! `planner lock-probe`: the interpreter lock, predicted beside observed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sim::host::Host;
use sim::search::Progress as _;
use sim::workload::PythonVersion;
use validator::host;
use validator::interpreters::{self, Interpreter};
use validator::lock_probe::{Plan, measure, score};

use crate::args::{Format, LockProbeArgs};
use crate::exit::{Code, Failure};
use crate::files::Target;
use crate::progress::Bar;
use crate::render::lock_probe::{Answer, Probed};
use crate::{inputs, render};

/// Measures, simulates and compares.
pub fn run(args: &LockProbeArgs) -> Result<Code, Failure> {
    let target = Target::open(args.output.out.as_deref())?;
    let host = this_host(args)?;
    let plan = Plan { repeats: args.repeats, ..Plan::default() };
    let (chosen, missing) = choose(args, interpreters::find().interpreters);
    let bar = Bar::new();
    let mut answer = Answer { host: &host, probed: Vec::new(), not_run: missing };
    for (done, interpreter) in chosen.iter().enumerate() {
        let what = format!("Python {}", interpreter.build.version);
        bar.step(&what, done as u64, chosen.len() as u64);
        match measure(&interpreter.path, &plan) {
            Ok(measured) => {
                let scored = score(&host, version(interpreter), &measured)?;
                let locked = measured.locked;
                answer.probed.push(Probed { interpreter: interpreter.clone(), locked, scored });
            }
            Err(error) => answer.not_run.push((interpreter.path.clone(), error.to_string())),
        }
    }
    drop(bar);
    let text = match args.output.format {
        Format::Text => render::lock_probe::text(&answer),
        Format::Json => render::json::text(&render::json::lock_probe::LockProbe::new(&answer)),
    };
    target.write(&text)?;
    Ok(Code::Met)
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
/// model knows; and those that were asked for in vain.
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
        let newest = known.into_iter().filter(|i| seen.insert(version(i)));
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
