//! Looks on at one replication and keeps what it sees.

use sim::experiment::{Observer, Record, Snapshot};
use sim::kernel::SimDuration;

/// Steps of time that are kept, at least (of a run that is long enough).
const STEPS: usize = 96;
/// Spacing to begin with: shorter than any run is worth watching.
const FINEST: SimDuration = SimDuration(1_000);

/// Keeps snapshots and, if asked to, records.
///
/// How long a run will be is not known beforehand. So the spacing begins fine,
/// and when there are twice as many steps as needed, every second is dropped and
/// the spacing doubled. A worker that was down for less than a step still shows:
/// a snapshot knows the fewest that were up since the one before.
#[derive(Debug)]
pub struct Watcher {
    every: SimDuration,
    wants_records: bool,
    /// The pool at equal steps of time.
    pub snapshots: Vec<Snapshot>,
    /// Every request's history, in order of completion.
    pub records: Vec<Record>,
}

impl Watcher {
    pub fn new(wants_records: bool) -> Self {
        Self { every: FINEST, wants_records, snapshots: Vec::new(), records: Vec::new() }
    }
}

impl Observer for Watcher {
    fn record(&mut self, record: &Record) {
        if self.wants_records {
            self.records.push(*record);
        }
    }

    fn snapshot_every(&self) -> Option<SimDuration> {
        Some(self.every)
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.snapshots.push(*snapshot);
        if self.snapshots.len() > 2 * STEPS {
            for dropped in (1..self.snapshots.len() - 1).step_by(2) {
                let fewest = self.snapshots[dropped].fewest_ready;
                let next = &mut self.snapshots[dropped + 1].fewest_ready;
                *next = fewest.min(*next);
            }
            let mut keep = false;
            self.snapshots.retain(|_| {
                keep = !keep;
                keep
            });
            self.every = SimDuration(self.every.0 * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::kernel::SimTime;

    fn snapshot(at: SimTime, fewest_ready: u32) -> Snapshot {
        Snapshot {
            at,
            queued: 0,
            busy_slots: 0,
            runnable: 0,
            core_time: 0.0,
            lock_time: 0,
            ready_workers: 4,
            fewest_ready,
            processes: 1,
            restarts: 0,
            pss: 0,
            rss: 0,
        }
    }

    #[test]
    fn one_short_outage_is_seen_however_long_the_run() {
        for outage in [1, 2, 777, 9_000] {
            let mut watcher = Watcher::new(false);
            // As the engine would: at the spacing asked for after each.
            let (mut before, mut at) = (0, 0);
            while at < 10_000 * FINEST.0 {
                let down = before < outage * FINEST.0 && outage * FINEST.0 <= at;
                watcher.snapshot(&snapshot(SimTime(at), 4 - u32::from(down)));
                (before, at) = (at, at + watcher.every.0);
            }
            let seen = watcher.snapshots.iter().filter(|s| s.fewest_ready == 3).count();
            assert_eq!(seen, 1, "outage at step {outage}");
        }
    }

    #[test]
    fn runs_of_any_length_are_seen_in_equal_steps() {
        for length in [50_000, 1_000_000_000, 3_600_000_000_000, 604_800_000_000_000] {
            let mut watcher = Watcher::new(false);
            let mut at = SimTime::ZERO;
            while at.0 <= length {
                watcher.snapshot(&snapshot(at, 4));
                at = SimTime(at.0 + watcher.snapshot_every().unwrap().0);
            }
            let times: Vec<u64> = watcher.snapshots.iter().map(|s| s.at.0).collect();
            let step = times[1];
            assert!(times.iter().enumerate().all(|(i, at)| *at == i as u64 * step), "{times:?}");
            let expected = if length < 100_000 { 51 } else { STEPS + 1 };
            assert!((expected..=2 * STEPS).contains(&times.len()), "{}", times.len());
            assert!(times.last().unwrap() + step > length);
        }
    }
}
