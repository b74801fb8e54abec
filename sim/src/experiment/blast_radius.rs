//! What recycling and faults cost the requests: the same requests once more,
//! served by workers that live for ever.

use crate::experiment::Outcome;
use crate::pool::{Deployment, Lifecycle};
use crate::stats::{Estimate, paired_difference};
use crate::workload::{OverMemory, Quantile, Workload};

/// How much worse requests fare, paired by replication. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlastRadius {
    /// Added to the mean sojourn time.
    pub extra_mean: Estimate,
    /// Added to its 99 % quantile.
    pub extra_p99: Estimate,
    /// Added to the share of requests that fail.
    pub extra_failures: Estimate,
}

impl BlastRadius {
    /// Of `disturbed` replications and the same ones `undisturbed`.
    pub fn of(disturbed: &[Outcome], undisturbed: &[Outcome]) -> Self {
        let extra = |value: &dyn Fn(&Outcome) -> f64| {
            let of = |outcomes: &[Outcome]| outcomes.iter().map(value).collect::<Vec<f64>>();
            paired_difference(&of(disturbed), &of(undisturbed))
        };
        Self {
            extra_mean: extra(&|o| o.all.mean),
            extra_p99: extra(&|o| o.all.quantiles[Quantile::P99 as usize]),
            extra_failures: extra(&failed),
        }
    }
}

/// Share of the requests whose fate was sealed that failed.
fn failed(outcome: &Outcome) -> f64 {
    let counts = &outcome.counts;
    let sealed = counts.arrived - counts.in_system;
    if sealed == 0 { 0.0 } else { 1.0 - counts.completed as f64 / sealed as f64 }
}

/// `workload` and `deployment` as they would be if no worker was ever replaced,
/// crashed, hung, leaked or was killed. Requests are drawn as before.
pub fn undisturbed(workload: &Workload, deployment: &Deployment) -> (Workload, Deployment) {
    let (mut workload, mut deployment) = (workload.clone(), deployment.clone());
    for class in &mut workload.classes {
        (class.crash, class.hang, class.leak_bytes) = (0.0, 0.0, 0);
    }
    workload.runtime.crash_every = None;
    workload.runtime.leak_per_hour = 0;
    if workload.service.over_memory == OverMemory::Kill {
        workload.service.over_memory = OverMemory::Noted;
    }
    workload.service.lifecycle = Lifecycle::default();
    deployment.pools.iter_mut().for_each(|pool| pool.lifecycle = Lifecycle::default());
    (workload, deployment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Scenario, replicate};
    use crate::host::{Host, Parameter};
    use crate::kernel::SimDuration;
    use crate::pool::{PoolConfig, Profile, StartMethod};
    use crate::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind};

    /// Four workers at half their capacity; those that go are down for 1 s.
    fn case() -> (Workload, Host, PoolConfig) {
        let service = Distribution::Exponential { mean: SimDuration(100_000_000) };
        let segments = vec![Segment::new(SegmentKind::Wait, service)];
        let class = RequestClass::new("any", 1.0, segments);
        let workload = Workload::new("radius", Arrivals::Poisson { rate: 20.0 }, vec![class]);
        let mut host = Host::ideal(16);
        host.start.stop = Parameter::exactly(SimDuration::SECOND);
        let pool = PoolConfig::new(&workload, Profile::processes(4), workload.runtime.python[0]);
        (workload, host, PoolConfig { start_method: StartMethod::Spawn, ..pool })
    }

    fn radius(workload: &Workload, host: &Host, pool: PoolConfig) -> BlastRadius {
        let deployment = Deployment::from(pool);
        let (calm, forever) = undisturbed(workload, &deployment);
        let run = |workload: &Workload, deployment: &Deployment| {
            let scenario = Scenario::of(workload, host, deployment, 4_000, 3);
            replicate(&scenario, 0..6).unwrap()
        };
        BlastRadius::of(&run(workload, &deployment), &run(&calm, &forever))
    }

    #[test]
    fn who_lives_for_ever_has_none() {
        let (workload, host, pool) = case();
        let none = radius(&workload, &host, pool);
        for extra in [none.extra_mean, none.extra_p99, none.extra_failures] {
            assert_eq!((extra.point, extra.half_width()), (0.0, 0.0));
        }
    }

    #[test]
    fn restarts_delay_requests_and_crashes_lose_them() {
        let (mut workload, host, mut pool) = case();
        pool.lifecycle.ttl = Some(SimDuration(10_000_000_000));
        let restarts = radius(&workload, &host, pool.clone());
        // All four are down for a second in eleven, so a request in eleven waits
        // for half of one: 45 ms, and more until the queue is gone.
        let extra = restarts.extra_mean;
        assert!(extra.low > 0.04 && extra.high < 0.15, "{extra:?}");
        assert_eq!(restarts.extra_failures.point, 0.0);
        pool.lifecycle.ttl = None;
        workload.classes[0].crash = 0.02;
        let crashes = radius(&workload, &host, pool);
        assert!((crashes.extra_failures.point - 0.02).abs() < 0.004, "{crashes:?}");
    }
}
