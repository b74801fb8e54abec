//! A checked workload: what arrives, what each request does, what is wanted.
//!
//! These types hold no units and no optional nonsense: `file` parses the TOML
//! shapes, checks them and builds these. The engine trusts what it finds here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::{SimDuration, SimTime};
use crate::pool::{Dispatcher, Lifecycle, Ordering, PoolKind, Profile, StartMethod};
use crate::workload::distribution::Distribution;
use crate::workload::python::PythonVersion;
use crate::workload::trace::TraceRow;

/// Most classes a workload may have.
pub const MAX_CLASSES: usize = 64;
/// Most segments a class may have, repeats expanded.
pub const MAX_SEGMENTS: usize = 1024;

/// One workload: arrivals, request classes, constraints and objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Short name, also mixed into the random streams.
    pub name: String,
    /// What it stands for, one or two sentences.
    pub about: String,
    /// How requests arrive.
    pub arrivals: Arrivals,
    /// Request classes; at least one, shares sum to 1.
    pub classes: Vec<RequestClass>,
    /// Stages that every request passes in this order; empty: no pipeline.
    pub stages: Vec<Stage>,
    /// Keys of the requests, if they have any.
    pub keys: Option<KeySpace>,
    /// What the code under test allows.
    pub runtime: Runtime,
    /// What the pool around the workers looks like, whatever the profile.
    pub service: Service,
    /// What the user wants.
    pub objective: Objective,
}

/// How requests arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Open: exponential gaps. `rate` in requests/s.
    Poisson {
        ///, in requests/s
        rate: f64,
    },
    /// Open: equal gaps.
    Deterministic {
        ///, in requests/s
        rate: f64,
    },
    /// Open: gamma-distributed gaps with coefficient of variation `cv`.
    Gamma {
        ///, in requests/s
        rate: f64,
        /// Standard deviation over mean of the gaps.
        cv: f64,
    },
    /// Open: Poisson whose rate switches between two levels after
    /// exponential stays (an interrupted Poisson process if `off_rate` is 0).
    OnOff {
        /// Rate while on, in requests/s
        on_rate: f64,
        /// Rate while off, in requests/s; may be 0.
        off_rate: f64,
        /// Mean stay in on.
        mean_on: SimDuration,
        /// Mean stay in off.
        mean_off: SimDuration,
    },
    /// Open: Poisson with a rate that is linear between points and repeats
    /// after the last one. At least two points, ascending times from 0.
    Varying {
        /// (time, rate in requests/s)
        points: Vec<(SimTime, f64)>,
    },
    /// Open: the given requests at the given times.
    Replay {
        /// In order of `at`.
        rows: Arc<[TraceRow]>,
    },
    /// Closed: `clients` each wait for a reply, think, then send again.
    Closed {
        /// Number of clients, at least 1.
        clients: u32,
        /// Think time between reply and next request.
        think: Distribution,
    },
    /// All at once at time zero.
    Batch {
        /// Number of requests, at least 1.
        requests: u64,
    },
}

impl Arrivals {
    /// Long-run offered rate in requests/s; `None` for closed and batch loads.
    pub fn offered_rate(&self) -> Option<f64> {
        match self {
            Self::Poisson { rate } | Self::Deterministic { rate } | Self::Gamma { rate, .. } => {
                Some(*rate)
            }
            Self::OnOff { on_rate, off_rate, mean_on, mean_off } => {
                let (on, off) = (mean_on.as_secs(), mean_off.as_secs());
                Some((on_rate * on + off_rate * off) / (on + off))
            }
            Self::Varying { points } => {
                let area: f64 = points
                    .windows(2)
                    .map(|w| (w[1].0.as_secs() - w[0].0.as_secs()) * (w[0].1 + w[1].1) / 2.0)
                    .sum();
                points.last().map(|(end, _)| area / end.as_secs())
            }
            Self::Replay { rows } => {
                let span = rows.last()?.at.since(rows.first()?.at).as_secs();
                (span > 0.0).then(|| (rows.len() - 1) as f64 / span)
            }
            Self::Closed { .. } | Self::Batch { .. } => None,
        }
    }
}

/// One stage of a pipeline: a part of every request that has an executor of
/// its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Name, unique in the workload.
    pub name: String,
    /// The executor, if it is given; else it is to be chosen.
    pub profile: Option<Profile>,
    /// How the executor's workers start, if that is given.
    pub start_method: Option<StartMethod>,
}

/// Keys of requests: key `i` of `count` has weight `(i + 1)^-skew` (Zipf), and
/// belongs to partition `i mod partitions`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeySpace {
    /// Number of keys, at least 1.
    pub count: u64,
    /// Zipf exponent; 0: every key as often.
    pub skew: f64,
    /// Number of partitions, at least 1.
    pub partitions: u64,
}

