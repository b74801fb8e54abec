//! The pipeline and the memory test as the simulator sees them.

use sim::experiment::{Observer, Outcome, Scenario, SimError, Snapshot, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod};
use sim::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Retention, Segment, SegmentKind, TraceRow,
    Workload,
};

use super::fit::Work;
use super::variants::{MEMORY_REQUESTS, NATIVE_BYTES, NUMPY_BYTES, REQUESTS, RESULT_BYTES, Size};
use super::{Figure, Kept, Pace, Readings, Setting, Variant};

/// The handler's own constants: latency, chunks, their delay, and the spin that
/// follows each, which ends by the clock.
const LATENCY: f64 = 50e-3;
pub(super) const CHUNKS: u32 = 16;
const CHUNK_DELAY: f64 = 50e-3;
pub(super) const SPIN: f64 = 2.5e-3;
/// Threads of the stages beside the one in question.
const TRANSFER_THREADS: u32 = 5;
/// Clearing ten megabytes, under the lock; nothing compared depends on it.
const CLEARING: f64 = 3e-3;
/// Segments of a transfer.
const TRANSFER_SEGMENTS: usize = 1 + 4 * CHUNKS as usize;
/// Looks at the processes, as in a real run.
const LOOK: SimDuration = SimDuration(50_000_000);

/// The executor of the stage in question.
#[derive(Clone, Copy, Debug)]
struct Executor {
    workers: u32,
    start_method: Option<StartMethod>,
}

impl Executor {
    fn of(variant: &Variant) -> Self {
        let method = variant.spec["start_method"].as_str();
        Self {
            workers: variant.spec["workers"].as_u64().unwrap_or(1) as u32,
            start_method: StartMethod::ALL.into_iter().find(|it| Some(it.name()) == method),
        }
    }

    fn pool(self, workload: &Workload, python: PythonVersion) -> Result<PoolConfig, SimError> {
        let (kind, profile) = match self.start_method {
            None => (PoolKind::ThreadPoolExecutor, Profile::threads(1, self.workers)),
            Some(_) => (PoolKind::ProcessPoolExecutor, Profile::processes(self.workers)),
        };
        let mut pool = PoolConfig::of_kind(kind, workload, profile, python, 1)
            .map_err(SimError::Impossible)?;
        pool.start_method = self.start_method.unwrap_or(pool.start_method);
        Ok(pool)
    }
}

/// What a run is simulated with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) size: Size,
    pub(super) run: &'a Kept,
    pub(super) pace: Pace,
    pub(super) seed: u64,
}

/// What `variant` should show.
pub(super) fn predict(
    variant: &Variant,
    work: &Work,
    conditions: &Conditions<'_>,
) -> Result<Readings, SimError> {
    let executor = Executor::of(variant);
    if variant.spec["benchmark"] == "memory" {
        return memory(executor, variant.spec["retain"] == true, work, conditions);
    }
    let numpy = variant.spec["numpy"] == true;
    let (warm, _) = pipeline(executor, numpy, false, work, conditions)?;
    let (cold, peak) = pipeline(executor, numpy, true, work, conditions)?;
    let stages = [Figure::Download, Figure::Compute, Figure::Upload];
    let times = stages.into_iter().zip(warm.pools.iter().map(|pool| pool.mean_service));
    Ok(times
        .chain([(Figure::Throughput, REQUESTS as f64 / cold.makespan), (Figure::PeakPss, peak)])
        .collect())
}

