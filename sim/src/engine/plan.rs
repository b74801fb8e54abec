//! Everything about a scenario that is worked out once.

use crate::cpu::{GroupKind, GroupSpec};
use crate::experiment::Scenario;
use crate::host::{DispatchCost, Host};
use crate::pool::{Concurrency, Dispatcher, PoolConfig};
use crate::workload::SegmentKind;

/// Rate group of bytecode under a lock.
pub(super) const BYTECODE: usize = 0;
/// Rate group of native code.
pub(super) const NATIVE: usize = 1;

/// Costs of one class [ns of CPU].
#[derive(Clone, Debug)]
pub(super) struct ClassPlan {
    pub(super) send: f64,
    pub(super) receive: f64,
    pub(super) worker: f64,
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

/// Everything about a scenario that is worked out once.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) classes: Vec<ClassPlan>,
    pub(super) segments: Vec<Vec<SegmentPlan>>,
    pub(super) workers: u32,
    pub(super) slots_per_worker: u32,
    /// OS threads of a worker that serve requests.
    pub(super) threads_per_worker: u32,
    /// Locks of a worker; 0 if nothing can contend for one.
    pub(super) locks_per_worker: u32,
    pub(super) event_loops: bool,
    /// The dispatcher's thread takes part in the worker's own lock.
    pub(super) dispatcher_in_worker: bool,
    pub(super) dispatcher_is_python: bool,
    pub(super) dispatches: bool,
    pub(super) groups: Vec<GroupSpec>,
    pub(super) hand_off: f64,
    pub(super) task_switch: f64,
    pub(super) widest: u32,
}

impl Plan {
    pub(super) fn new(scenario: &Scenario<'_>) -> Self {
        let Scenario { workload, host, .. } = *scenario;
        let pool = &scenario.pools[0];
        let cost = dispatch_cost(host, pool);
        let classes: Vec<ClassPlan> = workload
            .classes
            .iter()
            .map(|class| {
                let (to, from) = (class.request_bytes as f64, class.response_bytes as f64);
                let time = |fixed: f64, per_byte: f64, bytes: f64| fixed + per_byte * bytes;
                let per_byte = cost.parent_per_byte.value;
                ClassPlan {
                    send: time(
                        (cost.submit.value.0 + cost.parent_send.value.0) as f64,
                        per_byte,
                        to,
                    ),
                    receive: time(cost.parent_receive.value.0 as f64, per_byte, from),
                    worker: time(cost.worker.value.0 as f64, cost.worker_per_byte.value, to + from),
                }
            })
            .collect();
        let segments: Vec<Vec<SegmentPlan>> = workload
            .classes
            .iter()
            .map(|class| {
                class
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
                    .collect()
            })
            .collect();
        let has_dispatcher = pool.dispatcher != Dispatcher::Kernel;
        let dispatches = has_dispatcher && classes.iter().any(|c| c.send > 0.0 || c.receive > 0.0);
        let dispatcher_in_worker =
            dispatches && pool.dispatcher == Dispatcher::Python && pool.in_parent();
        let free = pool.lock_free();
        let event_loops = matches!(pool.profile.concurrency, Concurrency::EventLoop(_));
        // Without a second thread nothing contends, and the lock is left out.
        let (threads_per_worker, locks_per_worker) = match pool.profile.concurrency {
            Concurrency::Serial => (1, 0),
            // The loop itself: one holder by construction.
            Concurrency::EventLoop(_) => (1, 1),
            Concurrency::Threads(n) => (n, u32::from(!free && (n > 1 || dispatcher_in_worker))),
            Concurrency::Interpreters(n) => (n, if dispatcher_in_worker { n } else { 0 }),
        };
        Self {
            widest: segments.iter().flatten().map(|s| s.width).max().unwrap_or(1),
            classes,
            segments,
            workers: pool.profile.workers,
            slots_per_worker: pool.profile.slots_per_worker(),
            threads_per_worker,
            locks_per_worker,
            event_loops,
            dispatcher_in_worker,
            dispatcher_is_python: pool.dispatcher == Dispatcher::Python,
            dispatches,
            groups: groups(host, pool),
            hand_off: host.interpreter.hand_off.value.0 as f64,
            task_switch: host.interpreter.task_switch.value.0 as f64,
        }
    }

    /// Rate group of bytecode on `worker`.
    pub(super) fn python_group(&self, worker: u32) -> usize {
        if self.groups.len() > 2 { 2 + worker as usize } else { BYTECODE }
    }
}

/// What a hand-over costs in this pool.
pub(crate) fn dispatch_cost<'h>(host: &'h Host, pool: &PoolConfig) -> &'h DispatchCost {
    match pool.dispatcher {
        Dispatcher::Kernel => &host.dispatch.kernel,
        Dispatcher::Native => &host.dispatch.native,
        Dispatcher::Python if pool.in_parent() => &host.dispatch.python_thread,
        Dispatcher::Python => &host.dispatch.python_process,
    }
}

/// Bytecode and native code; one more group per free-threaded process, because
/// its threads contend with each other only.
fn groups(host: &Host, pool: &PoolConfig) -> Vec<GroupSpec> {
    let mut groups =
        vec![GroupSpec { kind: GroupKind::Bytecode }, GroupSpec { kind: GroupKind::Native }];
    if pool.lock_free() {
        let costs = &host.interpreter;
        let slowdown = if pool.python.minor >= 14 {
            costs.free_threaded_314.value
        } else {
            costs.free_threaded_313.value
        };
        let kind = GroupKind::FreeThreaded {
            slowdown,
            contention: costs.free_threaded_contention.value,
            coherency: costs.free_threaded_coherency.value,
        };
        groups.extend((0..pool.profile.workers).map(|_| GroupSpec { kind }));
    }
    groups
}
