//! The engine: one replication, event by event.
//!
//! Only the engine changes state. Cores, locks and pool policies answer its
//! questions; this file holds what it knows and the loop, the files beside it
//! what it does:
//!
//! * `admission`: arrivals, queues, time-outs, what the policy decides;
//! * `dispatcher`: the thread that hands requests out and takes results back;
//! * `service`: server threads and event loops going through segments;
//! * `threads`: lock, cores and sleep, the transitions that all threads share;
//! * `startup`: workers getting ready;
//! * `watch`: what is recorded, and the identities that must hold.

mod admission;
mod dispatcher;
mod plan;
mod requests;
mod service;
mod slots;
mod startup;
mod threads;
mod watch;
mod workers;

use std::collections::VecDeque;

use crate::cpu::{CpuScheduler, FairQuanta, ProcessorSharing, ThreadId};
use crate::experiment::{
    CpuModel, Observer, Outcome, Scenario, SimError, Snapshot, Start, Utilisation, WorkersOutcome,
};
use crate::interpreter::Gil;
use crate::kernel::{Calendar, Purpose, SimDuration, SimTime, Streams};
use crate::pool::{Action, Concurrency, MAX_SLOTS, PoolPolicy, policy_for};
use crate::process::{Ledger, StartPlan};
use crate::workload::{Arrivals, Trace, TraceRow};

use admission::Deadlines;
pub(crate) use plan::dispatch_cost;
use plan::{BYTECODE, Plan};
use requests::{Place, RequestId, Requests};
use slots::{Slots, Source};
use startup::Startup;
use threads::{NO_LOCK, Role, Thread};
use watch::{LoadKind, Watch};
use workers::Workers;

/// What goes first at one instant: work that ends (the cores come before the
/// calendar), then waits that end, then new arrivals; looking on comes last.
mod rank {
    pub(super) const THREAD: u8 = 2;
    pub(super) const REQUEST: u8 = 3;
    pub(super) const LOCK: u8 = 4;
    pub(super) const STARTER: u8 = 5;
    pub(super) const TIMEOUT: u8 = 6;
    pub(super) const ARRIVAL: u8 = 7;
    pub(super) const SNAPSHOT: u8 = 8;
}

/// A lock and how long it has been held.
#[derive(Debug)]
struct Lock {
    gil: Gil,
    held_since: SimTime,
    ///, in ns
    held: u64,
}

/// One replication under way.
struct Engine<'a, C> {
    scenario: &'a Scenario<'a>,
    plan: Plan,
    start_plan: StartPlan,
    wake_latency: SimDuration,
    oversleep: SimDuration,
    now: SimTime,
    events: u64,
    calendar: Calendar,
    slots: Slots,
    cpu: C,
    locks: Vec<Lock>,
    /// Locks whose holder was asked to drop it while it had no core.
    asked_off_core: Vec<u32>,
    hand_offs: u64,
    threads: Vec<Thread>,
    dispatcher: Option<ThreadId>,
    starter: Option<ThreadId>,
    startup: Startup,
    trace: Trace<'a>,
    row: TraceRow,
    next_number: u64,
    requests: Requests,
    policy: Box<dyn PoolPolicy>,
    actions: Vec<Action>,
    workers: Workers,
    closed: bool,
    queue: VecDeque<RequestId>,
    /// Requests in any queue, and in the shared one, without the given up.
    queued: usize,
    queued_shared: usize,
    queue_deadlines: Deadlines,
    client_deadlines: Vec<Deadlines>,
    dispatch_queue: VecDeque<RequestId>,
    ledger: Ledger,
    watch: Watch,
    observer: &'a mut dyn Observer,
    snapshot_every: Option<SimDuration>,
    failure: Option<SimError>,
}

