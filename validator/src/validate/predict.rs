//! The same cell, simulated: the same rows, the pool of the model, the host of
//! the calibration at the speed that was seen beside the run.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sim::experiment::{
    Background, Course, CpuModel, Fate, Limits, Look, Observer, Outcome, Record, Scenario,
    SimError, Snapshot, Start, simulate,
};
use sim::host::{End, Host, HostParameter, ParameterUnit};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{Dispatcher, PoolConfig, StartMethod};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

use super::anchors::{Anchors, Pace};
use super::discrepancy::widened;
use super::figures::{Figure, Figures, Served};
use super::master::{Master, ready_with_its_workers};
use super::measure::{Case, Measured, SAMPLE_EVERY};
use super::speed::{Piece, unstalled};
use crate::run::Application;
use crate::servers;

/// Share of the observations that a prediction interval is meant to hold.
pub(super) const COVERAGE: f64 = 0.90;
/// 97.5 % point of the standard normal distribution: where a range ends.
const RANGE_END: f64 = 1.959_963_984_540_054;
/// Times that pass however fast the cores are.
const TIMERS: [&str; 4] =
    ["interpreter.switch_interval", "cpu.base_slice", "cpu.cooling", "cpu.timer_slack"];
/// From one look at the speed to the next, as `reference.py` sleeps.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Courses of what the machine does by chance, of which a prediction is the median.
const CHANCES: u64 = 7;
/// How long a core keeps one speed, once its slow waves are taken out: assumed. On
/// the development host, spun on for 30 s, the autocorrelation fell to 1/e in 14 and
/// 20 ms; with 4 to 60 ms the held-out errors hardly differ.
const STAY: SimDuration = SimDuration(16_000_000);
/// Stream of the draws of when the first turns begin: no number of a draw.
const PHASES: u64 = 1 << 32;
/// How often processes that nobody looked at are taken to wake.
const OTHERS_EVERY: Duration = Duration::from_millis(10);
/// More than any cell takes: other processes never end by themselves.
const MOST_EVENTS: u64 = 200_000_000;
/// Name of the kernel that touches fresh memory, a page a step.
const TOUCH: &str = "touch";
/// Bytes of a page, as the runner touches them.
const PAGE: u64 = 4096;
/// The speed is measured beside every run, so its range is not drawn from.
const MEASURED_BESIDE: &str = "cpu.speed";

/// What the simulation says of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// With every parameter at its value: the median over what the machine may do by
    /// chance.
    pub figures: Figures,
    /// Lower ends of the 90 % prediction intervals: of the calibration's
    /// parameters, of what a machine does by chance, and of what the model itself
    /// is off by, where the calibration has that.
    pub low: Figures,
    /// Upper ends.
    pub high: Figures,
    /// Cores that the model keeps busy, time average.
    pub cores: f64,
    /// Requests that the model serves.
    pub served: u64,
}

/// Everything that prediction starts from.
#[derive(Clone, Copy, Debug)]
pub struct Predictor<'a> {
    /// The calibration.
    pub host: &'a Host,
    /// Draws of all parameters at once.
    pub draws: u32,
    /// What work takes at full speed.
    pub anchors: &'a Anchors,
}

