//! The clients: one thread that sends every row when it is due, whatever the
//! answers do, or for clients that think and wait, or all at once.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::http::post;
use crate::child::Group;
use crate::grpc::journal::Journal;
use crate::grpc::timers::Timers;
use crate::grpc::wire::{self, Reply};
use crate::run::sampler::{monotonic_ns, thread_cpu_ns};
use crate::run::{End, Load, Outcome, Plan, Record, RunError, Stop};

/// Time between two looks at whether to end, in ns.
const LOOK: u64 = 20_000_000;

/// Something to do at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chore {
    /// A row of the trace is to be sent.
    Send(usize),
    /// Has anyone asked to end, or is a limit passed?
    Look,
}

/// A request's end, as its client saw it.
#[derive(Debug)]
pub(super) struct News {
    record: Record,
    body: Bytes,
}

/// What the clients work with.
pub(super) struct Parts<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) stop: &'a Stop,
    pub(super) port: u16,
    pub(super) server: Group,
    pub(super) journal: Journal,
    /// In ns of CLOCK_MONOTONIC.
    pub(super) launched: u64,
    pub(super) news: UnboundedSender<News>,
}

/// What is left of them.
pub(super) struct Seen {
    pub(super) server: Group,
    pub(super) journal: Journal,
    pub(super) origin: u64,
    /// CPU time that they took, in ns.
    pub(super) cpu: u64,
}

pub(super) struct Clients<'a> {
    parts: Parts<'a>,
    timers: Timers<Chore>,
    origin: u64,
    last_event: u64,
    /// The row that is next.
    next: usize,
    /// When each row is due.
    due: Vec<u64>,
    payloads: Vec<Bytes>,
    /// Bodies that the workload says to keep.
    kept: Vec<Bytes>,
    served: usize,
    cpu: u64,
}

impl<'a> Clients<'a> {
    /// Within a runtime only.
    pub(super) fn new(parts: Parts<'a>) -> io::Result<Self> {
        let payload = |bytes: u64| vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)].into();
        let origin = monotonic_ns();
        Ok(Self {
            timers: Timers::new()?,
            origin,
            last_event: origin,
            next: 0,
            due: vec![origin; parts.plan.rows.len()],
            payloads: parts.plan.spec.classes.iter().map(|it| payload(it.request_bytes)).collect(),
            kept: Vec::new(),
            served: 0,
            cpu: thread_cpu_ns(),
            parts,
        })
    }

    /// Sends all rows; says how that ended.
    pub(super) async fn run(&mut self, mut news: UnboundedReceiver<News>) -> Result<End, RunError> {
        self.parts.journal.origin(self.origin);
        self.timers.at(0, Chore::Look);
        match self.parts.plan.spec.load {
            Load::Open => self.schedule_next(),
            Load::Closed { clients } => (0..clients).for_each(|_| self.think(self.origin)),
            Load::Batch => (0..self.due.len()).for_each(|row| self.send(row)),
        }
        loop {
            while let Some(chore) = self.timers.due() {
                match chore {
                    Chore::Send(row) => self.send_due(row),
                    Chore::Look => {
                        if let Some(end) = self.look()? {
                            return Ok(end);
                        }
                    }
                }
            }
            if self.parts.journal.records.len() == self.due.len() {
                self.parts.journal.end(self.served);
                return Ok(End::Complete);
            }
            tokio::select! {
                Some(happened) = news.recv() => self.hear(happened),
                waited = self.timers.wait() => waited.map_err(RunError::Watch)?,
            }
        }
    }

    pub(super) fn over(self) -> Seen {
        let cpu = thread_cpu_ns().saturating_sub(self.cpu);
        Seen { server: self.parts.server, journal: self.parts.journal, origin: self.origin, cpu }
    }

    /// Of an open load.
    fn schedule_next(&mut self) {
        if let Some(row) = self.parts.plan.rows.get(self.next) {
            self.due[self.next] = self.origin + row.at.0;
            self.timers.at(self.due[self.next], Chore::Send(self.next));
            self.next += 1;
        }
    }

    /// A client thinks for as long as the next row says.
    fn think(&mut self, since: u64) {
        if let Some(row) = self.parts.plan.rows.get(self.next) {
            self.due[self.next] = since + row.at.0;
            self.timers.at(self.due[self.next], Chore::Send(self.next));
            self.next += 1;
        }
    }

    fn send_due(&mut self, row: usize) {
        if self.parts.plan.spec.load == Load::Open {
            self.schedule_next();
        }
        self.send(row);
    }

    fn send(&mut self, request: usize) {
        let row = &self.parts.plan.rows[request];
        let message = wire::encode(request, row, &self.payloads[row.class]);
        let record = unanswered(request, row.class, self.due[request]);
        let (port, news) = (self.parts.port, self.parts.news.clone());
        tokio::spawn(async move {
            let answer = post(port, message).await;
            let _ = news.send(news_of(record, answer));
        });
    }

    fn hear(&mut self, News { record, body }: News) {
        self.last_event = record.received;
        self.served += usize::from(record.outcome == Outcome::Ok);
        if self.parts.plan.spec.classes[record.class].retain {
            self.kept.push(body);
        }
        self.parts.journal.record(record);
        if let Load::Closed { .. } = self.parts.plan.spec.load {
            self.think(self.last_event);
        }
    }

    /// Whether the run is to end before all is answered.
    fn look(&mut self) -> Result<Option<End>, RunError> {
        let now = monotonic_ns();
        self.timers.at(now + LOOK, Chore::Look);
        if self.parts.stop.is_requested() {
            return Ok(Some(End::Interrupted));
        }
        let gone = self.parts.server.wait(Duration::ZERO).map_err(RunError::Watch)?;
        if let Some(status) = gone {
            return Ok(Some(End::RunnerDied(status.to_string())));
        }
        let limits = self.parts.plan.limits;
        let since = |instant: u64| Duration::from_nanos(now.saturating_sub(instant));
        if since(self.parts.launched) > limits.total {
            return Ok(Some(End::OutOfTime(limits.total)));
        }
        let last_sent = match self.parts.plan.spec.load {
            Load::Open => self.parts.plan.rows.last().map_or(0, |row| row.at.0),
            Load::Closed { .. } | Load::Batch => 0,
        };
        let quiet = since(self.last_event.max(self.origin + last_sent));
        Ok((quiet > limits.quiet).then_some(End::Quiet(limits.quiet)))
    }
}

/// A record of `request` as it is sent now, before anything is known of it.
fn unanswered(request: usize, class: usize, scheduled: u64) -> Record {
    let submitted = monotonic_ns();
    Record {
        request,
        class,
        scheduled,
        submitted,
        started: None,
        finished: None,
        received: submitted,
        cpu: None,
        worker: None,
        thread: None,
        outcome: Outcome::Ok,
    }
}

fn news_of(record: Record, answer: Result<Bytes, String>) -> News {
    let record = Record { received: monotonic_ns(), ..record };
    let cut_off = || "the worker's reply is cut off".to_owned();
    match answer.and_then(|body| wire::decode(body).ok_or_else(cut_off)) {
        Ok(reply) => {
            let Reply { started, finished, cpu, thread, process, fault, body, .. } = reply;
            let outcome = fault.map_or(Outcome::Ok, Outcome::Exception);
            let (started, finished) = (Some(started), Some(finished));
            let (worker, thread) = (Some(process), Some(thread));
            News {
                record: Record { started, finished, cpu, worker, thread, outcome, ..record },
                body,
            }
        }
        Err(why) => {
            News { record: Record { outcome: Outcome::Pool(why), ..record }, body: Bytes::new() }
        }
    }
}