/// Simulates one replication.
pub(crate) fn run(
    scenario: &Scenario<'_>,
    replication: u32,
    observer: &mut dyn Observer,
) -> Result<Outcome, SimError> {
    check(scenario)?;
    let plan = Plan::new(scenario);
    let (host, groups) = (scenario.host, plan.groups.clone());
    let threads = thread_table(scenario, &plan);
    let n = threads.len();
    match scenario.cpu {
        CpuModel::ProcessorSharing => {
            let cpu = ProcessorSharing::new(host, &groups, n);
            Engine::new(scenario, plan, threads, replication, cpu, observer).run()
        }
        CpuModel::FairQuanta => {
            let cpu = FairQuanta::new(host, &groups, n, plan.widest);
            Engine::new(scenario, plan, threads, replication, cpu, observer).run()
        }
    }
}

/// What no file can say but a caller could.
fn check(scenario: &Scenario<'_>) -> Result<(), SimError> {
    let pool = &scenario.pools[0];
    let refuse = |why: String| Err(SimError::Impossible(why));
    if scenario.pools.len() != 1 {
        return refuse(format!("{} pools on one host, not 1", scenario.pools.len()));
    }
    if pool.profile.slots() == 0 || pool.profile.slots() > MAX_SLOTS {
        return refuse(format!(
            "{} has {} slots, not 1 to {MAX_SLOTS}",
            pool.profile,
            pool.profile.slots()
        ));
    }
    if pool.blas_threads == 0 || pool.blas_threads > 1024 {
        return refuse(format!("{} BLAS threads, not 1 to 1024", pool.blas_threads));
    }
    if pool.start_batch == Some(0) {
        return refuse("a start batch of 0 workers never starts any".to_owned());
    }
    if matches!(pool.profile.concurrency, Concurrency::Interpreters(_)) && pool.lock_free() {
        return refuse(
            "sub-interpreters are modelled with a lock each, not free-threaded".to_owned(),
        );
    }
    Ok(())
}

/// Worker threads first, in order of worker, then dispatcher and starter.
fn thread_table(scenario: &Scenario<'_>, plan: &Plan) -> Vec<Thread> {
    let role = if plan.event_loops { Role::Loop } else { Role::Server };
    let mut threads = Vec::new();
    for worker in 0..plan.workers {
        for i in 0..plan.threads_per_worker {
            let lock = match plan.locks_per_worker {
                0 => NO_LOCK,
                n => worker * n + i % n,
            };
            threads.push(Thread::new(role, worker, lock, plan.python_group(worker)));
        }
    }
    if plan.dispatches {
        // In a process of its own nothing contends with it for a lock.
        let shares = plan.dispatcher_in_worker && plan.locks_per_worker > 0;
        let lock = if shares { 0 } else { NO_LOCK };
        let group = if plan.dispatcher_in_worker { plan.python_group(0) } else { BYTECODE };
        threads.push(Thread::new(Role::Dispatcher, 0, lock, group));
    }
    if scenario.start == Start::Cold {
        threads.push(Thread::new(Role::Starter, 0, NO_LOCK, BYTECODE));
    }
    threads
}

