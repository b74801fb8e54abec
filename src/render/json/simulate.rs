//! The answer of `planner simulate`.

use schemars::JsonSchema;
use serde::Serialize;

use super::VERSION;
use super::common::{Figures, HostSize, Pool};
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
    /// The pool.
    pub pool: Pool,
    /// Did the workers start when the load began?
    pub cold: bool,
    /// Predicted figures.
    pub figures: Figures,
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
            pss: s.pss,
            rss: s.rss,
        });
        Self {
            version: VERSION,
            workload: answer.workload.name.clone(),
            host: answer.host.into(),
            pool: answer.pool.into(),
            cold: answer.cold,
            figures: Figures::new(answer.workload, answer.summary),
            timeline: moments.collect(),
            requests: answer.requests,
            replications: answer.summary.outcomes.len(),
            events: answer.summary.outcomes.iter().map(|o| o.events).sum(),
            seed: answer.seed,
            command: answer.command.clone(),
        }
    }
}
