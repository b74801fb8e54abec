//! Starting workers: a pool's starter boots, launches workers one after another
//! or in batches, and each worker gets ready by work of its own. Between them it
//! starts the threads of its own process, one after another. Later it
//! launches the successors of workers that went.

use std::collections::VecDeque;

use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::engine::plan::BYTECODE;
use crate::engine::threads::Activity;
use crate::engine::{Engine, rank};
use crate::kernel::{SimDuration, SimTime};

/// Where the start of a pool stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Startup {
    booted: bool,
    /// The worker that is being launched.
    launching: Option<u32>,
    /// Threads of the starter's own process that it has begun to start.
    threads: u32,
    /// Workers of the first start that were launched.
    launched: u32,
    /// Launched but not ready, of the first start.
    outstanding: u32,
    /// In the present batch.
    in_batch: u32,
    /// Successors that wait to be launched.
    successors: VecDeque<u32>,
    /// When all workers of the first start were ready.
    pub(super) ready_at: Option<SimTime>,
}

impl<C: CpuScheduler> Engine<'_, C> {
    /// All workers are up at time zero.
    pub(super) fn start_warm(&mut self) {
        for pool in 0..self.plan.pools.len() {
            let from = self.plan.pools[pool].entries.start;
            let startup = &mut self.pools[pool].startup;
            startup.booted = true;
            startup.threads = self.plan.pools[pool].start.threads.count();
            for worker in from..from + self.plan.pools[pool].workers {
                self.worker_is_ready(worker);
            }
            self.pool_is_ready(pool);
        }
    }

    /// The starter goes on: an earlier step on the cores has ended.
    pub(super) fn start_next(&mut self, starter: ThreadId) {
        let pool = self.pool_of_starter(starter);
        let plan = &self.plan.pools[pool];
        let (costs, from, workers, batch) =
            (plan.start, plan.entries.start, plan.workers, plan.start_batch);
        if !std::mem::replace(&mut self.pools[pool].startup.booted, true) {
            self.start_work(starter, costs.boot);
            return;
        }
        let slots_first = costs.threads.slots > 0;
        if slots_first && self.starts_threads(pool, starter) {
            return;
        }
        if let Some(worker) = self.pools[pool].startup.launching.take() {
            let first = self.plan.pools[pool].first_thread(worker);
            self.thread(first).activity = Activity::Starting;
            self.put_on_cpu(first, Demand { work: costs.child, group: BYTECODE, width: 1 });
        }
        let startup = &mut self.pools[pool].startup;
        if startup.ready_at.is_some() {
            startup.launching = startup.successors.pop_front();
        } else if startup.launched < workers && startup.in_batch < batch {
            startup.launching = Some(from + startup.launched);
            startup.launched += 1;
            startup.outstanding += 1;
            startup.in_batch += 1;
        }
        let all = startup.launched == workers;
        if startup.launching.is_some() {
            self.start_work(starter, costs.launch);
        } else if !(all && self.starts_threads(pool, starter)) {
            self.thread(starter).activity = Activity::Idle;
            self.batch_may_be_ready(pool);
        }
    }

    /// Goes on with the threads that the pool's process starts for itself; false
    /// if all are there. Who starts one waits until it runs, but does not sleep:
    /// making a pool of threads takes as long as its CPU time.
    fn starts_threads(&mut self, pool: usize, starter: ThreadId) -> bool {
        let threads = self.plan.pools[pool].start.threads;
        let startup = &mut self.pools[pool].startup;
        let more = startup.threads < threads.count();
        if more {
            let work = threads.work(startup.threads);
            startup.threads += 1;
            self.start_work(starter, work);
        }
        more
    }

    fn start_work(&mut self, starter: ThreadId, work: f64) {
        self.thread(starter).activity = Activity::OnCpu { locked: false, preemptible: false };
        self.put_on_cpu(starter, Demand { work, group: BYTECODE, width: 1 });
    }

    fn pool_of_starter(&self, starter: ThreadId) -> usize {
        self.starters
            .iter()
            .position(|thread| *thread == starter)
            .unwrap_or_else(|| unreachable!("thread {starter} starts nothing"))
    }

    /// Launches `worker` when the starter gets to it.
    pub(super) fn launch(&mut self, worker: u32) {
        let pool = self.plan.pool_of[worker as usize] as usize;
        self.pools[pool].startup.successors.push_back(worker);
        let starter = self.starters[pool];
        let ready = self.pools[pool].startup.ready_at.is_some();
        if ready && self.threads[starter as usize].activity == Activity::Idle {
            self.start_next(starter);
        }
    }

    /// A worker's start-up work is done.
    pub(super) fn on_worker_started(&mut self, thread: ThreadId) {
        self.thread(thread).activity = Activity::Idle;
        let worker = self.threads[thread as usize].worker;
        let pool = self.plan.pool_of[worker as usize] as usize;
        let startup = &mut self.pools[pool].startup;
        if startup.ready_at.is_none() {
            startup.outstanding -= 1;
            self.batch_may_be_ready(pool);
        }
        self.worker_is_ready(worker);
    }

    /// Ends a batch whose workers are ready, once its starter has nothing left
    /// to do for it.
    fn batch_may_be_ready(&mut self, pool: usize) {
        let plan = &self.plan.pools[pool];
        let startup = &self.pools[pool].startup;
        let over = startup.launched == plan.workers || startup.in_batch == plan.start_batch;
        let idle = self.threads[self.starters[pool] as usize].activity == Activity::Idle;
        if startup.ready_at.is_none() && over && startup.outstanding == 0 && idle {
            let (pause, slot) = (plan.start_pause, self.slots.starter(pool as u32));
            // The last child was woken to run at all, and its word wakes the parent.
            let heard = if plan.parent_copies { self.lateness.wakes(2) } else { SimDuration::ZERO };
            self.calendar.schedule(slot, self.now + pause + heard, rank::STARTER);
        }
    }

    /// The pause after a batch is over.
    pub(super) fn on_batch_over(&mut self, pool: usize) {
        let workers = self.plan.pools[pool].workers;
        let startup = &mut self.pools[pool].startup;
        startup.in_batch = 0;
        if startup.launched == workers {
            self.pool_is_ready(pool);
        }
        let starter = self.starters[pool];
        self.start_next(starter);
    }

    /// Every worker of the pool was ready once.
    fn pool_is_ready(&mut self, pool: usize) {
        self.pools[pool].startup.ready_at = Some(self.now);
        if let Some(every) = self.plan.pools[pool].lifecycle.check_every {
            let slot = self.slots.tick(pool as u32);
            self.calendar.schedule(slot, self.now + every, rank::TICK);
        }
        if self.all_ready_at().is_some() {
            self.lives.watch_from(self.now);
        }
    }

    /// When the last pool was ready; `None` while one is not.
    pub(super) fn all_ready_at(&self) -> Option<SimTime> {
        let ready = |latest: SimTime, at: Option<SimTime>| at.map(|at| latest.max(at));
        self.pools.iter().map(|pool| pool.startup.ready_at).try_fold(SimTime::ZERO, ready)
    }

    fn worker_is_ready(&mut self, worker: u32) {
        let pool = self.plan.pool_of[worker as usize] as usize;
        let slots = self.plan.pools[pool].slots_per_worker;
        self.ledger.worker_ready(self.now, worker);
        self.workers.set_ready(worker, true);
        self.pools[pool].slots_up += u64::from(slots);
        self.begin_life(worker);
        self.offer_slots(worker, slots);
        if self.pools[pool].gate.holds() {
            self.let_in(pool);
        }
        self.let_predecessor_go(worker);
    }
}
