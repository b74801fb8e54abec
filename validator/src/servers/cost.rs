//! What a request costs a server that has nothing to do for it: CPU time per
//! request and per byte, from requests that do nothing.
//!
//! One worker serves three stretches of equal length in one run: no request, some
//! empty ones, and some with bytes both ways. What is spent without requests
//! (heartbeats, a broker that is asked) is in each stretch and goes out in the
//! differences. The load is light, so that every request finds a worker asleep,
//! and waking up is in the figures: of requests that come in crowds a server that
//! looks for all that is there would spend less on each.

use std::path::Path;
use std::time::Duration;

use sim::kernel::{SimDuration, SimTime};
use sim::pool::{PoolConfig, PoolKind, Profile};
use sim::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Segment, SegmentKind, TraceRow, Workload,
};

use super::imports::{self, Loaded};
use super::options::HTTP;
use crate::run::sampler::Sample;
use crate::run::{
    End, Limits, Load, Observation, Plan, PoolSpec, RunError, Spec, Stop, WaitKernel, run,
};

/// Length of a stretch with requests, in ns.
const STRETCH: u64 = 1_000_000_000;
/// Rest after each, in ns.
const REST: u64 = 300_000_000;
/// Of the first request, so that connections and caches are there.
const FIRST: u64 = 500_000_000;
/// Requests of each stretch.
const COUNTS: [u64; 3] = [0, 80, 80];
/// Bytes of a request of the last stretch, and of its answer.
const BYTES: u64 = 1 << 16;
/// Time between two looks at the processes.
const LOOK: Duration = Duration::from_millis(20);

/// What one side spends, in ns: noise can make it negative.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Side {
    /// Per empty request.
    pub request: f64,
    /// Per byte, either way.
    pub byte: f64,
}

/// What one run showed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Round {
    /// The process that starts the workers, if it is not one.
    pub parent: Side,
    /// The worker, but for what its requests did.
    pub worker: Side,
    /// Memory and imports, of a server whose processes are its own.
    pub held: Option<Held>,
}

/// What one run's processes held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Before the server was started.
    pub loaded: Loaded,
    /// PSS of all after the requests, in bytes.
    pub pss: u64,
}

/// Runs a `kind` of server with one worker of `python` on empty requests.
///
/// # Errors
/// As [`run`]; also where the run was cut short.
pub fn measure(
    python: &Path,
    kind: PoolKind,
    folder: &Path,
    stop: &Stop,
) -> Result<Round, RunError> {
    let refused = |why| RunError::Options { kind, why };
    let workload = empty_requests();
    let version = PythonVersion { minor: 12, free_threaded: false };
    let config =
        PoolConfig::of_kind(kind, &workload, smallest(kind), version, 1).map_err(refused)?;
    let spec =
        Spec { load: Load::Open, ..Spec::of(&workload, PoolSpec::of(&config)?, WaitKernel::Sleep) };
    let rows = rows();
    let limits = Limits { quiet: Duration::from_secs(5), ..Limits::default() };
    let plan = Plan { python, workload: &workload, rows: &rows, spec, limits, sample_every: LOOK };
    let seen = run(&plan, folder, stop)?;
    match &seen.end {
        End::Complete => {
            let loaded = HTTP.contains(&kind).then(|| imports::read(folder)).transpose()?;
            let pss = seen.samples.last().map(Sample::pss);
            let held = loaded.zip(pss).map(|(loaded, pss)| Held { loaded, pss });
            Ok(Round { held, ..Round::of(&seen) })
        }
        End::Interrupted => Err(RunError::Interrupted),
        other => Err(refused(format!("the run was cut short: {other:?}"))),
    }
}

/// One worker, with a few slots where it has several.
fn smallest(kind: PoolKind) -> Profile {
    match kind {
        PoolKind::GunicornGthread | PoolKind::CeleryThreads => Profile::threads(1, 4),
        PoolKind::GunicornGevent | PoolKind::Uvicorn => Profile::event_loops(1, 100),
        _ => Profile::processes(1),
    }
}

