//! Starting the pool: the starter boots, launches workers one after another or
//! in batches, and each worker gets ready by work of its own.

use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::engine::plan::BYTECODE;
use crate::engine::threads::Activity;
use crate::engine::{Engine, rank};
use crate::kernel::SimTime;

/// Where the start of the pool stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Startup {
    booted: bool,
    launching: bool,
    launched: u32,
    /// Launched but not ready.
    outstanding: u32,
    /// In the present batch.
    in_batch: u32,
    pub(super) ready: u32,
    pub(super) ready_at: Option<SimTime>,
}

impl<C: CpuScheduler> Engine<'_, C> {
    /// All workers are up at time zero.
    pub(super) fn start_warm(&mut self) {
        for worker in 0..self.plan.workers {
            self.worker_is_ready(worker);
        }
        self.startup.ready_at = Some(SimTime::ZERO);
    }

    /// The starter goes on: an earlier step on the cores has ended.
    pub(super) fn start_next(&mut self, starter: ThreadId) {
        if !self.startup.booted {
            self.startup.booted = true;
            self.start_work(starter, self.start_plan.boot);
            return;
        }
        if self.startup.launching {
            self.startup.launching = false;
            let worker = self.startup.launched;
            self.startup.launched += 1;
            self.startup.outstanding += 1;
            self.startup.in_batch += 1;
            let first = self.workers.first_thread(&self.plan, worker);
            self.thread(first).activity = Activity::Starting;
            let demand = Demand { work: self.start_plan.child, group: BYTECODE, width: 1 };
            self.put_on_cpu(first, demand);
        }
        let batch = self.scenario.pools[0].start_batch.unwrap_or(u32::MAX);
        if self.startup.launched < self.plan.workers && self.startup.in_batch < batch {
            self.startup.launching = true;
            self.start_work(starter, self.start_plan.launch);
        } else {
            self.thread(starter).activity = Activity::Idle;
        }
    }

    fn start_work(&mut self, starter: ThreadId, work: f64) {
        self.thread(starter).activity = Activity::OnCpu { preemptible: false };
        self.put_on_cpu(starter, Demand { work, group: BYTECODE, width: 1 });
    }

    /// A worker's start-up work is done.
    pub(super) fn on_worker_started(&mut self, thread: ThreadId) {
        self.thread(thread).activity = Activity::Idle;
        self.startup.outstanding -= 1;
        let worker = self.threads[thread as usize].worker;
        self.worker_is_ready(worker);
        let launched_all = self.startup.launched == self.plan.workers;
        let batch_full =
            self.startup.in_batch == self.scenario.pools[0].start_batch.unwrap_or(u32::MAX);
        if self.startup.outstanding == 0 && (launched_all || batch_full) && !self.startup.launching
        {
            // Batched starters pause after every batch, the last one too, and
            // only then report the pool as started.
            let pause = match self.scenario.pools[0].start_batch {
                Some(_) => self.scenario.pools[0].start_delay,
                None => crate::kernel::SimDuration::ZERO,
            };
            self.calendar.schedule(self.slots.starter(), self.now + pause, rank::STARTER);
        }
    }

    /// The pause after a batch is over.
    pub(super) fn on_batch_over(&mut self) {
        self.startup.in_batch = 0;
        if self.startup.launched == self.plan.workers {
            self.startup.ready_at = Some(self.now);
        } else if let Some(starter) = self.starter {
            self.start_next(starter);
        }
    }

    fn worker_is_ready(&mut self, worker: u32) {
        self.startup.ready += 1;
        self.ledger.worker_ready(self.now, worker);
        self.workers.set_ready(worker);
        self.offer_slots(worker, self.plan.slots_per_worker);
    }
}
