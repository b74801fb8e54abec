//! Real pools: one trace served by one pool of a real Python, and what was
//! seen of it.
//!
//! [`run`] starts `python/runner.py` in a process group of its own, follows the
//! file of events that it writes, samples its processes, and ends them all. What
//! it learns it writes down at once, so an interrupted run leaves what it had.

mod convert;
mod delay_server;
mod error;
pub(crate) mod events;
mod guard;
mod observation;
mod program;
pub(crate) mod sampler;
pub(crate) mod sources;
mod spec;
mod starts;
mod stop;
mod watch;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sim::workload::{TraceRow, Workload, write_trace};

pub use delay_server::DelayServer;
pub use error::RunError;
pub use observation::{Application, End, KernelRate, Observation, Outcome, Record, Startup};
pub use sampler::{ProcessSample, Sample, SamplingCost};
pub use spec::{ClassSpec, Kernel, Load, POOLS, PoolSpec, SegmentSpec, Spec, WaitKernel};
pub use starts::{Starts, start_again};
pub use stop::Stop;

pub(crate) use guard::Guard;
pub(crate) use sampler::monotonic_ns;
pub(crate) use sources::write as write_sources;

use crate::child::Group;
use crate::{grpc, servers};
use sampler::Sampler;
use watch::Watch;

/// Variables by which BLAS libraries are told how many threads to use.
pub(crate) const BLAS_VARIABLES: [&str; 5] = [
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
];

/// Set to the run's folder in all of its processes, so that they can be told.
pub(crate) const RUN_VARIABLE: &str = "PLANNER_RUN";

/// One run: who serves what.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The Python to run.
    pub python: &'a Path,
    /// Names the classes of `rows`.
    pub workload: &'a Workload,
    /// What to serve; for a closed load, think times in place of instants.
    pub rows: &'a [TraceRow],
    /// The pool, and what its workers do.
    pub spec: Spec,
    /// When to give up.
    pub limits: Limits,
    /// Time between two looks at the processes.
    pub sample_every: Duration,
}

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest from the launch until the pool is ready.
    pub ready: Duration,
    /// Longest without an event once the trace's last instant has passed. More
    /// than the longest request; for a closed load, more than a think time and
    /// a request.
    pub quiet: Duration,
    /// Longest in all, from the launch.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { ready: seconds(60), quiet: seconds(30), total: seconds(600) }
    }
}

/// Has the pool of `plan` serve its rows, and keeps everything under `folder`:
/// the spec, the trace, the runner's events and messages, the samples.
///
/// The runner dies with the calling thread, and all of its processes with this
/// one, however it ends; they carry `PLANNER_RUN`, which names `folder`. A fault
/// once the pool serves (a worker that dies or hangs, a request that raises,
/// `stop`) is part of the observation.
///
/// # Errors
/// The pool never came to serve, or the run could not be written down.
pub fn run(plan: &Plan<'_>, folder: &Path, stop: &Stop) -> Result<Observation, RunError> {
    if servers::HTTP.contains(&plan.spec.pool.kind) {
        return servers::serve(plan, folder, stop);
    }
    if plan.spec.pool.deployment.is_some() {
        return Ok(grpc::serve(plan, folder, stop)?.observation);
    }
    let (files, _delays) = prepare(plan, folder)?;
    let watch = launch(plan, &files, stop)?;
    let root = i32::try_from(watch.group.id());
    let root = root.map_err(|error| RunError::Watch(io::Error::other(error)))?;
    let named =
        servers::CELERY.contains(&plan.spec.pool.kind).then(|| files.folder.join("pool.pid"));
    let roots = move || named.as_deref().map_or(vec![root], named_root);
    let sampler =
        Sampler::start(roots, plan.sample_every, &files.samples).map_err(at(&files.samples))?;
    watch.run(Some(sampler))
}

/// Starts the runner, guarded from here on.
fn launch<'a>(plan: &'a Plan<'a>, files: &'a Files, stop: &'a Stop) -> Result<Watch<'a>, RunError> {
    let stderr = File::create(&files.stderr).map_err(at(&files.stderr))?;
    let launched = monotonic_ns();
    let failed = |error| RunError::Launch { python: plan.python.to_owned(), error };
    let group = Group::spawn(command(plan, files, stderr)).map_err(failed)?;
    let guard = Guard::over(group.id()).map_err(RunError::Guard)?;
    Ok(Watch { plan, files, stop, launched, group, _guard: guard })
}

