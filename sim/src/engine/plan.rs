//! Everything about a scenario that is worked out once.

use std::ops::Range;

use crate::cpu::{GroupKind, GroupSpec, ThreadId};
use crate::engine::layout::{self, Layout};
use crate::engine::worker_handler::WorkerHandler;
use crate::experiment::Scenario;
use crate::host::{DispatchCost, Host, Parameter};
use crate::kernel::SimDuration;
use crate::pool::{
    Bundling, Concurrency, Dispatcher, Lifecycle, Ordering, ParentThreads, PoolConfig, PoolKind,
    Prefetch, Split, WorkerChoice,
};
use crate::process::StartPlan;
use crate::workload::{RequestClass, SegmentKind, Workload};

/// Rate group of bytecode under a lock.
pub(super) const BYTECODE: usize = 0;
/// Rate group of native code.
pub(super) const NATIVE: usize = 1;

/// What a pipe of Linux holds, in bytes.
const PIPE: u64 = 1 << 16;

/// CPU time of one request of a class at one station: so much, and so much per
/// further request of its bundle, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) first: f64,
    pub(super) bundled: f64,
    /// More of the first, of a thread that has slept.
    pub(super) after_sleep: f64,
    /// Fillings of a pipe beyond the first that it takes.
    pub(super) refills: u32,
}

/// Costs of one class in one pool.
#[derive(Clone, Debug)]
pub(super) struct ClassPlan {
    /// At each clerk on the way in.
    pub(super) inward: Vec<Cost>,
    /// At each clerk on the way out.
    pub(super) outward: Vec<Cost>,
    /// In the worker before the first segment.
    pub(super) before: Cost,
    /// In the worker after the last, in ns.
    pub(super) after: f64,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
    pub(super) segments: Vec<SegmentPlan>,
}

impl ClassPlan {
    /// At the clerk at this place on the way in, or out.
    #[inline]
    pub(super) fn at_clerk(&self, at: usize, inward: bool) -> Cost {
        if inward { self.inward[at] } else { self.outward[at] }
    }
}

/// One segment of one class, by index.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentPlan {
    pub(super) kind: SegmentKind,
    /// Equal parts that it is cut into.
    pub(super) parts: u32,
    /// Each part's end yields the lock to whoever was woken.
    pub(super) yielding: bool,
    /// Native threads.
    pub(super) width: u32,
    /// Time of a part over the stated duration: one over the parts, for native
    /// threads also over their speed-up.
    pub(super) factor: f64,
}

/// One pool that a request passes, and the segments that it runs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) pool: u32,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// One pool of the deployment.
#[derive(Clone, Debug)]
pub(super) struct PoolPlan {
    pub(super) classes: Vec<ClassPlan>,
    /// Its workers among all.
    pub(super) entries: Range<u32>,
    /// How many of them are up at once.
    pub(super) workers: u32,
    pub(super) slots_per_worker: u32,
    /// First thread of its first worker.
    pub(super) first_thread: ThreadId,
    /// OS threads of a worker that serve requests (or run its loop).
    pub(super) threads_per_worker: u32,
    /// OS threads beside a loop that run native segments for it.
    pub(super) offload_threads: u32,
    pub(super) event_loops: bool,
    /// Clerks on the way in and out, by index.
    pub(super) inward: Vec<u32>,
    pub(super) outward: Vec<u32>,
    pub(super) worker_handler: Option<WorkerHandler>,
    /// Is there a Python parent in another process than the workers?
    pub(super) parent_copies: bool,
    /// Requests under way beyond the slots that are up, if limited so.
    pub(super) beyond: Option<u64>,
    /// Requests under way, if limited in all.
    pub(super) max_in_flight: u64,
    pub(super) ordering: Ordering,
    pub(super) bundling: Option<Bundling>,
    /// Do workers race for connections of a shared socket?
    pub(super) races: bool,
    pub(super) queue_cap: usize,
    pub(super) queue_timeout: Option<SimDuration>,
    pub(super) start_batch: u32,
    pub(super) start_pause: SimDuration,
    pub(super) start: StartPlan,
    pub(super) lifecycle: Lifecycle,
    /// Is anything about its workers' lives to be looked after?
    pub(super) mortal: bool,
    /// From the signal that stops a worker until it is gone.
    pub(super) stop: SimDuration,
}

