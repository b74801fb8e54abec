//! Putting an engine together, and refusing what cannot be.

use std::collections::VecDeque;

use crate::cpu::CpuScheduler;
use crate::engine::lateness::{Delay, Lateness};
use crate::engine::layout::Layout;
use crate::engine::life_watch::LifeWatch;
use crate::engine::plan::Plan;
use crate::engine::pools::PoolState;
use crate::engine::requests::Requests;
use crate::engine::slots::{Counts, Slots};
use crate::engine::watch::{LoadKind, Watch};
use crate::engine::workers::Workers;
use crate::engine::{Clerk, Engine, Lock};
use crate::experiment::{Observer, Scenario, SimError};
use crate::interpreter::Gil;
use crate::kernel::{Calendar, Purpose, SimTime, Streams};
use crate::pool::{Concurrency, MAX_SLOTS, Ordering, PoolConfig, Split};
use crate::process::Ledger;
use crate::stats::TimeWeighted;
use crate::workload::{Arrivals, OverMemory, Retention, Trace, TraceRow};

/// What no file can say but a caller could.
pub(super) fn check(scenario: &Scenario<'_>) -> Result<(), SimError> {
    let refuse = |why: String| Err(SimError::Impossible(why));
    let pools = scenario.pools;
    let workload = scenario.workload;
    for pool in pools {
        if let Some(why) = refusal(scenario, pool) {
            return refuse(why);
        }
    }
    let highest = match scenario.split {
        Split::Whole => 0,
        Split::ByClass(of) if of.len() != workload.classes.len() => {
            return refuse("a split by class names a pool for each class".to_owned());
        }
        Split::ByClass(of) => of.iter().map(|&pool| pool as usize).max().unwrap_or(0),
        Split::ByStage => workload.stages.len().saturating_sub(1),
    };
    if highest >= pools.len() {
        return refuse(format!("{} pools, but the split needs {}", pools.len(), highest + 1));
    }
    let inside: Vec<&PoolConfig> = pools.iter().filter(|pool| pool.shares_parent()).collect();
    if inside.windows(2).any(|pair| pair[0].python != pair[1].python) {
        return refuse("pools inside the parent share its interpreter".to_owned());
    }
    Ok(())
}

fn refusal(scenario: &Scenario<'_>, pool: &PoolConfig) -> Option<String> {
    if pool.slots() == 0 || pool.slots() > MAX_SLOTS {
        return Some(format!("{} has {} slots, not 1 to {MAX_SLOTS}", pool.profile, pool.slots()));
    }
    if pool.blas_threads == 0 || pool.blas_threads > 1024 {
        return Some(format!("{} BLAS threads, not 1 to 1024", pool.blas_threads));
    }
    if pool.start_batch == Some(0) {
        return Some("a start batch of 0 workers never starts any".to_owned());
    }
    if pool.max_in_flight == Some(0) {
        return Some("with no request under way none is ever served".to_owned());
    }
    if matches!(pool.profile.concurrency, Concurrency::Interpreters(_)) && pool.lock_free() {
        return Some(
            "sub-interpreters are modelled with a lock each, not free-threaded".to_owned(),
        );
    }
    if pool.ordering != Ordering::Unordered && scenario.workload.keys.is_none() {
        return Some(format!("ordering by {} needs keys", pool.ordering.name()));
    }
    if pool.bundling.is_some() && matches!(pool.profile.concurrency, Concurrency::EventLoop(_)) {
        return Some("an event loop serves its requests one by one, not in bundles".to_owned());
    }
    if pool.bundling.is_some_and(|bundling| bundling.size == 0) {
        return Some("a bundle of no requests is never sent".to_owned());
    }
    if pool.lifecycle.recycles() && pool.shares_parent() {
        return Some(format!(
            "{} lives in the parent's own process, which cannot be recycled without it",
            pool.profile
        ));
    }
    None
}

