//! Replications of one scenario, boiled down to estimates with intervals.

use crate::experiment::Outcome;
use crate::stats::Estimate;

/// Estimates over replications. Times in seconds, memory in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// One entry per class of the workload.
    pub classes: Vec<ClassSummary>,
    /// All requests together.
    pub all: ClassSummary,
    /// Completions per second.
    pub throughput: Estimate,
    /// Arrivals per second.
    pub arrival_rate: Estimate,
    /// First arrival to last completion.
    pub makespan: Estimate,
    /// Time-average number in the system.
    pub mean_in_system: Estimate,
    /// Most waiting at once.
    pub peak_queue: Estimate,
    /// Growth of the number in the system [requests/s].
    pub growth: Estimate,
    /// The load is more than the pool can do: `growth` says by how much and
    /// the latencies describe this run's length, not a steady state.
    pub saturated: bool,
    /// Busy share of the cores.
    pub cores: Estimate,
    /// Busy share of the busiest interpreter lock.
    pub lock: Estimate,
    /// Busy share of the slots.
    pub slots: Estimate,
    /// Busy share of the dispatcher.
    pub dispatcher: Estimate,
    /// Highest PSS.
    pub peak_pss: Estimate,
    /// Highest RSS.
    pub peak_rss: Estimate,
    /// PSS when idle.
    pub idle_pss: Estimate,
    /// Replications in which the memory did not suffice.
    pub over_memory: u32,
    /// Share of requests that failed.
    pub failures: Estimate,
    /// The replications, in order.
    pub outcomes: Vec<Outcome>,
}

/// One class over replications.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassSummary {
    /// Mean sojourn time.
    pub mean: Estimate,
    /// Mean wait for a worker.
    pub mean_wait: Estimate,
    /// Quantiles of the sojourn time, as in `Quantile::ALL`.
    pub quantiles: [Estimate; 3],
    /// Share of requests that failed.
    pub failures: Estimate,
}
