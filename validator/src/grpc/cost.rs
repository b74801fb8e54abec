//! What handing a request over costs: CPU time of the dispatcher and of the
//! worker per request and per byte, from requests that do nothing.
//!
//! All cells last equally long, so that what is spent without requests
//! (heartbeats, looks at the clock) is in each and goes out in differences. The
//! load is paced and light: each request finds both sides asleep, so waking up
//! is in the figures, as it is in a pool that is not saturated.

use std::path::Path;
use std::time::Duration;

use sim::kernel::{SimDuration, SimTime};
use sim::pool::{PoolConfig, PoolKind, Profile};
use sim::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Segment, SegmentKind, TraceRow, Workload,
};

use super::serve;
use crate::run::{End, Limits, Load, Plan, PoolSpec, RunError, Spec, Stop, WaitKernel};

/// How cells are loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The lower rate, in requests per second.
    pub slow: f64,
    /// The higher rate, in requests per second.
    pub fast: f64,
    /// Length of a cell.
    pub length: Duration,
    /// Payload of the cells that have one, in bytes.
    pub bytes: u64,
    /// Times that every cell is run, all of them once before any again.
    pub repeats: u32,
}

impl Default for Pace {
    /// About 35 s in all.
    fn default() -> Self {
        let length = Duration::from_secs(1);
        Self { slow: 50.0, fast: 250.0, length, bytes: 1 << 16, repeats: 5 }
    }
}

/// A load of empty requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// In requests per second.
    pub rate: f64,
    /// Sent with each, in bytes.
    pub request_bytes: u64,
    /// Sent back with each, in bytes.
    pub response_bytes: u64,
}

/// What one cell took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paced {
    /// The load.
    pub cell: Cell,
    /// Requests served.
    pub requests: usize,
    /// From the first request to the last answer, in ns.
    pub elapsed: u64,
    /// CPU time of the dispatcher, in ns.
    pub dispatcher: u64,
    /// CPU time of the worker but for what its requests did, in ns.
    pub worker: u64,
}

/// What one side spends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Per empty request, in ns.
    pub request: f64,
    /// Per byte of the request, in ns.
    pub request_byte: f64,
    /// Per byte of the response, in ns.
    pub response_byte: f64,
}

/// Median and range over the repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Least.
    pub low: f64,
    /// Middle one.
    pub median: f64,
    /// Greatest.
    pub high: f64,
}

impl Spread {
    /// Of at least one value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let median = *values.get(values.len() / 2)?;
        Some(Self { low: *values.first()?, median, high: *values.last()? })
    }
}

/// Runs every cell on one process worker of `python`, each in a folder of its own
/// under `folder`. In each repeat come, in this order: slow, fast, fast with
/// bytes in the request, fast with bytes in the response.
///
/// # Errors
/// As [`run`](crate::run::run); also where a cell was cut short.
pub fn measure(
    python: &Path,
    pace: Pace,
    folder: &Path,
    stop: &Stop,
) -> Result<Vec<[Paced; 4]>, RunError> {
    let cell = |rate, request_bytes, response_bytes| Cell { rate, request_bytes, response_bytes };
    let cells = [
        cell(pace.slow, 0, 0),
        cell(pace.fast, 0, 0),
        cell(pace.fast, pace.bytes, 0),
        cell(pace.fast, 0, pace.bytes),
    ];
    let mut repeats = Vec::new();
    for repeat in 0..pace.repeats {
        let mut seen = Vec::new();
        for (number, cell) in cells.into_iter().enumerate() {
            let folder = folder.join(format!("{repeat}-{number}"));
            seen.push(run_cell(python, cell, pace.length, &folder, stop)?);
        }
        repeats.extend(<[Paced; 4]>::try_from(seen));
    }
    Ok(repeats)
}