impl Predictor<'_> {
    /// What `case` should have shown in the run `measured`, of which only the
    /// speed and the kernels' times are used.
    ///
    /// # Errors
    /// As the simulation.
    pub fn predict(&self, case: &Case, measured: &Measured) -> Result<Predicted, SimError> {
        let pace = self.anchors.pace(measured);
        let (figures, outcome) = self.usual(case, measured, pace)?;
        let drawn: Vec<Figures> = (0..self.draws)
            .into_par_iter()
            .map(|draw| {
                let mut rng = ChaCha8Rng::seed_from_u64(case.seed);
                rng.set_stream(u64::from(draw));
                let host = drawn(self.host, &mut rng);
                let noise: f64 = rng.sample(StandardNormal);
                let off = (1.0 + measured.slowdown.error * noise).max(0.1);
                let pace = Pace {
                    bytecode: pace.bytecode * off,
                    native: pace.native * off,
                    host: pace.host * off,
                };
                let machine = case.seed.wrapping_add(1 + u64::from(draw));
                Ok(self.at(case, measured, &host, pace, machine)?.0)
            })
            .collect::<Result<_, SimError>>()?;
        let (low, high) = interval(&figures, &drawn);
        let (low, high) = widened(&self.host.discrepancy, &low, &high);
        let cores = f64::from(self.host.cores);
        Ok(Predicted {
            figures,
            low,
            high,
            cores: outcome.utilisation.cores * self.host.quota.map_or(cores, |q| q.cpus.min(cores)),
            served: outcome.counts.completed,
        })
    }

    /// The figures of `case` with every parameter at its value, each the median of
    /// several courses of the machine's chances, and the first outcome.
    fn usual(
        &self,
        case: &Case,
        measured: &Measured,
        pace: Pace,
    ) -> Result<(Figures, Outcome), SimError> {
        let (first, outcome) = self.at(case, measured, self.host, pace, case.seed)?;
        let mut all: Vec<Figures> = (1..CHANCES)
            .into_par_iter()
            .map(|chance| case.seed.wrapping_add(chance << 32))
            .map(|machine| Ok(self.at(case, measured, self.host, pace, machine)?.0))
            .collect::<Result<_, SimError>>()?;
        all.push(first);
        Ok((quantile(&all, 0.5), outcome))
    }

    /// The parameter whose range moves `figure` furthest from its prediction
    /// towards `observed`, and where to.
    ///
    /// # Errors
    /// As the simulation.
    pub fn suspect(
        &self,
        case: &Case,
        measured: &Measured,
        figure: Figure,
    ) -> Result<Option<(String, f64)>, SimError> {
        let pace = self.anchors.pace(measured);
        let Some(observed) = measured.observed.get(figure) else { return Ok(None) };
        let Some(now) = self.at(case, measured, self.host, pace, case.seed)?.0.get(figure) else {
            return Ok(None);
        };
        let ranges = self.host.parameters().into_iter().filter(|it| it.low < it.high);
        let ends: Vec<(String, End)> =
            ranges.flat_map(|it| End::BOTH.map(|end| (it.name.clone(), end))).collect();
        let moved: Vec<(String, f64)> = ends
            .into_par_iter()
            .filter(|(name, _)| name != MEASURED_BESIDE)
            .map(|(name, end)| {
                let host = self.host.at_end(&name, end);
                let value =
                    self.at(case, measured, &host, pace, case.seed)?.0.get(figure).unwrap_or(now);
                Ok((name, value))
            })
            .collect::<Result<_, SimError>>()?;
        let miss = |value: f64| (value - observed).abs();
        let best = moved.into_iter().min_by(|a, b| miss(a.1).total_cmp(&miss(b.1)));
        // One that takes less than a tenth of the miss away explains nothing.
        Ok(best.filter(|(_, value)| miss(*value) < 0.9 * miss(now)))
    }

    /// The figures of `case` on `host`, all of whose work is slowed down, with
    /// one course of what the machine does by chance.
    fn at(
        &self,
        case: &Case,
        measured: &Measured,
        host: &Host,
        pace: Pace,
        machine_seed: u64,
    ) -> Result<(Figures, Outcome), SimError> {
        let mut host = slowed(host, pace.host);
        let libraries = &mut host.memory.shared_libraries.value;
        // What the real application maps besides the bare interpreter's own.
        *libraries = shared(measured).unwrap_or(*libraries);
        let mut seen = Watcher { libraries: *libraries, ..Watcher::default() };
        let mut workload =
            stretched(case.workload(), |kernel| self.anchors.length(kernel, measured), pace);
        touching(&mut workload, self.anchors.step(TOUCH).unwrap_or_default() * pace.native);
        let master = Master::of(case, self.host, measured.application);
        let workload = loaded(workload, self.host, case, measured.application);
        let scenario =
            Scenario::of(&workload, &host, &case.deployment, case.cell.requests, case.seed);
        let background = background(measured, machine_seed);
        let course = course(measured);
        let limits = Limits { events: MOST_EVENTS, ..Limits::default() };
        let scenario = Scenario {
            cpu: CpuModel::FairQuanta,
            background: &background,
            course: course.as_ref(),
            machine_seed,
            limits,
            ..scenario
        };
        let outcome = simulate(&scenario, 0, &mut seen)?;
        let booted = booted_before(&host, &workload, case);
        let ready = ready(&scenario, case, booted)? - booted.as_secs() + master.boot * pace.host;
        let pss = seen.pss.into_iter().map(|pss| pss + master.bytes);
        let figures = Figures::of(&seen.served, pss, Some(ready));
        Ok((figures.with_start_up((ready > 0.0).then_some(ready)), outcome))
    }
}