/// The three stages, and the highest PSS. `starting`: the first request of each
/// worker waits for its process. That is no part of the handler's time, so stage
/// times are taken without.
fn pipeline(
    executor: Executor,
    numpy: bool,
    starting: bool,
    work: &Work,
    conditions: &Conditions<'_>,
) -> Result<(Outcome, f64), SimError> {
    let Conditions { setting, size, pace, .. } = *conditions;
    let mut segments = transfer(0, work, pace);
    segments.push(staged(1, SegmentKind::Python, 0.0));
    let shared = executor.start_method.is_none();
    if numpy {
        let time = if shared { work.numpy.thread } else { work.numpy.process };
        segments.push(staged(1, SegmentKind::Native { parallel: false }, time * pace.native));
    } else {
        let time = if shared { work.python.thread } else { work.python.process };
        segments.push(staged(1, SegmentKind::Python, time * pace.bytecode));
    }
    segments.extend(transfer(2, work, pace));
    let start = if starting { start_up(executor, conditions) } else { 0.0 };
    let rows = rows(REQUESTS, &segments, |request, index| {
        let first = request < u64::from(executor.workers) && index == TRANSFER_SEGMENTS;
        first.then_some(start)
    });
    let class = RequestClass::new("task", 1.0, segments);
    let mut workload = Workload::new("tadween", Arrivals::Replay { rows }, vec![class]);
    workload.runtime.python = vec![setting.python];
    load(&mut workload, conditions);
    let threads = Executor { workers: TRANSFER_THREADS, start_method: None };
    let mut pools = [threads, executor, threads]
        .into_iter()
        .map(|executor| executor.pool(&workload, setting.python))
        .collect::<Result<Vec<_>, _>>()?;
    let data = if numpy { size.numpy * NUMPY_BYTES } else { size.native * NATIVE_BYTES };
    pools[1].working_set_bytes = Some(data);
    let deployment = Deployment { pools, split: Split::ByStage };
    let mut host = host(work, conditions);
    if numpy {
        host.cpu.native_inflation = Parameter::exactly(work.numpy.inflation);
    }
    run(&workload, &host, &deployment, REQUESTS, conditions.seed)
}

/// Ten heavy results from one stage.
fn memory(
    executor: Executor,
    retain: bool,
    work: &Work,
    conditions: &Conditions<'_>,
) -> Result<Readings, SimError> {
    let wait = staged(0, SegmentKind::Wait, 0.2);
    let segments = vec![
        staged(0, SegmentKind::Python, 0.0),
        wait,
        staged(0, SegmentKind::LockedNative, CLEARING),
    ];
    let start = start_up(executor, conditions);
    let rows = rows(MEMORY_REQUESTS, &segments, |request, index| {
        (request < u64::from(executor.workers) && index == 0).then_some(start)
    });
    let mut class = RequestClass::new("task", 1.0, segments);
    class.response_bytes = RESULT_BYTES;
    class.working_set_bytes = RESULT_BYTES;
    let mut workload = Workload::new("tadween-memory", Arrivals::Replay { rows }, vec![class]);
    workload.runtime.python = vec![conditions.setting.python];
    workload.service.results = if retain { Retention::Kept } else { Retention::Dropped };
    load(&mut workload, conditions);
    let mut pool = executor.pool(&workload, conditions.setting.python)?;
    if executor.start_method.is_some() {
        // The worker pickles its result into a second copy.
        pool.working_set_bytes = Some(2 * RESULT_BYTES);
    }
    let host = host(work, conditions);
    let (outcome, peak) =
        run(&workload, &host, &Deployment::from(pool), MEMORY_REQUESTS, conditions.seed)?;
    let throughput = MEMORY_REQUESTS as f64 / outcome.makespan;
    Ok(Readings::from([(Figure::Throughput, throughput), (Figure::PeakPss, peak)]))
}

/// The first downloads, with nothing beside them: their mean time, in s.
pub(super) fn first_wave(work: &Work, conditions: &Conditions<'_>) -> Result<f64, SimError> {
    let segments = transfer(0, work, conditions.pace);
    let wave = u64::from(TRANSFER_THREADS);
    let rows = rows(wave, &segments, |_, _| None);
    let class = RequestClass::new("task", 1.0, segments);
    let mut workload = Workload::new("first wave", Arrivals::Replay { rows }, vec![class]);
    workload.runtime.python = vec![conditions.setting.python];
    load(&mut workload, conditions);
    let threads = Executor { workers: TRANSFER_THREADS, start_method: None };
    let pool = threads.pool(&workload, conditions.setting.python)?;
    let host = host(work, conditions);
    let (outcome, _) = run(&workload, &host, &Deployment::from(pool), wave, conditions.seed)?;
    Ok(outcome.pools[0].mean_service)
}

