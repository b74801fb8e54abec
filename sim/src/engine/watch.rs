//! What a run records about itself: integrals over time, checkpoints to cut the
//! warm-up off afterwards, sojourn times, and the identities that must hold.

use crate::experiment::{Counts, Fate, Observer, Record};
use crate::kernel::SimTime;
use crate::stats::{ObservedSojourns, SojournSeries, TimeWeighted, Trend, WarmUpRule};

/// Most checkpoints kept; when there are more, every other one goes.
const MAX_CHECKPOINTS: usize = 512;

/// All running totals at one instant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checkpoint {
    pub(super) at: SimTime,
    pub(super) entered: u64,
    pub(super) completed: u64,
    pub(super) in_system: u128,
    pub(super) slots: u128,
    pub(super) cpu: f64,
}

/// When a run has seen enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadKind {
    /// Arrivals go on behind the last request that counts, so that it meets
    /// the same pool as the others did.
    Open,
    /// Clients go on until the last request that counts is through.
    Closed,
    /// Everything there is, from the first to the last.
    Finite,
}

/// The record of a run.
#[derive(Debug)]
pub(super) struct Watch {
    kind: LoadKind,
    /// The queue may grow only if the pool is too small.
    steady: bool,
    target: u64,
    sealed_of_target: u64,
    /// Requests that hang and whose fate is not sealed.
    hung: u64,
    load_over: bool,
    in_system: TimeWeighted,
    slots: TimeWeighted,
    counts: Counts,
    peak_queue: u64,
    trend: Trend,
    series: SojournSeries,
    sojourn_sum: u128,
    first_arrival: Option<SimTime>,
    last_seal: SimTime,
    checkpoints: Vec<Checkpoint>,
    stride: u64,
    until_checkpoint: u64,
    horizon: Option<Checkpoint>,
    pub(super) checkpoint_due: bool,
    pub(super) horizon_due: bool,
}

impl Watch {
    /// `steady`: the rate of arrivals is the same throughout.
    pub(super) fn new(kind: LoadKind, steady: bool, target: u64, classes: usize) -> Self {
        // A rate that varies has no steady state to wait for.
        let rule = match kind {
            LoadKind::Finite => WarmUpRule::None,
            _ if !steady => WarmUpRule::None,
            _ => WarmUpRule::Mser5,
        };
        Self {
            kind,
            steady,
            target,
            sealed_of_target: 0,
            hung: 0,
            load_over: false,
            in_system: TimeWeighted::default(),
            slots: TimeWeighted::default(),
            counts: Counts::default(),
            peak_queue: 0,
            trend: Trend::default(),
            series: SojournSeries::new(classes, rule),
            sojourn_sum: 0,
            first_arrival: None,
            last_seal: SimTime::ZERO,
            checkpoints: vec![Checkpoint::default()],
            stride: (target / MAX_CHECKPOINTS as u64).max(1),
            until_checkpoint: (target / MAX_CHECKPOINTS as u64).max(1),
            horizon: None,
            checkpoint_due: false,
            horizon_due: false,
        }
    }

    /// Has every request that counts met its fate, but for those that hang and
    /// that nobody will find?
    #[inline]
    pub(super) fn is_complete(&self) -> bool {
        let present = self.in_system.value();
        self.sealed_of_target + self.hung >= self.target
            || (self.load_over && present == self.hung)
            || (self.kind == LoadKind::Closed && self.hung > 0 && present == self.hung)
    }

    /// A request hangs.
    pub(super) fn hangs(&mut self) {
        self.hung += 1;
    }

    /// It met its fate after all.
    pub(super) fn hangs_no_more(&mut self) {
        self.hung -= 1;
    }

    /// Should the load go on after the arrival that is being handled?
    pub(super) fn wants_more_arrivals(&self) -> bool {
        // It is counted once it enters.
        let entered = self.counts.arrived + 1;
        match self.kind {
            LoadKind::Finite => entered < self.target,
            _ => !self.is_complete() && entered < self.target.saturating_mul(2),
        }
    }

    /// There are no more requests to come.
    pub(super) fn load_ended(&mut self) {
        self.load_over = true;
    }

    #[inline]
    pub(super) fn entered(&mut self, now: SimTime, number: u64) {
        self.in_system.up(now);
        self.counts.arrived += 1;
        self.first_arrival.get_or_insert(now);
        if self.kind == LoadKind::Open {
            if self.steady && number >= self.target / 2 && number < self.target {
                self.trend.push(now, self.in_system.value() as f64);
            }
            self.horizon_due |= number + 1 == self.target;
        }
    }

