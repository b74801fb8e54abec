//! The workers of one pool: which process each is, and what it has in hand.

use std::collections::BTreeMap;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use sim::experiment::RestartCause;
use sim::pool::PoolConfig;

use super::journal::Life;
use super::wire::Client;
use crate::child::Group;
use crate::run::sampler::monotonic_ns;

/// One life of one worker: news of an earlier one is told by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seat {
    pub(super) pool: usize,
    pub(super) worker: u32,
    pub(super) life: u64,
}

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Absent,
    Starting,
    Up,
    /// Asked to end.
    Stopping,
    /// Its successor is launched after a pause.
    Dead,
}

#[derive(Debug, Default)]
pub(super) struct Worker {
    pub(super) phase: Phase,
    pub(super) life: u64,
    pub(super) group: Option<Group>,
    pub(super) client: Option<Client>,
    pub(super) in_flight: Vec<usize>,
    pub(super) next_ping: u64,
    /// Unanswered pings in a row.
    pub(super) misses: u32,
    /// Deaths in a row.
    pub(super) deaths: i32,
    /// Was it ever ready?
    pub(super) came_up: bool,
    pub(super) log: Option<Life>,
}

#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) config: PoolConfig,
    pub(super) workers: Vec<Worker>,
    /// Launched for the first time, in all and in the present batch.
    pub(super) started: u32,
    pub(super) in_batch: u32,
    /// Of those, how many are not ready.
    pub(super) outstanding: u32,
    /// Was every worker ready once, and the last pause over?
    pub(super) ready: bool,
    pub(super) next_tick: u64,
    /// Processes that were killed and have not ended yet, by life.
    pub(super) ending: BTreeMap<u64, Group>,
}

impl Fleet {
    /// No worker is there yet.
    pub(super) fn new(config: &PoolConfig) -> Self {
        Self {
            config: config.clone(),
            workers: (0..config.profile.workers).map(|_| Worker::default()).collect(),
            started: 0,
            in_batch: 0,
            outstanding: 0,
            ready: false,
            next_tick: 0,
            ending: BTreeMap::new(),
        }
    }

    /// The worker of `seat`, if it still lives that life.
    pub(super) fn worker(&mut self, seat: Seat) -> Option<&mut Worker> {
        self.workers.get_mut(seat.worker as usize).filter(|worker| worker.life == seat.life)
    }

    /// As [`Fleet::worker`], if it takes requests.
    pub(super) fn up(&mut self, seat: Seat) -> Option<&mut Worker> {
        self.worker(seat).filter(|worker| worker.phase == Phase::Up)
    }

    /// `worker` gets `request`.
    pub(super) fn begin(
        &mut self,
        pool: usize,
        worker: u32,
        request: usize,
    ) -> Option<(Seat, Client)> {
        let entry = self.workers.get_mut(worker as usize)?;
        let client = entry.client.clone()?;
        entry.in_flight.push(request);
        Some((Seat { pool, worker, life: entry.life }, client))
    }

    /// Does that life have `request` in hand?
    pub(super) fn has(&mut self, seat: Seat, request: usize) -> bool {
        self.up(seat).is_some_and(|worker| worker.in_flight.contains(&request))
    }

    /// That life has answered `request`.
    pub(super) fn finish(&mut self, seat: Seat, request: usize, served: bool) {
        if let Some(worker) = self.up(seat) {
            worker.in_flight.retain(|other| *other != request);
            if let Some(log) = worker.log.as_mut().filter(|_| served) {
                log.served += 1;
            }
        }
    }

    /// The worker of `seat` takes no more requests: its account, and the
    /// requests that it had.
    pub(super) fn end(
        &mut self,
        seat: Seat,
        phase: Phase,
        cause: RestartCause,
    ) -> (Option<Life>, Vec<usize>) {
        let Some(worker) = self.worker(seat) else { return (None, Vec::new()) };
        worker.phase = phase;
        worker.client = None;
        let log = worker.log.take().map(|log| Life {
            ended: Some(monotonic_ns()),
            cause: Some(cause),
            ..log
        });
        (log, std::mem::take(&mut worker.in_flight))
    }

    /// Kills the process of `seat` if it is still there.
    pub(super) fn kill(&mut self, seat: Seat) {
        self.signal(seat, Signal::SIGKILL);
    }

    /// Asks it to end.
    pub(super) fn terminate(&mut self, seat: Seat) {
        self.signal(seat, Signal::SIGTERM);
    }

    fn signal(&mut self, seat: Seat, signal: Signal) {
        let group = self.worker(seat).and_then(|worker| worker.group.as_ref());
        if let Some(id) = group.and_then(|group| i32::try_from(group.id()).ok()) {
            // Fails only if nothing of it is left. It is not reaped yet, so the
            // number is not another's.
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }
}