/// What else took cores in that run: the Python that looks at the speed, the looks
/// at the processes, and the machine's own processes; each somewhere in its period.
fn background(measured: &Measured, machine_seed: u64) -> Vec<Background> {
    let speed = measured.slowdown;
    let mut rng = ChaCha8Rng::seed_from_u64(machine_seed);
    rng.set_stream(PHASES);
    let mut every = |period: Duration, work: f64| {
        let sleep = period.as_nanos() as u64;
        Background {
            first: SimDuration(rng.random_range(0..=sleep)),
            sleep: SimDuration(sleep),
            work: SimDuration(work.round().max(0.0) as u64),
        }
    };
    let share = |share: f64, period: Duration| {
        let busy = share.clamp(0.0, 0.9);
        (period.mul_f64(1.0 - busy), period.as_nanos() as f64 * busy)
    };
    let all = [
        (LOOK_EVERY, speed.bytecode.mean + speed.native.mean),
        share(measured.sampling, SAMPLE_EVERY),
        share(measured.others, OTHERS_EVERY),
    ]
    .map(|(period, work)| every(period, work));
    all.into_iter().filter(|it| it.work.0 > 0).collect()
}

/// How fast each core was beside that run, over the mean of all; `None` if it was
/// not kept.
fn course(measured: &Measured) -> Option<Course> {
    let speed = measured.slowdown;
    let level = |piece: Piece, cpu: u64| unstalled(cpu as f64, piece.least) / piece.mean;
    let mut cores: BTreeMap<u64, Vec<Look>> = BTreeMap::new();
    for pieces in &measured.course {
        let bytecode = level(speed.bytecode, pieces.bytecode);
        let native = level(speed.native, pieces.native);
        let look = Look { at: SimTime(pieces.at), bytecode, native };
        cores.entry(pieces.core).or_default().push(look);
    }
    (!cores.is_empty()).then(|| Course { cores: cores.into_values().collect(), stay: STAY })
}

/// Bytes that the runner and the Python beside it have in common.
fn shared(measured: &Measured) -> Option<u64> {
    measured.application?.shared_bytes
}

/// When the runner calls the pool ready, in s: once every slot has answered an
/// empty request, which a measured constructor includes; of a
/// `multiprocessing.Pool`, once its workers are there; of tasks and greenlets,
/// which live in the runner's own thread, once the pool is made. What others do
/// while it boots, which takes `booted`, is not seen.
fn ready(scenario: &Scenario<'_>, case: &Case, booted: SimDuration) -> Result<f64, SimError> {
    let kind = case.cell.pool;
    let meets = !ready_with_its_workers(kind) && !scenario.host.constructors.contains_key(&kind);
    let mut workload = scenario.workload.clone();
    for class in &mut workload.classes {
        *class = RequestClass::new(&class.name, class.share, Vec::new());
    }
    let slots = case.deployment.slots();
    workload.arrivals = Arrivals::Batch { requests: slots };
    // What each core did is known of the time of the requests only.
    let later = |it: &Background| Background { first: it.first + booted, ..*it };
    let background: Vec<Background> = scenario.background.iter().map(later).collect();
    let cold = Scenario { start: Start::Cold, course: None, background: &background, ..*scenario };
    let cold = Scenario { workload: &workload, requests: slots, ..cold };
    let mut seen = Watcher::default();
    let workers = simulate(&cold, 0, &mut seen)?.ready_at.as_secs();
    let answered = seen.served.iter().map(|it| it.answered).max().unwrap_or_default();
    Ok(if meets { workers.max(answered as f64 / 1e9) } else { workers })
}

