//! What goes wrong with workers: requests that crash or hang them, crashes that
//! no request causes, kills for time and for memory.

use rand::RngExt as _;
use rand_distr::{Distribution as _, Exp1};

use crate::cpu::{CpuScheduler, ThreadId};
use crate::engine::life_watch::LifeWatch;
use crate::engine::lives::{Chore, Phase};
use crate::engine::queues::Deadline;
use crate::engine::requests::{Doom, NO_REQUEST, Place, Request, RequestId};
use crate::engine::threads::{Activity, Then};
use crate::engine::{Engine, rank};
use crate::experiment::RestartCause;
use crate::kernel::SimDuration;
use crate::workload::RequestClass;

impl<C: CpuScheduler> Engine<'_, C> {
    /// `request` is where it crashes or hangs its worker.
    pub(super) fn meet_doom(&mut self, thread: ThreadId, request: RequestId) {
        let worker = self.requests[request].worker;
        if self.requests[request].doom == Doom::Crash {
            self.thread(thread).activity = Activity::Stuck;
            self.chores.push(Chore::Die(worker, RestartCause::Crash));
            return;
        }
        if !self.requests[request].sealed {
            self.requests[request].hangs = true;
            self.watch.hangs();
        }
        self.release(thread, Then::Stuck);
        let plan = self.plan.of_worker(worker);
        // A thread that hangs does not keep another of its process from
        // answering.
        if let Some(heartbeat) = plan.lifecycle.heartbeat.filter(|_| plan.threads_per_worker == 1) {
            let lived = self.now.since(self.workers[worker].life.ready_at).0;
            let every = heartbeat.every.0.max(1);
            let missed = lived.div_ceil(every) + u64::from(heartbeat.misses.max(1)) - 1;
            let found = SimDuration(missed * every) + heartbeat.timeout;
            let life = &mut self.workers[worker].life;
            life.found_hung = Some(life.ready_at + found);
            self.set_watchdog(worker);
        }
    }

    /// The worker of `request` is killed if it takes too long.
    pub(super) fn watch_over(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        let (worker, number) = (entry.worker, entry.number);
        let Some(limit) = self.plan.of_worker(worker).lifecycle.kill_after else { return };
        let deadlines = &mut self.workers[worker].kill_deadlines;
        deadlines.push_back(Deadline { at: self.now + limit, request, number });
        if deadlines.len() == 1 {
            self.set_watchdog(worker);
        }
    }

    fn set_watchdog(&mut self, worker: u32) {
        let first = self.workers[worker].kill_deadlines.front().map(|deadline| deadline.at);
        let hung = self.workers[worker].life.found_hung;
        if let Some(at) = first.into_iter().chain(hung).min() {
            self.calendar.schedule(self.slots.watchdog(worker), at, rank::LIFE);
        }
    }

    /// Somebody looks whether `worker` hangs or takes too long.
    pub(super) fn on_watchdog(&mut self, worker: u32) {
        if self.workers[worker].life.found_hung.is_some_and(|at| at <= self.now) {
            self.chores.push(Chore::Die(worker, RestartCause::Hang));
            return;
        }
        while let Some(deadline) = self.workers[worker].kill_deadlines.front().copied() {
            let entry = &self.requests[deadline.request];
            let serves = entry.number == deadline.number
                && entry.place == Place::Serving
                && entry.worker == worker
                && entry.begun.is_some();
            if serves && deadline.at <= self.now {
                self.chores.push(Chore::Die(worker, RestartCause::KilledForTime));
                return;
            }
            if serves {
                break;
            }
            self.workers[worker].kill_deadlines.pop_front();
        }
        self.set_watchdog(worker);
    }

    /// Draws when `worker` crashes by itself.
    pub(super) fn schedule_crash(&mut self, worker: u32) {
        if let Some(mean) = self.scenario.workload.runtime.crash_every {
            let wait = self.lives.exponential(mean);
            self.calendar.schedule(self.slots.crash(worker), self.now + wait, rank::LIFE);
        }
    }

    pub(super) fn on_crash(&mut self, worker: u32) {
        self.chores.push(Chore::Die(worker, RestartCause::Crash));
    }

    /// Kills the largest worker if the memory does not suffice.
    pub(super) fn check_memory(&mut self) {
        if self.ledger.out_of_memory(self.now) == 0 {
            return;
        }
        let largest = self.ledger.largest_worker(self.now);
        if let Some(worker) = largest.filter(|w| self.workers[*w].life.phase == Phase::Up) {
            self.chores.push(Chore::Die(worker, RestartCause::OutOfMemory));
        }
    }

    /// The requests that `worker` has, in service and in its queue, are lost;
    /// its process stays for a while, or goes with all its pages.
    pub(super) fn kill_requests(&mut self, worker: u32, process_stays: bool) {
        for request in self.served_by(worker) {
            self.calendar.cancel(self.slots.request(request));
            if process_stays && self.requests[request].begun.is_some() {
                let class = self.requests[request].class as usize;
                self.ledger.request_ends(self.now, worker, class);
            }
            let pool = self.requests[request].pool as usize;
            self.watch.slot_freed(self.now);
            self.pools[pool].tally.slot_freed(self.now);
            self.workers.free_slot(worker);
            let from =
                if self.settles_together(request) { self.requests[request].first } else { request };
            self.lose_bundle(from);
        }
        while let Some(request) = self.workers.pop_own(worker) {
            if self.requests[request].place == Place::Abandoned {
                self.discard(request);
            } else {
                self.leave_queue(request);
                self.lose_bundle(request);
            }
        }
        self.kill_threads(worker);
        let threads = self.plan.of_worker(worker).server_threads(worker);
        self.workers.clear(worker, threads);
    }

    /// `first` and what follows it in its bundle are lost.
    fn lose_bundle(&mut self, first: RequestId) {
        let lost: Vec<RequestId> = self.bundle(first).collect();
        lost.into_iter().for_each(|request| self.lose(request));
    }

    /// Requests in service on `worker`.
    fn served_by(&self, worker: u32) -> Vec<RequestId> {
        let plan = self.plan.of_worker(worker);
        if plan.event_loops {
            // Most tasks of a loop are with no thread.
            let serves = |r: &Request| r.worker == worker && r.place == Place::Serving;
            return self.requests.iter().filter(|(_, r)| serves(r)).map(|(id, _)| id).collect();
        }
        let in_hand = plan.threads_of(worker).map(|t| self.threads[t as usize].request);
        in_hand.filter(|request| *request != NO_REQUEST).collect()
    }

    fn kill_threads(&mut self, worker: u32) {
        for thread in self.plan.of_worker(worker).threads_of(worker) {
            self.evict(thread);
        }
        self.calendar.cancel(self.slots.watchdog(worker));
    }
}

impl LifeWatch {
    /// What will become of a request of `class`.
    pub(super) fn doom(&mut self, class: &RequestClass) -> Doom {
        let u: f64 = self.faults.random();
        match u {
            u if u < class.crash => Doom::Crash,
            u if u < class.crash + class.hang => Doom::Hang,
            _ => Doom::None,
        }
    }

    fn exponential(&mut self, mean: SimDuration) -> SimDuration {
        let draw: f64 = Exp1.sample(&mut self.faults);
        SimDuration((draw * mean.0 as f64) as u64)
    }

    /// Uniform over 0 to `most`.
    pub(super) fn jitter(&mut self, most: u64) -> u64 {
        if most == 0 { 0 } else { self.lives.random_range(0..=most) }
    }
}
