//! When requests are sent: at the instants of the trace, whatever the replies
//! do; by clients that think and wait; or all at once.

use super::dispatcher::{Chore, Dispatcher};
use crate::run::Load;
use crate::run::sampler::monotonic_ns;

/// Where the load stands.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// The row that is next.
    next: usize,
    /// When each row of a closed load was due.
    due: Vec<u64>,
}

impl Dispatcher<'_> {
    /// From now on.
    pub(super) fn start_load(&mut self) {
        let origin = monotonic_ns();
        self.origin = Some(origin);
        self.last_event = origin;
        self.journal.origin(origin);
        self.usage.begin(&self.roots);
        match self.plan.spec.load {
            Load::Open => self.schedule_next(),
            Load::Closed { clients } => {
                self.clients.due = vec![origin; self.plan.rows.len()];
                (0..clients).for_each(|_| self.think(origin));
            }
            Load::Batch => (0..self.plan.rows.len()).for_each(|row| self.arrive(row, origin)),
        }
    }

    /// Of an open load.
    fn schedule_next(&mut self) {
        if let (Some(row), Some(origin)) = (self.plan.rows.get(self.clients.next), self.origin) {
            self.timers.at(origin + row.at.0, Chore::Send(self.clients.next));
            self.clients.next += 1;
        }
    }

    /// A client thinks for as long as the next row says.
    fn think(&mut self, since: u64) {
        if let Some(row) = self.plan.rows.get(self.clients.next) {
            let due = since + row.at.0;
            self.clients.due[self.clients.next] = due;
            self.timers.at(due, Chore::Send(self.clients.next));
            self.clients.next += 1;
        }
    }

    pub(super) fn send_row(&mut self, row: usize) {
        let Some(origin) = self.origin else { return };
        if self.plan.spec.load == Load::Open {
            self.schedule_next();
            self.arrive(row, origin + self.plan.rows[row].at.0);
        } else {
            self.arrive(row, self.clients.due[row]);
        }
    }

    /// A client of a closed load has its answer.
    pub(super) fn next_of_client(&mut self) {
        if let Load::Closed { .. } = self.plan.spec.load {
            self.think(self.last_event);
        }
    }
}
