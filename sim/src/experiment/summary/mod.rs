//! Replications of one scenario, boiled down to estimates with intervals.

mod parts;
mod workers;

pub use parts::{MemorySummary, PoolSummary};
pub use workers::WorkersSummary;

use crate::experiment::{ClassOutcome, Outcome};
use crate::stats::{Estimate, pooled_share};

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
    /// Growth of the number in the system, in requests/s.
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
    /// Memory over time.
    pub memory: MemorySummary,
    /// What became of the workers.
    pub workers: WorkersSummary,
    /// One entry per pool of the deployment.
    pub pools: Vec<PoolSummary>,
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

/// Growth below this share of the arrival rate is not called saturation. A run
/// of 20 000 requests at 90 % load strays by 0.07 % (one standard deviation);
/// a load of 1 + e grows at e / (1 + e), so 2 % is what an overload of 2 % gives.
const LEAST_GROWTH: f64 = 0.02;

impl Summary {
    /// Boils the replications of one scenario down, in their order.
    ///
    /// A replication that completed nothing of a class says nothing about its
    /// latency. Without any replication every estimate is unknown.
    pub fn of(outcomes: Vec<Outcome>) -> Self {
        let over = |value: fn(&Outcome) -> f64| -> Estimate {
            Estimate::from_samples(&outcomes.iter().map(value).collect::<Vec<_>>())
        };
        let classes = outcomes.first().map_or(0, |o| o.classes.len());
        let pools = outcomes.first().map_or(0, |o| o.pools.len());
        let all = ClassSummary::of(outcomes.iter().map(|o| &o.all));
        let (growth, arrival_rate) = (over(|o| o.growth), over(|o| o.arrival_rate));
        Self {
            classes: (0..classes)
                .map(|class| ClassSummary::of(outcomes.iter().map(|o| &o.classes[class])))
                .collect(),
            throughput: over(|o| o.throughput),
            arrival_rate,
            makespan: over(|o| o.makespan),
            mean_in_system: over(|o| o.mean_in_system),
            peak_queue: over(|o| o.peak_queue as f64),
            growth,
            saturated: is_saturated(&growth, &arrival_rate, &outcomes),
            cores: over(|o| o.utilisation.cores),
            lock: over(|o| o.utilisation.lock),
            slots: over(|o| o.utilisation.slots),
            dispatcher: over(|o| o.utilisation.dispatcher),
            peak_pss: over(|o| o.memory.peak_pss as f64),
            peak_rss: over(|o| o.memory.peak_rss as f64),
            idle_pss: over(|o| o.memory.idle_pss as f64),
            over_memory: outcomes.iter().filter(|o| o.memory.over_limit_at.is_some()).count()
                as u32,
            memory: MemorySummary::of(&outcomes),
            workers: WorkersSummary::of(&outcomes),
            pools: (0..pools).map(|pool| PoolSummary::of(&outcomes, pool)).collect(),
            failures: all.failures,
            all,
            outcomes,
        }
    }
}

/// Does the number in the system grow, and by more than noise?
///
/// The growth must be above 2 % of the arrival rate, *and* either its interval
/// is above 0 or no replication found a stationary stretch. The second sign
/// serves where replications are too few for an interval: a queue that grows
/// steadily never looks stationary.
fn is_saturated(growth: &Estimate, arrival_rate: &Estimate, outcomes: &[Outcome]) -> bool {
    let grows = growth.point > LEAST_GROWTH * arrival_rate.point;
    grows && (growth.low > 0.0 || outcomes.iter().all(|o| !o.stationary))
}

impl ClassSummary {
    fn of<'a>(replications: impl Iterator<Item = &'a ClassOutcome>) -> Self {
        let replications: Vec<&ClassOutcome> = replications.collect();
        let over = |value: &dyn Fn(&ClassOutcome) -> f64| {
            let served = replications.iter().filter(|c| c.completed > 0);
            Estimate::from_samples(&served.map(|c| value(c)).collect::<Vec<_>>())
        };
        let failures: Vec<(u64, u64)> =
            replications.iter().map(|c| (c.failed, c.completed + c.failed)).collect();
        Self {
            mean: over(&|c| c.mean),
            mean_wait: over(&|c| c.mean_wait),
            quantiles: [0, 1, 2].map(|i| over(&|c| c.quantiles[i])),
            failures: pooled_share(&failures),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Scenario, replicate};
    use crate::host::Host;
    use crate::kernel::SimDuration;
    use crate::pool::{PoolConfig, Profile};
    use crate::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

    /// One worker, exponential service of 1 ms, classes of 999 : 1.
    fn run(load: f64, replications: u32, queue_cap: Option<u32>) -> Summary {
        let service = Distribution::Exponential { mean: SimDuration::MILLISECOND };
        let segments = vec![Segment::new(SegmentKind::Wait, service)];
        let classes = vec![
            RequestClass::new("usual", 0.999, segments.clone()),
            RequestClass::new("rare", 0.001, segments),
        ];
        let arrivals = Arrivals::Poisson { rate: load * 1_000.0 };
        let mut workload = Workload::new("summary", arrivals, classes);
        workload.service.queue_cap = queue_cap;
        let pool = PoolConfig::new(&workload, Profile::processes(1), workload.runtime.python[0]);
        let host = Host::ideal(1);
        let scenario = Scenario::new(&workload, &host, &pool, 20_000, 7);
        Summary::of(replicate(&scenario, 0..replications).unwrap())
    }

    #[test]
    fn a_busy_pool_is_not_saturated() {
        for replications in [1, 2, 5, 20] {
            let summary = run(0.9, replications, None);
            assert!(!summary.saturated, "{replications}: {:?}", summary.growth);
        }
    }

    #[test]
    fn five_percent_too_much_is_saturated() {
        for replications in [1, 2, 5, 20] {
            let summary = run(1.05, replications, None);
            assert!(summary.saturated, "{replications}: {:?}", summary.growth);
        }
        // 1050/s come, 1000/s go.
        let growth = run(1.05, 20, None).growth;
        assert!(growth.contains(50.0) && growth.half_width() < 15.0, "{growth:?}");
    }

    #[test]
    fn a_capped_queue_fails_requests_and_does_not_grow() {
        let summary = run(2.0, 5, Some(10));
        assert!(!summary.saturated);
        // Twice the load: half of it is turned away.
        assert!((summary.failures.point - 0.5).abs() < 0.01, "{:?}", summary.failures);
        assert_eq!(summary.classes.len(), 2);
        assert_eq!(summary.failures, summary.all.failures);
    }

    #[test]
    fn no_replication_no_knowledge() {
        let summary = Summary::of(Vec::new());
        assert!(!summary.throughput.is_known() && !summary.all.mean.is_known());
        assert!(summary.classes.is_empty() && !summary.saturated);
    }

    #[test]
    fn a_class_without_completions_has_no_latency() {
        let mut outcomes = run(0.5, 3, None).outcomes;
        outcomes[0].classes[1] = ClassOutcome::default();
        let partly = Summary::of(outcomes.clone());
        assert_eq!(partly.classes[1].mean.n, 2);
        outcomes.iter_mut().for_each(|o| o.classes[1] = ClassOutcome::default());
        let never = Summary::of(outcomes);
        assert!(!never.classes[1].mean.is_known());
        assert!(!never.classes[1].failures.is_known());
        assert!(never.classes[0].mean.is_known());
    }
}
