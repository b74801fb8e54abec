//! One request: admitted, sent, answered or given up.

use sim::workload::TraceRow;
use tonic::Status;

use super::dispatcher::{Chore, Dispatcher, News};
use super::fleet::Seat;
use super::pool::Admission;
use super::refusal::Refusal;
use super::wire::{self, Reply};
use crate::run::sampler::monotonic_ns;
use crate::run::{Outcome, Record};

/// A request that has been sent: instants in ns of CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    scheduled: u64,
    submitted: u64,
}

impl<'a> Dispatcher<'a> {
    fn row(&self, request: usize) -> &'a TraceRow {
        &self.plan.rows[request]
    }

    fn pool_of(&self, request: usize) -> usize {
        self.split.pool(self.row(request).class, 0)
    }

    /// `request`, which was due at `scheduled`, is at the door.
    pub(super) fn arrive(&mut self, request: usize, scheduled: u64) {
        let submitted = monotonic_ns();
        self.sent[request] = Some(Sent { scheduled, submitted });
        let pool = self.pool_of(request);
        match self.pools[pool].arrive(request) {
            Admission::To(worker) => self.serve(pool, worker, request),
            Admission::Saturated => {
                self.refuse(request, Refusal::Saturated, "the queue is full");
            }
            Admission::Queued => {
                if let Some(limit) = self.fleets[pool].config.queue_timeout {
                    self.timers.at(submitted + limit.0, Chore::Expire(request));
                }
            }
        }
    }

    /// Sends `request` to a free slot of `worker`.
    pub(super) fn serve(&mut self, pool: usize, worker: u32, request: usize) {
        let Some((seat, client)) = self.fleets[pool].begin(pool, worker, request) else {
            return;
        };
        let row = self.row(request);
        let message = wire::encode(request, row, &self.payloads[row.class]);
        let news = self.news.clone();
        tokio::spawn(async move {
            let reply = client.serve(message).await;
            let _ = news.send(News::Reply { seat, request, reply });
        });
    }

    pub(super) fn expire(&mut self, request: usize) {
        let pool = self.pool_of(request);
        if self.pools[pool].give_up(request) {
            self.refuse(request, Refusal::QueueTimeout, "it waited for as long as it may");
        }
    }

    pub(super) fn reply(&mut self, seat: Seat, request: usize, reply: Result<Reply, Status>) {
        // What a worker says that was given up counts no more.
        if !self.fleets[seat.pool].has(seat, request) {
            return;
        }
        let reply = match reply {
            Ok(reply) => reply,
            Err(status) => return self.broken(seat, &status),
        };
        self.fleets[seat.pool].finish(seat, request, reply.fault.is_none());
        let record = Record {
            started: Some(reply.started),
            finished: Some(reply.finished),
            cpu: reply.cpu,
            worker: Some(reply.process),
            thread: Some(reply.thread),
            outcome: reply.fault.map_or(Outcome::Ok, Outcome::Exception),
            ..self.unserved(request)
        };
        if self.plan.spec.classes[record.class].retain {
            self.kept.push(reply.body);
        }
        for taken in self.pools[seat.pool].freed(seat.worker) {
            self.serve(seat.pool, taken.worker, taken.request);
        }
        self.answered(record);
    }

    /// The pool answers `request` itself.
    pub(super) fn refuse(&mut self, request: usize, refusal: Refusal, why: &str) {
        let outcome = refusal.outcome(why);
        let record = Record { outcome, ..self.unserved(request) };
        self.answered(record);
    }

    /// A record of `request` as if it had been lost now.
    fn unserved(&self, request: usize) -> Record {
        let received = monotonic_ns();
        let sent = self.sent[request].unwrap_or(Sent { scheduled: received, submitted: received });
        Record {
            request,
            class: self.row(request).class,
            scheduled: sent.scheduled,
            submitted: sent.submitted,
            started: None,
            finished: None,
            received,
            cpu: None,
            worker: None,
            thread: None,
            outcome: Outcome::Ok,
        }
    }

    fn answered(&mut self, record: Record) {
        self.last_event = record.received;
        self.served += usize::from(record.outcome == Outcome::Ok);
        self.journal.record(record);
        self.next_of_client();
    }
}
