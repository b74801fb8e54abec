//! Which threads there are, in which process, and under which lock.
//!
//! A worker is a process with threads and a lock of its own. Pools that live in
//! the parent's process share one lock with each other and with the parent's
//! own threads: the caller, and a feeder and a collector per pool that has them.

use crate::cpu::{GroupKind, GroupSpec, ThreadId};
use crate::engine::plan::{BYTECODE, NATIVE, PoolPlan, free_threaded};
use crate::engine::threads::{NO_LOCK, Role, Thread};
use crate::engine::worker_handler::WorkerHandler;
use crate::experiment::Scenario;
use crate::host::Host;
use crate::pool::{Concurrency, Dispatcher, ParentThreads, PoolConfig};

/// Threads and what they share.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) threads: Vec<Thread>,
    pub(super) locks: u32,
    pub(super) groups: Vec<GroupSpec>,
    /// Thread of each clerk.
    pub(super) clerks: Vec<ThreadId>,
    /// Thread that starts each pool's workers.
    pub(super) starters: Vec<ThreadId>,
    /// Threads of other processes.
    pub(super) background: Vec<ThreadId>,
}

/// The parent's process.
#[derive(Clone, Copy, Debug)]
struct Parent {
    lock: u32,
    group: usize,
}

/// Lays the pools out and enters their threads and clerks into `plans`.
pub(super) fn lay_out(scenario: &Scenario<'_>, plans: &mut [PoolPlan]) -> Layout {
    let mut layout = Layout {
        threads: Vec::new(),
        locks: 0,
        groups: vec![
            GroupSpec { kind: GroupKind::Bytecode },
            GroupSpec { kind: GroupKind::Native },
        ],
        clerks: Vec::new(),
        starters: Vec::new(),
        background: Vec::new(),
    };
    let parent = parent(scenario, &mut layout);
    for (pool, plan) in scenario.pools.iter().zip(plans.iter_mut()) {
        plan.first_thread = layout.threads.len() as ThreadId;
        // One thread contends with none: such processes need no group each.
        let alone = plan.threads_per_worker + plan.offload_threads == 1;
        let common =
            (alone && pool.lock_free()).then(|| layout.free_threads(scenario, pool, false));
        for worker in plan.entries.clone() {
            layout.worker(scenario, pool, plan, worker, parent, common);
        }
    }
    let mut caller = None;
    for (index, (pool, plan)) in (0..).zip(scenario.pools.iter().zip(plans.iter_mut())) {
        layout.clerks(pool, plan, parent, &mut caller);
        layout.worker_handler(scenario.host, index, pool, plan, parent);
    }
    for _ in scenario.pools {
        let starter = layout.add(Thread::new(Role::Starter, 0, NO_LOCK, BYTECODE));
        layout.starters.push(starter);
    }
    for index in 0..scenario.background.len() {
        let thread = layout.add(Thread::new(Role::Background, index as u32, NO_LOCK, BYTECODE));
        layout.background.push(thread);
    }
    layout
}

/// The parent's lock and rate group; no lock if one thread has it to itself.
fn parent(scenario: &Scenario<'_>, layout: &mut Layout) -> Parent {
    let python = |pool: &&PoolConfig| pool.dispatcher == Dispatcher::Python;
    let pools: Vec<&PoolConfig> = scenario.pools.iter().filter(python).collect();
    let inside = pools.iter().find(|pool| pool.in_parent());
    if inside.is_some_and(|pool| pool.lock_free()) {
        return Parent { lock: NO_LOCK, group: layout.free_threads(scenario, pools[0], true) };
    }
    let threads: u32 = pools.iter().map(|pool| parent_threads(pool)).sum();
    let alone = threads < 2 && inside.is_none();
    let lock_free = pools.first().is_some_and(|pool| pool.lock_free());
    let lock = if alone || lock_free { NO_LOCK } else { layout.lock() };
    Parent { lock, group: BYTECODE }
}

/// Threads of `pool` that run in the parent's own interpreter.
fn parent_threads(pool: &PoolConfig) -> u32 {
    let clerks = match pool.parent_threads {
        ParentThreads::FeederAndCollector => 3,
        _ => 1,
    };
    match pool.profile.concurrency {
        Concurrency::Threads(n) if pool.in_parent() => n + clerks,
        Concurrency::EventLoop(_) if pool.in_parent() => 1 + pool.offload_threads,
        _ => clerks,
    }
}

