//! The class's prediction beside what threads and processes really did.
//!
//! Workers call without pause, with no pool and no dispatcher in between, so the
//! dispatch costs of the host are left out. Just before and after each run the
//! callable is called alone: a shared machine is not always as fast as when the
//! class was measured, and the class's CPU times are taken in that proportion.
//! One worker is thus no prediction, and is not scored.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sim::experiment::{Scenario, SimError, simulate};
use sim::host::{DispatchCost, Host, Parameter};
use sim::input::InputError;
use sim::kernel::SimDuration;
use sim::pool::{Dispatcher, PoolConfig, Profile};
use sim::search::Progress;
use sim::workload::{PythonVersion, Workload};

use super::course::together;
use super::launch::{Desk, Question};
use super::{CharacterizeError, Class, PartKind, Plan, Portrait, toml_text};
use crate::lock_probe::{Spread, noise_floor};
use crate::run::Stop;

/// Calls of a simulated run.
const REQUESTS: u64 = 600;
/// Shortest time that workers call.
const WINDOW: Duration = Duration::from_millis(700);
/// Time that it is called alone, before and after.
const BRACKET: Duration = Duration::from_millis(150);
/// Calls of one worker that make a window.
const CALLS: u32 = 12;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Workers {
    /// Threads of one process.
    Threads(u32),
    /// Processes of one thread.
    Processes(u32),
    /// Tasks of one event loop.
    Tasks(u32),
}

impl Workers {
    fn kind_and_count(self) -> (&'static str, u32) {
        match self {
            Self::Threads(count) => ("threads", count),
            Self::Processes(count) => ("processes", count),
            Self::Tasks(count) => ("tasks", count),
        }
    }

    fn profile(self) -> Profile {
        match self {
            Self::Threads(count) => Profile::threads(1, count),
            Self::Processes(count) => Profile::processes(count),
            Self::Tasks(count) => Profile::event_loops(1, count),
        }
    }
}

/// One number of workers, run for real and simulated. Calls per second.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Who called.
    pub workers: Workers,
    /// Real, over repeats.
    pub observed: Spread,
    /// Simulated, at the speed of its run; the interval is that of the class's
    /// times.
    pub predicted: Spread,
    /// How far two repeats of the run differ, as a share.
    pub noise: Option<f64>,
}

impl Row {
    /// Predicted over observed, less one.
    pub fn error(&self) -> f64 {
        self.predicted.point / self.observed.point - 1.0
    }
}

/// All numbers of workers.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// In the order in which they were asked for.
    pub rows: Vec<Row>,
    /// Those that could not be run, and why.
    pub not_run: Vec<(Workers, String)>,
}

