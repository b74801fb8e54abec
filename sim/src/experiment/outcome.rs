//! What one replication yields.

use serde::Serialize;

use crate::kernel::{SimDuration, SimTime};

/// A replication could not be finished.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// More events than `Limits::events`.
    #[error("stopped after {limit} events at {at} of simulated time; simulate fewer requests")]
    TooManyEvents {
        /// The limit.
        limit: u64,
        /// Simulated time reached.
        at: SimTime,
    },
    /// More requests in the system than `Limits::in_system`.
    #[error(
        "stopped with {limit} requests in the system at {at} of simulated time: the pool cannot \
         keep up; lower the rate, cap the queue or simulate fewer requests"
    )]
    TooManyInSystem {
        /// The limit.
        limit: u32,
        /// Simulated time reached.
        at: SimTime,
    },
    /// A profile that this runtime cannot run.
    #[error("{0}")]
    Impossible(String),
}

/// What one replication yields. Times in seconds, memory in bytes; everything
/// but the counts and peaks is taken after the warm-up.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// One entry per class of the workload.
    pub classes: Vec<ClassOutcome>,
    /// All requests together.
    pub all: ClassOutcome,
    /// Where every request went, warm-up included.
    pub counts: Counts,
    /// Requests at the front that the warm-up rule dropped.
    pub warm_up: u64,
    /// Did the warm-up rule find a stationary stretch?
    pub stationary: bool,
    /// Length of the observed stretch, in s.
    pub observed: f64,
    /// Completions per second in the observed stretch.
    pub throughput: f64,
    /// Arrivals per second in the observed stretch.
    pub arrival_rate: f64,
    /// Time from the first arrival to the last completion, in s.
    pub makespan: f64,
    /// Time-average number of requests in the system, observed stretch.
    pub mean_in_system: f64,
    /// Most requests waiting for a slot at once.
    pub peak_queue: u64,
    /// Least-squares slope of the number in the system over the second half
    /// of the arrivals, in requests/s. 0 for closed loads and batches, and for
    /// a varying rate, whose queue grows and shrinks with it.
    pub growth: f64,
    /// Shares of time, observed stretch.
    pub utilisation: Utilisation,
    /// Memory of the pool and its parent.
    pub memory: MemoryOutcome,
    /// What became of the workers, whole run.
    pub workers: WorkersOutcome,
    /// One entry per pool of the deployment.
    pub pools: Vec<PoolOutcome>,
    /// When the last worker was ready (zero for a warm start).
    pub ready_at: SimTime,
    /// Calendar events handled.
    pub events: u64,
    /// Times that an interpreter lock went from one thread to another.
    pub hand_offs: u64,
}

#[cfg(test)]
impl Outcome {
    /// Of a replication without requests.
    pub(crate) fn nothing() -> Self {
        Self {
            classes: Vec::new(),
            all: ClassOutcome::default(),
            counts: Counts::default(),
            warm_up: 0,
            stationary: true,
            observed: 0.0,
            throughput: 0.0,
            arrival_rate: 0.0,
            makespan: 0.0,
            mean_in_system: 0.0,
            peak_queue: 0,
            growth: 0.0,
            utilisation: Utilisation::default(),
            memory: MemoryOutcome::default(),
            workers: WorkersOutcome::default(),
            pools: Vec::new(),
            ready_at: SimTime::ZERO,
            events: 0,
            hand_offs: 0,
        }
    }
}

/// One class of requests after the warm-up. Times in seconds, from the moment
/// the request should have been sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClassOutcome {
    /// Requests counted.
    pub completed: u64,
    /// Requests rejected or timed out.
    pub failed: u64,
    /// Mean sojourn time.
    pub mean: f64,
    /// Mean time until a worker began.
    pub mean_wait: f64,
    /// Quantiles of the sojourn time, as in `Quantile::ALL`.
    pub quantiles: [f64; 3],
}

/// Where every request went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Came in.
    pub arrived: u64,
    /// Served in time.
    pub completed: u64,
    /// Found the queue full.
    pub rejected: u64,
    /// Given up by the dispatcher in the queue.
    pub queue_timeouts: u64,
    /// Given up by the client.
    pub client_timeouts: u64,
    /// Lost with the worker that served them.
    pub worker_lost: u64,
    /// Still there when the run ended.
    pub in_system: u64,
}

/// Shares of time that each resource was busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Utilisation {
    /// Work done over what the cores (or the quota) can do at once.
    pub cores: f64,
    /// The busiest interpreter lock; 0 without one.
    pub lock: f64,
    /// Busy slots over slots.
    pub slots: f64,
    /// The dispatcher's thread; 0 without one.
    pub dispatcher: f64,
}

/// Memory of the pool and its parent, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemoryOutcome {
    /// Highest sum of proportional set sizes.
    pub peak_pss: u64,
    /// Highest sum of resident set sizes (counts shared pages per process).
    pub peak_rss: u64,
    /// PSS of the idle pool once ready.
    pub idle_pss: u64,
    /// When the PSS first passed the host's memory.
    pub over_limit_at: Option<SimTime>,
    /// Quantiles of the PSS over time, as in `Quantile::ALL`.
    pub pss_quantiles: [u64; 3],
    /// Quantiles of the RSS over time, as in `Quantile::ALL`.
    pub rss_quantiles: [u64; 3],
    /// Highest resident set size of any worker.
    pub worst_worker_rss: u64,
    /// Workers that the kernel killed for memory.
    pub oom_kills: u64,
    /// Time during which memory was swapped out.
    pub swapping: SimDuration,
}