/// The process that the file at `path` names, once it does.
fn named_root(path: &Path) -> Vec<i32> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.parse().into_iter().collect()
}

/// Says of what file an error is.
pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> RunError + use<> {
    let path = path.to_owned();
    move |error| RunError::Files { path: path.clone(), error }
}

/// Writes down what is asked for, and starts what requests wait for; that
/// serves until dropped.
pub(crate) fn prepare(
    plan: &Plan<'_>,
    folder: &Path,
) -> Result<(Files, Option<DelayServer>), RunError> {
    check(plan)?;
    let files = Files::new(folder);
    fs::create_dir_all(folder).map_err(at(folder))?;
    sources::write(&files.sources).map_err(at(&files.sources))?;
    write_rows(plan, &files.trace).map_err(at(&files.trace))?;
    program::write(plan, &files.sources)?;
    let delays = match plan.spec.waits_on_sockets() {
        true => Some(DelayServer::start().map_err(RunError::Server)?),
        false => None,
    };
    let spec = plan.spec.to_json(&files, delays.as_ref().map(DelayServer::address));
    fs::write(&files.spec, spec).map_err(at(&files.spec))?;
    // So that the events of an earlier run are not taken for this one's.
    File::create(&files.events).map_err(at(&files.events))?;
    Ok((files, delays))
}

/// Can the pool be run, and do rows, classes and workload belong together?
fn check(plan: &Plan<'_>) -> Result<(), RunError> {
    if plan.rows.is_empty() {
        return Err(RunError::NoRows);
    }
    let kind = plan.spec.pool.kind;
    if !POOLS.contains(&kind) {
        return Err(RunError::NoPool { kind });
    }
    match servers::HTTP.contains(&kind) {
        true => servers::check(plan)?,
        false => grpc::check(plan)?,
    }
    let classes = &plan.spec.classes;
    if classes.len() != plan.workload.classes.len() {
        let (found, expected) = (classes.len(), plan.workload.classes.len());
        return Err(RunError::Classes { found, expected });
    }
    let fits = |row: &TraceRow| {
        classes.get(row.class).is_some_and(|class| class.segments.len() == row.segments.len())
    };
    match plan.rows.iter().position(|row| !fits(row)) {
        Some(row) => Err(RunError::Row { row }),
        None => Ok(()),
    }
}

/// Where the parts of a run are kept.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) folder: PathBuf,
    pub(crate) sources: PathBuf,
    pub(crate) spec: PathBuf,
    trace: PathBuf,
    pub(crate) events: PathBuf,
    pub(crate) samples: PathBuf,
    pub(crate) stderr: PathBuf,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            sources: folder.join("python"),
            spec: folder.join("spec.json"),
            trace: folder.join("trace.csv"),
            events: folder.join("events.jsonl"),
            samples: folder.join("samples.jsonl"),
            stderr: folder.join("stderr.txt"),
        }
    }

    /// Of a start beside the run, with the run's own sources.
    fn of_start(folder: &Path, number: u32) -> Self {
        let named = |what: &str| folder.join("starts").join(format!("{number}-{what}"));
        Self {
            spec: named("spec.json"),
            events: named("events.jsonl"),
            stderr: named("stderr.txt"),
            ..Self::new(folder)
        }
    }
}

fn write_rows(plan: &Plan<'_>, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write_trace(&mut out, plan.rows.iter().cloned(), plan.workload)?;
    out.flush()
}

fn command(plan: &Plan<'_>, files: &Files, stderr: File) -> Command {
    let mut command = Command::new(plan.python);
    command.env(RUN_VARIABLE, &files.folder);
    // No settings or packages of the user's.
    command.args(["-E", "-s"]).arg(files.sources.join("runner.py")).arg(&files.spec);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    for variable in BLAS_VARIABLES {
        match plan.spec.pool.blas_threads {
            Some(threads) => command.env(variable, threads.to_string()),
            None => command.env_remove(variable),
        };
    }
    command
}
