//! The dispatcher: one thread that sends, receives and looks after the workers.
//!
//! Everything that changes its state happens in [`Dispatcher::run`], one thing
//! after another: a chore whose instant has come, or news from a connection or
//! a process. What must wait waits in a task that sends its news back.

use sim::pool::Split;
use sim::workload::TraceRow;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tonic::Status;

use super::fleet::{Fleet, Seat};
use super::journal::Journal;
use super::load::Clients;
use super::pool::{Admission, Pool};
use super::refusal::Refusal;
use super::roots::Roots;
use super::timers::Timers;
use super::wire::{self, Client, Reply};
use crate::run::sampler::monotonic_ns;
use crate::run::{End, Files, Outcome, Plan, Record, RunError, Startup, Stop};

/// Something to do at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Chore {
    /// A row of the trace is to be sent.
    Send(usize),
    /// A request has waited for as long as it may.
    Expire(usize),
    /// The pause after a batch of starts is over.
    BatchOver(usize),
    /// A pool looks at its workers.
    Tick(usize),
    /// A heartbeat.
    Ping(Seat),
    /// The successor of a worker that died.
    Relaunch(Seat),
    /// A worker that was asked to stop has not.
    Kill(Seat),
    /// A successor is not ready in time.
    GiveUp(Seat),
    /// Has anyone asked to end, or is a limit passed?
    Look,
}

/// Something that happened elsewhere.
#[derive(Debug)]
pub(super) enum News {
    /// A worker is connected.
    Up { seat: Seat, client: Client, interpreter_lock: bool },
    /// A worker cannot serve.
    Failed { seat: Seat, stage: String, detail: String },
    /// A worker's process has ended.
    Gone(Seat),
    /// A worker answered, or its connection broke.
    Reply { seat: Seat, request: usize, reply: Result<Reply, Status> },
    /// A worker answered a ping, or did not in time.
    Pong { seat: Seat, answered: bool },
}

/// A request that has been sent: instants in ns of CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug)]
struct Sent {
    scheduled: u64,
    submitted: u64,
}

#[derive(Debug)]
pub(super) struct Dispatcher<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) files: &'a Files,
    pub(super) stop: &'a Stop,
    pub(super) split: &'a Split,
    /// What workers are told of the kernels.
    pub(super) rates: String,
    pub(super) launched: u64,
    pub(super) pools: Vec<Pool>,
    pub(super) fleets: Vec<Fleet>,
    pub(super) timers: Timers<Chore>,
    pub(super) news: UnboundedSender<News>,
    pub(super) journal: Journal,
    pub(super) roots: Roots,
    pub(super) startup: Startup,
    pub(super) origin: Option<u64>,
    pub(super) last_event: u64,
    pub(super) clients: Clients,
    pub(super) usage: super::usage::Usage,
    pub(super) lives: u64,
    /// Why the run cannot go on.
    pub(super) broken_off: Option<String>,
    sent: Vec<Option<Sent>>,
    payloads: Vec<Vec<u8>>,
    kept: Vec<bytes::Bytes>,
    served: usize,
}

/// What a dispatcher is made with.
pub(super) struct Parts<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) files: &'a Files,
    pub(super) stop: &'a Stop,
    pub(super) rates: String,
    pub(super) launched: u64,
    pub(super) journal: Journal,
    pub(super) roots: Roots,
    pub(super) news: UnboundedSender<News>,
}

impl<'a> Dispatcher<'a> {
    /// Without any worker yet. Within a runtime only.
    pub(super) fn new(
        parts: Parts<'a>,
        deployment: &'a sim::pool::Deployment,
    ) -> std::io::Result<Self> {
        let Parts { plan, files, stop, rates, launched, journal, roots, news } = parts;
        let now = monotonic_ns();
        let payload = |bytes: u64| vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
        Ok(Self {
            plan,
            files,
            stop,
            split: &deployment.split,
            rates,
            launched,
            pools: deployment.pools.iter().map(Pool::new).collect(),
            fleets: deployment.pools.iter().map(Fleet::new).collect(),
            timers: Timers::new()?,
            news,
            journal,
            roots,
            startup: Startup { launched, began: now, ready: 0, interpreter_lock: false },
            origin: None,
            last_event: now,
            clients: Clients::default(),
            usage: super::usage::Usage::default(),
            lives: 0,
            broken_off: None,
            sent: vec![None; plan.rows.len()],
            payloads: plan.spec.classes.iter().map(|it| payload(it.request_bytes)).collect(),
            kept: Vec::new(),
            served: 0,
        })
    }

    /// Starts the workers, serves the trace, and says how that ended.
    pub(super) async fn run(&mut self, mut news: UnboundedReceiver<News>) -> Result<End, RunError> {
        self.timers.at(0, Chore::Look);
        for pool in 0..self.pools.len() {
            self.start_batch(pool)?;
        }
        loop {
            while let Some(chore) = self.timers.due() {
                if let Some(end) = self.perform(chore)? {
                    return Ok(end);
                }
            }
            if self.journal.records.len() == self.plan.rows.len() {
                self.journal.end(self.served);
                return Ok(End::Complete);
            }
            tokio::select! {
                Some(happened) = news.recv() => self.hear(happened)?,
                waited = self.timers.wait() => waited.map_err(RunError::Watch)?,
            }
        }
    }

    fn perform(&mut self, chore: Chore) -> Result<Option<End>, RunError> {
        match chore {
            Chore::Send(row) => self.send_row(row),
            Chore::Expire(request) => self.expire(request),
            Chore::BatchOver(pool) => self.batch_over(pool)?,
            Chore::Tick(pool) => self.tick(pool),
            Chore::Ping(seat) => self.ping(seat),
            Chore::Relaunch(seat) => self.relaunch(seat),
            Chore::Kill(seat) => self.fleets[seat.pool].kill(seat),
            Chore::GiveUp(seat) => self.give_up_on(seat),
            Chore::Look => return self.look(),
        }
        Ok(None)
    }

    fn hear(&mut self, news: News) -> Result<(), RunError> {
        match news {
            News::Up { seat, client, interpreter_lock } => {
                self.worker_up(seat, client, interpreter_lock);
            }
            News::Failed { seat, stage, detail } => self.worker_failed(seat, stage, detail)?,
            News::Gone(seat) => self.worker_gone(seat)?,
            News::Reply { seat, request, reply } => self.reply(seat, request, reply),
            News::Pong { seat, answered } => self.pong(seat, answered),
        }
        Ok(())
    }

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

    fn expire(&mut self, request: usize) {
        let pool = self.pool_of(request);
        if self.pools[pool].give_up(request) {
            self.refuse(request, Refusal::QueueTimeout, "it waited for as long as it may");
        }
    }

    fn reply(&mut self, seat: Seat, request: usize, reply: Result<Reply, Status>) {
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