/// Dispatcher and worker, of one repeat. Differences of CPU time over
/// differences of requests and bytes: noise can make them negative.
pub fn fit([slow, fast, asking, answering]: &[Paced; 4]) -> (Cost, Cost) {
    let side = |cpu: fn(&Paced) -> u64| {
        let less = |from: &Paced, what: &Paced| cpu(from) as f64 - cpu(what) as f64;
        let bytes = |paced: &Paced, each: u64| paced.requests as f64 * each as f64;
        Cost {
            request: less(fast, slow) / (fast.requests as f64 - slow.requests as f64),
            request_byte: less(asking, fast) / bytes(asking, asking.cell.request_bytes),
            response_byte: less(answering, fast) / bytes(answering, answering.cell.response_bytes),
        }
    };
    (side(|paced| paced.dispatcher), side(|paced| paced.worker))
}

fn run_cell(
    python: &Path,
    cell: Cell,
    length: Duration,
    folder: &Path,
    stop: &Stop,
) -> Result<Paced, RunError> {
    let workload = empty_requests(cell);
    let kind = PoolKind::GrpcProcess;
    let refused = |why| RunError::Options { kind, why };
    let version = PythonVersion { minor: 12, free_threaded: false };
    let mut config =
        PoolConfig::of_kind(kind, &workload, Profile::processes(1), version, 1).map_err(refused)?;
    config.start_delay = SimDuration::ZERO;
    let spec = Spec {
        load: Load::Open,
        ..Spec::of(&workload, PoolSpec::deployed(config), WaitKernel::Sleep)
    };
    let count = (cell.rate * length.as_secs_f64()).max(1.0) as u64;
    let row = |index: u64| TraceRow {
        at: SimTime((index as f64 / cell.rate * 1e9) as u64),
        class: 0,
        key: 0,
        segments: vec![SimDuration::ZERO],
    };
    let rows: Vec<TraceRow> = (0..count).map(row).collect();
    let sample_every = Duration::from_secs(1);
    let limits = Limits::default();
    let plan = Plan { python, workload: &workload, rows: &rows, spec, limits, sample_every };
    let served = serve(&plan, folder, stop)?;
    match &served.observation.end {
        End::Complete => {}
        End::Interrupted => return Err(RunError::Interrupted),
        other => return Err(refused(format!("a cell was cut short: {other:?}"))),
    }
    let records = &served.observation.records;
    let inside: u64 = records.iter().filter_map(|record| record.cpu).sum();
    let workers: u64 = served.usage.workers.values().sum();
    Ok(Paced {
        cell,
        requests: records.len(),
        elapsed: served.usage.elapsed,
        dispatcher: served.usage.dispatcher,
        worker: workers.saturating_sub(inside),
    })
}

/// One class whose only segment waits for no time.
fn empty_requests(cell: Cell) -> Workload {
    let wait = Segment::new(SegmentKind::Wait, Distribution::Constant(SimDuration::ZERO));
    let class = RequestClass {
        request_bytes: cell.request_bytes,
        response_bytes: cell.response_bytes,
        ..RequestClass::new("empty", 1.0, vec![wait])
    };
    Workload::new("empty requests", Arrivals::Deterministic { rate: cell.rate }, vec![class])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CPU times that are exactly linear come back as they were made.
    #[test]
    fn a_fit_separates_what_requests_and_bytes_cost() {
        let paced = |rate: f64, request_bytes: u64, response_bytes: u64| {
            let requests = rate as usize;
            let cpu = |idle: u64, request: u64| {
                idle + requests as u64 * (request + 2 * request_bytes + 3 * response_bytes)
            };
            let cell = Cell { rate, request_bytes, response_bytes };
            let (dispatcher, worker) = (cpu(1_000_000, 50_000), cpu(9_000_000, 200_000));
            Paced { cell, requests, elapsed: 0, dispatcher, worker }
        };
        let cells =
            [paced(10.0, 0, 0), paced(100.0, 0, 0), paced(100.0, 64, 0), paced(100.0, 0, 64)];
        let cost = |request| Cost { request, request_byte: 2.0, response_byte: 3.0 };
        assert_eq!(fit(&cells), (cost(50_000.0), cost(200_000.0)));
    }

    #[test]
    fn a_spread_is_of_something() {
        let spread = Spread { low: 1.0, median: 2.0, high: 7.0 };
        assert_eq!(Spread::of([2.0, 7.0, 1.0]), Some(spread));
        assert_eq!(Spread::of([]), None);
    }
}
