//! What the runner is told: the pool, the load, and what each class does.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Serialize;
use serde_json::{Value, json};
use sim::pool::{Deployment, PoolKind, StartMethod};
use sim::workload::{Arrivals, RequestClass, Retention, Segment, SegmentKind, Workload};

use super::{Files, KernelRate};

/// The pools that can be run: each one file under `python/pools`, but for the
/// gRPC pools, which are `grpc` with `python/grpc_worker`, and the servers, which
/// are `servers` with `python/servers`.
pub const POOLS: [PoolKind; 16] = [
    PoolKind::MultiprocessingPool,
    PoolKind::ProcessPoolExecutor,
    PoolKind::MultiprocessingThreadPool,
    PoolKind::ThreadPoolExecutor,
    PoolKind::GeventPool,
    PoolKind::EventletGreenPool,
    PoolKind::Asyncio,
    PoolKind::GrpcProcess,
    PoolKind::GrpcThread,
    PoolKind::GrpcThreadSerial,
    PoolKind::GunicornSync,
    PoolKind::GunicornGthread,
    PoolKind::GunicornGevent,
    PoolKind::Uvicorn,
    PoolKind::CeleryPrefork,
    PoolKind::CeleryThreads,
];

/// A pool and its size.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSpec {
    /// Which, of [`POOLS`].
    pub kind: PoolKind,
    /// Processes, for pools of processes.
    pub workers: u32,
    /// Threads, greenlets or tasks, for pools within one process.
    pub threads: u32,
    /// How processes start.
    pub start_method: StartMethod,
    /// Requests after which a process is replaced; for `multiprocessing.Pool`,
    /// chunks. The executor counts the call that it starts with.
    pub max_tasks: Option<u32>,
    /// Requests per chunk of a batch; `None`: the pool's own rule.
    pub chunk: Option<u32>,
    /// For asyncio: do native segments run in threads rather than on the loop?
    pub to_thread: bool,
    /// Threads of the BLAS library; `None`: its own choice.
    pub blas_threads: Option<u32>,
    /// For gRPC pools and servers: all of it, of which the fields above tell the
    /// size.
    pub deployment: Option<Deployment>,
}

impl PoolSpec {
    /// Processes of `kind` that are forked.
    pub fn processes(kind: PoolKind, workers: u32) -> Self {
        Self { workers, ..Self::threads(kind, 1) }
    }

    /// `threads` threads, greenlets or tasks of one process.
    pub fn threads(kind: PoolKind, threads: u32) -> Self {
        Self {
            kind,
            workers: 1,
            threads,
            start_method: StartMethod::Fork,
            max_tasks: None,
            chunk: None,
            to_thread: false,
            blas_threads: None,
            deployment: None,
        }
    }

    /// gRPC pools: one, or several with a class each.
    pub fn deployed(deployment: impl Into<Deployment>) -> Self {
        let deployment = deployment.into();
        let first = deployment.pools.first();
        let kind = first.map_or(PoolKind::GrpcProcess, |pool| pool.kind);
        let threads = first.map_or(0, |pool| pool.profile.slots_per_worker());
        let workers = deployment.workers();
        Self {
            workers,
            start_method: StartMethod::Spawn,
            deployment: Some(deployment),
            ..Self::threads(kind, threads)
        }
    }
}

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// At the instants of the trace.
    Open,
    /// From clients that wait for their reply and think before the next.
    Closed {
        /// How many.
        clients: u32,
    },
    /// All at once, through the pool's own map.
    Batch,
}

/// The work of one segment: a function of `python/kernels.py`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// Bytecode.
    Python,
    /// One C call that keeps the lock.
    LockedNative,
    /// One C call that releases it.
    Native,
    /// One NumPy product.
    Matmul,
    /// `time.sleep`
    Sleep,
    /// A reply from the delay server.
    SocketWait,
    /// Fault: an exception.
    Raise,
    /// Fault: the worker kills itself.
    Crash,
    /// Fault: never returns.
    Hang,
}

/// How segments that wait do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitKernel {
    /// By sleeping.
    Sleep,
    /// By asking a server over a socket.
    Socket,
}

/// One segment of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SegmentSpec {
    /// What it does.
    pub kernel: Kernel,
    /// Equal calls that its time is cut into: as many re-acquires of the lock.
    pub parts: u32,
}

