//! The engine: one replication, event by event.
//!
//! Only the engine changes state. Cores, locks and pool policies answer its
//! questions; this file holds what it knows and the loop, the files beside it
//! what it does:
//!
//! * `plan`, `layout`, `build`: everything that is worked out before the start;
//! * `admission`: arrivals, clients and their patience, the way from pool to pool;
//! * `gate`: room, keys and bundles at a pool's door;
//! * `clerks`: the parent's threads that requests pass on their way in and out;
//! * `queues`: what waits for a worker, and what the pool's policy decides;
//! * `service`, `offload`: server threads and event loops going through segments;
//! * `threads`, `lateness`: lock, cores and sleep, the transitions that all
//!   threads share;
//! * `startup`, `lives`, `faults`: workers getting ready, being replaced, dying;
//! * `watch`, `life_watch`, `pools`: what is recorded, and the identities that
//!   must hold;
//! * `finish`: what it all comes to.

mod admission;
mod background;
mod build;
mod clerks;
mod faults;
mod finish;
mod gate;
mod lateness;
mod layout;
mod life_watch;
mod lives;
mod offload;
mod plan;
mod pools;
mod queues;
mod requests;
mod service;
mod slots;
mod startup;
mod threads;
mod watch;
mod worker_handler;
mod workers;

use std::collections::VecDeque;

use crate::cpu::{CpuScheduler, FairQuanta, ProcessorSharing, ThreadId};
use crate::experiment::{CpuModel, Observer, Outcome, Scenario, SimError, Snapshot, Start};
use crate::interpreter::Gil;
use crate::kernel::{Calendar, Purpose, SimTime, Streams};
use crate::pool::Action;
use crate::process::Ledger;
use crate::stats::TimeWeighted;
use crate::workload::{Trace, TraceRow};

use lateness::Lateness;
use life_watch::LifeWatch;
use lives::Chore;
pub(crate) use plan::dispatch_cost;
use plan::{Cost, Plan};
use pools::PoolState;
use queues::Deadlines;
use requests::{RequestId, Requests};
use slots::{Slots, Source};
use threads::Thread;
use watch::Watch;
use workers::Workers;

/// What goes first at one instant: work that ends (the cores come before the
/// calendar), then waits that end, then new arrivals, then bundles that waited
/// for them; looking on comes last.
mod rank {
    pub(super) const THREAD: u8 = 2;
    pub(super) const REQUEST: u8 = 3;
    pub(super) const LOCK: u8 = 4;
    pub(super) const STARTER: u8 = 5;
    pub(super) const TIMEOUT: u8 = 6;
    pub(super) const LIFE: u8 = 7;
    pub(super) const TICK: u8 = 8;
    pub(super) const ARRIVAL: u8 = 9;
    pub(super) const BUNDLE: u8 = 10;
    pub(super) const SNAPSHOT: u8 = 11;
}

/// A lock and how long it has been held.
#[derive(Debug)]
struct Lock {
    gil: Gil,
    held_since: SimTime,
    ///, in ns
    held: u64,
}

/// A thread that requests pass, and what is before it.
#[derive(Debug)]
struct Clerk {
    thread: ThreadId,
    /// Requests (or the first of their bundles), with what they cost it, followers
    /// included.
    queue: VecDeque<(RequestId, Cost)>,
    /// Times that what it has in hand will still fill the pipe.
    refills: u32,
    busy: TimeWeighted,
}

/// One replication under way.
struct Engine<'a, C> {
    scenario: &'a Scenario<'a>,
    plan: Plan,
    lateness: Lateness,
    keeps_results: bool,
    /// Does memory that is short slow things down?
    swaps: bool,
    /// Does somebody have to look whether memory is short?
    guards_memory: bool,
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
    clerks: Vec<Clerk>,
    starters: Vec<ThreadId>,
    background: Vec<ThreadId>,
    trace: Trace<'a>,
    row: TraceRow,
    next_number: u64,
    requests: Requests,
    pools: Vec<PoolState>,
    actions: Vec<Action>,
    workers: Workers,
    lives: LifeWatch,
    chores: Vec<Chore>,
    closed: bool,
    /// Requests that wait for any pool.
    queued: usize,
    client_deadlines: Vec<Deadlines>,
    ledger: Ledger,
    watch: Watch,
    observer: &'a mut dyn Observer,
    failure: Option<SimError>,
}

