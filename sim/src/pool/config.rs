//! A candidate pool: everything the user could choose.

use std::fmt;

use crate::kernel::SimDuration;
use crate::pool::{
    Bundling, Concurrency, Lifecycle, Ordering, ParentThreads, PoolKind, Prefetch, Profile,
};
use crate::workload::{PythonVersion, Workload};

/// How a worker process comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartMethod {
    /// Copy of the parent; pages shared until written.
    Fork,
    /// A fresh interpreter that imports everything again.
    Spawn,
    /// Forked from a small clean server, then imports.
    Forkserver,
}

impl StartMethod {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Fork, Self::Forkserver, Self::Spawn];

    /// As Python spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Spawn => "spawn",
            Self::Forkserver => "forkserver",
        }
    }
}

impl fmt::Display for StartMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which worker gets a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkerChoice {
    /// One queue; the worker that has been idle longest takes the head.
    SharedQueue,
    /// One queue; the first worker in order that has a free slot.
    FirstFit,
    /// One queue; the worker with the most free slots.
    LeastBusy,
    /// A queue per worker, dealt in turn whether free or not.
    RoundRobin,
    /// A queue per worker; the one with fewest requests gets the next.
    LeastLoaded,
    /// Workers race to accept from a shared socket; an event loop takes one
    /// connection at a time.
    AcceptOne,
    /// As before; an event loop takes all that wait.
    AcceptAll,
}

impl WorkerChoice {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::SharedQueue,
        Self::FirstFit,
        Self::LeastBusy,
        Self::RoundRobin,
        Self::LeastLoaded,
        Self::AcceptOne,
        Self::AcceptAll,
    ];

    /// As written in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SharedQueue => "shared-queue",
            Self::FirstFit => "first-fit",
            Self::RoundRobin => "round-robin",
            Self::LeastLoaded => "least-loaded",
            Self::LeastBusy => "least-busy",
            Self::AcceptOne => "accept-one",
            Self::AcceptAll => "accept-all",
        }
    }
}

/// Who hands requests to workers, and whose lock and core that costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dispatcher {
    /// Nobody: workers accept from a shared socket (prefork servers).
    Kernel,
    /// A process that is not Python (gRPC pool manager, broker).
    Native,
    /// The parent's Python threads, under the parent's lock (executors).
    Python,
}

impl Dispatcher {
    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Native => "native",
            Self::Python => "python",
        }
    }
}

/// One pool that could be deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolConfig {
    /// Workers and what each does.
    pub profile: Profile,
    /// Interpreter build.
    pub python: PythonVersion,
    /// How workers start. Ignored by a profile with one process.
    pub start_method: StartMethod,
    /// Native threads per parallel segment (`OPENBLAS_NUM_THREADS`).
    pub blas_threads: u32,
    /// Which worker gets a request.
    pub choice: WorkerChoice,
    /// Who hands requests out.
    pub dispatcher: Dispatcher,
    /// Longest queue; `None`: no cap.
    pub queue_cap: Option<u32>,
    /// Longest time in the queue.
    pub queue_timeout: Option<SimDuration>,
    /// Workers started together; `None`: all at once.
    pub start_batch: Option<u32>,
    /// Pause after each batch.
    pub start_delay: SimDuration,
    /// Which pool this is.
    pub kind: PoolKind,
    /// Threads of the parent that requests pass.
    pub parent_threads: ParentThreads,
    /// Does the parent look at all workers with every result, until it is read?
    pub looks_at_results: bool,
    /// Requests handed to the workers before their turn.
    pub prefetch: Prefetch,
    /// Requests sent to a worker together.
    pub bundling: Option<Bundling>,
    /// Which requests may not be under way at once.
    pub ordering: Ordering,
    /// Most requests under way, from the first parent thread to the last.
    pub max_in_flight: Option<u32>,
    /// Slots of a worker, if fewer than it has threads.
    pub slots_per_worker: Option<u32>,
    /// Most connections that a worker accepts, served or waiting for one of its
    /// slots; `None`: as many as it has slots.
    pub worker_connections: Option<u32>,
    /// Threads beside each event loop that run native segments for it
    /// (`asyncio.to_thread`); 0: they stop the loop.
    pub offload_threads: u32,
    /// Does an idle worker (or slot) keep its last result?
    pub keeps_last_result: bool,
    /// Memory held by a request in service here, where that is not its class's
    /// working set: stages of a pipeline hold different data. In bytes.
    pub working_set_bytes: Option<u64>,
    /// When workers are replaced.
    pub lifecycle: Lifecycle,
}

