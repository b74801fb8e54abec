//! One cell, run once for real.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sim::host::Host;
use sim::pool::{Deployment, PoolConfig};
use sim::workload::{PythonVersion, Trace, TraceRow, Workload};

use super::cells::Cell;
use super::deploy::deploy;
use super::figures::{Figures, Served};
use super::speed::{Pieces, Reference, Slowdown};
use super::verdict::median;
use crate::run::{
    Application, End, Limits, Observation, Outcome, Plan, RunError, Spec, Startup, Stop, run,
    start_again,
};

/// Spacing of the looks at the processes.
pub(super) const SAMPLE_EVERY: Duration = Duration::from_millis(50);
/// Longest without an answer.
const QUIET: Duration = Duration::from_secs(5);
/// The same, where a request is lost with its worker on purpose.
const QUIET_AFTER_LOSS: Duration = Duration::from_secs(1);
/// Longest run.
const TOTAL: Duration = Duration::from_secs(120);

/// A cell on an interpreter, ready to be run and to be simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The cell.
    pub cell: Cell,
    /// Its pool.
    pub deployment: Deployment,
    /// What the runner is told.
    pub spec: Spec,
    /// What is served.
    pub rows: Vec<TraceRow>,
    /// Seed of the rows and of the simulation.
    pub seed: u64,
}

impl Case {
    /// `cell` on `python` and a machine of the size of `host`.
    ///
    /// # Errors
    /// The pool cannot have this size or is not run for real: why.
    pub fn new(cell: &Cell, python: PythonVersion, host: &Host, seed: u64) -> Result<Self, String> {
        let mut workload = cell.workload.clone();
        let lifecycle = &mut workload.service.lifecycle;
        lifecycle.max_requests = cell.max_requests.or(lifecycle.max_requests);
        let cpus = host.logical_cpus();
        let mut pool = PoolConfig::of_kind(cell.pool, &workload, cell.profile, python, cpus)?;
        if let Some(method) = cell.start_method {
            let known = cell.pool.mechanics().start_methods(&workload, python);
            if !known.contains(&method) {
                return Err(format!("{} cannot start workers by {method}", cell.pool));
            }
            pool.start_method = method;
        }
        pool.blas_threads = cell.blas_threads;
        pool.choice = cell.choice.unwrap_or(pool.choice);
        let (spec, deployment) = deploy(cell, &workload, pool, python, cpus)?;
        let spec = Spec::of(&workload, spec, cell.waits);
        let rows: Vec<TraceRow> =
            Trace::new(&workload, seed, 0).take(cell.requests as usize).collect();
        let cell = Cell { workload, ..cell.clone() };
        Ok(Self { cell, deployment, spec, rows, seed })
    }

    /// The workload, with the cell's arrivals.
    pub fn workload(&self) -> &Workload {
        &self.cell.workload
    }

    /// Does a request kill its worker?
    fn loses_workers(&self) -> bool {
        self.workload().classes.iter().any(|class| class.crash > 0.0)
    }

    fn limits(&self) -> Limits {
        let quiet = if self.loses_workers() { QUIET_AFTER_LOSS } else { QUIET };
        Limits { quiet, total: TOTAL, ..Limits::default() }
    }
}

/// What one run showed; by default nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Name of the cell.
    pub cell: String,
    /// Which run of it, from 0.
    pub repeat: u32,
    /// What was seen.
    pub observed: Figures,
    /// How fast the machine was.
    pub slowdown: Slowdown,
    /// How fast each core was, as time went on.
    #[serde(default)]
    pub course: Vec<Pieces>,
    /// What a step of each kernel was timed at, in ns.
    pub kernels: Vec<(String, f64)>,
    /// What the process that made the pool had imported.
    #[serde(default)]
    pub application: Option<Application>,
    /// Time that each start of the pool took, in s: that of the run, then those
    /// of fresh processes beside it.
    #[serde(default)]
    pub starts: Vec<f64>,
    /// Why there are fewer than were asked for, if there are.
    #[serde(default)]
    pub start_failed: Option<String>,
    /// Requests without an answer, or with an error for one.
    pub failed: u64,
    /// Cores that the pool kept busy, time average.
    pub cores: f64,
    /// Threads that were ready and had no core, time average.
    pub core_wait: f64,
    /// CPU time of looking at the processes, over the time of the run.
    pub sampling: f64,
    /// Runs thrown away before this one because the speed changed.
    pub rejected: u32,
    /// Cores that other processes of the machine took meanwhile.
    pub others: f64,
    /// Did the speed change in this one too, or others take cores?
    pub drifted: bool,
}

/// Where a run is made, and how often its pool is started.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'a> {
    /// The Python to run.
    pub python: &'a Path,
    /// Everything seen is kept there.
    pub folder: &'a Path,
    /// Starts of the pool, that of the run included.
    pub starts: u32,
}