/// A kind of request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestClass {
    /// Name, unique in the workload.
    pub name: String,
    /// Share of all requests, 0 < share <= 1.
    pub share: f64,
    /// Size of what is sent to the worker, in bytes.
    pub request_bytes: u64,
    /// Size of what comes back, in bytes.
    pub response_bytes: u64,
    /// What a worker does, in order; at least one.
    pub segments: Vec<Segment>,
    /// Memory held from start to finish of the service, in bytes.
    pub working_set_bytes: u64,
    /// Share of the largest working set that the allocator keeps in the
    /// process afterwards, 0 to 1.
    pub kept_share: f64,
    /// Memory that each request leaks in the process that served it, in bytes.
    pub leak_bytes: u64,
    /// Chance that serving one request kills the worker, half way through.
    pub crash: f64,
    /// Chance that a request never ends and holds its slot until somebody
    /// kills the worker.
    pub hang: f64,
    /// The client gives up this long after it should have been served from;
    /// the server does not notice and works on.
    pub client_timeout: Option<SimDuration>,
}

/// One stretch of a request's service.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// What it does to the interpreter lock and the cores.
    pub kind: SegmentKind,
    /// How long it takes alone on an idle host at one BLAS thread.
    pub duration: Distribution,
    /// Lock-losing re-acquires inside the segment: it is cut into that many
    /// equal parts, after each of which the lock is taken again *behind*
    /// whoever was woken by the release. `None`: one release, and whether the
    /// lock is lost follows from the mechanism. Only for `Native` and `Wait`.
    pub reacquires: Option<u32>,
    /// Index into `Workload::stages`, ascending within a class; 0 without any.
    pub stage: u32,
}

/// The kinds of segment that the interpreter lock tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Bytecode: holds the lock, can be asked to drop it at the interval.
    Python,
    /// C code that keeps the lock: cannot be asked.
    LockedNative,
    /// C code that releases the lock; `parallel` may use BLAS threads.
    Native {
        /// May run on several native threads.
        parallel: bool,
    },
    /// Waits for something outside (socket, sleep, disk) without lock or core.
    Wait,
}

/// What the user's code allows and needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Runtime {
    /// Interpreters that may be used, in order of preference; at least one.
    pub python: Vec<PythonVersion>,
    /// May two requests run in one process at once?
    pub thread_safe: bool,
    /// Is the code written for an event loop (async or greenlets)?
    pub event_loop: bool,
    /// Must a crash take at most one request with it?
    pub isolation: bool,
    /// Is it safe to fork after imports (no threads, no CUDA, no gRPC)?
    pub fork_safe: bool,
    /// Do all extensions declare free-threading support? If not, importing
    /// them turns the lock back on.
    pub free_threading_ready: bool,
    /// Do all extensions support sub-interpreters (per-interpreter state)?
    pub subinterpreters_ready: bool,
    /// Import names, for the table of known thread-unsafe libraries.
    pub libraries: Vec<String>,
    /// CPU time to import the application, beyond a bare interpreter.
    pub import_time: SimDuration,
    /// Private memory of the imported application, in bytes.
    pub import_bytes: u64,
    /// Memory that a worker process leaks while it lives, in bytes per hour.
    pub leak_per_hour: u64,
    /// Pages of the parent beyond the imports when it forks its workers, in
    /// bytes: caches, loaded models, results of earlier work.
    pub parent_bytes: u64,
    /// Mean time between crashes of one worker that no request causes.
    pub crash_every: Option<SimDuration>,
}

/// The pool's surroundings: the same for every candidate profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Who hands requests to workers.
    pub dispatcher: Dispatcher,
    /// Longest queue; a request that finds it full is rejected. `None`: no cap.
    pub queue_cap: Option<u32>,
    /// Longest time in the queue before the dispatcher gives the request up.
    pub queue_timeout: Option<SimDuration>,
    /// Workers started together; `None`: all at once.
    pub start_batch: Option<u32>,
    /// Pause after each batch.
    pub start_delay: SimDuration,
    /// Start methods that may be used; empty: all the runtime offers.
    pub start_methods: Vec<StartMethod>,
    /// Most workers (processes) to consider; `None`: from the host.
    pub max_workers: Option<u32>,
    /// Pools to consider; empty: the shapes without a product.
    pub pools: Vec<PoolKind>,
    /// Which requests may not be under way at once.
    pub ordering: Ordering,
    /// Most requests under way at once.
    pub max_in_flight: Option<u32>,
    /// When workers are replaced.
    pub lifecycle: Lifecycle,
    /// What the caller does with results.
    pub results: Retention,
    /// What happens when the memory does not suffice.
    pub over_memory: OverMemory,
}

/// What the caller does with results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retention {
    /// Drops each once it has it.
    #[default]
    Dropped,
    /// Keeps all of them (`list(pool.map(...))`).
    Kept,
}

/// What happens when the memory does not suffice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverMemory {
    /// It is noted, and the run goes on as if there were enough.
    #[default]
    Noted,
    /// The kernel swaps: everything slows down by the share that is out.
    Swap,
    /// The kernel kills the largest worker.
    Kill,
}