impl PoolPlan {
    /// First thread of `worker`, counted over all pools.
    #[inline]
    pub(super) fn first_thread(&self, worker: u32) -> ThreadId {
        let per_worker = self.threads_per_worker + self.offload_threads;
        self.first_thread + (worker - self.entries.start) * per_worker
    }

    /// Those that serve requests, the first last, so that it goes first.
    pub(super) fn server_threads(&self, worker: u32) -> Vec<ThreadId> {
        let first = self.first_thread(worker);
        (first..first + self.threads_per_worker).rev().collect()
    }

    /// All threads of `worker`.
    pub(super) fn threads_of(&self, worker: u32) -> Range<ThreadId> {
        let first = self.first_thread(worker);
        first..first + self.threads_per_worker + self.offload_threads
    }
}

/// Everything about a scenario that is worked out once.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) pools: Vec<PoolPlan>,
    /// Pool of each worker.
    pub(super) pool_of: Vec<u32>,
    /// By class: the pools that it passes.
    pub(super) routes: Vec<Vec<Hop>>,
    pub(super) groups: Vec<GroupSpec>,
    pub(super) hand_off: f64,
    pub(super) task_switch: f64,
    pub(super) widest: u32,
    ///, in ns; 0 where all that sleeps is cold at once
    cooling: f64,
}

impl Plan {
    /// Do hand-overs cool with time, or all that sleep at once?
    #[inline]
    pub(super) fn cools(&self) -> bool {
        self.cooling > 0.0
    }

    /// What of `more` ns a thread pays whose last hand-over was so long ago: the
    /// longer, the less of what it works on is still in the caches.
    #[inline]
    pub(super) fn cold(&self, idle: Option<SimDuration>, more: f64) -> f64 {
        match idle {
            None => 0.0,
            Some(_) if more == 0.0 || self.cooling == 0.0 => more,
            Some(idle) => more * -(-(idle.0 as f64) / self.cooling).exp_m1(),
        }
    }

    /// The plan, and the threads and locks that go with it.
    pub(super) fn new(scenario: &Scenario<'_>) -> (Self, Layout) {
        let Scenario { workload, host, pools, split, .. } = *scenario;
        let mut plans = Vec::new();
        let mut pool_of = Vec::new();
        let mut parent_is_up = false;
        for (index, pool) in pools.iter().enumerate() {
            let entries = match pool.lifecycle.start_first {
                true => 2 * pool.profile.workers,
                false => pool.profile.workers,
            };
            let from = pool_of.len() as u32;
            pool_of.extend((0..entries).map(|_| index as u32));
            let mut start = StartPlan::new(host, &workload.runtime, pool);
            let python = pool.dispatcher == Dispatcher::Python;
            if python && std::mem::replace(&mut parent_is_up, true) {
                start = start.in_running_parent(host, &workload.runtime);
            }
            plans.push(pool_plan(workload, host, pool, from..from + entries, start));
        }
        let layout = layout::lay_out(scenario, &mut plans);
        let widths = plans.iter().flat_map(|p| &p.classes).flat_map(|c| &c.segments);
        let plan = Self {
            widest: widths.map(|s| s.width).max().unwrap_or(1),
            pools: plans,
            pool_of,
            routes: workload
                .classes
                .iter()
                .enumerate()
                .map(|(class, of)| route(class, of, split))
                .collect(),
            groups: layout.groups.clone(),
            hand_off: host.interpreter.hand_off.value.0 as f64,
            task_switch: host.interpreter.task_switch.value.0 as f64,
            cooling: host.cpu.cooling.value.0 as f64,
        };
        (plan, layout)
    }

    /// The pool of `worker`.
    #[inline]
    pub(super) fn of_worker(&self, worker: u32) -> &PoolPlan {
        &self.pools[self.pool_of[worker as usize] as usize]
    }

    /// Number of workers over all pools, successors included.
    pub(super) fn entries(&self) -> u32 {
        self.pool_of.len() as u32
    }
}