impl<'a, C: CpuScheduler> Engine<'a, C> {
    pub(super) fn new(
        scenario: &'a Scenario<'a>,
        plan: Plan,
        layout: Layout,
        replication: u32,
        cpu: C,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let Scenario { workload, host, pools, .. } = *scenario;
        let slots = Slots::new(Counts {
            pools: pools.len() as u32,
            classes: workload.classes.len() as u32,
            locks: layout.locks,
            workers: plan.entries(),
            threads: layout.threads.len() as u32,
        });
        let (kind, target) = match workload.arrivals {
            Arrivals::Closed { .. } => (LoadKind::Closed, scenario.requests),
            Arrivals::Batch { requests } => (LoadKind::Finite, requests.min(scenario.requests)),
            Arrivals::Replay { ref rows } => {
                (LoadKind::Finite, scenario.requests.min(rows.len() as u64))
            }
            _ => (LoadKind::Open, scenario.requests),
        };
        let steady = !matches!(workload.arrivals, Arrivals::Varying { .. });
        let streams = Streams::new(&workload.name, scenario.seed);
        let stream = |purpose| streams.stream(purpose, replication);
        let state = |(index, pool): (usize, &PoolConfig)| {
            let name = format!("{} pool {index}", workload.name);
            let rng = Streams::new(&name, scenario.seed).stream(Purpose::Accepts, replication);
            PoolState::new(workload, pool, &plan.pools[index], rng)
        };
        let clerk = |&thread: &u32| Clerk {
            thread,
            queue: VecDeque::new(),
            refills: 0,
            busy: TimeWeighted::default(),
        };
        let over_memory = workload.service.over_memory;
        Self {
            scenario,
            lateness: Lateness::new(
                &host.cpu,
                Streams::new(&workload.name, scenario.machine_seed)
                    .stream(Purpose::Lateness, replication),
            ),
            keeps_results: workload.service.results == Retention::Kept,
            swaps: over_memory == OverMemory::Swap,
            guards_memory: over_memory != OverMemory::Noted,
            now: SimTime::ZERO,
            events: 0,
            calendar: Calendar::with_slots(slots.count(0)),
            slots,
            cpu,
            locks: (0..layout.locks).map(|index| lock(scenario, replication, index)).collect(),
            asked_off_core: Vec::new(),
            hand_offs: 0,
            threads: layout.threads,
            clerks: layout.clerks.iter().map(clerk).collect(),
            starters: layout.starters,
            background: layout.background,
            trace: Trace::new(workload, scenario.seed, replication),
            row: TraceRow::default(),
            next_number: 0,
            requests: Requests::default(),
            pools: pools.iter().enumerate().map(state).collect(),
            actions: Vec::new(),
            workers: Workers::new(&plan),
            lives: LifeWatch::new(&plan.pools, stream(Purpose::Lives), stream(Purpose::Faults)),
            chores: Vec::new(),
            closed: kind == LoadKind::Closed,
            queued: 0,
            client_deadlines: vec![VecDeque::new(); workload.classes.len()],
            ledger: Ledger::new(host, workload, pools, &plan.pool_of),
            watch: Watch::new(kind, steady, target, workload.classes.len()),
            observer,
            failure: None,
            plan,
        }
    }
}

fn lock(scenario: &Scenario<'_>, replication: u32, index: u32) -> Lock {
    let costs = &scenario.host.interpreter;
    let name = format!("{} lock {index}", scenario.workload.name);
    let streams = Streams::new(&name, scenario.machine_seed);
    let rng = streams.stream(Purpose::WakeOrder, replication);
    // A timed wait on the lock is late like any other.
    let period = costs.switch_interval.value + Delay::of_timers(&scenario.host.cpu).mean();
    let gil = Gil::new(period, costs.wake_order, costs.asker_wins.value, rng);
    Lock { gil, held_since: SimTime::ZERO, held: 0 }
}
