//! When a run is over, and what is then told of it.

use std::time::Duration;

use super::dispatcher::{Chore, Dispatcher};
use super::fleet::Seat;
use super::spoken::{died, last_words};
use super::{Served, Usage};
use crate::run::sampler::{Sample, SamplingCost, monotonic_ns};
use crate::run::{End, Load, Observation, RunError, Starts};

/// Time between two looks, in ns.
const LOOK: u64 = 20_000_000;

impl Dispatcher<'_> {
    /// Looks whether the run is to end before all is served.
    pub(super) fn look(&mut self) -> Result<Option<End>, RunError> {
        let now = monotonic_ns();
        self.timers.at(now + LOOK, Chore::Look);
        if let Some(why) = self.broken_off.take() {
            return Ok(Some(End::Failed(why)));
        }
        if self.stop.is_requested() {
            return Ok(Some(End::Interrupted));
        }
        let limits = self.plan.limits;
        let since = |instant: u64| Duration::from_nanos(now.saturating_sub(instant));
        if since(self.launched) > limits.total {
            return Ok(Some(End::OutOfTime(limits.total)));
        }
        let Some(origin) = self.origin else {
            return Ok(
                (since(self.launched) > limits.ready).then_some(End::OutOfTime(limits.ready))
            );
        };
        let last_sent = match self.plan.spec.load {
            Load::Open => self.plan.rows.last().map_or(0, |row| row.at.0),
            Load::Closed { .. } | Load::Batch => 0,
        };
        let quiet = since(self.last_event.max(origin + last_sent));
        Ok((quiet > limits.quiet).then_some(End::Quiet(limits.quiet)))
    }

    /// Why there was no first request.
    pub(super) fn never_served(&self, end: End) -> RunError {
        match end {
            End::Interrupted => RunError::Interrupted,
            End::Quiet(limit) | End::OutOfTime(limit) => RunError::NeverReady {
                limit,
                said: last_words(self.files),
                stderr: self.files.stderr.clone(),
            },
            End::RunnerDied(how) | End::Failed(how) => died(self.files, how),
            End::Complete => died(self.files, "too early".to_owned()),
        }
    }

    /// Ends all workers and tells what was seen.
    pub(super) fn tell(
        mut self,
        end: End,
        usage: Usage,
        (samples, sampling): (Vec<Sample>, SamplingCost),
    ) -> Result<Served, RunError> {
        self.end_workers();
        let Some(origin) = self.origin else { return Err(self.never_served(end)) };
        let mut answered = vec![false; self.plan.rows.len()];
        for record in &self.journal.records {
            answered[record.request] = true;
        }
        let lost = (0..answered.len()).filter(|row| !answered[*row]).collect();
        let journal = self.journal;
        let observation = Observation {
            kernels: journal.kernels,
            startup: self.startup,
            starts: Starts::default(),
            origin,
            records: journal.records,
            lost,
            samples,
            sampling,
            dispatching: usage.dispatcher,
            end,
        };
        Ok(Served { observation, lives: journal.lives, usage })
    }

    /// Kills every process, all before the first is waited for.
    fn end_workers(&mut self) {
        for (pool, fleet) in self.fleets.iter_mut().enumerate() {
            for worker in 0..fleet.config.profile.workers {
                let life = fleet.workers[worker as usize].life;
                fleet.kill(Seat { pool, worker, life });
            }
            fleet.ending.clear();
            for worker in &mut fleet.workers {
                worker.group = None;
                if let Some(log) = worker.log.take() {
                    self.journal.life(log);
                }
            }
        }
    }
}
