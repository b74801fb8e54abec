//! A host as the model sees it: its size and the measured (or assumed, or
//! published) cost of everything CPython and Linux do on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::host::{Discrepancy, Figure};
use crate::kernel::SimDuration;
use crate::pool::{PoolConfig, PoolKind, StartMethod};

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Measured on the host named in the calibration.
    Measured,
    /// Taken from a publication that the note names.
    Published,
    /// An engineer's guess that the note explains.
    Assumed,
}

impl Origin {
    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Published => "published",
            Self::Assumed => "assumed",
        }
    }
}

/// One parameter: its value and how far it can be believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter<T> {
    /// Best value.
    pub value: T,
    /// Lower end of its 95 % range.
    pub low: T,
    /// Upper end of its 95 % range.
    pub high: T,
    /// Where it comes from.
    pub origin: Origin,
    /// Source or method, in a few words.
    pub note: String,
    /// How far the fit is from what was observed, as a share of the value; none
    /// if nothing was fitted.
    pub fit_error: Option<f64>,
}

impl<T: Copy> Parameter<T> {
    /// A value taken as exact, for tests and closed forms.
    pub fn exactly(value: T) -> Self {
        Self {
            value,
            low: value,
            high: value,
            origin: Origin::Assumed,
            note: "stated as exact".to_owned(),
            fit_error: None,
        }
    }
}

/// A host and its calibration.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Name of the calibration.
    pub name: String,
    /// Day of the calibration, `YYYY-MM-DD`.
    pub date: String,
    /// What the processor calls itself; empty if the host is hypothetical.
    pub processor: String,
    /// Physical cores.
    pub cores: u32,
    /// Hardware threads per core, 1 or 2.
    pub threads_per_core: u32,
    /// cgroup CPU quota in CPUs, if limited.
    pub quota: Option<Quota>,
    /// Memory that the pool may use, in bytes.
    pub memory_bytes: u64,
    /// Swap space beside it, in bytes.
    pub swap_bytes: u64,
    /// Cores and the OS scheduler.
    pub cpu: CpuCosts,
    /// The interpreter lock and its absence.
    pub interpreter: InterpreterCosts,
    /// Starting processes.
    pub start: StartCosts,
    /// Constructing pools that were measured by themselves.
    pub constructors: BTreeMap<PoolKind, ConstructorCost>,
    /// Memory terms.
    pub memory: MemoryCosts,
    /// Processes of servers that were measured by themselves.
    pub servers: BTreeMap<PoolKind, ServerCost>,
    /// Handing requests to workers and results back.
    pub dispatch: DispatchCosts,
    /// How often blocking calls lose the interpreter lock, if that was measured.
    pub reacquires: Option<Reacquires>,
    /// How and of what the calibration was made, if it was measured.
    pub provenance: Option<Provenance>,
    /// What the model itself is off by with these parameters, where that was
    /// measured.
    pub discrepancy: BTreeMap<Figure, Discrepancy>,
}

/// Largest spread of a log-normal time, as the standard deviation of its
/// logarithm: its mean is 90 times its median.
pub const MAX_SPREAD: f64 = 3.0;

/// A cgroup v2 `cpu.max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quota {
    /// CPUs' worth of time per period; may be fractional.
    pub cpus: f64,
    /// Length of a period.
    pub period: SimDuration,
}

/// Times that a blocking call comes back without the interpreter lock while
/// another thread of its process computes: each costs about a switch interval.
/// Nothing in a simulation reads them; a measured callable is held against them.
#[derive(Clone, Debug, PartialEq)]
pub struct Reacquires {
    /// Of `time.sleep`.
    pub sleep: Parameter<f64>,
    /// Of a request and its reply over a local socket.
    pub socket: Parameter<f64>,
    /// Of a write to a pipe and the read of it.
    pub pipe: Parameter<f64>,
    /// Of a write to a file and the read of it.
    pub file: Parameter<f64>,
}

/// How and of what a calibration was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Version and build of the interpreter that was measured.
    pub interpreter: String,
    /// Release of the operating system's kernel.
    pub kernel: String,
    /// Version of the program that measured.
    pub planner: String,
    /// Rounds that every probe was run in.
    pub rounds: u64,
    /// Runs of a probe that were thrown away because the host's speed changed.
    pub rejected: u64,
}