/// Why a worker was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartCause {
    /// It had lived its time.
    Ttl,
    /// It had served its requests.
    MaxRequests,
    /// It had grown past its limit.
    MemoryLimit,
    /// It served one request for too long.
    KilledForTime,
    /// It answered no heartbeat.
    Hang,
    /// It crashed.
    Crash,
    /// The kernel killed it for memory.
    OutOfMemory,
}

impl RestartCause {
    /// All of them, in the order of `WorkersOutcome::restarts`.
    pub const ALL: [Self; 7] = [
        Self::Ttl,
        Self::MaxRequests,
        Self::MemoryLimit,
        Self::KilledForTime,
        Self::Hang,
        Self::Crash,
        Self::OutOfMemory,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ttl => "TTL",
            Self::MaxRequests => "max requests",
            Self::MemoryLimit => "memory limit",
            Self::KilledForTime => "killed for time",
            Self::Hang => "hang",
            Self::Crash => "crash",
            Self::OutOfMemory => "out of memory",
        }
    }
}

/// What became of the workers. A worker is up while it takes requests; it is
/// down from when it takes no more until its successor does.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WorkersOutcome {
    /// Replacements by cause, as in `RestartCause::ALL`.
    pub restarts: [u64; 7],
    /// Time that this is taken over, in s: from when all were ready first.
    pub observed: f64,
    /// Share of that time with exactly `k` workers down, by `k`; sums to 1.
    pub down_shares: Vec<f64>,
    /// Share of the pool's slots that were not up, time average.
    pub capacity_lost: f64,
    /// Share of worker time spent stopping and starting.
    pub restarting_share: f64,
    /// Largest share of the slots that was down at once.
    pub worst_capacity_lost: f64,
    /// Mean time that a worker was down per replacement, in s.
    pub mean_outage: f64,
    /// Longest time with at least one worker down, in s.
    pub longest_outage: f64,
    /// Requests lost with a worker.
    pub requests_lost: u64,
    /// Requests that came while a worker was down and had to wait.
    pub requests_delayed: u64,
}

impl WorkersOutcome {
    /// Replacements of all causes.
    pub fn total_restarts(&self) -> u64 {
        self.restarts.iter().sum()
    }

    /// Share of time with `k` or more workers down.
    pub fn down_at_least(&self, k: usize) -> f64 {
        self.down_shares.iter().skip(k).sum()
    }
}

/// One pool of a deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PoolOutcome {
    /// Requests (of a pipeline: stages) that it finished per second, whole run.
    pub throughput: f64,
    /// Busy share of its slots, whole run.
    pub slots: f64,
    /// Mean time from its door to the end of its service, whole run, in s.
    pub mean_sojourn: f64,
    /// Mean time in service, whole run, in s.
    pub mean_service: f64,
    /// Most requests waiting for it at once.
    pub peak_queue: u64,
}

/// The fate of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Served.
    Completed,
    /// The queue was full.
    Rejected,
    /// The dispatcher gave up.
    QueueTimeout,
    /// The client gave up.
    ClientTimeout,
    /// Its worker died.
    WorkerLost,
}

impl Fate {
    /// As written in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::QueueTimeout => "queue_timeout",
            Self::ClientTimeout => "client_timeout",
            Self::WorkerLost => "worker_lost",
        }
    }
}

/// One request's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Position in the trace.
    pub request: u64,
    /// Class index.
    pub class: usize,
    /// When it should have been sent.
    pub scheduled: SimTime,
    /// When a worker began; `None` if none did.
    pub started: Option<SimTime>,
    /// When its fate was sealed.
    pub finished: SimTime,
    /// Worker, if one began.
    pub worker: Option<u32>,
    /// How it ended.
    pub fate: Fate,
}

/// The pool at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// When.
    pub at: SimTime,
    /// Requests waiting for a slot.
    pub queued: u64,
    /// Slots in use.
    pub busy_slots: u64,
    /// Threads on or waiting for a core.
    pub runnable: u32,
    /// CPU time of all cores so far, in ns.
    pub core_time: f64,
    /// Time for which the lock (or event loop) held longest has been held so
    /// far, in ns; 0 without one.
    pub lock_time: u64,
    /// Workers ready.
    pub ready_workers: u32,
    /// The fewest that were ready since the snapshot before.
    pub fewest_ready: u32,
    /// Processes that map the shared libraries, parents included.
    pub processes: u64,
    /// Replacements begun so far.
    pub restarts: u64,
    /// Sum of proportional set sizes, in bytes.
    pub pss: u64,
    /// Sum of resident set sizes, in bytes.
    pub rss: u64,
}

/// Watches a replication. All methods default to nothing.
pub trait Observer {
    /// A request's fate is sealed.
    fn record(&mut self, _record: &Record) {}
    /// Time from one call of `snapshot` to the next, asked after each; `None`: no
    /// more of them.
    fn snapshot_every(&self) -> Option<SimDuration> {
        None
    }
    /// The pool at one instant, the first time at time zero.
    fn snapshot(&mut self, _snapshot: &Snapshot) {}
}

/// Watches nothing.
impl Observer for () {}