impl Checked {
    /// Median distance of prediction from observation with several workers, as a
    /// share.
    pub fn median_error(&self) -> Option<f64> {
        let several = self.rows.iter().filter(|row| row.workers.kind_and_count().1 > 1);
        let errors: Vec<f64> = several.map(|row| row.error().abs()).collect();
        Spread::of(&errors).map(|spread| spread.point)
    }
}

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The system failed.
    #[error(transparent)]
    Run(#[from] CharacterizeError),
    /// The simulation failed.
    #[error(transparent)]
    Simulation(#[from] SimError),
    /// The class's text is no workload: a fault of this program.
    #[error("the class cannot be read back: {0}")]
    Class(String),
}

/// Has 1 to 4 threads and processes (or tasks of an event loop) call for real,
/// each twice, one after another and back again, and simulates the same on
/// `host`.
///
/// # Errors
/// The system or the simulation failed. Workers that could not run are part of
/// the answer.
pub fn check(
    plan: &Plan<'_>,
    portrait: &Portrait,
    host: &Host,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Checked, CheckError> {
    let desk = Desk::new(plan.callable, plan.folder, stop)?;
    let bench = Bench { plan, portrait, desk, host: bare(host, plan.cores) };
    let all = workers(portrait);
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); all.len()];
    let mut not_run = Vec::new();
    let order = (0..all.len()).chain((0..all.len()).rev());
    for (done, index) in order.enumerate() {
        progress.step("calls of several workers", done as u64, 2 * all.len() as u64);
        match bench.run(all[index]) {
            Ok(run) => runs[index].push(run),
            Err(CheckError::Run(error)) if error.is_the_callables() => {
                not_run.push((all[index], error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    let rows = all.into_iter().zip(runs).filter_map(|(workers, runs)| row(workers, &runs));
    Ok(Checked { rows: rows.collect(), not_run })
}

fn workers(portrait: &Portrait) -> Vec<Workers> {
    let mut all: Vec<Workers> = match portrait.coroutine {
        true => [1, 2, 4].map(Workers::Tasks).into(),
        false => (1..=4).map(Workers::Threads).collect(),
    };
    // What cannot be sent is made anew by `--setup` and `--args` in each process.
    all.extend((1..=4).map(Workers::Processes));
    all
}

fn row(workers: Workers, runs: &[Run]) -> Option<Row> {
    let of = |value: &dyn Fn(&Run) -> f64| Spread::of(&runs.iter().map(value).collect::<Vec<_>>());
    let observed: Vec<f64> = runs.iter().map(|run| run.observed).collect();
    Some(Row {
        workers,
        observed: Spread::of(&observed)?,
        predicted: Spread {
            low: of(&|run| run.low)?.low,
            high: of(&|run| run.high)?.high,
            ..of(&|run| run.predicted)?
        },
        noise: noise_floor(&observed),
    })
}

/// One run of some workers, in calls per second.
#[derive(Clone, Copy, Debug)]
struct Run {
    observed: f64,
    predicted: f64,
    low: f64,
    high: f64,
}

struct Bench<'a> {
    plan: &'a Plan<'a>,
    portrait: &'a Portrait,
    desk: Desk<'a>,
    host: Host,
}

impl Bench<'_> {
    fn run(&self, workers: Workers) -> Result<Run, CheckError> {
        let (kind, count) = workers.kind_and_count();
        let times = &self.portrait.times;
        let one = Duration::from_secs_f64(times.elapsed.point);
        let window = WINDOW.max(one * CALLS * count.div_ceil(self.plan.cores));
        let settings = [
            ("kind", Value::from(kind)),
            ("count", count.into()),
            ("window_ns", (window.as_nanos() as u64).into()),
            ("alone_ns", (BRACKET.as_nanos() as u64).into()),
            ("batch", times.batch.into()),
        ];
        let settings = settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let python = &self.plan.python.path;
        let limit = self.plan.timeout * 2 + window * 8;
        let question = Question { name: "together", python, settings, blas_threads: 1, limit };
        let found = together(&self.desk.ask(&question)?)?;
        let [before, after] = found.alone_cpu_ns;
        let pace = (before + after) / 2.0 * 1e-9 / times.own_cpu.point.max(1e-9);
        let class = Class::of(self.portrait);
        let predict = |class: Class| self.predict(&class, workers, pace);
        Ok(Run {
            observed: found.calls / ((found.ended - found.began) as f64 * 1e-9),
            predicted: predict(class.clone())?,
            low: predict(class.at(|spread| spread.high))?,
            high: predict(class.at(|spread| spread.low))?,
        })
    }

    /// Calls per second of `workers` that never pause.
    fn predict(&self, class: &Class, workers: Workers, pace: f64) -> Result<f64, CheckError> {
        let workload = self.workload(class, workers, pace).map_err(|errors| {
            CheckError::Class(errors.first().map(ToString::to_string).unwrap_or_default())
        })?;
        let build = &self.portrait.python.build;
        let python = PythonVersion { minor: build.minor, free_threaded: build.free_threaded };
        let pool = PoolConfig::new(&workload, workers.profile(), python);
        let scenario = Scenario::new(&workload, &self.host, &pool, REQUESTS, 1);
        Ok(simulate(&scenario, 0, &mut ())?.throughput)
    }

    fn workload(
        &self,
        class: &Class,
        workers: Workers,
        pace: f64,
    ) -> Result<Workload, Vec<InputError>> {
        let class = class.stretched(|kind| if kind == PartKind::Wait { 1.0 } else { pace });
        let (_, clients) = workers.kind_and_count();
        let text = toml_text::closed(self.portrait, &class, clients);
        let mut workload = Workload::parse(&text, Path::new("class"), Path::new(""))?;
        workload.service.dispatcher = Dispatcher::Kernel;
        Ok(workload)
    }
}

/// `host` with this machine's cores, no dispatcher, and no charge for neighbours.
fn bare(host: &Host, cores: u32) -> Host {
    let mut host = host.clone();
    host.cores = cores;
    host.threads_per_core = 1;
    host.cpu.bytecode_inflation = Parameter::exactly(0.0);
    host.cpu.native_inflation = Parameter::exactly(0.0);
    let none = || Parameter::exactly(SimDuration::ZERO);
    let zero = || Parameter::exactly(0.0);
    host.dispatch.kernel = DispatchCost {
        submit: none(),
        parent_send: none(),
        parent_receive: none(),
        parent_per_byte: zero(),
        worker: none(),
        worker_per_byte: zero(),
    };
    host
}
