//! Memory, and each pool of a deployment, over replications.

use crate::experiment::{MemoryOutcome, Outcome, PoolOutcome};
use crate::stats::Estimate;

/// Memory over time. Sizes in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct MemorySummary {
    /// Quantiles of the PSS over time, as in `Quantile::ALL`.
    pub pss: [Estimate; 3],
    /// Quantiles of the RSS over time, as in `Quantile::ALL`.
    pub rss: [Estimate; 3],
    /// Highest resident set size of any worker.
    pub worst_worker: Estimate,
    /// Workers that the kernel killed, per replication.
    pub kills: Estimate,
    /// Time during which memory was swapped out, per replication, in s.
    pub swapping: Estimate,
}

/// One pool of a deployment. Times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSummary {
    /// Requests (of a pipeline: stages) that it finished per second.
    pub throughput: Estimate,
    /// Busy share of its slots.
    pub slots: Estimate,
    /// Mean time from its door to the begin of its service.
    pub mean_wait: Estimate,
    /// Mean time in service.
    pub mean_service: Estimate,
    /// Most requests waiting for it at once.
    pub peak_queue: Estimate,
}

impl MemorySummary {
    /// Of all replications.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let over = |value: &dyn Fn(&MemoryOutcome) -> f64| {
            Estimate::from_samples(&outcomes.iter().map(|o| value(&o.memory)).collect::<Vec<_>>())
        };
        Self {
            pss: [0, 1, 2].map(|i| over(&|m| m.pss_quantiles[i] as f64)),
            rss: [0, 1, 2].map(|i| over(&|m| m.rss_quantiles[i] as f64)),
            worst_worker: over(&|m| m.worst_worker_rss as f64),
            kills: over(&|m| m.oom_kills as f64),
            swapping: over(&|m| m.swapping.as_secs()),
        }
    }
}

impl PoolSummary {
    /// Of pool `index` in all replications.
    pub fn of(outcomes: &[Outcome], index: usize) -> Self {
        let over = |value: fn(&PoolOutcome) -> f64| {
            let pools = outcomes.iter().filter_map(|o| o.pools.get(index));
            Estimate::from_samples(&pools.map(value).collect::<Vec<_>>())
        };
        Self {
            throughput: over(|pool| pool.throughput),
            slots: over(|pool| pool.slots),
            // Both are means over the requests that it served.
            mean_wait: over(|pool| pool.mean_sojourn - pool.mean_service),
            mean_service: over(|pool| pool.mean_service),
            peak_queue: over(|pool| pool.peak_queue as f64),
        }
    }
}
