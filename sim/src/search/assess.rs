//! From replications of one candidate to everything that is said about it.

use crate::experiment::{Outcome, Summary};
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::bounds::Bounds;
use crate::search::judge::stationary_load;
use crate::search::memory::memory_limit;
use crate::search::{Assessed, Bottleneck, Limited, Margin, Resource};
use crate::stats::{Estimate, Verdict};
use crate::workload::Workload;

/// Assesses `deployment` from its replications and its start-up time, in s.
pub(super) fn assess(
    workload: &Workload,
    host: &Host,
    deployment: &Deployment,
    outcomes: Vec<Outcome>,
    startup: f64,
) -> Assessed {
    let summary = Summary::of(outcomes);
    let startup = Estimate::exact(startup);
    let bounds = Bounds::of_deployment(workload, host, deployment);
    let limit = memory_limit(workload, host).0.max(1) as f64;
    let memory = scaled(summary.peak_pss, 1.0 / limit);
    Assessed {
        deployment: deployment.clone(),
        margins: margins(workload, &summary, startup),
        bottleneck: bottleneck(memory, &bounds, &summary),
        bounds: bounds.by_resource,
        startup,
        summary,
    }
}

/// Each limit of the objective beside its prediction.
pub(super) fn margins(workload: &Workload, summary: &Summary, startup: Estimate) -> Vec<Margin> {
    let objective = &workload.objective;
    let at_most = |what, predicted: Estimate, limit: f64| Margin {
        what,
        predicted,
        limit,
        verdict: predicted.verdict_at_most(limit),
    };
    let mut margins: Vec<Margin> = objective
        .latency
        .iter()
        .map(|limit| {
            let predicted = summary.classes[limit.class].quantiles[limit.quantile as usize];
            at_most(
                Limited::Latency(limit.class, limit.quantile),
                predicted,
                limit.at_most.as_secs(),
            )
        })
        .collect();
    margins.extend(objective.throughput.map(|limit| Margin {
        what: Limited::Throughput,
        predicted: summary.throughput,
        limit,
        verdict: summary.throughput.verdict_at_least(limit),
    }));
    margins.extend(
        objective
            .memory_bytes
            .map(|limit| at_most(Limited::Memory, summary.peak_pss, limit as f64)),
    );
    margins
        .extend(objective.startup.map(|limit| at_most(Limited::Startup, startup, limit.as_secs())));
    margins.extend(
        objective.failures.map(|limit| at_most(Limited::Failures, summary.failures, limit)),
    );
    margins
}

/// The resource closest to running out: memory, or the one whose bound is
/// tightest. The busiest will not do: slots look busy whenever their requests
/// wait for something else.
fn bottleneck(memory: Estimate, bounds: &Bounds, summary: &Summary) -> Bottleneck {
    let resource = bounds.tightest().map_or(Resource::Workers, |(resource, _)| resource);
    let utilisation = match resource {
        Resource::Cores => summary.cores,
        Resource::Lock => summary.lock,
        Resource::Workers => summary.slots,
        Resource::Dispatcher => summary.dispatcher,
        Resource::Memory => memory,
    };
    if memory.point > utilisation.point {
        return Bottleneck { resource: Resource::Memory, utilisation: memory };
    }
    Bottleneck { resource, utilisation }
}

fn scaled(estimate: Estimate, factor: f64) -> Estimate {
    Estimate {
        point: estimate.point * factor,
        low: estimate.low * factor,
        high: estimate.high * factor,
        n: estimate.n,
    }
}

/// Does the candidate keep everything: every limit, a load that lasts, memory?
pub(super) fn verdict(workload: &Workload, assessed: &Assessed) -> Verdict {
    kept(workload, &assessed.summary, &assessed.margins)
}

/// As `verdict`, of whatever did that.
pub(super) fn kept(workload: &Workload, summary: &Summary, margins: &[Margin]) -> Verdict {
    let overloaded = summary.saturated && stationary_load(workload);
    let any = |verdict| margins.iter().any(|margin| margin.verdict == verdict);
    if overloaded || summary.over_memory > 0 || any(Verdict::Missed) {
        Verdict::Missed
    } else if any(Verdict::NotResolved) {
        Verdict::NotResolved
    } else {
        Verdict::Met
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Scenario, replicate};
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::{LatencyLimit, Quantile};

    fn assessed(workload: &Workload, host: &Host, profile: &str) -> Assessed {
        let pool = PoolConfig::new(workload, profile.parse().unwrap(), python("3.12"));
        let scenario = Scenario::new(workload, host, &pool, 4000, 1);
        let outcomes = replicate(&scenario, 0..6).unwrap();
        assess(workload, host, &pool.into(), outcomes, 0.25)
    }

    #[test]
    fn every_limit_gets_its_margin_and_verdict() {
        let mut workload = cpu_bound(50.0, SimDuration(10_000_000));
        let limit = |quantile, millis: u64| LatencyLimit {
            class: 0,
            quantile,
            at_most: SimDuration(millis * 1_000_000),
        };
        // M/M/1 at half load: the median is 14 ms, the p99 92 ms.
        workload.objective.latency = vec![limit(Quantile::P50, 20), limit(Quantile::P99, 40)];
        workload.objective.startup = Some(SimDuration(200_000_000));
        workload.objective.failures = Some(0.01);
        workload.objective.throughput = Some(40.0);
        workload.objective.memory_bytes = Some(1 << 20);
        let assessed = assessed(&workload, &Host::ideal(1), "process:1");
        let verdicts: Vec<Verdict> = assessed.margins.iter().map(|m| m.verdict).collect();
        use Verdict::{Met, Missed};
        assert_eq!(verdicts, [Met, Missed, Met, Met, Missed, Met], "{:?}", assessed.margins);
        assert_eq!(verdict(&workload, &assessed), Missed);
        assert_eq!(assessed.bottleneck.resource, Resource::Cores);
        assert!(assessed.bottleneck.utilisation.contains(0.5), "{:?}", assessed.bottleneck);
    }

    #[test]
    fn an_overload_is_missed_even_without_limits() {
        let workload = cpu_bound(150.0, SimDuration(10_000_000));
        let host = Host::ideal(4);
        let enough = assessed(&workload, &host, "process:4");
        assert_eq!(verdict(&workload, &enough), Verdict::Met);
        let locked = assessed(&workload, &host, "threads:4");
        assert_eq!(verdict(&workload, &locked), Verdict::Missed);
        assert_eq!(locked.bottleneck.resource, Resource::Lock);
    }
}