/// Simulates one replication.
pub(crate) fn run(
    scenario: &Scenario<'_>,
    replication: u32,
    observer: &mut dyn Observer,
) -> Result<Outcome, SimError> {
    build::check(scenario)?;
    let (plan, layout) = Plan::new(scenario);
    let (host, groups) = (scenario.host, plan.groups.clone());
    let n = layout.threads.len();
    match scenario.cpu {
        CpuModel::ProcessorSharing => {
            let cpu = ProcessorSharing::new(host, &groups, n);
            Engine::new(scenario, plan, layout, replication, cpu, observer).run()
        }
        CpuModel::FairQuanta => {
            let streams = Streams::new(&scenario.workload.name, scenario.machine_seed);
            let placement = streams.stream(Purpose::Placement, replication);
            let mut cpu = FairQuanta::new(host, &groups, n, plan.widest, placement);
            if let Some(course) = scenario.course {
                cpu.follow(course, streams.stream(Purpose::Pace, replication));
            }
            Engine::new(scenario, plan, layout, replication, cpu, observer).run()
        }
    }
}

impl<C: CpuScheduler> Engine<'_, C> {
    fn run(mut self) -> Result<Outcome, SimError> {
        match self.scenario.start {
            Start::Cold => {
                for pool in 0..self.starters.len() {
                    self.start_next(self.starters[pool]);
                }
            }
            Start::Warm => self.start_warm(),
        }
        if let Some(every) = self.observer.snapshot_every() {
            self.calendar.schedule(self.slots.snapshot(), SimTime(every.0), rank::SNAPSHOT);
            // Workers of a warm start came up one by one, but in no time.
            self.lives.fewest_up();
            self.take_snapshot();
        }
        self.start_background();
        self.open_the_doors()?;
        while !self.is_over() {
            if !self.asked_off_core.is_empty() {
                self.honour_late();
            }
            if !self.chores.is_empty() {
                self.do_chores();
            }
            if !self.next_event()? {
                break;
            }
            let at = self.now;
            if self.events > self.scenario.limits.events {
                let limit = self.scenario.limits.events;
                return Err(SimError::TooManyEvents { limit, at });
            }
            if self.guards_memory {
                self.check_memory();
            }
            if self.watch.checkpoint_due || self.watch.horizon_due {
                let cpu = self.cpu.busy_time(at);
                self.watch.checkpoint(at, cpu);
            }
            // Looked at before it is taken: an error is many words long.
            if self.failure.is_some()
                && let Some(failure) = self.failure.take()
            {
                return Err(failure);
            }
        }
        Ok(self.outcome())
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.watch.is_complete() && self.all_ready_at().is_some()
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
            Source::Starter(pool) => self.on_batch_over(pool as usize),
            Source::QueueTimeout(pool) => self.on_queue_timeout(pool),
            Source::ClientTimeout(class) => self.on_client_timeout(class),
            Source::Bundle(pool) => self.send_bundle(pool as usize),
            Source::Tick(pool) => self.on_tick(pool),
            Source::Life(worker) => self.on_life_timer(worker),
            Source::Crash(worker) => self.on_crash(worker),
            Source::Watchdog(worker) => self.on_watchdog(worker),
            Source::Snapshot => {
                self.take_snapshot();
                if let Some(every) = self.observer.snapshot_every() {
                    let next = self.now + every;
                    self.calendar.schedule(self.slots.snapshot(), next, rank::SNAPSHOT);
                }
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
            core_time: self.cpu.busy_time(self.now),
            lock_time: self.longest_held(),
            ready_workers: self.lives.workers_up(),
            fewest_ready: self.lives.fewest_up(),
            processes: self.ledger.processes(),
            restarts: self.lives.total_restarts(),
            pss,
            rss,
        });
    }
}
