//! The dispatcher: one thread that sends, receives and looks after the workers.
//!
//! Everything that changes its state happens in [`Dispatcher::run`], one thing
//! after another: a chore whose instant has come, or news from a connection or
//! a process. What must wait waits in a task that sends its news back.

use sim::pool::Split;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tonic::Status;

use super::fleet::{Fleet, Seat};
use super::journal::Journal;
use super::load::Clients;
use super::pool::Pool;
use super::requests::Sent;
use super::roots::Roots;
use super::timers::Timers;
use super::wire::{Client, Reply};
use crate::run::sampler::monotonic_ns;
use crate::run::{End, Files, Plan, RunError, Startup, Stop};

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
    pub(super) sent: Vec<Option<Sent>>,
    pub(super) payloads: Vec<Vec<u8>>,
    pub(super) kept: Vec<bytes::Bytes>,
    pub(super) served: usize,
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
            startup: Startup {
                launched,
                began: now,
                ready: 0,
                interpreter_lock: false,
                application: None,
            },
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
}