/// What the answer is judged by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objective {
    /// What to optimise among candidates that meet the limits.
    pub goal: Option<Goal>,
    /// Limits on quantiles of the sojourn time, per class name.
    pub latency: Vec<LatencyLimit>,
    /// Least throughput, in requests/s.
    pub throughput: Option<f64>,
    /// Most memory of the pool, PSS, in bytes.
    pub memory_bytes: Option<u64>,
    /// Longest time until the pool is ready.
    pub startup: Option<SimDuration>,
    /// Largest share of requests rejected, timed out or lost with a worker.
    pub failures: Option<f64>,
    /// Workers that must be up.
    pub keep_up: Option<KeepUp>,
}

/// At least `workers` are ready for the share `probability` of the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeepUp {
    /// Share of the pool's workers, 0 to 1.
    pub share: f64,
    /// Least share of time.
    pub probability: f64,
}

/// One limit on a latency quantile.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyLimit {
    /// Index into `Workload::classes`.
    pub class: usize,
    /// Which quantile.
    pub quantile: Quantile,
    /// The limit.
    pub at_most: SimDuration,
}

/// The quantiles that are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantile {
    /// Median.
    P50,
    /// 95 %.
    P95,
    /// 99 %.
    P99,
}

impl Quantile {
    /// All of them, ascending.
    pub const ALL: [Self; 3] = [Self::P50, Self::P95, Self::P99];

    /// As a probability.
    pub fn probability(self) -> f64 {
        match self {
            Self::P50 => 0.50,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
        }
    }

    /// `p50`, `p95`, `p99`.
    pub fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }
}

/// What to optimise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Lowest latency (worst class's p99 over its limit, else mean sojourn).
    Latency,
    /// Highest throughput (closed and batch loads).
    Throughput,
    /// Least memory that meets every limit.
    Memory,
}

impl Default for Service {
    /// A Python parent, no limits, nothing recycled.
    fn default() -> Self {
        Self {
            dispatcher: Dispatcher::Python,
            queue_cap: None,
            queue_timeout: None,
            start_batch: None,
            start_delay: SimDuration::ZERO,
            start_methods: Vec::new(),
            max_workers: None,
            pools: Vec::new(),
            ordering: Ordering::default(),
            max_in_flight: None,
            lifecycle: Lifecycle::default(),
            results: Retention::default(),
            over_memory: OverMemory::default(),
        }
    }
}

impl RequestClass {
    /// A class of that share and those segments: no sizes, no working set, no
    /// time-out.
    pub fn new(name: &str, share: f64, segments: Vec<Segment>) -> Self {
        Self {
            name: name.to_owned(),
            share,
            request_bytes: 0,
            response_bytes: 0,
            segments,
            working_set_bytes: 0,
            kept_share: 0.0,
            leak_bytes: 0,
            crash: 0.0,
            hang: 0.0,
            client_timeout: None,
        }
    }
}

impl Segment {
    /// A segment with one release of the lock, if its kind releases it.
    pub fn new(kind: SegmentKind, duration: Distribution) -> Self {
        Self { kind, duration, reacquires: None, stage: 0 }
    }
}

impl Workload {
    /// A workload that allows every profile on Python 3.12: no imports, no
    /// dispatcher, no limits, no objective. The starting point of tests.
    pub fn new(name: &str, arrivals: Arrivals, classes: Vec<RequestClass>) -> Self {
        Self {
            name: name.to_owned(),
            about: String::new(),
            arrivals,
            classes,
            stages: Vec::new(),
            keys: None,
            runtime: Runtime {
                python: vec![PythonVersion { minor: 12, free_threaded: false }],
                thread_safe: true,
                event_loop: true,
                isolation: false,
                fork_safe: true,
                free_threading_ready: true,
                subinterpreters_ready: true,
                libraries: Vec::new(),
                import_time: SimDuration::ZERO,
                import_bytes: 0,
                leak_per_hour: 0,
                parent_bytes: 0,
                crash_every: None,
            },
            service: Service { dispatcher: Dispatcher::Kernel, ..Service::default() },
            objective: Objective::default(),
        }
    }

    /// The goal that was stated, or the usual one for this kind of load:
    /// latency for open loads, throughput for closed ones and batches.
    pub fn goal(&self) -> Goal {
        self.objective.goal.unwrap_or(match self.arrivals {
            Arrivals::Closed { .. } | Arrivals::Batch { .. } => Goal::Throughput,
            _ => Goal::Latency,
        })
    }

    /// Class names to indices.
    pub fn class_index(&self) -> BTreeMap<&str, usize> {
        self.classes.iter().enumerate().map(|(i, c)| (c.name.as_str(), i)).collect()
    }

    /// Mean time of one request of `class` in segments for which `pick` holds, in s.
    pub fn mean_seconds(&self, class: usize, pick: impl Fn(SegmentKind) -> bool) -> f64 {
        self.classes[class]
            .segments
            .iter()
            .filter(|s| pick(s.kind))
            .map(|s| s.duration.mean_secs())
            .sum()
    }

    /// Share-weighted mean over the classes of `mean_seconds`.
    pub fn demand_seconds(&self, pick: impl Fn(SegmentKind) -> bool + Copy) -> f64 {
        (0..self.classes.len()).map(|i| self.classes[i].share * self.mean_seconds(i, pick)).sum()
    }
}