/// Two classes whose only segment waits for no time, one with bytes both ways.
fn empty_requests() -> Workload {
    let wait = || Segment::new(SegmentKind::Wait, Distribution::Constant(SimDuration::ZERO));
    let empty = RequestClass::new("empty", 0.5, vec![wait()]);
    let laden = RequestClass {
        request_bytes: BYTES,
        response_bytes: BYTES,
        ..RequestClass::new("laden", 0.5, vec![wait()])
    };
    Workload::new("empty requests", Arrivals::Deterministic { rate: 1.0 }, vec![empty, laden])
}

/// When stretch `number` begins, in ns from the origin.
fn begin(number: usize) -> u64 {
    FIRST + number as u64 * (STRETCH + REST)
}

fn rows() -> Vec<TraceRow> {
    let row = |at: u64, class| TraceRow {
        at: SimTime(at),
        class,
        key: 0,
        segments: vec![SimDuration::ZERO],
    };
    let stretch = |(number, count): (usize, u64)| {
        let class = usize::from(number == 2);
        (0..count).map(move |index| row(begin(number) + index * STRETCH / count, class))
    };
    let first = (0..5).map(|index| row(index * FIRST / 10, 0));
    first.chain(COUNTS.into_iter().enumerate().flat_map(stretch)).collect()
}

impl Round {
    fn of(seen: &Observation) -> Self {
        // The first that was ever seen starts the others.
        let root = seen.samples.iter().find_map(|it| it.processes.first()).map(|it| it.pid);
        let alone = seen.records.iter().all(|it| it.worker.map(|pid| pid as i32) == root);
        let side = |counts: &dyn Fn(i32) -> bool, inside: bool| {
            let spent = [0, 1, 2].map(|number| {
                let from = seen.origin + begin(number);
                cpu(seen, from, counts) - if inside { served(seen, from) } else { 0.0 }
            });
            Side::of(spent)
        };
        let is_root = |pid: i32| Some(pid) == root;
        let worker = side(&|pid| alone || !is_root(pid), true);
        let parent = if alone { Side::default() } else { side(&is_root, false) };
        Self { parent, worker, held: None }
    }
}

impl Side {
    /// From the CPU times of the stretches, in ns.
    fn of(spent: [f64; 3]) -> Self {
        let [_, empty, laden] = COUNTS.map(|count| count as f64);
        let request = (spent[1] - spent[0]) / empty;
        let expected = spent[0] + laden * request;
        Self { request, byte: (spent[2] - expected) / (laden * 2.0 * BYTES as f64) }
    }
}

/// CPU time of the processes that `counts`, in the stretch that begins at `from`
/// and the rest after it, in ns.
fn cpu(seen: &Observation, from: u64, counts: &dyn Fn(i32) -> bool) -> f64 {
    let at = |instant: u64| {
        let after = seen.samples.partition_point(|sample| sample.at < instant);
        let sample = seen.samples.get(after).or(seen.samples.last());
        let processes = sample.map_or(&[][..], |it| &it.processes);
        processes.iter().filter(|it| counts(it.pid)).map(|it| it.cpu).sum::<u64>() as f64
    };
    at(from + STRETCH + REST - REST / 6) - at(from - REST / 6)
}

/// CPU time of what the requests of that stretch did, in ns.
fn served(seen: &Observation, from: u64) -> f64 {
    let during = seen.records.iter().filter(|it| (from..from + STRETCH).contains(&it.scheduled));
    during.filter_map(|record| record.cpu).sum::<u64>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_leave_out_what_is_spent_without_requests() {
        let idle = 7e6;
        let cpu = |count: u64, bytes: u64| idle + count as f64 * (90e3 + 2.0 * bytes as f64 * 1.5);
        let [none, empty, laden] = COUNTS;
        let side = Side::of([cpu(none, 0), cpu(empty, 0), cpu(laden, BYTES)]);
        assert!((side.request - 90e3).abs() < 1e-6, "{side:?}");
        assert!((side.byte - 1.5).abs() < 1e-9, "{side:?}");
    }

    #[test]
    fn stretches_do_not_overlap() {
        let rows = rows();
        assert!(rows.windows(2).all(|pair| pair[0].at <= pair[1].at));
        assert_eq!(rows.len() as u64, 5 + COUNTS.iter().sum::<u64>());
        for (number, count) in COUNTS.into_iter().enumerate() {
            let (from, to) = (begin(number), begin(number) + STRETCH + REST);
            let inside = rows.iter().filter(|row| (from..to).contains(&row.at.0)).count();
            assert_eq!(inside as u64, count);
        }
    }
}
