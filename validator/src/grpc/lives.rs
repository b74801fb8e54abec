//! Recycling at ticks, heartbeats, and what happens when a worker dies.

use std::time::Duration;

use procfs::process::Process;
use sim::experiment::RestartCause;
use sim::pool::Backoff;
use tonic::Status;

use super::dispatcher::{Chore, Dispatcher, News};
use super::fleet::{Phase, Seat};
use super::refusal::Refusal;
use crate::run::sampler::monotonic_ns;

/// Longest that a worker may take to end when asked, in ns; then it is killed.
const STOP_LIMIT: u64 = 2_000_000_000;

impl Dispatcher<'_> {
    /// A pool looks at its workers, all of them at once.
    pub(super) fn tick(&mut self, pool: usize) {
        let fleet = &mut self.fleets[pool];
        if let Some(every) = fleet.config.lifecycle.check_every {
            fleet.next_tick += every.0;
            self.timers.at(fleet.next_tick, Chore::Tick(pool));
        }
        let seats: Vec<Seat> = (0..)
            .zip(&fleet.workers)
            .filter(|(_, entry)| entry.phase == Phase::Up)
            .map(|(worker, entry)| Seat { pool, worker, life: entry.life })
            .collect();
        for seat in seats {
            if let Some(cause) = self.due(seat) {
                self.replace(seat, cause);
            }
        }
    }

    /// The rule by which a worker is to be replaced now, if any.
    fn due(&mut self, seat: Seat) -> Option<RestartCause> {
        let fleet = &mut self.fleets[seat.pool];
        let rules = fleet.config.lifecycle;
        let log = fleet.up(seat)?.log.as_ref()?;
        let lived = monotonic_ns().saturating_sub(log.ready?);
        if rules.ttl.is_some_and(|ttl| ttl.0 <= lived) {
            return Some(RestartCause::Ttl);
        }
        if rules.max_requests.is_some_and(|most| most <= log.served) {
            return Some(RestartCause::MaxRequests);
        }
        let limit = rules.memory_limit?;
        (resident_bytes(log.pid)? > limit).then_some(RestartCause::MemoryLimit)
    }

    /// Stops a worker before its successor starts. Nothing is drained.
    fn replace(&mut self, seat: Seat, cause: RestartCause) {
        self.fleets[seat.pool].terminate(seat);
        self.timers.at(monotonic_ns() + STOP_LIMIT, Chore::Kill(seat));
        self.take_down(seat, Phase::Stopping, cause, "it was recycled");
    }

    /// The process of a worker that was asked to stop has ended.
    pub(super) fn stopped(&mut self, seat: Seat) {
        if let Some(worker) = self.fleets[seat.pool].worker(seat) {
            worker.deaths = 0;
            // Reaps it.
            if let Some(group) = worker.group.take() {
                self.roots.remove(group.id());
            }
        }
        self.launch_again(seat);
    }

    /// A worker crashed.
    pub(super) fn died(&mut self, seat: Seat, why: &str) {
        self.die(seat, RestartCause::Crash, why);
    }

    /// The connection to a worker is broken: whatever it does, nobody hears.
    pub(super) fn broken(&mut self, seat: Seat, status: &Status) {
        self.died(seat, &format!("the call ended with {}", status.code()));
    }

    /// Kills a worker with all that it has; its successor comes after a pause.
    fn die(&mut self, seat: Seat, cause: RestartCause, why: &str) {
        let fleet = &mut self.fleets[seat.pool];
        fleet.kill(seat);
        let back_off = fleet.config.lifecycle.back_off;
        let now = monotonic_ns();
        let Some(worker) = fleet.worker(seat) else { return };
        let ready = worker.log.as_ref().and_then(|log| log.ready);
        let lived = ready.map_or(0, |ready| now.saturating_sub(ready));
        worker.deaths = if lived >= back_off.most.0 { 1 } else { worker.deaths + 1 };
        self.timers.at(now + pause(back_off, worker.deaths), Chore::Relaunch(seat));
        if let Some(group) = worker.group.take() {
            self.roots.remove(group.id());
            fleet.ending.insert(seat.life, group);
        }
        self.take_down(seat, Phase::Dead, cause, why);
    }

    /// A worker takes no more requests, and those that it had are lost.
    fn take_down(&mut self, seat: Seat, phase: Phase, cause: RestartCause, why: &str) {
        let (log, lost) = self.fleets[seat.pool].end(seat, phase, cause);
        self.pools[seat.pool].down(seat.worker);
        if let Some(log) = log {
            self.journal.life(log);
        }
        for request in lost {
            self.refuse(request, Refusal::WorkerLost, why);
        }
    }

    pub(super) fn relaunch(&mut self, seat: Seat) {
        if self.fleets[seat.pool].worker(seat).is_some_and(|it| it.phase == Phase::Dead) {
            self.launch_again(seat);
        }
    }

    /// A successor that cannot be launched ends the run: what was measured is
    /// kept.
    fn launch_again(&mut self, seat: Seat) {
        if let Err(error) = self.launch(seat.pool, seat.worker) {
            self.broken_off = Some(error.to_string());
        }
    }

    /// A successor had its time to get ready.
    pub(super) fn give_up_on(&mut self, seat: Seat) {
        let starting = |phase| phase == Phase::Starting;
        if self.fleets[seat.pool].worker(seat).is_some_and(|it| starting(it.phase)) {
            self.died(seat, "it was not ready in time");
        }
    }

    /// Sends a heartbeat, whether or not the last one was answered.
    pub(super) fn ping(&mut self, seat: Seat) {
        let fleet = &mut self.fleets[seat.pool];
        let Some(heartbeat) = fleet.config.lifecycle.heartbeat else { return };
        let Some(worker) = fleet.up(seat) else { return };
        worker.next_ping += heartbeat.every.0;
        self.timers.at(worker.next_ping, Chore::Ping(seat));
        let Some(client) = worker.client.clone() else { return };
        let news = self.news.clone();
        tokio::spawn(async move {
            let answered = client.ping(Duration::from_nanos(heartbeat.timeout.0)).await;
            let _ = news.send(News::Pong { seat, answered });
        });
    }

    pub(super) fn pong(&mut self, seat: Seat, answered: bool) {
        let fleet = &mut self.fleets[seat.pool];
        let most = fleet.config.lifecycle.heartbeat.map_or(u32::MAX, |it| it.misses);
        let Some(worker) = fleet.up(seat) else { return };
        worker.misses = if answered { 0 } else { worker.misses + 1 };
        if worker.misses >= most {
            self.die(seat, RestartCause::Hang, "it answered no heartbeat");
        }
    }
}

/// Pause after the `deaths`-th death in a row, in ns.
fn pause(back_off: Backoff, deaths: i32) -> u64 {
    let Backoff { first, factor, most } = back_off;
    let grown = first.0 as f64 * factor.max(1.0).powi(deaths - 1);
    (grown as u64).min(most.0.max(first.0))
}

/// Resident set size; `None` once the process is gone.
fn resident_bytes(pid: u32) -> Option<u64> {
    let pages = Process::new(i32::try_from(pid).ok()?).ok()?.statm().ok()?.resident;
    Some(pages * procfs::page_size())
}
