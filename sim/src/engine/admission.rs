//! Requests on their way into the system and out of it: arrivals, clients and
//! their patience, and the way from pool to pool.

use crate::cpu::CpuScheduler;
use crate::engine::plan::Hop;
use crate::engine::queues::Deadline;
use crate::engine::requests::{NO_REQUEST, Place, RequestId};
use crate::engine::{Engine, rank};
use crate::experiment::{Fate, Record, SimError};
use crate::kernel::SimTime;
use crate::workload::Arrivals;

impl<C: CpuScheduler> Engine<'_, C> {
    /// The first requests of the load.
    pub(super) fn open_the_doors(&mut self) -> Result<(), SimError> {
        if self.scenario.requests == 0 {
            return Ok(());
        }
        if let Arrivals::Closed { clients, .. } = self.scenario.workload.arrivals {
            for _ in 0..clients {
                self.client_thinks()?;
            }
        } else {
            self.draw_arrival();
        }
        Ok(())
    }

    /// Draws the next row of an open load and schedules it.
    fn draw_arrival(&mut self) {
        if self.trace.next_into(&mut self.row) {
            self.calendar.schedule(self.slots.arrival(), self.row.at, rank::ARRIVAL);
        } else {
            self.watch.load_ended();
        }
    }

    /// The drawn request of an open load is here.
    pub(super) fn on_arrival(&mut self) -> Result<(), SimError> {
        let request = self.new_request(self.now)?;
        if self.watch.wants_more_arrivals() {
            self.draw_arrival();
        }
        self.enter(request);
        Ok(())
    }

    /// A client of a closed load thinks, then sends.
    fn client_thinks(&mut self) -> Result<(), SimError> {
        if !self.trace.next_into(&mut self.row) {
            return Ok(());
        }
        let at = SimTime(self.now.0.saturating_add(self.row.at.0));
        let request = self.new_request(at)?;
        self.calendar.schedule(self.slots.request(request), at, rank::REQUEST);
        Ok(())
    }

    fn new_request(&mut self, at: SimTime) -> Result<RequestId, SimError> {
        let limit = self.scenario.limits.in_system;
        if self.requests.len() >= limit as usize {
            return Err(SimError::TooManyInSystem { limit, at: self.now });
        }
        let request = self.requests.insert(self.next_number, &self.row, at);
        let class = &self.scenario.workload.classes[self.row.class];
        if class.crash > 0.0 || class.hang > 0.0 {
            self.requests[request].doom = self.lives.doom(class);
        }
        self.next_number += 1;
        self.calendar.reserve_slots(self.slots.count(self.requests.capacity()));
        Ok(request)
    }

    /// A request's own timer: its client has thought, or its task is ready.
    pub(super) fn on_request_timer(&mut self, request: RequestId) {
        if self.requests[request].place == Place::Thinking {
            self.enter(request);
        } else {
            self.on_task_ready(request);
        }
    }

    /// A request is sent: it counts from now on.
    fn enter(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        let class = entry.class;
        self.watch.entered(self.now, entry.number);
        if let Some(patience) = self.scenario.workload.classes[class as usize].client_timeout {
            let deadline = Deadline { at: self.now + patience, request, number: entry.number };
            let queue = &mut self.client_deadlines[class as usize];
            queue.push_back(deadline);
            if queue.len() == 1 {
                let slot = self.slots.client_timeout(class);
                self.calendar.schedule(slot, deadline.at, rank::TIMEOUT);
            }
        }
        self.requests[request].came_in_outage = self.lives.any_down();
        self.go_to_hop(request, 0);
    }

    fn go_to_hop(&mut self, request: RequestId, hop: u32) {
        let class = self.requests[request].class as usize;
        let Hop { pool, from, to } = self.plan.routes[class][hop as usize];
        let entry = &mut self.requests[request];
        entry.hop = hop;
        entry.go_to(self.now, pool, from, to);
        self.come_to_pool(request);
    }

    /// A pool is done with `request` and has its result: on to the next pool,
    /// or back to the client.
    #[inline]
    pub(super) fn leaves_pool(&mut self, request: RequestId) {
        self.leave_pool(request);
        let entry = &mut self.requests[request];
        entry.next = NO_REQUEST;
        let hop = entry.hop + 1;
        if (hop as usize) < self.plan.routes[entry.class as usize].len() {
            self.go_to_hop(request, hop);
        } else if entry.sealed {
            self.requests.remove(request);
        } else {
            self.complete(request);
        }
    }

    /// A client of `class` has waited long enough.
    pub(super) fn on_client_timeout(&mut self, class: u32) {
        while let Some(deadline) = self.client_deadlines[class as usize].front().copied() {
            let entry = &self.requests[deadline.request];
            let waits = entry.number == deadline.number
                && !entry.sealed
                && !matches!(entry.place, Place::Free | Place::Thinking | Place::Abandoned);
            if waits && deadline.at > self.now {
                let slot = self.slots.client_timeout(class);
                self.calendar.schedule(slot, deadline.at, rank::TIMEOUT);
                return;
            }
            self.client_deadlines[class as usize].pop_front();
            if waits {
                self.client_gives_up(deadline.request);
            }
        }
    }

    fn client_gives_up(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        let bundles = self.plan.pools[entry.pool as usize].bundling.is_some();
        match entry.place {
            Place::Held => {
                self.leave_queue(request);
                self.requests[request].place = Place::Abandoned;
            }
            // A bundle stays together.
            _ if bundles => {}
            // The server finds the connection closed when it gets there.
            Place::Queued | Place::QueuedAt => {
                self.leave_queue(request);
                self.requests[request].place = Place::Abandoned;
            }
            Place::Sending => self.requests[request].place = Place::Abandoned,
            // It does not notice while it serves: the work is wasted.
            _ => {}
        }
        self.seal(request, Fate::ClientTimeout);
    }

    /// The request has been served and its result taken.
    fn complete(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        if self.keeps_results {
            let bytes = self.scenario.workload.classes[entry.class as usize].response_bytes;
            self.ledger.result_kept(self.now, bytes);
        }
        self.seal(request, Fate::Completed);
        self.requests.remove(request);
    }

    /// Settles the fate of `request`, unless its client has given it up before;
    /// the client of a closed load goes on.
    pub(super) fn seal(&mut self, request: RequestId, fate: Fate) {
        let entry = &mut self.requests[request];
        if std::mem::replace(&mut entry.sealed, true) {
            return;
        }
        self.lives.lost += u64::from(fate == Fate::WorkerLost);
        if std::mem::take(&mut entry.hangs) {
            self.watch.hangs_no_more();
        }
        let record = Record {
            request: entry.number,
            class: entry.class as usize,
            scheduled: entry.scheduled,
            started: entry.started,
            finished: self.now,
            worker: (entry.started.is_some()).then_some(entry.worker),
            fate,
        };
        self.watch.sealed(&record, self.observer);
        if self.closed {
            self.failure = self.client_thinks().err();
        }
    }

    /// The request went down with its worker.
    pub(super) fn lose(&mut self, request: RequestId) {
        self.seal(request, Fate::WorkerLost);
        self.discard(request);
    }
}
