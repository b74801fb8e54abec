//! Looks on at one replication and keeps what it sees.

use sim::experiment::{Observer, Record, Snapshot};
use sim::kernel::SimDuration;

/// Keeps snapshots and, if asked to, records.
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
    /// Takes a snapshot `every` so often.
    pub fn new(every: SimDuration, wants_records: bool) -> Self {
        Self { every, wants_records, snapshots: Vec::new(), records: Vec::new() }
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
    }
}
