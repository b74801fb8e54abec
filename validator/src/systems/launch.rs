//! Running one variant of a system, and what was seen of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::SystemError;
use super::{Sources, Variant};
use crate::child::Group;
use crate::run::sampler::Sampler;
use crate::run::{Application, BLAS_VARIABLES, Guard, RUN_VARIABLE, Sample, Stop};
use crate::validate::speed::{Reference, Slowdown};

/// Spacing of the looks at the processes.
const SAMPLE_EVERY: Duration = Duration::from_millis(50);
/// Longest that one variant may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How often a request to end is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Everything that was seen of one variant.
#[derive(Debug)]
pub struct Run {
    variant: String,
    records: Vec<Value>,
    /// The processes at equal steps of time.
    pub samples: Vec<Sample>,
    /// How fast the machine was meanwhile.
    pub slowdown: Slowdown,
    /// What the process had imported.
    pub application: Application,
}

impl Run {
    /// The records of the event `name`, in the order in which they were written.
    ///
    /// # Errors
    /// One of them lacks something.
    pub fn records<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, SystemError> {
        let of_name = self.records.iter().filter(|record| record["event"] == name);
        of_name
            .map(|record| serde_json::from_value(record.clone()))
            .collect::<Result<_, _>>()
            .map_err(|error| odd(&self.variant, error))
    }

    /// When the event `name` was, in ns of CLOCK_MONOTONIC.
    ///
    /// # Errors
    /// It was not.
    pub fn instant(&self, name: &str) -> Result<u64, SystemError> {
        let found = self.records.iter().find(|record| record["event"] == name);
        let at = found.and_then(|record| record["at"].as_u64());
        at.ok_or_else(|| odd(&self.variant, format!("no instant of `{name}`")))
    }

    /// Highest sum of proportional set sizes between the instants, in bytes.
    pub fn peak_pss(&self, begin: u64, end: u64) -> Option<f64> {
        let during = self.samples.iter().filter(|sample| (begin..=end).contains(&sample.at));
        during.map(Sample::pss).max().map(|bytes| bytes as f64)
    }
}

/// Runs `variant` with `python`, and keeps all files under `folder`.
///
/// # Errors
/// It could not be run, failed, took too long, or was interrupted. Nothing of
/// it is left running in any case.
pub fn launch(
    variant: &Variant,
    sources: Sources,
    python: &Path,
    folder: &Path,
    stop: &Stop,
) -> Result<Run, SystemError> {
    let programs = folder.join("systems");
    write(sources, &programs).map_err(SystemError::file(&programs))?;
    let (records, stderr) = (folder.join("records.jsonl"), folder.join("stderr.txt"));
    let failed = |error| SystemError::Launch { variant: variant.name.clone(), error };
    let messages = File::create(&stderr).map_err(SystemError::file(&stderr))?;
    let mut command = Command::new(python);
    command.env(RUN_VARIABLE, folder).args(["-E", "-s"]).arg(programs.join(sources[0].0));
    command.arg(variant.spec.to_string()).arg(&records);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(messages);
    for variable in BLAS_VARIABLES {
        command.env_remove(variable);
    }
    let reference = Reference::start(python, folder).map_err(failed)?;
    let mut group = Group::spawn(command).map_err(failed)?;
    let _guard = Guard::over(group.id()).map_err(failed)?;
    let root = i32::try_from(group.id()).map_err(|error| failed(io::Error::other(error)))?;
    let samples = folder.join("samples.jsonl");
    let sampler = Sampler::start(move || vec![root], SAMPLE_EVERY, &samples)
        .map_err(SystemError::file(&samples))?;
    let status = wait(&mut group, variant, folder, stop);
    drop(group);
    let (samples, _) = sampler.finish();
    let seen = reference.finish().map_err(failed)?;
    ended(status?, variant, folder)?;
    let records = read(variant, &records)?;
    let mut run = Run {
        variant: variant.name.clone(),
        samples,
        slowdown: Slowdown::default(),
        application: application(variant, &records)?,
        records,
    };
    let span = (run.instant("begin")?, run.instant("end")?);
    run.slowdown = seen.slowdown(span.0, span.1).unwrap_or_default();
    Ok(run)
}

fn write(sources: Sources, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    sources.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

/// How the runner ended; it is killed when its time is up or `stop` is asked for.
fn wait(
    group: &mut Group,
    variant: &Variant,
    folder: &Path,
    stop: &Stop,
) -> Result<ExitStatus, SystemError> {
    let until = Instant::now() + LIMIT;
    loop {
        let name = || variant.name.clone();
        let waited =
            group.wait(LOOK).map_err(|error| SystemError::Launch { variant: name(), error })?;
        if let Some(status) = waited {
            return Ok(status);
        }
        if stop.is_requested() {
            return Err(SystemError::Interrupted);
        }
        if Instant::now() > until {
            let folder = folder.to_owned();
            return Err(SystemError::TimedOut { variant: name(), limit: LIMIT, folder });
        }
    }
}

fn ended(status: ExitStatus, variant: &Variant, folder: &Path) -> Result<(), SystemError> {
    if status.success() {
        return Ok(());
    }
    let said = fs::read_to_string(folder.join("stderr.txt")).unwrap_or_default();
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    Err(SystemError::Ended {
        variant: variant.name.clone(),
        status: status.to_string(),
        last: last.unwrap_or("it said nothing").to_owned(),
        folder: folder.to_owned(),
    })
}

fn read(variant: &Variant, path: &PathBuf) -> Result<Vec<Value>, SystemError> {
    let text = fs::read_to_string(path).map_err(SystemError::file(path))?;
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().map_err(|error| odd(&variant.name, error))
}

fn application(variant: &Variant, records: &[Value]) -> Result<Application, SystemError> {
    let found = records.iter().find(|record| record["event"] == "application");
    let found = found.ok_or_else(|| odd(&variant.name, "no `application`"))?;
    serde_json::from_value(found.clone()).map_err(|error| odd(&variant.name, error))
}

fn odd(variant: &str, reason: impl ToString) -> SystemError {
    SystemError::Records { variant: variant.to_owned(), reason: reason.to_string() }
}