/// Cores and the OS scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuCosts {
    /// Speed of all work on the cores, over that when the calibration was made:
    /// 1, with the range in which it changes from one run to another.
    pub speed: Parameter<f64>,
    /// Throughput of a core with both siblings busy, over that with one (1 to 2).
    pub smt_gain: Parameter<f64>,
    /// Extra service time of bytecode per further busy core, as a share.
    pub bytecode_inflation: Parameter<f64>,
    /// Extra service time of native code per further busy core, as a share
    /// (memory bandwidth, turbo, shared cache).
    pub native_inflation: Parameter<f64>,
    /// Share of a parallel native segment that stays serial (Amdahl).
    pub blas_serial_share: Parameter<f64>,
    /// From one tick of the clock to the next, at which slices end (1/`CONFIG_HZ`).
    pub tick: Parameter<SimDuration>,
    /// What a thread may run before another's turn (EEVDF base slice, scaled).
    pub base_slice: Parameter<SimDuration>,
    /// Of the threads that wake while somebody runs on the core that they ran on
    /// last, the share that finds another core idle if there is one; the rest
    /// wait where they are until it comes for them.
    pub finds_idle: Parameter<f64>,
    /// Time constant with which what a thread works on in a hand-over leaves the
    /// caches.
    pub cooling: Parameter<SimDuration>,
    /// Cost of a context switch on the core.
    pub context_switch: Parameter<SimDuration>,
    /// From a wake-up to running on an idle core: the median.
    pub wake_latency: Parameter<SimDuration>,
    /// Spread of that time, which is log-normal: standard deviation of its
    /// logarithm.
    pub wake_spread: Parameter<f64>,
    /// What a timed wait oversleeps, before the wake-up: the median.
    pub timer_slack: Parameter<SimDuration>,
    /// Spread of what a timed wait oversleeps with the wake-up, which is
    /// log-normal: standard deviation of its logarithm.
    pub timer_spread: Parameter<f64>,
}

/// The interpreter lock and its absence.
#[derive(Clone, Debug, PartialEq)]
pub struct InterpreterCosts {
    /// `sys.getswitchinterval()`.
    pub switch_interval: Parameter<SimDuration>,
    /// CPU time a thread loses when it takes the lock from another thread.
    pub hand_off: Parameter<SimDuration>,
    /// Which waiter a release wakes.
    pub wake_order: WakeOrder,
    /// How often a waiter that asks a holder in bytecode to drop the lock takes
    /// it past the queue, because it does not sleep yet when the holder signals,
    /// as a share.
    pub asker_wins: Parameter<f64>,
    /// Bytecode time on 3.13t over 3.13.
    pub free_threaded_313: Parameter<f64>,
    /// Bytecode time on 3.14t and later over 3.14.
    pub free_threaded_314: Parameter<f64>,
    /// Contention between running free threads of a process, per further
    /// running thread, as a share (sigma of the universal scalability law).
    pub free_threaded_contention: Parameter<f64>,
    /// Coherency cost per pair of running threads (kappa of that law).
    pub free_threaded_coherency: Parameter<f64>,
    /// CPU time of resuming a task of an event loop.
    pub task_switch: Parameter<SimDuration>,
    /// CPU time in which `multiprocessing.Pool` looks at its workers once, however
    /// many they are.
    pub look: Parameter<SimDuration>,
    /// The same for each of them.
    pub look_per_worker: Parameter<SimDuration>,
}

/// Which waiter is woken when the lock is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeOrder {
    /// Any of them, each as likely. Mean and tail of what CPython 3.11 to 3.13
    /// show on Linux lie near this: waiters time out and wait again, so their
    /// order in the condition variable is as good as shuffled.
    Random,
    /// The one that asked first, whatever its timed waits did: the same mean
    /// and hardly a tail.
    Fifo,
    /// The one whose present timed wait began first: a waiter whose wait ran
    /// out is behind those that came meanwhile (a strict reading of the source).
    Requeue,
    /// The one that asked last.
    Lifo,
}

/// Starting processes.
#[derive(Clone, Debug, PartialEq)]
pub struct StartCosts {
    /// `fork()` of an empty parent, in the parent.
    pub fork_base: Parameter<SimDuration>,
    /// `fork()` per MiB resident in the parent, in the parent.
    pub fork_per_mib: Parameter<SimDuration>,
    /// `fork` + `exec` of a new interpreter, in the parent.
    pub exec: Parameter<SimDuration>,
    /// CPU time of a bare interpreter until it can import the application.
    pub interpreter: Parameter<SimDuration>,
    /// CPU time of a forked child until it is ready.
    pub child: Parameter<SimDuration>,
    /// Starting one thread.
    pub thread: Parameter<SimDuration>,
    /// From the signal that stops an idle worker until it is gone.
    pub stop: Parameter<SimDuration>,
}