/// Consecutive segments that one pool serves make one hop.
fn route(class: usize, of: &RequestClass, split: &Split) -> Vec<Hop> {
    let mut hops: Vec<Hop> = Vec::new();
    for (at, segment) in (0..).zip(&of.segments) {
        let pool = split.pool(class, segment.stage) as u32;
        match hops.last_mut() {
            Some(hop) if hop.pool == pool => hop.to = at + 1,
            _ => hops.push(Hop { pool, from: at, to: at + 1 }),
        }
    }
    if hops.is_empty() {
        hops.push(Hop { pool: split.pool(class, 0) as u32, from: 0, to: 0 });
    }
    hops
}

fn pool_plan(
    workload: &Workload,
    host: &Host,
    pool: &PoolConfig,
    entries: Range<u32>,
    start: StartPlan,
) -> PoolPlan {
    let mortal_load = workload.classes.iter().any(|c| c.crash > 0.0 || c.hang > 0.0)
        || workload.runtime.crash_every.is_some();
    let watched = pool.lifecycle.recycles() || pool.lifecycle.kill_after.is_some();
    let beyond = match pool.prefetch {
        Prefetch::Unbounded => None,
        Prefetch::Beyond(n) => Some(u64::from(n)),
    };
    let event_loops = matches!(pool.profile.concurrency, Concurrency::EventLoop(_));
    let threads = match pool.profile.concurrency {
        Concurrency::Serial | Concurrency::EventLoop(_) => 1,
        Concurrency::Threads(n) | Concurrency::Interpreters(n) => n,
    };
    PoolPlan {
        classes: workload.classes.iter().map(|class| class_plan(host, pool, class)).collect(),
        entries,
        workers: pool.profile.workers,
        slots_per_worker: pool.slots_per_worker(),
        first_thread: 0,
        threads_per_worker: threads,
        offload_threads: if event_loops { pool.offload_threads } else { 0 },
        event_loops,
        inward: Vec::new(),
        outward: Vec::new(),
        worker_handler: None,
        parent_copies: pool.dispatcher == Dispatcher::Python && !pool.in_parent(),
        beyond,
        max_in_flight: pool.max_in_flight.map_or(u64::MAX, u64::from),
        ordering: pool.ordering,
        bundling: pool.bundling,
        races: matches!(pool.choice, WorkerChoice::AcceptOne | WorkerChoice::AcceptAll),
        queue_cap: pool.queue_cap.map_or(usize::MAX, |cap| cap as usize),
        queue_timeout: pool.queue_timeout,
        start_batch: pool.start_batch.unwrap_or(u32::MAX),
        // Batched starters pause after every batch, the last one too, and only
        // then report the pool as started.
        start_pause: pool.start_batch.map_or(SimDuration::ZERO, |_| pool.start_delay),
        start,
        lifecycle: pool.lifecycle,
        mortal: watched || mortal_load || pool.lifecycle.heartbeat.is_some(),
        stop: host.start.stop.value,
    }
}