impl<'a, C: CpuScheduler> Engine<'a, C> {
    fn new(
        scenario: &'a Scenario<'a>,
        plan: Plan,
        threads: Vec<Thread>,
        replication: u32,
        cpu: C,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let Scenario { workload, host, .. } = *scenario;
        let pool = &scenario.pools[0];
        let locks = (plan.workers * plan.locks_per_worker) as usize;
        let slots = Slots::new(workload.classes.len(), locks, threads.len());
        let costs = &host.interpreter;
        let lock = |index: usize| {
            let streams = Streams::new(&format!("{} lock {index}", workload.name), scenario.seed);
            let rng = streams.stream(Purpose::WakeOrder, replication);
            let gil = Gil::new(costs.switch_interval.value, costs.wake_order, rng);
            Lock { gil, held_since: SimTime::ZERO, held: 0 }
        };
        let (kind, target) = match workload.arrivals {
            Arrivals::Closed { .. } => (LoadKind::Closed, scenario.requests),
            Arrivals::Batch { requests } => (LoadKind::Finite, requests.min(scenario.requests)),
            Arrivals::Replay { ref rows } => {
                (LoadKind::Finite, scenario.requests.min(rows.len() as u64))
            }
            _ => (LoadKind::Open, scenario.requests),
        };
        let steady = !matches!(workload.arrivals, Arrivals::Varying { .. });
        let of_role =
            |role| threads.iter().position(|t| t.role == role).map(|thread| thread as ThreadId);
        let pool_of_worker = vec![0; plan.workers as usize];
        Self {
            scenario,
            start_plan: StartPlan::new(host, &workload.runtime, pool),
            wake_latency: host.cpu.wake_latency.value,
            oversleep: host.cpu.timer_slack.value,
            now: SimTime::ZERO,
            events: 0,
            calendar: Calendar::with_slots(slots.count(0)),
            slots,
            cpu,
            locks: (0..locks).map(lock).collect(),
            asked_off_core: Vec::new(),
            hand_offs: 0,
            dispatcher: of_role(Role::Dispatcher),
            starter: of_role(Role::Starter),
            threads,
            startup: Startup::default(),
            trace: Trace::new(workload, scenario.seed, replication),
            row: TraceRow::default(),
            next_number: 0,
            requests: Requests::default(),
            policy: policy_for(pool),
            actions: Vec::new(),
            workers: Workers::new(&plan),
            closed: kind == LoadKind::Closed,
            queue: VecDeque::new(),
            queued: 0,
            queued_shared: 0,
            queue_deadlines: VecDeque::new(),
            client_deadlines: vec![VecDeque::new(); workload.classes.len()],
            dispatch_queue: VecDeque::new(),
            ledger: Ledger::new(host, workload, scenario.pools, &pool_of_worker),
            watch: Watch::new(kind, steady, target, workload.classes.len()),
            snapshot_every: observer.snapshot_every(),
            observer,
            failure: None,
            plan,
        }
    }