/// Constructing a pool of Python, beside forking or spawning its workers.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstructorCost {
    /// CPU time of the process that makes the pool, however many workers it has:
    /// locks, pipes, threads of its own, first calls.
    pub construct: Parameter<SimDuration>,
    /// The same per worker process, beside `fork` or `exec`; per worker thread,
    /// with its start.
    pub per_worker: Parameter<SimDuration>,
    /// CPU time of a forked worker until it waits for its first request; zero of
    /// threads.
    pub child: Parameter<SimDuration>,
}

/// What a server is without an application: its own imports, and the processes
/// that serve nothing (arbiter, supervisor, resource tracker).
#[derive(Clone, Debug, PartialEq)]
pub struct ServerCost {
    /// Memory of the processes that serve nothing, beyond the bare interpreter
    /// that forked workers come from, in bytes.
    pub parent_memory: Parameter<u64>,
    /// Memory of each worker, beyond a bare interpreter or what it copied of the
    /// pages of such a parent, in bytes.
    pub worker_memory: Parameter<u64>,
    /// CPU time of that parent before it launches a worker, beyond a bare
    /// interpreter's boot.
    pub parent_start: Parameter<SimDuration>,
    /// CPU time of a worker before it imports the application, beyond that of a
    /// plain child.
    pub worker_start: Parameter<SimDuration>,
}

impl ServerCost {
    /// Does `pool` have a process that serves nothing? One that spawns a single
    /// worker is that worker.
    fn has_parent(pool: &PoolConfig) -> bool {
        pool.start_method != StartMethod::Spawn || pool.profile.workers > 1
    }

    /// Memory of the parent of `pool`, in bytes.
    pub(crate) fn memory_beside(&self, pool: &PoolConfig) -> u64 {
        if Self::has_parent(pool) { self.parent_memory.value } else { 0 }
    }

    /// CPU time of the parent of `pool` before its first worker, in ns.
    pub(crate) fn start_beside(&self, pool: &PoolConfig) -> f64 {
        if Self::has_parent(pool) { self.parent_start.value.0 as f64 } else { 0.0 }
    }
}

/// Memory terms, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryCosts {
    /// Private memory of a bare interpreter.
    pub interpreter: Parameter<u64>,
    /// Memory of shared libraries, in every process but counted once in PSS.
    pub shared_libraries: Parameter<u64>,
    /// Stack, arena and thread state of one thread.
    pub thread: Parameter<u64>,
    /// One further sub-interpreter, without imports.
    pub subinterpreter: Parameter<u64>,
    /// One task of an event loop.
    pub task: Parameter<u64>,
    /// Share of the parent's pages that a forked child ends up owning.
    pub cow_plateau: Parameter<f64>,
    /// Requests after which 63 % of that plateau is private.
    pub cow_requests: Parameter<f64>,
    /// Copies of a payload in the parent while it is on its way.
    pub ipc_copies: Parameter<f64>,
    /// Extra time of all CPU work if as much memory is swapped out as is in, as
    /// a share: 10 means eleven times as long.
    pub swap_slowdown: Parameter<f64>,
}

/// What it costs to hand one request to a worker and take the result back.
#[derive(Clone, Debug, PartialEq)]
pub struct DispatchCosts {
    /// Between Python processes, through the parent (`ProcessPoolExecutor`).
    pub python_process: DispatchCost,
    /// Between threads of one Python process (`ThreadPoolExecutor`).
    pub python_thread: DispatchCost,
    /// From a dispatcher that is not Python, over a local socket (gRPC).
    pub native: DispatchCost,
    /// Accepting from a shared socket in the worker (prefork server).
    pub kernel: DispatchCost,
    /// Pools that were measured by themselves.
    pub pools: BTreeMap<PoolKind, DispatchCost>,
    /// What the same takes of threads that have slept, where that was measured;
    /// then `pools` says what it takes of threads that go from one request to
    /// the next.
    pub after_sleep: BTreeMap<PoolKind, AfterSleep>,
}

/// The two sides of a hand-over. `parent_*` is spent by the dispatcher,
/// `worker_*` by the worker under its own lock.
#[derive(Clone, Debug, PartialEq)]
pub struct DispatchCost {
    /// Caller's CPU time to submit one request, where a thread of its own sends
    /// it on.
    pub submit: Parameter<SimDuration>,
    /// Dispatcher's CPU time to send one request.
    pub parent_send: Parameter<SimDuration>,
    /// Dispatcher's CPU time to take one result.
    pub parent_receive: Parameter<SimDuration>,
    /// Dispatcher's CPU time per byte, either way, in ns/byte.
    pub parent_per_byte: Parameter<f64>,
    /// Worker's CPU time per request (receive, unpickle, reply).
    pub worker: Parameter<SimDuration>,
    /// Worker's CPU time per byte, either way, in ns/byte.
    pub worker_per_byte: Parameter<f64>,
}