impl Layout {
    fn add(&mut self, thread: Thread) -> ThreadId {
        self.threads.push(thread);
        self.threads.len() as ThreadId - 1
    }

    fn lock(&mut self) -> u32 {
        self.locks += 1;
        self.locks - 1
    }

    fn free_threads(&mut self, scenario: &Scenario<'_>, pool: &PoolConfig, contend: bool) -> usize {
        self.groups.push(free_threaded(scenario.host, pool, contend));
        self.groups.len() - 1
    }

    /// The threads of one worker.
    fn worker(
        &mut self,
        scenario: &Scenario<'_>,
        pool: &PoolConfig,
        plan: &PoolPlan,
        worker: u32,
        parent: Parent,
        common: Option<usize>,
    ) {
        let group = match (pool.shares_parent(), pool.lock_free()) {
            (true, _) => parent.group,
            (false, true) => common.unwrap_or_else(|| self.free_threads(scenario, pool, true)),
            (false, false) => BYTECODE,
        };
        let lock = match pool.profile.concurrency {
            // Alone in its interpreter: nothing contends.
            Concurrency::Serial | Concurrency::Interpreters(_) => NO_LOCK,
            // The loop itself is one holder by construction, lock or not.
            Concurrency::EventLoop(_) if pool.lock_free() && plan.offload_threads > 0 => NO_LOCK,
            Concurrency::EventLoop(_) if pool.shares_parent() && parent.lock != NO_LOCK => {
                parent.lock
            }
            Concurrency::EventLoop(_) => self.lock(),
            Concurrency::Threads(_) if pool.lock_free() => NO_LOCK,
            Concurrency::Threads(_) if pool.shares_parent() => parent.lock,
            Concurrency::Threads(1) => NO_LOCK,
            Concurrency::Threads(_) => self.lock(),
        };
        let role = if plan.event_loops { Role::Loop } else { Role::Server };
        for _ in 0..plan.threads_per_worker {
            self.add(Thread::new(role, worker, lock, group));
        }
        for _ in 0..plan.offload_threads {
            self.add(Thread::new(Role::Offload, worker, lock, group));
        }
    }

    /// The threads that requests of `pool` pass on their way in and out.
    fn clerks(
        &mut self,
        pool: &PoolConfig,
        plan: &mut PoolPlan,
        parent: Parent,
        caller: &mut Option<u32>,
    ) {
        let ways = plan.classes.first().map_or((0, 0), |c| (c.inward.len(), c.outward.len()));
        if ways == (0, 0) {
            return;
        }
        if pool.dispatcher == Dispatcher::Native {
            let clerk = self.clerk(Thread::new(Role::Clerk, 0, NO_LOCK, NATIVE));
            (plan.inward, plan.outward) = (vec![clerk], vec![clerk]);
            return;
        }
        let thread = Thread::new(Role::Clerk, 0, parent.lock, parent.group);
        let hire = |layout: &mut Self| layout.clerk(thread.clone());
        match pool.parent_threads {
            ParentThreads::One => {
                let clerk = hire(self);
                (plan.inward, plan.outward) = (vec![clerk], vec![clerk]);
            }
            ParentThreads::CallerOnly => {
                plan.inward = vec![*caller.get_or_insert_with(|| hire(self))];
            }
            ParentThreads::FeederAndCollector => {
                let submits = *caller.get_or_insert_with(|| hire(self));
                plan.inward = vec![submits, hire(self)];
                plan.outward = vec![hire(self)];
            }
        }
    }

    /// The thread that looks at all workers with every result, if `pool` has one.
    fn worker_handler(
        &mut self,
        host: &Host,
        index: u32,
        pool: &PoolConfig,
        plan: &mut PoolPlan,
        parent: Parent,
    ) {
        let costs = &host.interpreter;
        let workers = u64::from(pool.profile.workers);
        let look = costs.look.value.0 + workers * costs.look_per_worker.value.0;
        if let Some(&collector) = plan.outward.first().filter(|_| pool.looks_at_results && look > 0)
        {
            let thread = Thread::new(Role::WorkerHandler, index, parent.lock, parent.group);
            let handler = WorkerHandler::new(self.add(thread), collector, look as f64);
            plan.worker_handler = Some(handler);
        }
    }

    fn clerk(&mut self, thread: Thread) -> u32 {
        let thread = self.add(thread);
        self.clerks.push(thread);
        self.clerks.len() as u32 - 1
    }
}