    fn run(mut self) -> Result<Outcome, SimError> {
        match (self.scenario.start, self.starter) {
            (Start::Cold, Some(starter)) => self.start_next(starter),
            _ => self.start_warm(),
        }
        if let Some(every) = self.snapshot_every {
            self.calendar.schedule(self.slots.snapshot(), SimTime(every.0), rank::SNAPSHOT);
            self.take_snapshot();
        }
        self.open_the_doors()?;
        while !self.is_over() {
            if !self.asked_off_core.is_empty() {
                self.honour_late();
            }
            if !self.next_event()? {
                break;
            }
            let at = self.now;
            if self.events > self.scenario.limits.events {
                let limit = self.scenario.limits.events;
                return Err(SimError::TooManyEvents { limit, at });
            }
            if self.watch.checkpoint_due || self.watch.horizon_due {
                let cpu = self.cpu.busy_time(at);
                self.watch.checkpoint(at, cpu);
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
        }
        Ok(self.outcome())
    }

    fn is_over(&self) -> bool {
        self.watch.is_complete() && self.startup.ready_at.is_some()
    }

    /// Handles the next event; false if there is none. The cores keep their
    /// own calendar, whose first entry changes at almost every event.
    #[inline]
    fn next_event(&mut self) -> Result<bool, SimError> {
        let on_cores = self.cpu.next_change();
        let elsewhere = self.calendar.next_due().unwrap_or(SimTime::NEVER);
        let at = on_cores.min(elsewhere);
        if at == SimTime::NEVER {
            return Ok(false);
        }
        debug_assert!(at >= self.now, "time went backwards");
        self.now = at;
        self.events += 1;
        if on_cores <= elsewhere {
            if let Some(thread) = self.cpu.advance(at) {
                self.on_cpu_done(thread);
            }
        } else if let Some((_, slot)) = self.calendar.pop() {
            self.handle(self.slots.source(slot))?;
        }
        Ok(true)
    }

    #[inline]
    fn handle(&mut self, source: Source) -> Result<(), SimError> {
        match source {
            Source::Thread(thread) => self.on_thread_timer(thread),
            Source::Lock(lock) => self.on_drop_request(lock),
            Source::Request(request) => self.on_request_timer(request),
            Source::Arrival => self.on_arrival()?,
            Source::Starter => self.on_batch_over(),
            Source::QueueTimeout => self.on_queue_timeout(),
            Source::ClientTimeout(class) => self.on_client_timeout(class),
            Source::Snapshot => {
                self.take_snapshot();
                let every = self.snapshot_every.unwrap_or(SimDuration::SECOND);
                self.calendar.schedule(self.slots.snapshot(), self.now + every, rank::SNAPSHOT);
            }
        }
        Ok(())
    }

    fn take_snapshot(&mut self) {
        let (pss, rss) = self.ledger.totals(self.now);
        self.observer.snapshot(&Snapshot {
            at: self.now,
            queued: self.queued as u64,
            busy_slots: self.watch.busy_slots(),
            runnable: self.cpu.runnable(),
            ready_workers: self.startup.ready,
            restarts: 0,
            pss,
            rss,
        });
    }

    fn outcome(mut self) -> Outcome {
        let now = self.now;
        let cpu = self.cpu.busy_time(now);
        let in_service = self
            .requests
            .iter()
            .filter(|(_, r)| r.started.is_some() && r.place == Place::Serving)
            .count() as u64;
        let memory = self.ledger.close(now, in_service, 0);
        let lock = self.lock_utilisation();
        let present = self
            .requests
            .iter()
            .filter(|(_, r)| !r.sealed && r.place != Place::Thinking)
            .map(|(_, r)| r.scheduled);
        let watched = self.watch.finish(now, cpu, present);
        let (begin, end) = (watched.begin, watched.end);
        let observed_ns = end.at.since(begin.at).0 as f64;
        let observed = observed_ns * 1e-9;
        let rate = |n: u64| if observed > 0.0 { n as f64 / observed } else { 0.0 };
        let share = |integral: u128, of: f64| {
            if observed_ns > 0.0 { integral as f64 / observed_ns / of } else { 0.0 }
        };
        let slots = self.scenario.pools[0].profile.slots() as f64;
        let usable = self.scenario.host.usable_cpus();
        Outcome {
            classes: watched.sojourns.classes,
            all: watched.sojourns.all,
            counts: watched.counts,
            warm_up: watched.sojourns.warm_up,
            stationary: watched.sojourns.stationary,
            observed,
            throughput: rate(end.completed - begin.completed),
            arrival_rate: rate(end.entered - begin.entered),
            makespan: watched.makespan,
            mean_in_system: share(end.in_system - begin.in_system, 1.0),
            peak_queue: watched.peak_queue,
            growth: watched.growth,
            utilisation: Utilisation {
                cores: if observed_ns > 0.0 {
                    (end.cpu - begin.cpu) / observed_ns / usable
                } else {
                    0.0
                },
                lock,
                slots: share(end.slots - begin.slots, slots),
                dispatcher: share(end.dispatcher - begin.dispatcher, 1.0),
            },
            memory,
            workers: WorkersOutcome::default(),
            pools: Vec::new(),
            ready_at: self.startup.ready_at.unwrap_or(now),
            events: self.events,
            hand_offs: self.hand_offs,
        }
    }

    /// Share of the run that the busiest lock (or event loop) was held.
    fn lock_utilisation(&self) -> f64 {
        let held = |lock: &Lock| {
            let running = match lock.gil.holder() {
                Some(_) => self.now.since(lock.held_since).0,
                None => 0,
            };
            lock.held + running
        };
        let most = self.locks.iter().map(held).max().unwrap_or(0);
        if self.now.0 > 0 { most as f64 / self.now.0 as f64 } else { 0.0 }
    }
}