impl PoolConfig {
    /// `profile` on `python` with the workload's surroundings, the runtime's
    /// default start method, one BLAS thread and a shared queue.
    pub fn new(workload: &Workload, profile: Profile, python: PythonVersion) -> Self {
        let service = &workload.service;
        Self {
            profile,
            python,
            start_method: python.default_start_method(),
            blas_threads: 1,
            choice: WorkerChoice::SharedQueue,
            dispatcher: service.dispatcher,
            queue_cap: service.queue_cap,
            queue_timeout: service.queue_timeout,
            start_batch: service.start_batch,
            start_delay: service.start_delay,
            kind: PoolKind::Generic,
            parent_threads: ParentThreads::default(),
            looks_at_results: false,
            prefetch: Prefetch::default(),
            bundling: None,
            ordering: service.ordering,
            max_in_flight: service.max_in_flight,
            slots_per_worker: None,
            worker_connections: None,
            offload_threads: 0,
            keeps_last_result: false,
            working_set_bytes: None,
            lifecycle: service.lifecycle,
        }
    }

    /// Requests that one worker can have in service.
    pub fn slots_per_worker(&self) -> u32 {
        let shape = self.profile.slots_per_worker();
        self.slots_per_worker.map_or(shape, |slots| slots.min(shape))
    }

    /// Requests that the pool can have in service.
    pub fn slots(&self) -> u64 {
        u64::from(self.profile.workers) * u64::from(self.slots_per_worker())
    }

    /// Does it live in the parent's own process, whose lock it shares?
    pub fn shares_parent(&self) -> bool {
        self.in_parent() && self.dispatcher == Dispatcher::Python
    }

    /// Is the one worker the dispatching Python process itself
    /// (`ThreadPoolExecutor`), or the only process there is?
    pub fn in_parent(&self) -> bool {
        self.profile.workers == 1 && self.profile.concurrency != Concurrency::Serial
    }

    /// Does bytecode of two requests in one worker run at the same time?
    pub fn lock_free(&self) -> bool {
        self.python.free_threaded
    }
}

impl PoolConfig {
    /// Profile, interpreter, start method and BLAS threads, without the kind:
    /// `process:8 py3.12 fork blas=2`.
    pub fn shape(&self) -> String {
        let mut text = format!("{} py{}", self.profile, self.python);
        if !self.in_parent() {
            text.push_str(&format!(" {}", self.start_method));
        }
        if self.blas_threads > 1 {
            text.push_str(&format!(" blas={}", self.blas_threads));
        }
        text
    }
}

impl fmt::Display for PoolConfig {
    /// The shape, after the kind if it has one: `uvicorn async:8x100 py3.12 spawn`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PoolKind::Generic => f.pad(&self.shape()),
            kind => f.pad(&format!("{kind} {}", self.shape())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Arrivals;

    #[test]
    fn pools_that_differ_in_one_setting_read_differently() {
        let workload = Workload::new("w", Arrivals::Batch { requests: 1 }, Vec::new());
        let python = |text: &str| text.parse::<PythonVersion>().unwrap();
        let pool = |kind, profile: &str, start_method, blas_threads| PoolConfig {
            kind,
            start_method,
            blas_threads,
            ..PoolConfig::new(&workload, profile.parse().unwrap(), python("3.12"))
        };
        let (fork, spawn) = (StartMethod::Fork, StartMethod::Spawn);
        let said = [
            (pool(PoolKind::Generic, "process:8", fork, 1), "process:8 py3.12 fork"),
            (pool(PoolKind::Generic, "process:1", spawn, 2), "process:1 py3.12 spawn blas=2"),
            (pool(PoolKind::Generic, "threads:8", fork, 1), "threads:8 py3.12"),
            (
                pool(PoolKind::GrpcThread, "thread:2x4", spawn, 1),
                "grpc-thread thread:2x4 py3.12 spawn",
            ),
            (
                pool(PoolKind::GrpcThreadSerial, "thread:2x4", spawn, 1),
                "grpc-thread-serial thread:2x4 py3.12 spawn",
            ),
        ];
        for (pool, text) in said {
            assert_eq!(pool.to_string(), text);
        }
    }
}
