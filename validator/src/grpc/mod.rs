//! Real gRPC pools: Python workers behind a dispatcher that is this program.
//!
//! [`serve`] starts the workers of a [`Deployment`],
//! sends them the rows of a trace over sockets, and does with queue, choice,
//! batches, heartbeats, recycling and crashes what the [`PoolConfig`]s say, as
//! snakepit's manager does (`sim/src/pool/kinds/grpc_process.rs`). The rule of
//! who gets the next request is the simulator's own code ([`PoolPolicy`]).
//!
//! A worker is `python/grpc_worker`: a gRPC server of T threads over the kernels
//! that the other pools serve with. A ping goes to those threads too: a worker
//! of one thread that is busy for longer than the heartbeats allow is taken for
//! hung, and one of several threads answers while one is left.
//!
//! Messages are plain bytes, not protobuf: gRPC, HTTP/2 and the sockets are real,
//! the cost of a schema is not in it.
//!
//! The workers are children of the calling thread and die with it.
//!
//! [`PoolConfig`]: sim::pool::PoolConfig
//! [`PoolPolicy`]: sim::pool::PoolPolicy

mod calibrate;
mod cost;
mod dispatcher;
mod ending;
mod fleet;
pub(crate) mod journal;
mod lives;
mod load;
mod options;
mod pool;
mod process;
mod refusal;
mod requests;
mod roots;
pub(crate) mod spoken;
mod startup;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod timers;
mod usage;
pub(crate) mod wire;

use std::fs::File;
use std::io;
use std::path::Path;

use sim::pool::Deployment;
use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;

pub use cost::{Cell, Cost, Pace, Paced, Spread, fit, measure};
pub use journal::Life;
pub(crate) use options::{KINDS, check};
pub use refusal::Refusal;
pub use usage::Usage;

use crate::run::sampler::{Sampler, monotonic_ns};
use crate::run::{Files, Observation, Plan, RunError, Stop, at, prepare};
use dispatcher::{Dispatcher, Parts};
use journal::Journal;
use roots::Roots;

/// What was seen of gRPC pools.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// As of every pool.
    pub observation: Observation,
    /// The worker processes in the order in which they went, those that stayed
    /// last; also in `workers.jsonl` of the run's folder.
    pub lives: Vec<Life>,
    /// What dispatcher and workers spent.
    pub usage: Usage,
}

/// As [`run`](crate::run::run), of a plan with a deployment.
///
/// # Errors
/// As [`run`](crate::run::run).
pub fn serve(plan: &Plan<'_>, folder: &Path, stop: &Stop) -> Result<Served, RunError> {
    let (files, _delays) = prepare(plan, folder)?;
    let Some(deployment) = &plan.spec.pool.deployment else {
        let why = "it has no configuration; make it with `PoolSpec::deployed`".to_owned();
        return Err(RunError::Options { kind: plan.spec.pool.kind, why });
    };
    File::create(&files.stderr).map_err(at(&files.stderr))?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(RunError::Watch)?;
    runtime.block_on(conduct(plan, &files, stop, deployment))
}

/// One run, from the calibration to the last answer.
async fn conduct(
    plan: &Plan<'_>,
    files: &Files,
    stop: &Stop,
    deployment: &Deployment,
) -> Result<Served, RunError> {
    let at_events = |error: io::Error| at(&files.events)(error);
    let mut journal = Journal::new(files).map_err(at_events)?;
    let launched = monotonic_ns();
    let rates = calibrate::calibrate(plan, files, stop, &mut journal).await?;
    let roots = Roots::default();
    let sampled = roots.clone();
    let sampler = Sampler::start(move || sampled.all(), plan.sample_every, &files.samples)
        .map_err(at(&files.samples))?;
    let (news, heard) = unbounded_channel();
    let known = roots.clone();
    let parts = Parts { plan, files, stop, rates, launched, journal, roots, news };
    let mut dispatcher = Dispatcher::new(parts, deployment).map_err(RunError::Watch)?;
    let end = dispatcher.run(heard).await?;
    let usage = dispatcher.usage.end(&known);
    dispatcher.tell(end, usage, sampler.finish())
}
