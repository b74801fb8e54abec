//! Starting workers in batches, and the successors of those that went.

use super::dispatcher::{Chore, Dispatcher, News};
use super::fleet::{Phase, Seat};
use super::journal::Life;
use super::process::{Said, Voice, launch};
use super::spoken::died;
use super::wire::Client;
use crate::run::RunError;
use crate::run::sampler::monotonic_ns;

impl Dispatcher<'_> {
    /// Launches the next batch of a pool that is not ready yet.
    pub(super) fn start_batch(&mut self, pool: usize) -> Result<(), RunError> {
        let fleet = &self.fleets[pool];
        let left = fleet.config.profile.workers - fleet.started;
        let batch = fleet.config.start_batch.map_or(left, |batch| batch.min(left));
        let first = fleet.started;
        for worker in first..first + batch {
            let fleet = &mut self.fleets[pool];
            fleet.started += 1;
            fleet.in_batch += 1;
            fleet.outstanding += 1;
            self.launch(pool, worker)?;
        }
        Ok(())
    }

    /// Launches a process for `worker`.
    pub(super) fn launch(&mut self, pool: usize, worker: u32) -> Result<(), RunError> {
        self.lives += 1;
        let seat = Seat { pool, worker, life: self.lives };
        let config = &self.fleets[pool].config;
        let threads = config.profile.slots_per_worker().to_string();
        // Port 0: one that is free.
        let arguments = ["serve".to_owned(), "0".to_owned(), threads, self.rates.clone()];
        let launched = monotonic_ns();
        let blas = Some(config.blas_threads);
        let (group, voice) = launch(self.plan, self.files, blas, &arguments)?;
        let pid = group.id();
        self.roots.add(pid);
        tokio::spawn(listen(seat, voice, self.news.clone()));
        let (ready, ended, cause, served) = (None, None, None, 0);
        let log = Life { pool, worker, pid, launched, ready, ended, cause, served };
        let entry = &mut self.fleets[pool].workers[worker as usize];
        (entry.phase, entry.life) = (Phase::Starting, seat.life);
        (entry.group, entry.log) = (Some(group), Some(log));
        if self.origin.is_some() {
            let limit = u64::try_from(self.plan.limits.ready.as_nanos()).unwrap_or(u64::MAX);
            self.timers.at(launched.saturating_add(limit), Chore::GiveUp(seat));
        }
        Ok(())
    }

    /// A worker is connected: it takes requests from now on.
    pub(super) fn worker_up(&mut self, seat: Seat, client: Client, interpreter_lock: bool) {
        let fleet = &mut self.fleets[seat.pool];
        let heartbeat = fleet.config.lifecycle.heartbeat;
        let now = monotonic_ns();
        let Some(worker) = fleet.worker(seat).filter(|it| it.phase == Phase::Starting) else {
            return;
        };
        (worker.phase, worker.client, worker.misses) = (Phase::Up, Some(client), 0);
        if let Some(log) = &mut worker.log {
            log.ready = Some(now);
        }
        if let Some(heartbeat) = heartbeat {
            worker.next_ping = now + heartbeat.every.0;
            self.timers.at(worker.next_ping, Chore::Ping(seat));
        }
        let first = !std::mem::replace(&mut worker.came_up, true);
        self.startup.interpreter_lock = interpreter_lock;
        if first {
            fleet.outstanding -= 1;
            if fleet.outstanding == 0 {
                let pause = fleet.config.start_batch.map_or(0, |_| fleet.config.start_delay.0);
                self.timers.at(now + pause, Chore::BatchOver(seat.pool));
            }
        }
        for taken in self.pools[seat.pool].up(seat.worker) {
            self.serve(seat.pool, taken.worker, taken.request);
        }
    }

    /// The pause after a batch is over.
    pub(super) fn batch_over(&mut self, pool: usize) -> Result<(), RunError> {
        let fleet = &mut self.fleets[pool];
        fleet.in_batch = 0;
        if fleet.started < fleet.config.profile.workers {
            return self.start_batch(pool);
        }
        let now = monotonic_ns();
        fleet.ready = true;
        if let Some(every) = fleet.config.lifecycle.check_every {
            fleet.next_tick = now + every.0;
            self.timers.at(fleet.next_tick, Chore::Tick(pool));
        }
        if self.fleets.iter().all(|fleet| fleet.ready) {
            self.startup.ready = now;
            self.journal.ready(self.startup);
            self.start_load();
        }
        Ok(())
    }

    /// A worker says that it cannot serve. Before the first request that ends
    /// the run: whoever started the pool has to know.
    pub(super) fn worker_failed(
        &mut self,
        seat: Seat,
        stage: String,
        detail: String,
    ) -> Result<(), RunError> {
        if self.origin.is_none() {
            return Err(RunError::Failed { stage, detail, stderr: self.files.stderr.clone() });
        }
        self.died(seat, &format!("it failed at {stage}: {detail}"));
        Ok(())
    }

    /// The process of `seat` has ended.
    pub(super) fn worker_gone(&mut self, seat: Seat) -> Result<(), RunError> {
        let fleet = &mut self.fleets[seat.pool];
        // Dropping it reaps the process, which is at its end.
        fleet.ending.remove(&seat.life);
        let phase = fleet.worker(seat).map(|worker| worker.phase);
        match phase {
            Some(Phase::Starting) if self.origin.is_none() => {
                return Err(died(self.files, "a worker's process ended".to_owned()));
            }
            Some(Phase::Starting | Phase::Up) => self.died(seat, "its process ended"),
            Some(Phase::Stopping) => self.stopped(seat),
            _ => {}
        }
        Ok(())
    }
}

/// Follows what a worker says until it ends.
async fn listen(seat: Seat, mut voice: Voice, news: tokio::sync::mpsc::UnboundedSender<News>) {
    while let Some(heard) = voice.hear().await {
        let happened = match heard {
            Ok(Said::Up { port, interpreter_lock }) => match Client::connect(port).await {
                Ok(client) => News::Up { seat, client, interpreter_lock },
                Err(error) => {
                    News::Failed { seat, stage: "connect".to_owned(), detail: error.to_string() }
                }
            },
            Ok(Said::Failed { stage, detail }) => News::Failed { seat, stage, detail },
            // Whatever else the application writes.
            Ok(Said::Calibrated(_)) | Err(_) => continue,
        };
        let _ = news.send(happened);
    }
    let _ = news.send(News::Gone(seat));
}