/// What serving a request of a class means. Sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassSpec {
    /// Name.
    pub name: String,
    /// In order, as many as the rows of the class have times.
    pub segments: Vec<SegmentSpec>,
    /// Sent with the request.
    pub request_bytes: u64,
    /// Sent back.
    pub response_bytes: u64,
    /// Held while it is served.
    pub working_set_bytes: u64,
    /// Never freed by the worker.
    pub leak_bytes: u64,
    /// Does the caller keep the response?
    pub retain: bool,
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The pool.
    pub pool: PoolSpec,
    /// How requests come.
    pub load: Load,
    /// What they do, in the workload's order.
    pub classes: Vec<ClassSpec>,
    /// Memory that importing the application takes, in bytes.
    pub import_bytes: u64,
    /// CPU time that importing it takes, in ns.
    pub import_ns: u64,
    /// Rates of kernels that are not to be timed anew.
    pub rates: Vec<KernelRate>,
}

impl Spec {
    /// `workload` as it is, on `pool`.
    pub fn of(workload: &Workload, pool: PoolSpec, waits: WaitKernel) -> Self {
        let retain = workload.service.results == Retention::Kept;
        let class = |class| class_spec(class, waits, retain);
        Self {
            pool,
            load: match workload.arrivals {
                Arrivals::Closed { clients, .. } => Load::Closed { clients },
                Arrivals::Batch { .. } => Load::Batch,
                _ => Load::Open,
            },
            classes: workload.classes.iter().map(class).collect(),
            import_bytes: workload.runtime.import_bytes,
            import_ns: workload.runtime.import_time.0,
            rates: Vec::new(),
        }
    }

    pub(super) fn waits_on_sockets(&self) -> bool {
        let segments = self.classes.iter().flat_map(|class| &class.segments);
        segments.into_iter().any(|segment| segment.kernel == Kernel::SocketWait)
    }

    /// The runner's file.
    pub(crate) fn to_json(&self, files: &Files, delays: Option<SocketAddr>) -> String {
        let load = match self.load {
            Load::Open => json!({ "kind": "open" }),
            Load::Closed { clients } => json!({ "kind": "closed", "clients": clients }),
            Load::Batch => json!({ "kind": "batch", "chunk": self.pool.chunk }),
        };
        self.with_load(&load, files, delays)
    }

    /// The same for a pool that is only started and ended.
    pub(super) fn to_start_json(&self, files: &Files) -> String {
        self.with_load(&json!({ "kind": "none" }), files, None)
    }

    fn with_load(&self, load: &Value, files: &Files, delays: Option<SocketAddr>) -> String {
        let pool = &self.pool;
        let server = delays.map_or(Value::Null, |at| json!([at.ip().to_string(), at.port()]));
        let rates: BTreeMap<&str, [f64; 2]> = self
            .rates
            .iter()
            .map(|rate| (rate.kernel.as_str(), [rate.fixed_ns, rate.step_ns]))
            .collect();
        let spec = json!({
            "pool": pool.kind.name(),
            "workers": pool.workers,
            "threads": pool.threads,
            "start_method": pool.start_method.name(),
            "max_tasks": pool.max_tasks,
            "to_thread": pool.to_thread,
            "load": load,
            "classes": self.classes,
            "import_bytes": self.import_bytes,
            "import_ns": self.import_ns,
            "rates": rates,
            "delay_server": server,
            "trace": files.trace,
            "events": files.events,
        });
        format!("{spec:#}")
    }
}

fn class_spec(class: &RequestClass, waits: WaitKernel, retain: bool) -> ClassSpec {
    let mut segments: Vec<SegmentSpec> =
        class.segments.iter().map(|segment| segment_spec(segment, waits)).collect();
    // The model's crash comes half way through: in place of the second half.
    if class.crash == 1.0
        && let Some(last) = segments.last_mut()
    {
        *last = SegmentSpec { kernel: Kernel::Crash, parts: 1 };
    }
    ClassSpec {
        name: class.name.clone(),
        segments,
        request_bytes: class.request_bytes,
        response_bytes: class.response_bytes,
        working_set_bytes: class.working_set_bytes,
        leak_bytes: class.leak_bytes,
        retain,
    }
}

fn segment_spec(segment: &Segment, waits: WaitKernel) -> SegmentSpec {
    let kernel = match (segment.kind, waits) {
        (SegmentKind::Python, _) => Kernel::Python,
        (SegmentKind::LockedNative, _) => Kernel::LockedNative,
        (SegmentKind::Native { parallel: true }, _) => Kernel::Matmul,
        (SegmentKind::Native { parallel: false }, _) => Kernel::Native,
        (SegmentKind::Wait, WaitKernel::Sleep) => Kernel::Sleep,
        (SegmentKind::Wait, WaitKernel::Socket) => Kernel::SocketWait,
    };
    SegmentSpec { kernel, parts: segment.reacquires.unwrap_or(1).max(1) }
}