/// Runs `case`, then starts its pool again.
///
/// # Errors
/// As [`run`]; also if it was interrupted, for half a run has no figures. A start
/// that fails after the run is no error: it is said in what is returned.
pub fn measure(
    case: &Case,
    repeat: u32,
    bench: Bench<'_>,
    stop: &Stop,
) -> Result<(Measured, Observation), RunError> {
    let Bench { python, folder, starts } = bench;
    let plan = Plan {
        python,
        workload: case.workload(),
        rows: &case.rows,
        spec: case.spec.clone(),
        limits: case.limits(),
        sample_every: SAMPLE_EVERY,
    };
    let reference = Reference::start(python, folder).map_err(RunError::Watch)?;
    let observation = run(&plan, folder, stop).and_then(|mut observation| {
        if observation.end == End::Interrupted {
            return Err(RunError::Interrupted);
        }
        let rates = &observation.kernels;
        observation.starts = start_again(&plan, rates, starts.saturating_sub(1), folder, stop);
        Ok(observation)
    });
    let seen = reference.finish();
    let observation = observation?;
    let seen = seen.map_err(RunError::Watch)?;
    let (from, to) = span(&observation);
    let slowdown = seen.slowdown(from, to);
    let (cores, core_wait) = cores(&observation, from, to);
    let length = to.saturating_sub(from).max(1) as f64;
    let cores = cores + observation.dispatching as f64 / length;
    let sampling = observation.sampling.cpu as f64 / length;
    let own = slowdown.map_or(0.0, |it| it.cost * 1e9 / length);
    let busy = seen.busy_cores(from, to);
    let others = busy.map_or(0.0, |busy| (busy - cores - sampling - own).max(0.0));
    let measured = Measured {
        cell: case.cell.name.clone(),
        repeat,
        observed: figures(&observation),
        slowdown: slowdown.unwrap_or_default(),
        course: seen.pieces(from, to),
        application: observation.startup.application,
        kernels: kernels(&observation),
        starts: started(&observation),
        start_failed: observation.starts.failed.clone(),
        failed: failed(&observation),
        cores,
        core_wait,
        sampling,
        rejected: 0,
        others,
        drifted: slowdown.is_some_and(|it| it.drift > super::speed::DRIFT)
            || others > super::speed::OTHERS,
    };
    Ok((measured, observation))
}

/// From the first request that was due to the last answer.
fn span(observation: &Observation) -> (u64, u64) {
    let last = observation.records.iter().map(|record| record.received).max();
    (observation.origin, last.unwrap_or(observation.origin))
}

/// What is compared, of what was seen.
fn figures(observation: &Observation) -> Figures {
    let ok = observation.records.iter().filter(|record| record.outcome == Outcome::Ok);
    let served: Vec<Served> =
        ok.map(|record| Served { due: record.scheduled, answered: record.received }).collect();
    let (from, to) = span(observation);
    let during = observation.samples.iter().filter(|sample| (from..=to).contains(&sample.at));
    Figures::of(&served, during.map(|sample| sample.pss()), median(&started(observation)))
}

/// Time that each start of the pool took, in s, the run's first.
fn started(observation: &Observation) -> Vec<f64> {
    let all = [&observation.startup].into_iter().chain(&observation.starts.seen);
    let took = |startup: &Startup| startup.ready.saturating_sub(startup.began) as f64 / 1e9;
    all.map(took).collect()
}

fn kernels(observation: &Observation) -> Vec<(String, f64)> {
    observation.kernels.iter().map(|rate| (rate.kernel.clone(), rate.step_ns)).collect()
}

fn failed(observation: &Observation) -> u64 {
    let raised = observation.records.iter().filter(|record| record.outcome != Outcome::Ok).count();
    (raised + observation.lost.len()) as u64
}

/// Cores in use and threads without one, on average between the instants.
fn cores(observation: &Observation, from: u64, to: u64) -> (f64, f64) {
    let (mut cpu, mut wait, mut length) = (0, 0, 0);
    for pair in observation.samples.windows(2) {
        if pair[0].at < from || pair[1].at > to {
            continue;
        }
        length += pair[1].at - pair[0].at;
        for later in &pair[1].processes {
            let Some(earlier) = pair[0].processes.iter().find(|it| it.pid == later.pid) else {
                continue;
            };
            // A thread that ended took its times with it.
            cpu += later.cpu.saturating_sub(earlier.cpu);
            wait += later.core_wait.saturating_sub(earlier.core_wait);
        }
    }
    let share = |ns: u64| if length == 0 { 0.0 } else { ns as f64 / length as f64 };
    (share(cpu), share(wait))
}
