//! The answer of `planner simulate`.

use schemars::JsonSchema;
use serde::Serialize;

use super::VERSION;
use super::common::{Figures, HostSize, Interval, Pool};
use super::lives::{BlastRadius, Memory, Workers};
use crate::render::simulation::Answer;

/// The answer of `planner simulate`. Times in seconds, memory in bytes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Simulate {
    /// Version of this form.
    pub version: u32,
    /// Name of the workload.
    pub workload: String,
    /// The host that was predicted for.
    pub host: HostSize,
    /// The pools: of a pipeline one for each stage, of a hybrid one for each
    /// group of classes, else one.
    pub pools: Vec<DeployedPool>,
    /// Did the workers start when the load began?
    pub cold: bool,
    /// Predicted figures.
    pub figures: Figures,
    /// What became of the workers.
    pub workers: Workers,
    /// What restarts and faults cost the requests; null if there was none.
    pub blast_radius: Option<BlastRadius>,
    /// Memory over time.
    pub memory: Memory,
    /// The first replication at equal steps of time.
    pub timeline: Vec<Moment>,
    /// Requests per replication.
    pub requests: u64,
    /// Replications.
    pub replications: usize,
    /// Calendar events handled, all replications.
    pub events: u64,
    /// Seed of all randomness.
    pub seed: u64,
    /// The command that repeats this answer.
    pub command: String,
}

/// One of the pools.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeployedPool {
    /// What it is.
    pub pool: Pool,
    /// Classes or stages that it serves; empty: all.
    pub serves: Vec<String>,
    /// Requests (of a pipeline: stages) that it finished per second.
    pub throughput: Interval,
    /// Busy share of its slots.
    pub slots: Interval,
    /// Mean time from its door to the begin of its service, in s.
    pub mean_wait: Interval,
    /// Mean time in service, in s.
    pub mean_service: Interval,
    /// Most requests waiting for it at once.
    pub peak_queue: Interval,
}

/// The pool at one instant.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Moment {
    /// When, in s.
    pub at: f64,
    /// Requests waiting for a slot.
    pub queued: u64,
    /// Slots in use.
    pub busy_slots: u64,
    /// Threads on or waiting for a core.
    pub runnable: u32,
    /// Workers ready.
    pub ready_workers: u32,
    /// The fewest that were ready since the moment before.
    pub fewest_ready: u32,
    /// Replacements begun so far.
    pub restarts: u64,
    /// Sum of proportional set sizes, in bytes.
    pub pss: u64,
    /// Sum of resident set sizes, in bytes.
    pub rss: u64,
}

impl Simulate {
    /// The same numbers as in the text.
    pub fn new(answer: &Answer<'_>) -> Self {
        let moments = answer.snapshots.iter().map(|s| Moment {
            at: s.at.as_secs(),
            queued: s.queued,
            busy_slots: s.busy_slots,
            runnable: s.runnable,
            ready_workers: s.ready_workers,
            fewest_ready: s.fewest_ready,
            restarts: s.restarts,
            pss: s.pss,
            rss: s.rss,
        });
        Self {
            version: VERSION,
            workload: answer.workload.name.clone(),
            host: answer.host.into(),
            pools: pools(answer),
            cold: answer.cold,
            figures: Figures::new(answer.workload, answer.summary),
            workers: (&answer.summary.workers).into(),
            blast_radius: answer.radius.map(BlastRadius::from),
            memory: (&answer.summary.memory).into(),
            timeline: moments.collect(),
            requests: answer.requests,
            replications: answer.summary.outcomes.len(),
            events: answer.summary.outcomes.iter().map(|o| o.events).sum(),
            seed: answer.seed,
            command: answer.command.clone(),
        }
    }
}

fn pools(answer: &Answer<'_>) -> Vec<DeployedPool> {
    let pools = answer.deployment.pools.iter().zip(&answer.summary.pools).enumerate();
    pools
        .map(|(index, (pool, figures))| DeployedPool {
            pool: pool.into(),
            serves: answer.served_by(index).into_iter().map(str::to_owned).collect(),
            throughput: (&figures.throughput).into(),
            slots: (&figures.slots).into(),
            mean_wait: (&figures.mean_wait).into(),
            mean_service: (&figures.mean_service).into(),
            peak_queue: (&figures.peak_queue).into(),
        })
        .collect()
}
