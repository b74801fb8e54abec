//! Hybrids: two pools on the host, the classes that compute on one and those
//! that wait on the other.

mod heats;
mod space;

use crate::experiment::{SimError, Summary};
use crate::host::Host;
use crate::pool::{Deployment, PoolConfig};
use crate::search::assess::kept;
use crate::search::variants::variants;
use crate::search::{Assessed, Margin, SearchOptions};
use crate::stats::{Estimate, Verdict};
use crate::workload::Workload;

use heats::{Heats, leanest_first};
use space::candidates;

/// Hybrids that are measured on the requests of the report.
const MEASURED: usize = 2;
/// Two pools in the place of one.
#[derive(Clone, Debug)]
pub struct Hybrid {
    /// The pools, and which class goes where.
    pub deployment: Deployment,
    /// Simulated from a warm start, on the same requests as the choice.
    pub summary: Summary,
    /// Time until every worker of both is ready, in s.
    pub startup: Estimate,
    /// Margin to each limit of the objective.
    pub margins: Vec<Margin>,
    /// Does it keep every limit?
    pub verdict: Verdict,
    /// Its goal figure over the choice's, paired; above 1 is worse.
    pub worse_by: Estimate,
}

/// The hybrids that were tried.
#[derive(Clone, Debug, Default)]
pub struct Hybrids {
    /// How many.
    pub tried: u32,
    /// The best of them that are not the choice, the best first.
    pub best: Vec<Hybrid>,
    /// Requests simulated.
    pub requests: u64,
}

/// Hybrids worth measuring, and what it took to find them.
#[derive(Clone, Debug, Default)]
pub(super) struct Finalists {
    /// The best first.
    pub(super) deployments: Vec<Deployment>,
    /// How many were tried.
    pub(super) tried: u32,
    /// Requests simulated.
    pub(super) requests: u64,
}

/// Tries hybrids on the runtime of `choice`; none for one class or a pipeline.
pub(super) fn finalists(
    workload: &Workload,
    host: &Host,
    options: &SearchOptions,
    choice: &PoolConfig,
) -> Result<Finalists, SimError> {
    let all = candidates(workload, host, choice);
    if all.is_empty() {
        return Ok(Finalists::default());
    }
    let mut heats = Heats::new(workload, host, options);
    let mut order = heats.run(all)?;
    if let Some((_, best)) = order.first() {
        let variants = variants(workload, host, best);
        order.extend(heats.run(variants)?);
    }
    leanest_first(&mut order, options.indifference);
    let best = order.into_iter().take(MEASURED).map(|(_, one)| one).collect();
    Ok(Finalists { deployments: best, tried: heats.tried, requests: heats.spent() })
}

impl Hybrid {
    /// What was measured of it, beside the choice.
    pub(super) fn new(workload: &Workload, assessed: Assessed, worse_by: Estimate) -> Self {
        let verdict = kept(workload, &assessed.summary, &assessed.margins);
        let Assessed { deployment, summary, startup, margins, .. } = assessed;
        Self { deployment, summary, startup, margins, verdict, worse_by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::CpuModel;
    use crate::kernel::SimDuration;
    use crate::pool::Split;
    use crate::search::judge::Judge;
    use crate::search::simulator::{Purpose, Runs, Simulator};
    use crate::search::testing::{constant, open, python};
    use crate::workload::{LatencyLimit, Quantile, RequestClass, SegmentKind};

    /// Short calls beside long stretches of bytecode.
    fn mixed() -> Workload {
        let call = vec![constant(SegmentKind::Wait, 5)];
        let spin = vec![constant(SegmentKind::Python, 100)];
        let classes =
            vec![RequestClass::new("call", 0.9, call), RequestClass::new("spin", 0.1, spin)];
        let mut workload = open(100.0, classes);
        let at_most = SimDuration(100_000_000);
        workload.objective.latency =
            vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
        workload
    }

    fn tried(workload: &Workload, profile: &str) -> Finalists {
        let options = SearchOptions { seed: 3, ..SearchOptions::default() };
        let pool = PoolConfig::new(workload, profile.parse().unwrap(), python("3.12"));
        finalists(workload, &Host::ideal(4), &options, &pool).unwrap()
    }

    #[test]
    fn a_pool_of_their_own_spares_calls_the_wait_behind_computations() {
        let (workload, host) = (mixed(), Host::ideal(4));
        let found = tried(&workload, "process:2");
        let best = &found.deployments[0];
        // The heavier class comes first in the deployment, as processes.
        assert_eq!(best.split, Split::ByClass(vec![1, 0]));
        assert_eq!(best.pools.len(), 2);
        assert!((2..=40).contains(&found.tried), "{}", found.tried);
        let one = PoolConfig::new(&workload, "process:2".parse().unwrap(), python("3.12")).into();
        let mut simulator = Simulator::new(&workload, &host, CpuModel::default(), 3);
        let runs = Runs { purpose: Purpose::Report, from: 0, replications: 6, requests: 2000 };
        let outcomes = simulator.run(&[best, &one], runs).unwrap();
        let judge = Judge::new(&workload, &host);
        let [own, others] =
            [(best, 0), (&one, 1)].map(|(pools, i)| judge.standing(pools, &outcomes[i], 0.0));
        let ratio = own.over(&others);
        assert!(ratio.high < 0.9 && own.mean_excess() == 0.0, "{ratio:?}");
    }

    #[test]
    fn one_class_or_a_workload_that_forbids_it_has_no_hybrid() {
        let mut workload = mixed();
        workload.service.max_workers = Some(1);
        assert_eq!(tried(&workload, "process:1").tried, 0);
        let mut workload = mixed();
        workload.classes.truncate(1);
        workload.classes[0].share = 1.0;
        assert_eq!(tried(&workload, "process:1").tried, 0);
        let mut workload = mixed();
        workload.runtime.isolation = true;
        assert_eq!(tried(&workload, "process:8").tried, 0);
    }
}