    #[inline]
    pub(super) fn sealed(&mut self, record: &Record, observer: &mut dyn Observer) {
        let now = record.finished;
        self.in_system.down(now);
        let sojourn = now.since(record.scheduled);
        self.sojourn_sum += u128::from(sojourn.0);
        self.last_seal = now;
        match record.fate {
            Fate::Completed => self.counts.completed += 1,
            Fate::Rejected => self.counts.rejected += 1,
            Fate::QueueTimeout => self.counts.queue_timeouts += 1,
            Fate::ClientTimeout => self.counts.client_timeouts += 1,
            Fate::WorkerLost => self.counts.worker_lost += 1,
        }
        if record.request >= self.target && self.kind == LoadKind::Open {
            return;
        }
        self.sealed_of_target += 1;
        if record.fate == Fate::Completed {
            let wait = record.started.map_or(sojourn, |start| start.since(record.scheduled));
            self.series.push(record.class, now, sojourn, wait);
        } else {
            self.series.push_failed(record.class, now);
        }
        observer.record(record);
        self.until_checkpoint -= 1;
        if self.until_checkpoint == 0 {
            self.until_checkpoint = self.stride;
            self.checkpoint_due = true;
        }
    }

    #[inline]
    pub(super) fn slot_taken(&mut self, now: SimTime) {
        self.slots.up(now);
    }

    #[inline]
    pub(super) fn slot_freed(&mut self, now: SimTime) {
        self.slots.down(now);
    }

    #[inline]
    pub(super) fn queue_length(&mut self, length: u64) {
        self.peak_queue = self.peak_queue.max(length);
    }

    /// Requests in service.
    pub(super) fn busy_slots(&self) -> u64 {
        self.slots.value()
    }

    /// All totals now, given the CPU time so far.
    fn totals(&self, now: SimTime, cpu: f64) -> Checkpoint {
        Checkpoint {
            at: now,
            entered: self.counts.arrived,
            completed: self.counts.completed,
            in_system: self.in_system.integral_at(now),
            slots: self.slots.integral_at(now),
            cpu,
        }
    }

    /// Takes the checkpoints that are due.
    pub(super) fn checkpoint(&mut self, now: SimTime, cpu: f64) {
        let totals = self.totals(now, cpu);
        if std::mem::take(&mut self.horizon_due) {
            self.horizon = Some(totals);
        }
        if std::mem::take(&mut self.checkpoint_due) {
            self.checkpoints.push(totals);
            if self.checkpoints.len() > MAX_CHECKPOINTS * 2 {
                let mut keep = false;
                self.checkpoints.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
            }
        }
    }

    /// Ends the record. `in_system` are the entry times of who is still there.
    ///
    /// # Panics
    /// If a request was lost or Little's law does not hold to the nanosecond.
    pub(super) fn finish(
        mut self,
        now: SimTime,
        cpu: f64,
        in_system: impl Iterator<Item = SimTime>,
    ) -> Watched {
        let mut ages = 0u128;
        for since in in_system {
            ages += u128::from(now.since(since).0);
            self.counts.in_system += 1;
        }
        let c = &self.counts;
        let sealed =
            c.completed + c.rejected + c.queue_timeouts + c.client_timeouts + c.worker_lost;
        assert_eq!(c.arrived, sealed + c.in_system, "a request was lost");
        assert_eq!(
            self.in_system.integral_at(now),
            self.sojourn_sum + ages,
            "Little's law: time integral of the number in the system = sum of sojourn times"
        );
        let end = self.horizon.unwrap_or_else(|| self.totals(now, cpu));
        let sojourns = self.series.finish();
        let begin = self
            .checkpoints
            .iter()
            .find(|c| c.at >= sojourns.warm_up_ends && c.at < end.at)
            // Never stationary: the second half is the best there is.
            .or_else(|| self.checkpoints.iter().rev().find(|c| c.at.0 <= end.at.0 / 2))
            .copied()
            .unwrap_or_default();
        Watched {
            sojourns,
            counts: self.counts,
            begin,
            end,
            makespan: self.last_seal.since(self.first_arrival.unwrap_or_default()).as_secs(),
            peak_queue: self.peak_queue,
            growth: self.trend.slope(),
        }
    }
}

/// What a run recorded.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) sojourns: ObservedSojourns,
    pub(super) counts: Counts,
    /// Totals at both ends of the observed stretch.
    pub(super) begin: Checkpoint,
    pub(super) end: Checkpoint,
    pub(super) makespan: f64,
    pub(super) peak_queue: u64,
    pub(super) growth: f64,
}