/// Time until a Python parent has booted and imported the application: the model's
/// start-up begins before that, a measured one after it. A worker of Celery is
/// started from a shell: that counts from its launch.
fn booted_before(host: &Host, workload: &Workload, case: &Case) -> SimDuration {
    let celery = servers::CELERY.contains(&case.cell.pool);
    let python_parent =
        !celery && case.deployment.pools.iter().any(|it| it.dispatcher == Dispatcher::Python);
    if !python_parent {
        return SimDuration::ZERO;
    }
    host.start.interpreter.value + workload.runtime.import_time
}

/// Takes from a simulated run what is taken from a real one.
#[derive(Debug, Default)]
struct Watcher {
    served: Vec<Served>,
    pss: Vec<u64>,
    /// Bytes of the libraries that all Pythons map.
    libraries: u64,
}

impl Observer for Watcher {
    fn record(&mut self, record: &Record) {
        if record.fate == Fate::Completed {
            self.served.push(Served { due: record.scheduled.0, answered: record.finished.0 });
        }
    }

    fn snapshot_every(&self) -> Option<SimDuration> {
        Some(SimDuration(SAMPLE_EVERY.as_nanos() as u64))
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        // The Python that looks at the speed maps the libraries as well: its
        // part of them is not the pool's.
        let others = self.libraries / (snapshot.processes + 1);
        self.pss.push(snapshot.pss.saturating_sub(others));
    }
}

/// `host` with all parameters drawn at once: normal about the value on either
/// side, such that 95 % lie within the range.
fn drawn(host: &Host, rng: &mut ChaCha8Rng) -> Host {
    host.with_values(|parameter| {
        let z: f64 = rng.sample(StandardNormal);
        if parameter.name == MEASURED_BESIDE {
            return parameter.value;
        }
        draw(parameter, z.clamp(-2.5, 2.5))
    })
}

fn draw(parameter: &HostParameter, z: f64) -> f64 {
    let HostParameter { value, low, high, .. } = *parameter;
    let side = if z < 0.0 { value - low } else { high - value };
    // What cannot be negative, or below one, ends where its range does.
    (value + z / RANGE_END * side).max(low.min(value) * 0.5)
}

/// `host` where everything that the cores do takes `factor` times as long.
fn slowed(host: &Host, factor: f64) -> Host {
    host.with_values(|parameter| {
        let works = parameter.unit == ParameterUnit::Seconds
            && !TIMERS.contains(&parameter.name.as_str())
            || parameter.name.ends_with("per_byte");
        if works { parameter.value * factor } else { parameter.value }
    })
}

/// `workload` whose computing takes as long as the steps that stood for it, at
/// the pace of its kind; waits stay.
fn stretched(workload: &Workload, length: impl Fn(&str) -> f64, pace: Pace) -> Workload {
    let mut workload = workload.clone();
    for segment in workload.classes.iter_mut().flat_map(|class| &mut class.segments) {
        let kernel = match segment.kind {
            SegmentKind::Wait => continue,
            SegmentKind::Python => "python",
            SegmentKind::LockedNative => "locked_native",
            SegmentKind::Native { parallel: true } => "matmul",
            SegmentKind::Native { parallel: false } => "native",
        };
        let bytecode = segment.kind == SegmentKind::Python;
        let times = if bytecode { pace.bytecode } else { pace.native } * length(kernel);
        segment.duration = scaled(&segment.duration, times);
    }
    workload
}

/// Adds the first touch of what each request allocates, `page` ns each: the
/// kernels of the segments do not pay for it.
fn touching(workload: &mut Workload, page: f64) {
    for class in &mut workload.classes {
        let pages = (class.working_set_bytes + class.leak_bytes) / PAGE;
        let touch = SimDuration((pages as f64 * page).round() as u64);
        if touch.0 > 0 {
            let segment = Segment {
                kind: SegmentKind::LockedNative,
                duration: Distribution::Constant(touch),
                reacquires: None,
                stage: class.segments.first().map_or(0, |first| first.stage),
            };
            class.segments.insert(0, segment);
        }
    }
}