/// What a thread that has slept spends on its next request: its caches are cold
/// and its core has slowed down.
#[derive(Clone, Debug, PartialEq)]
pub struct AfterSleep {
    /// Caller's CPU time to submit one request.
    pub submit: Parameter<SimDuration>,
    /// Dispatcher's CPU time to send one request.
    pub parent_send: Parameter<SimDuration>,
    /// Dispatcher's CPU time to take one result.
    pub parent_receive: Parameter<SimDuration>,
    /// Worker's CPU time per request.
    pub worker: Parameter<SimDuration>,
}

impl Host {
    /// Cores' worth of work that can be done at once: with siblings, more than
    /// there are cores; no more than the quota.
    pub fn usable_cpus(&self) -> f64 {
        let siblings = f64::from(self.threads_per_core - 1);
        let cores = f64::from(self.cores) * (1.0 + siblings * (self.cpu.smt_gain.value - 1.0));
        self.quota.map_or(cores, |q| q.cpus.min(cores))
    }

    /// Logical CPUs (`os.cpu_count()`).
    pub fn logical_cpus(&self) -> u32 {
        self.cores * self.threads_per_core
    }

    /// Speed-up of a parallel native segment on `threads` idle cores (Amdahl).
    pub fn blas_speedup(&self, threads: u32) -> f64 {
        let serial = self.cpu.blas_serial_share.value;
        1.0 / (serial + (1.0 - serial) / f64::from(threads.max(1)))
    }

    /// A host without overheads: every cost zero, every gain one. Closed forms
    /// hold on it exactly; tests start from it and switch on one effect.
    pub fn ideal(cores: u32) -> Self {
        let none = || Parameter::exactly(SimDuration::ZERO);
        let zero = || Parameter::exactly(0.0);
        let free = || DispatchCost {
            submit: none(),
            parent_send: none(),
            parent_receive: none(),
            parent_per_byte: zero(),
            worker: none(),
            worker_per_byte: zero(),
        };
        Self {
            name: format!("ideal-{cores}-core"),
            date: String::new(),
            processor: String::new(),
            cores,
            threads_per_core: 1,
            quota: None,
            memory_bytes: 1 << 40,
            swap_bytes: 0,
            cpu: CpuCosts {
                speed: Parameter::exactly(1.0),
                smt_gain: Parameter::exactly(1.0),
                bytecode_inflation: zero(),
                native_inflation: zero(),
                blas_serial_share: zero(),
                tick: Parameter::exactly(SimDuration::MILLISECOND),
                base_slice: Parameter::exactly(SimDuration::MILLISECOND),
                finds_idle: Parameter::exactly(1.0),
                cooling: none(),
                context_switch: none(),
                wake_latency: none(),
                wake_spread: zero(),
                timer_slack: none(),
                timer_spread: zero(),
            },
            interpreter: InterpreterCosts {
                switch_interval: Parameter::exactly(SimDuration(5_000_000)),
                hand_off: none(),
                wake_order: WakeOrder::Random,
                asker_wins: zero(),
                free_threaded_313: Parameter::exactly(1.0),
                free_threaded_314: Parameter::exactly(1.0),
                free_threaded_contention: zero(),
                free_threaded_coherency: zero(),
                task_switch: none(),
                look: none(),
                look_per_worker: none(),
            },
            start: StartCosts {
                fork_base: none(),
                fork_per_mib: none(),
                exec: none(),
                interpreter: none(),
                child: none(),
                thread: none(),
                stop: none(),
            },
            constructors: BTreeMap::new(),
            servers: BTreeMap::new(),
            memory: MemoryCosts {
                interpreter: Parameter::exactly(0),
                shared_libraries: Parameter::exactly(0),
                thread: Parameter::exactly(0),
                subinterpreter: Parameter::exactly(0),
                task: Parameter::exactly(0),
                cow_plateau: Parameter::exactly(1.0),
                cow_requests: Parameter::exactly(1.0),
                ipc_copies: zero(),
                swap_slowdown: zero(),
            },
            dispatch: DispatchCosts {
                python_process: free(),
                python_thread: free(),
                native: free(),
                kernel: free(),
                pools: BTreeMap::new(),
                after_sleep: BTreeMap::new(),
            },
            reacquires: None,
            provenance: None,
            discrepancy: BTreeMap::new(),
        }
    }
}