/// A download or an upload.
fn transfer(stage: u32, work: &Work, pace: Pace) -> Vec<Segment> {
    let mut segments = vec![staged(stage, SegmentKind::Wait, LATENCY)];
    for chunk in 0..CHUNKS {
        let native = SegmentKind::Native { parallel: false };
        let mut handling = staged(stage, native, work.chunk * pace.native);
        handling.reacquires = Some(work.reacquires_of(chunk));
        segments.push(staged(stage, SegmentKind::Wait, CHUNK_DELAY));
        segments.push(handling);
        segments.push(staged(stage, SegmentKind::Wait, work.disk));
        segments.push(staged(stage, SegmentKind::Python, SPIN));
    }
    segments
}

/// From asking for a process until it can work, in s of CPU time. Both a fresh
/// interpreter and the runner import the same.
fn start_up(executor: Executor, conditions: &Conditions<'_>) -> f64 {
    let start = &conditions.setting.host.start;
    let resident = conditions.run.application.private_bytes as f64 / f64::from(1 << 20);
    match executor.start_method {
        None => 0.0,
        Some(StartMethod::Fork) => {
            let pages = start.fork_per_mib.value.as_secs() * resident;
            start.fork_base.value.as_secs() + pages + start.child.value.as_secs()
        }
        Some(StartMethod::Spawn | StartMethod::Forkserver) => {
            let imports = conditions.run.application.import_cpu_ns as f64 * 1e-9;
            start.exec.value.as_secs() + imports
        }
    }
}

/// Gives `workload` what the real process has imported.
fn load(workload: &mut Workload, conditions: &Conditions<'_>) {
    let own = conditions.run.application.private_bytes;
    let interpreter = conditions.setting.host.memory.interpreter.value;
    workload.runtime.import_bytes = own.saturating_sub(interpreter);
}

/// The calibration, with what heavy data does to it.
fn host(work: &Work, conditions: &Conditions<'_>) -> Host {
    let mut host = conditions.setting.host.clone();
    host.cpu.bytecode_inflation = Parameter::exactly(work.python.inflation);
    host.memory.cow_plateau = Parameter::exactly(work.unshared);
    let pool = PoolKind::ProcessPoolExecutor;
    let mut cost = host.dispatch.pools.get(&pool).unwrap_or(&host.dispatch.python_process).clone();
    cost.parent_per_byte = Parameter::exactly(work.per_byte);
    cost.worker_per_byte = Parameter::exactly(work.per_byte);
    host.dispatch.pools.insert(pool, cost);
    host
}

fn run(
    workload: &Workload,
    host: &Host,
    deployment: &Deployment,
    requests: u64,
    seed: u64,
) -> Result<(Outcome, f64), SimError> {
    let scenario = Scenario::of(workload, host, deployment, requests, seed);
    let mut peak = Peak(0);
    let outcome = simulate(&scenario, 0, &mut peak)?;
    Ok((outcome, peak.0 as f64))
}

/// The highest PSS among the looks.
struct Peak(u64);

impl Observer for Peak {
    fn snapshot_every(&self) -> Option<SimDuration> {
        Some(LOOK)
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.0 = self.0.max(snapshot.pss);
    }
}

fn staged(stage: u32, kind: SegmentKind, seconds: f64) -> Segment {
    let time = Distribution::Constant(SimDuration::from_secs(seconds));
    Segment { stage, ..Segment::new(kind, time) }
}

/// Requests at time zero, each with the segments' own times but where `other`
/// gives another, in s.
fn rows(
    requests: u64,
    segments: &[Segment],
    other: impl Fn(u64, usize) -> Option<f64>,
) -> std::sync::Arc<[TraceRow]> {
    let usual: Vec<SimDuration> = segments
        .iter()
        .map(|segment| match segment.duration {
            Distribution::Constant(time) => time,
            _ => SimDuration::ZERO,
        })
        .collect();
    let row = |request| {
        let time = |(index, usual): (usize, &SimDuration)| {
            other(request, index).map_or(*usual, SimDuration::from_secs)
        };
        let segments = usual.iter().enumerate().map(time).collect();
        TraceRow { at: SimTime::ZERO, key: 0, class: 0, segments }
    };
    (0..requests).map(row).collect()
}