fn class_plan(host: &Host, pool: &PoolConfig, class: &RequestClass) -> ClassPlan {
    let cost = dispatch_cost(host, pool);
    let (to, from) = (class.request_bytes as f64, class.response_bytes as f64);
    let fixed = |time: &Parameter<SimDuration>| time.value.0 as f64;
    let (submit, send, receive) =
        (fixed(&cost.submit), fixed(&cost.parent_send), fixed(&cost.parent_receive));
    let per_byte = cost.parent_per_byte.value;
    let copying = cost.worker_per_byte.value * (to + from);
    let worker = fixed(&cost.worker) + copying;
    let [slow_submit, slow_send, slow_receive, slow_worker] = after_sleep(host, pool.kind);
    let only = |first: f64| Cost { first, bundled: first, after_sleep: 0.0, refills: 0 };
    // One message per bundle, however many requests it holds.
    let once = |fixed: f64, bytes: f64| {
        let bundled = per_byte * bytes;
        Cost { first: fixed + bundled, bundled, after_sleep: 0.0, refills: 0 }
    };
    let each = |fixed: f64, bytes: f64| only(fixed + per_byte * bytes);
    let slower = |after_sleep: f64, cost: Cost| Cost { after_sleep, ..cost };
    let piped = |bytes: u64, cost: Cost| match pool.in_parent() {
        true => cost,
        false => Cost { refills: (bytes.div_ceil(PIPE).max(1) - 1) as u32, ..cost },
    };
    let out = |bytes: f64| {
        let cost = match pool.bundling {
            Some(Bundling { settle_together: true, .. }) => once(receive, bytes),
            _ => each(receive, bytes),
        };
        slower(slow_receive, cost)
    };
    let loop_is_parent =
        pool.shares_parent() && matches!(pool.profile.concurrency, Concurrency::EventLoop(_));
    let (inward, outward, before, after) = match (pool.dispatcher, pool.parent_threads) {
        (Dispatcher::Kernel, _) => (vec![], vec![], worker, 0.0),
        // The loop itself submits, sends and receives.
        _ if loop_is_parent => {
            (vec![], vec![], worker + submit + send + per_byte * to, receive + per_byte * from)
        }
        (Dispatcher::Native, _) | (_, ParentThreads::One) => {
            let both = slower(slow_submit + slow_send, once(submit + send, to));
            (vec![both], vec![out(from)], worker, 0.0)
        }
        (_, ParentThreads::FeederAndCollector) => {
            let caller = slower(slow_submit, only(submit));
            let feeder = piped(class.request_bytes, slower(slow_send, once(send, to)));
            let collector = piped(class.response_bytes, out(from));
            (vec![caller, feeder], vec![collector], worker, 0.0)
        }
        (_, ParentThreads::CallerOnly) => {
            let caller = slower(slow_submit, only(submit));
            (vec![caller], vec![], worker + send + per_byte * to, receive + per_byte * from)
        }
    };
    let segments = class
        .segments
        .iter()
        .map(|segment| {
            let width = match segment.kind {
                SegmentKind::Native { parallel: true } => pool.blas_threads.max(1),
                _ => 1,
            };
            let parts = segment.reacquires.unwrap_or(1).max(1);
            SegmentPlan {
                kind: segment.kind,
                parts,
                yielding: segment.reacquires.is_some(),
                width,
                factor: 1.0 / (f64::from(parts) * host.blas_speedup(width)),
            }
        })
        .collect();
    ClassPlan {
        inward,
        outward,
        before: Cost { first: before, bundled: copying, after_sleep: slow_worker, refills: 0 },
        after,
        request_bytes: class.request_bytes,
        response_bytes: class.response_bytes,
        segments,
    }
}

/// How much more each side of a hand-over takes of a thread that has slept, in
/// ns: caller, feeder, collector, worker.
fn after_sleep(host: &Host, kind: PoolKind) -> [f64; 4] {
    let costs = &host.dispatch;
    let (Some(slept), Some(awake)) = (costs.after_sleep.get(&kind), costs.pools.get(&kind)) else {
        return [0.0; 4];
    };
    let more = |slept: &Parameter<SimDuration>, awake: &Parameter<SimDuration>| {
        slept.value.0.saturating_sub(awake.value.0) as f64
    };
    [
        more(&slept.submit, &awake.submit),
        more(&slept.parent_send, &awake.parent_send),
        more(&slept.parent_receive, &awake.parent_receive),
        more(&slept.worker, &awake.worker),
    ]
}

/// What a hand-over costs in this pool.
pub(crate) fn dispatch_cost<'h>(host: &'h Host, pool: &PoolConfig) -> &'h DispatchCost {
    let shape = match pool.dispatcher {
        Dispatcher::Kernel => &host.dispatch.kernel,
        Dispatcher::Native => &host.dispatch.native,
        Dispatcher::Python if pool.in_parent() => &host.dispatch.python_thread,
        Dispatcher::Python => &host.dispatch.python_process,
    };
    host.dispatch.pools.get(&pool.kind).unwrap_or(shape)
}

/// How fast bytecode of a process of `pool` runs, beside its own threads if it
/// has several that `contend`.
pub(super) fn free_threaded(host: &Host, pool: &PoolConfig, contend: bool) -> GroupSpec {
    let costs = &host.interpreter;
    let slowdown = match pool.python.minor {
        14.. => costs.free_threaded_314.value,
        _ => costs.free_threaded_313.value,
    };
    let kind = GroupKind::FreeThreaded {
        slowdown,
        contention: if contend { costs.free_threaded_contention.value } else { 0.0 },
        coherency: if contend { costs.free_threaded_coherency.value } else { 0.0 },
    };
    GroupSpec { kind }
}
