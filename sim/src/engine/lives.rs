//! Lives of workers: when one is to be replaced, how it goes, and its successor.
//!
//! A worker that goes takes no more requests, finishes (or drops) what it has,
//! stops and is launched again; with `start_first` its successor is launched
//! before. A worker that dies is launched again after a pause.

use crate::cpu::CpuScheduler;
use crate::engine::requests::Place;
use crate::engine::{Engine, rank};
use crate::experiment::RestartCause;
use crate::kernel::{SimDuration, SimTime};
use crate::pool::{Backoff, Drain, Lifecycle};

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// No process: a successor that is not needed yet.
    #[default]
    Absent,
    /// Being launched.
    Starting,
    /// Takes requests.
    Up,
    /// Takes no more requests and finishes what it has.
    Draining,
    /// Idle and on its way out.
    Stopping,
    /// Dead; launched again after a pause.
    Dead,
}

/// One worker's life.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    pub(super) phase: Phase,
    /// Requests served in this life, and after how many it ends.
    pub(super) served: u64,
    limit: Option<u64>,
    pub(super) ready_at: SimTime,
    expires: Option<SimTime>,
    /// It is to be replaced.
    leaving: bool,
    /// Its successor is being launched, or is up.
    succeeded: bool,
    /// Deaths in a row.
    pub(super) deaths: i32,
    /// When a worker that hangs is found out.
    pub(super) found_hung: Option<SimTime>,
}

/// What is done between two events, when no thread is half way through
/// something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chore {
    /// The worker has nothing left to do.
    Stop(u32),
    /// The worker dies.
    Die(u32, RestartCause),
    /// A pool may have room for requests that wait at its door.
    LetIn(u32),
}