/// `workload` with the imports that the real application has: the cells' own
/// and those of the program that runs the pool.
fn loaded(
    mut workload: Workload,
    host: &Host,
    case: &Case,
    application: Option<Application>,
) -> Workload {
    let Some(application) = application else { return workload };
    let forked = |it: &PoolConfig| it.start_method == StartMethod::Forkserver;
    let (bytes, cpu) = match application.parent {
        // Seen in a child of the server's own process: what it did and copied. The
        // model has the copies of a bare interpreter's pages.
        Some(_) if case.deployment.pools.iter().any(forked) => {
            let bare = host.memory.interpreter.value as f64;
            ((host.memory.cow_plateau.value * bare).round() as u64, 0)
        }
        _ => (host.memory.interpreter.value, host.start.interpreter.value.0),
    };
    let runtime = &mut workload.runtime;
    runtime.import_bytes = application.private_bytes.saturating_sub(bytes);
    let importing = application.import_cpu_ns.saturating_sub(cpu);
    runtime.import_time = SimDuration(runtime.import_time.0 + importing);
    workload
}

/// The distribution of `times` as long: the same draws, each `times` as long.
fn scaled(distribution: &Distribution, times: f64) -> Distribution {
    let of = |duration: &SimDuration| SimDuration((duration.0 as f64 * times).round() as u64);
    match distribution {
        Distribution::Constant(value) => Distribution::Constant(of(value)),
        Distribution::Exponential { mean } => Distribution::Exponential { mean: of(mean) },
        Distribution::Gamma { mean, cv } => Distribution::Gamma { mean: of(mean), cv: *cv },
        Distribution::Lognormal { median, p99 } => {
            Distribution::Lognormal { median: of(median), p99: of(p99) }
        }
        Distribution::Empirical(values) => Distribution::Empirical(values.iter().map(of).collect()),
    }
}

/// The middle 90 % of `drawn`, never without `point`.
fn interval(point: &Figures, drawn: &[Figures]) -> (Figures, Figures) {
    let tail = (1.0 - COVERAGE) / 2.0;
    let all: Vec<Figures> = drawn.iter().chain([point]).copied().collect();
    (quantile(&all, tail), quantile(&all, 1.0 - tail))
}

/// Each figure's quantile `share` of `all` that have it.
fn quantile(all: &[Figures], share: f64) -> Figures {
    Figures::from_fn(|figure| {
        let mut values: Vec<f64> = all.iter().filter_map(|it| it.get(figure)).collect();
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        values.get((share * last as f64).round() as usize).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::host::Parameter;

    #[test]
    fn draws_lie_within_the_range_as_often_as_it_says() {
        let mut host = Host::ideal(2);
        host.cpu.wake_latency = Parameter {
            value: SimDuration(50_000),
            low: SimDuration(20_000),
            high: SimDuration(100_000),
            ..host.cpu.wake_latency
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let inside = (0..2000)
            .filter(|_| {
                let value = drawn(&host, &mut rng).cpu.wake_latency.value.0;
                (20_000..=100_000).contains(&value)
            })
            .count();
        assert!((1860..=1940).contains(&inside), "{inside} of 2000");
        let same = drawn(&Host::ideal(2), &mut rng);
        assert_eq!(same, Host::ideal(2), "what is exact stays");
    }

    #[test]
    fn a_slower_machine_stretches_work_and_no_timers() {
        let mut host = Host::ideal(2);
        host.dispatch.python_process.worker = Parameter::exactly(SimDuration(1000));
        let slow = slowed(&host, 2.0);
        assert_eq!(slow.dispatch.python_process.worker.value, SimDuration(2000));
        assert_eq!(slow.interpreter.switch_interval, host.interpreter.switch_interval);
        let median = SimDuration(1000);
        let tail = Distribution::Lognormal { median, p99: SimDuration(4000) };
        let twice = Distribution::Lognormal { median: SimDuration(2000), p99: SimDuration(8000) };
        assert_eq!(scaled(&tail, 2.0), twice);
    }
}
