//! `planner calibrate`: measures this machine, or fits what was measured.

mod discrepancy;
pub mod raw;

use std::path::{Path, PathBuf};

use sim::host::Host;
use sim::search::Progress as _;
use validator::calibrate::{
    self, CalibrateError, Course, ENOUGH_ROUNDS, Facts, Fitted, Measured, Probe, Skipped,
};
use validator::environments::Cache;
use validator::run::Stop;

use crate::args::{CalibrateArgs, Format};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, to_stdout};
use crate::progress::Bar;
use crate::{inputs, render};
use raw::Raw;

/// Measures, fits, writes the calibration, and says what is in it.
pub fn run(args: &CalibrateArgs) -> Result<Code, Failure> {
    let (raw, out, measured) = match &args.refit {
        Some(folder) => {
            let raw = Raw::kept(folder)?;
            let out = target(args, &raw.facts.name)?;
            (raw, out, Measured::default())
        }
        None => measure(args)?,
    };
    let mut fitted = calibrate::fit(raw.observations(), &raw.facts, &inputs::reference()?);
    let folder = raw.close()?;
    if measured.interrupted {
        return Err(Failure::Interrupted { folder });
    }
    let earlier = discrepancy::carry_over(&out, &mut fitted.host, args.only.is_some());
    check(&fitted.host, &out)?;
    OutFile::create(&out)?.fill(|to| to.write_all(fitted.host.write().as_bytes()))?;
    let earlier = earlier.as_deref();
    to_stdout(&answer(args.format, &fitted, &measured.skipped, earlier, &out, &folder))?;
    Ok(Code::Met)
}

fn measure(args: &CalibrateArgs) -> Result<(Raw, PathBuf, Measured), Failure> {
    let probe = validator::host::probe()?;
    let python = calibrate::interpreter(args.python.as_deref())?;
    let name = host_name();
    let out = target(args, &name)?;
    let facts = Facts::new(&name_of(&out, name), &probe, &python, env!("CARGO_PKG_VERSION"));
    let folder = args.raw.clone().unwrap_or_else(|| out.with_extension(""));
    let (facts, mut journal) = raw::open(&folder, facts)?;
    let scratch = tempfile::tempdir();
    let scratch = scratch.map_err(|error| Failure::file(&std::env::temp_dir(), error))?;
    let cache = Cache::of_user().unwrap_or_else(|_| Cache::at(scratch.path().join("cache")));
    let stop = Stop::on_signals().map_err(|error| Failure::file(&folder, error))?;
    let course = Course {
        python: &python,
        cache: &cache,
        probes: probes(args.only.as_deref())?,
        rounds: args.rounds(),
        scratch: scratch.path(),
    };
    let bar = Bar::new();
    let mut progress =
        |what: &str, done, total| bar.step(&format!("measuring {what}"), done, total);
    let mut measured = calibrate::measure(&course, &mut journal, &stop, &mut progress)?;
    measured.skipped.extend(not_probed());
    Ok((Raw::measured(facts, folder, journal), out, measured))
}

/// Those with `only` in their name, or all.
fn probes(only: Option<&str>) -> Result<Vec<Probe>, Failure> {
    let all = calibrate::all_probes();
    let Some(only) = only else { return Ok(all) };
    let names = || {
        let mut names: Vec<&str> = all.iter().map(|probe| probe.name.as_str()).collect();
        names.dedup();
        names.join(", ")
    };
    let chosen: Vec<Probe> =
        all.iter().filter(|probe| probe.name.contains(only)).cloned().collect();
    if chosen.is_empty() {
        return Err(Failure::Refused(format!(
            "no probe has `{only}` in its name; there are {}",
            names()
        )));
    }
    Ok(chosen)
}

/// What no probe is for.
fn not_probed() -> Vec<Skipped> {
    let found = validator::interpreters::find();
    let free = found.interpreters.iter().any(|i| i.build.free_threaded);
    let reason = match free {
        true => "no probe compares builds yet; the reference's values stand",
        false => "no free-threaded interpreter was found; the reference's values stand",
    };
    let skipped = |what: &str, reason: &str| Skipped { what: what.into(), reason: reason.into() };
    vec![
        skipped("free threading", reason),
        skipped("gRPC dispatch", "no probe runs it; the reference's values stand"),
        skipped("gunicorn, uvicorn and Celery", "`planner servers` adds them"),
    ]
}

/// Where the calibration goes; refused if it is there and may not be replaced.
fn target(args: &CalibrateArgs, name: &str) -> Result<PathBuf, Failure> {
    let out = args.out.clone().unwrap_or_else(|| format!("calibration/{name}.toml").into());
    if out.is_file() && !args.force {
        return Err(Failure::Exists(out));
    }
    if args.out.is_none() {
        let made = std::fs::create_dir_all("calibration");
        made.map_err(|error| Failure::file(Path::new("calibration"), error))?;
    }
    // Before the work, so that a wrong path is known.
    drop(OutFile::create(&out)?);
    Ok(out)
}

/// The machine's name, as far as a calibration can be called so.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.trim().chars().map(plain).collect();
    match name.trim_matches('-') {
        "" => "this-host".to_owned(),
        name => name.to_owned(),
    }
}

/// The calibration is called like its file, if a calibration can be.
fn name_of(out: &Path, otherwise: String) -> String {
    let stem = out.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let good = stem.starts_with(|c: char| c.is_ascii_alphabetic()) && stem.chars().all(plain);
    if good { stem.to_owned() } else { otherwise }
}

/// What cannot be read must not be written.
fn check(host: &Host, out: &Path) -> Result<(), Failure> {
    Host::parse(&host.write(), out).map(drop).map_err(Failure::Inputs)
}

fn answer(
    format: Format,
    fitted: &Fitted,
    skipped: &[Skipped],
    earlier: Option<&str>,
    out: &Path,
    raw: &Path,
) -> String {
    match format {
        Format::Text => {
            let mut text = render::calibrate::text(fitted, skipped);
            if fitted.rounds < ENOUGH_ROUNDS {
                text.push_str("\nFewer than 3 rounds: the ranges are only what was seen. Repeat the\ncommand with --force to add rounds.\n");
            }
            if let Some(said) = earlier {
                text.push_str(&format!("\n{said}\n"));
            }
            text + &format!(
                "\n{}: the calibration\n{}: raw observations\n",
                out.display(),
                raw.display()
            )
        }
        Format::Json => {
            let all = render::json::calibrate::Calibration::new(fitted, skipped, earlier);
            render::json::text(&all)
        }
    }
}

impl From<CalibrateError> for Failure {
    fn from(error: CalibrateError) -> Self {
        Self::Calibrate(error)
    }
}