impl<C: CpuScheduler> Engine<'_, C> {
    /// `worker` takes requests from now on.
    pub(super) fn begin_life(&mut self, worker: u32) {
        let pool = self.plan.pool_of[worker as usize] as usize;
        let Lifecycle { ttl, ttl_jitter, max_requests, max_requests_jitter, .. } =
            self.plan.pools[pool].lifecycle;
        let life = &mut self.workers[worker].life;
        life.phase = Phase::Up;
        life.served = 0;
        life.ready_at = self.now;
        (life.leaving, life.succeeded) = (false, false);
        life.found_hung = None;
        life.limit = max_requests.map(|n| n + self.lives.jitter(max_requests_jitter));
        life.expires = ttl.map(|ttl| self.now + ttl + SimDuration(self.lives.jitter(ttl_jitter.0)));
        let expires = life.expires;
        if let Some(at) = expires.filter(|_| self.plan.pools[pool].lifecycle.check_every.is_none())
        {
            self.calendar.schedule(self.slots.life(worker), at, rank::LIFE);
        }
        self.schedule_crash(worker);
        self.lives.up(self.now, pool);
    }

    /// `worker` is up, so the one that it succeeds may go.
    pub(super) fn let_predecessor_go(&mut self, worker: u32) {
        if let Some(before) = self.partner(worker)
            && self.workers[before].life.phase == Phase::Up
            && self.workers[before].life.succeeded
        {
            self.take_down(before);
        }
    }

    /// The entry that starts before `worker` goes, or goes once it has started.
    fn partner(&self, worker: u32) -> Option<u32> {
        let plan = self.plan.of_worker(worker);
        let place = worker - plan.entries.start;
        let workers = plan.workers;
        plan.lifecycle.start_first.then(|| plan.entries.start + (place + workers) % (2 * workers))
    }

    /// `worker` has freed a slot. True if it takes no more requests.
    pub(super) fn after_request(&mut self, worker: u32) -> bool {
        match self.workers[worker].life.phase {
            Phase::Up => {
                if self.plan.of_worker(worker).lifecycle.check_every.is_none()
                    && let Some(cause) = self.due(worker)
                {
                    self.replace(worker, cause);
                }
                self.workers[worker].life.phase != Phase::Up
            }
            Phase::Draining => {
                self.go_on_draining(worker);
                true
            }
            _ => true,
        }
    }

    /// The rule by which `worker` is to be replaced now, if any.
    fn due(&mut self, worker: u32) -> Option<RestartCause> {
        let limit = self.plan.of_worker(worker).lifecycle.memory_limit;
        let life = &self.workers[worker].life;
        if life.expires.is_some_and(|at| at <= self.now) {
            return Some(RestartCause::Ttl);
        }
        if life.limit.is_some_and(|limit| life.served >= limit) {
            return Some(RestartCause::MaxRequests);
        }
        let grown = limit.is_some_and(|limit| self.ledger.rss_of(self.now, worker) > limit);
        grown.then_some(RestartCause::MemoryLimit)
    }

    /// A pool looks at its workers.
    pub(super) fn on_tick(&mut self, pool: u32) {
        let plan = &self.plan.pools[pool as usize];
        let every = plan.lifecycle.check_every.unwrap_or(SimDuration::SECOND);
        for worker in plan.entries.clone() {
            if self.workers[worker].life.phase == Phase::Up
                && let Some(cause) = self.due(worker)
            {
                self.replace(worker, cause);
            }
        }
        self.calendar.schedule(self.slots.tick(pool), self.now + every, rank::TICK);
    }

    fn replace(&mut self, worker: u32, cause: RestartCause) {
        if self.workers[worker].life.leaving {
            return;
        }
        self.lives.restarted(cause);
        self.workers[worker].life.leaving = true;
        match self.partner(worker) {
            Some(successor) => self.launch_successor(worker, successor),
            None => self.take_down(worker),
        }
    }

    /// Launches the successor of `worker`, which goes once that is up; later, if
    /// the successor's own predecessor is still on its way out.
    fn launch_successor(&mut self, worker: u32, successor: u32) {
        if self.workers[successor].life.phase == Phase::Absent {
            self.workers[worker].life.succeeded = true;
            self.workers[successor].life.phase = Phase::Starting;
            self.lives.restarting_up(self.now);
            self.launch(successor);
        }
    }

    /// `worker` takes no more requests.
    fn take_down(&mut self, worker: u32) {
        self.withdraw(worker);
        self.workers[worker].life.phase = Phase::Draining;
        match self.plan.of_worker(worker).lifecycle.drain {
            Drain::Finish => {}
            Drain::Within(limit) => {
                let slot = self.slots.life(worker);
                self.calendar.schedule(slot, self.now + limit, rank::LIFE);
            }
            Drain::Drop => self.kill_requests(worker, true),
        }
        self.go_on_draining(worker);
    }

    /// The pool forgets `worker`.
    pub(super) fn withdraw(&mut self, worker: u32) {
        let pool = self.plan.pool_of[worker as usize] as usize;
        let plan = &self.plan.pools[pool];
        self.workers.set_ready(worker, false);
        self.pools[pool].policy.withdraw(worker - plan.entries.start);
        self.pools[pool].slots_up -= u64::from(plan.slots_per_worker);
        self.lives.down(self.now, pool);
        self.cancel_timers(worker);
    }

    fn cancel_timers(&mut self, worker: u32) {
        self.calendar.cancel(self.slots.life(worker));
        self.calendar.cancel(self.slots.crash(worker));
    }

    /// A draining worker takes what waits in its own queue, or stops.
    fn go_on_draining(&mut self, worker: u32) {
        let view = *self.workers.view(worker);
        if view.queued > 0 && view.busy < view.slots {
            self.start_own(worker);
        } else if self.workers.is_idle(worker) {
            self.chores.push(Chore::Stop(worker));
        }
    }

    /// Does what was put off until no thread is half way through something.
    pub(super) fn do_chores(&mut self) {
        while let Some(chore) = self.chores.pop() {
            match chore {
                Chore::Stop(worker) => self.stop(worker),
                Chore::Die(worker, cause) => self.die(worker, cause),
                Chore::LetIn(pool) => self.let_in(pool as usize),
            }
        }
    }

    fn stop(&mut self, worker: u32) {
        // It may have died since.
        if self.workers[worker].life.phase != Phase::Draining || !self.workers.is_idle(worker) {
            return;
        }
        self.workers[worker].life.phase = Phase::Stopping;
        if self.partner(worker).is_none() {
            self.lives.restarting_up(self.now);
        }
        let stop = self.plan.of_worker(worker).stop;
        self.calendar.schedule(self.slots.life(worker), self.now + stop, rank::LIFE);
    }

    /// The timer of a worker's phase ran out.
    pub(super) fn on_life_timer(&mut self, worker: u32) {
        match self.workers[worker].life.phase {
            Phase::Up => self.replace(worker, RestartCause::Ttl),
            Phase::Draining => {
                self.kill_requests(worker, true);
                self.go_on_draining(worker);
            }
            Phase::Stopping => {
                self.bury(worker);
                self.workers[worker].life.deaths = 0;
                self.succeed(worker);
            }
            Phase::Dead => self.succeed(worker),
            phase => unreachable!("life timer of a worker that is {phase:?}"),
        }
    }

    /// Launches `worker` again, unless its successor was launched before.
    fn succeed(&mut self, worker: u32) {
        if self.workers[worker].life.succeeded {
            self.workers[worker].life.phase = Phase::Absent;
            if let Some(after) = self.partner(worker)
                && self.workers[after].life.phase == Phase::Up
                && self.workers[after].life.leaving
            {
                self.launch_successor(after, worker);
            }
            return;
        }
        self.workers[worker].life.phase = Phase::Starting;
        self.launch(worker);
    }

    /// The process of `worker` is gone.
    pub(super) fn bury(&mut self, worker: u32) {
        let threads = self.plan.of_worker(worker).server_threads(worker);
        let left = self.workers.clear(worker, threads);
        for request in left {
            // Nobody else waits there: it was idle or its requests are lost.
            debug_assert_eq!(self.requests[request].place, Place::Abandoned);
            self.discard(request);
        }
        self.ledger.worker_gone(self.now, worker);
    }

    /// `worker` dies at this moment, with all that it has.
    fn die(&mut self, worker: u32, cause: RestartCause) {
        match self.workers[worker].life.phase {
            Phase::Up => self.withdraw(worker),
            Phase::Draining => self.cancel_timers(worker),
            _ => return,
        }
        self.lives.restarted(cause);
        self.kill_requests(worker, false);
        self.bury(worker);
        let back_off = self.plan.of_worker(worker).lifecycle.back_off;
        let life = &mut self.workers[worker].life;
        let lived = self.now.since(life.ready_at);
        life.deaths = if lived >= back_off.most { 1 } else { life.deaths + 1 };
        life.phase = Phase::Dead;
        let pause = pause(back_off, life.deaths);
        if !life.succeeded {
            self.lives.restarting_up(self.now);
        }
        self.calendar.schedule(self.slots.life(worker), self.now + pause, rank::LIFE);
    }
}

/// Pause after the `deaths`-th death in a row.
fn pause(back_off: Backoff, deaths: i32) -> SimDuration {
    let Backoff { first, factor, most } = back_off;
    let grown = first.0 as f64 * factor.max(1.0).powi(deaths - 1);
    SimDuration((grown as u64).min(most.0.max(first.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_grows_up_to_its_limit() {
        let back_off = Backoff { first: SimDuration(100), factor: 2.0, most: SimDuration(1_000) };
        let pauses: Vec<u64> = (1..=6).map(|deaths| pause(back_off, deaths).0).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(pause(Backoff::default(), 3), SimDuration::ZERO);
        let constant = Backoff { factor: 1.0, most: SimDuration::ZERO, ..back_off };
        assert_eq!(pause(constant, 9), SimDuration(100));
    }
}
