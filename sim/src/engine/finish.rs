//! What a replication comes to.

use crate::cpu::CpuScheduler;
use crate::engine::requests::{Place, Request};
use crate::engine::{Engine, Lock};
use crate::experiment::{Outcome, PoolOutcome, RestartCause, Utilisation};

impl<C: CpuScheduler> Engine<'_, C> {
    pub(super) fn outcome(mut self) -> Outcome {
        let now = self.now;
        let cpu = self.cpu.busy_time(now);
        let serving = |r: &Request| r.place == Place::Serving && r.begun.is_some();
        let in_service = self.requests.iter().filter(|(_, r)| serving(r)).count() as u64;
        let oom_kills = self.lives.restarts_for(RestartCause::OutOfMemory);
        let memory = self.ledger.close(now, in_service, oom_kills);
        let (lock, dispatcher) = (self.lock_utilisation(), self.clerk_utilisation());
        let pools = self.pool_outcomes();
        let ready_at = self.all_ready_at().unwrap_or(now);
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
        let share = |integral: f64, of: f64| {
            if observed_ns > 0.0 { integral / observed_ns / of } else { 0.0 }
        };
        let slots: u64 = self.scenario.pools.iter().map(|pool| pool.slots()).sum();
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
            mean_in_system: share((end.in_system - begin.in_system) as f64, 1.0),
            peak_queue: watched.peak_queue,
            growth: watched.growth,
            utilisation: Utilisation {
                cores: share(end.cpu - begin.cpu, usable),
                lock,
                slots: share((end.slots - begin.slots) as f64, slots as f64),
                dispatcher,
            },
            memory,
            workers: self.lives.outcome(now),
            pools,
            ready_at,
            events: self.events,
            hand_offs: self.hand_offs,
        }
    }

    fn pool_outcomes(&self) -> Vec<PoolOutcome> {
        let configs = self.scenario.pools.iter();
        configs.zip(&self.pools).map(|(c, p)| p.tally.outcome(self.now, c.slots())).collect()
    }

    /// Share of the run that the busiest lock (or event loop) was held.
    fn lock_utilisation(&self) -> f64 {
        let most = self.longest_held();
        if self.now.0 > 0 { most as f64 / self.now.0 as f64 } else { 0.0 }
    }

    /// Time for which the busiest lock (or event loop) has been held, in ns.
    pub(super) fn longest_held(&self) -> u64 {
        let held = |lock: &Lock| {
            let running = match lock.gil.holder() {
                Some(_) => self.now.since(lock.held_since).0,
                None => 0,
            };
            lock.held + running
        };
        self.locks.iter().map(held).max().unwrap_or(0)
    }

    /// Share of the run that the busiest clerk was at work.
    fn clerk_utilisation(&self) -> f64 {
        let most = self.clerks.iter().map(|clerk| clerk.busy.integral_at(self.now)).max();
        if self.now.0 > 0 { most.unwrap_or(0) as f64 / self.now.0 as f64 } else { 0.0 }
    }
}
