//! Following a run until it is over.

use std::fs;
use std::time::{Duration, Instant};

use super::error::RunError;
use super::events::{Event, Tail};
use super::guard::Guard;
use super::observation::{End, KernelRate, Observation, Record, Startup};
use super::sampler::Sampler;
use super::starts::Starts;
use super::stop::Stop;
use super::{Files, Load, Plan};
use crate::child::Group;

/// Time between two looks at the file of events.
const POLL: Duration = Duration::from_millis(10);
/// Longest that a pool may take to end once all is served; then it is killed.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// Bytes of the runner's messages that are searched for the last one.
const SAID: usize = 4096;

/// A run in progress. Fields are dropped in order: the guard outlives the group.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) files: &'a Files,
    pub(super) stop: &'a Stop,
    /// In ns of CLOCK_MONOTONIC.
    pub(super) launched: u64,
    pub(super) group: Group,
    pub(super) _guard: Guard,
}

/// What the events said so far.
#[derive(Debug, Default)]
struct Seen {
    kernels: Vec<KernelRate>,
    startup: Option<Startup>,
    origin: Option<u64>,
    records: Vec<Record>,
    finished: bool,
    /// CPU time spent beside the pool for it, in ns.
    beside: u64,
    failed: Option<(String, String)>,
}

impl Watch<'_> {
    /// Follows the run, ends its processes and says what was seen; without a
    /// `sampler`, nothing of their memory.
    pub(super) fn run(mut self, sampler: Option<Sampler>) -> Result<Observation, RunError> {
        let mut tail = Tail::open(&self.files.events).map_err(RunError::Watch)?;
        let mut seen = Seen::default();
        let end = self.follow(&mut tail, &mut seen)?;
        // Before the workers end: what ending them costs is not the pool's.
        let (samples, sampling) = sampler.map(Sampler::finish).unwrap_or_default();
        if end == End::Complete {
            let _ = self.group.wait(CLOSE_LIMIT);
        }
        self.group.kill();
        let (Some(mut startup), Some(origin)) = (seen.startup, seen.origin) else {
            return Err(self.never_served(end, seen.failed));
        };
        startup.launched = self.launched;
        let mut answered = vec![false; self.plan.rows.len()];
        for record in &seen.records {
            answered[record.request] = true;
        }
        let lost = (0..answered.len()).filter(|&row| !answered[row]).collect();
        let Seen { kernels, records, beside: dispatching, .. } = seen;
        Ok(Observation {
            kernels,
            startup,
            starts: Starts::default(),
            origin,
            records,
            lost,
            samples,
            sampling,
            dispatching,
            end,
        })
    }

    /// Until all is served or something else ends the run.
    fn follow(&mut self, tail: &mut Tail, seen: &mut Seen) -> Result<End, RunError> {
        let began = Instant::now();
        let mut last_event = began;
        loop {
            let gone = self.group.wait(POLL).map_err(RunError::Watch)?;
            // After the look at the process: its last events are there by now.
            for event in tail.read()? {
                last_event = Instant::now();
                seen.take(event, self.plan.rows.len()).map_err(|what| self.contradiction(what))?;
            }
            if seen.finished {
                return Ok(End::Complete);
            }
            if let Some((stage, detail)) = &seen.failed {
                return Ok(End::Failed(format!("{stage}: {detail}")));
            }
            if let Some(status) = gone {
                return Ok(End::RunnerDied(status.to_string()));
            }
            if self.stop.is_requested() {
                return Ok(End::Interrupted);
            }
            if let Some(end) = self.out_of_time(seen, began, last_event) {
                return Ok(end);
            }
        }
    }

    fn out_of_time(&self, seen: &Seen, began: Instant, last_event: Instant) -> Option<End> {
        let limits = self.plan.limits;
        if began.elapsed() > limits.total {
            return Some(End::OutOfTime(limits.total));
        }
        let Some(origin) = seen.origin else {
            return (began.elapsed() > limits.ready).then_some(End::OutOfTime(limits.ready));
        };
        // The trace's last instant, on the clock that counts from the launch.
        let last_sent = match self.plan.spec.load {
            Load::Open => self.plan.rows.last().map_or(0, |row| row.at.0),
            Load::Closed { .. } | Load::Batch => 0,
        };
        let sent = began + Duration::from_nanos(origin.saturating_sub(self.launched) + last_sent);
        (last_event.max(sent).elapsed() > limits.quiet).then_some(End::Quiet(limits.quiet))
    }

    /// Why there was no first request.
    fn never_served(&self, end: End, failed: Option<(String, String)>) -> RunError {
        let stderr = self.files.stderr.clone();
        if let Some((stage, detail)) = failed {
            return RunError::Failed { stage, detail, stderr };
        }
        let said = self.last_words();
        match end {
            End::Interrupted => RunError::Interrupted,
            End::Quiet(limit) | End::OutOfTime(limit) => {
                RunError::NeverReady { limit, said, stderr }
            }
            End::RunnerDied(how) | End::Failed(how) => RunError::Died { how, said, stderr },
            End::Complete => RunError::Died { how: "too early".to_owned(), said, stderr },
        }
    }

    fn contradiction(&self, what: String) -> RunError {
        RunError::Contradiction { path: self.files.events.clone(), what }
    }

    fn last_words(&self) -> String {
        let bytes = fs::read(&self.files.stderr).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(SAID)..]);
        let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
        last.unwrap_or("nothing").to_owned()
    }
}

impl Seen {
    fn take(&mut self, event: Event, rows: usize) -> Result<(), String> {
        match event {
            Event::Calibrated(rate) => self.kernels.push(rate),
            Event::Ready(startup) => self.startup = Some(startup),
            Event::Origin { at } => self.origin = Some(at),
            Event::Request(record) if record.request < rows => self.records.push(record),
            Event::Request(record) => {
                return Err(format!("request {} of a trace of {rows}", record.request));
            }
            Event::End { served, failed, beside } if served + failed == self.records.len() => {
                (self.finished, self.beside) = (true, beside);
            }
            Event::End { served, failed, .. } => {
                let found = self.records.len();
                return Err(format!("{served} served and {failed} failed, {found} records"));
            }
            Event::Failed { stage, detail } => self.failed = Some((stage, detail)),
        }
        Ok(())
    }
}
