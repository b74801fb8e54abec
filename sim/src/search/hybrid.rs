//! Hybrids: two pools on the host, the classes that compute on one and those
//! that wait on the other.
//!
//! Classes are put in order of their time on the cores and cut once, so k
//! classes give k - 1 splits. A part that keeps R slots in use, by Little's law,
//! gets R + beta sqrt(R) of them (square-root staffing: Halfin and Whitt 1981):
//! the more it keeps in use, the less room it needs above that.

use crate::experiment::{SimError, Summary};
use crate::host::Host;
use crate::pool::{Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod};
use crate::search::assess::kept;
use crate::search::candidates::busy_slots;
use crate::search::constraints::{broken, memory_limit};
use crate::search::demand::Demand;
use crate::search::judge::{Judge, Standing};
use crate::search::lengths::first_requests;
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::search::{Assessed, Margin, SearchOptions};
use crate::stats::{Estimate, Verdict};
use crate::workload::Workload;

/// Splits considered, those nearest the middle of the order first.
const SPLITS: usize = 3;
/// Slots of a part above those that it keeps in use, in square roots of them:
/// from where most requests wait to where hardly any does. Both parts get the
/// same: what they are held to is one objective.
const BETAS: [f64; 3] = [0.5, 1.0, 2.0];
/// Hybrids that are measured on the requests of the report.
const MEASURED: usize = 2;
/// Share of the budget of requests that trying them may take: one in so many.
const SHARE: u64 = 32;

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
    let tried = all.len() as u32;
    if all.is_empty() {
        return Ok(Finalists::default());
    }
    let mut simulator = Simulator::new(workload, host, options.cpu, options.seed);
    let judge = Judge::new(workload, host);
    let deployments: Vec<&Deployment> = all.iter().collect();
    let affordable = options.budget / SHARE / (4 * u64::from(tried));
    let runs = Runs {
        purpose: Purpose::Search,
        from: 0,
        replications: 4,
        requests: first_requests(workload).min(affordable.max(200)),
    };
    let outcomes = simulator.run(&deployments, runs)?;
    let startups = simulator.startup(&deployments)?;
    let mut order: Vec<(Standing, &Deployment)> = deployments
        .into_iter()
        .zip(outcomes.iter().zip(startups))
        .map(|(one, (outcomes, startup))| (judge.standing(one, outcomes, startup), one))
        .collect();
    order.sort_by(|a, b| a.0.compare(&b.0));
    let best = order.into_iter().take(MEASURED).map(|(_, one)| one.clone());
    Ok(Finalists { deployments: best.collect(), tried, requests: simulator.spent })
}

impl Hybrid {
    /// What was measured of it, beside the choice.
    pub(super) fn new(workload: &Workload, assessed: Assessed, worse_by: Estimate) -> Self {
        let verdict = kept(workload, &assessed.summary, &assessed.margins);
        let Assessed { deployment, summary, startup, margins, .. } = assessed;
        Self { deployment, summary, startup, margins, verdict, worse_by }
    }
}

/// Every split, in sizes that its parts keep in use, on the runtime of `like`.
fn candidates(workload: &Workload, host: &Host, like: &PoolConfig) -> Vec<Deployment> {
    if workload.classes.len() < 2 || !workload.stages.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for heavy in splits(workload, host, like) {
        let split: Vec<u32> = heavy.iter().map(|&heavy| u32::from(!heavy)).collect();
        for beta in BETAS {
            let part = |computing| parts(workload, host, like, (&heavy, computing), beta);
            let waiting = part(false);
            for computing in part(true) {
                for waiting in &waiting {
                    let pools = vec![computing.clone(), waiting.clone()];
                    let deployment = Deployment { pools, split: Split::ByClass(split.clone()) };
                    if !all.contains(&deployment) && fits(workload, host, &deployment) {
                        all.push(deployment);
                    }
                }
            }
        }
    }
    all
}

/// Which classes compute, for each cut through their order by time on the
/// cores.
fn splits(workload: &Workload, host: &Host, like: &PoolConfig) -> Vec<Vec<bool>> {
    let time = |class| Demand::of_class(class, host, like).cores;
    let times: Vec<f64> = workload.classes.iter().map(time).collect();
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|&a, &b| times[b].total_cmp(&times[a]).then(a.cmp(&b)));
    let mut cuts: Vec<usize> = (1..times.len()).collect();
    // A cut is as good as the gap that it goes through is wide.
    let gap = |cut: usize| times[order[cut - 1]] / times[order[cut]].max(f64::MIN_POSITIVE);
    cuts.sort_by(|&a, &b| gap(b).total_cmp(&gap(a)).then(a.cmp(&b)));
    let heavy = |cut: usize| (0..times.len()).map(|i| order[..cut].contains(&i)).collect();
    cuts.into_iter().take(SPLITS).map(heavy).collect()
}

/// Pools for one part: processes for what computes, threads or event loops of
/// one process for what waits.
fn parts(
    workload: &Workload,
    host: &Host,
    like: &PoolConfig,
    (heavy, computing): (&[bool], bool),
    beta: f64,
) -> Vec<PoolConfig> {
    let busy = busy_slots(workload, host, like, |class| heavy[class] == computing);
    let mut pools: Vec<PoolConfig> = Vec::new();
    let slots = staffed(busy, beta);
    let profiles = match computing {
        true => vec![Profile::processes(slots)],
        false => vec![Profile::threads(1, slots.max(2)), Profile::event_loops(1, 4 * slots)],
    };
    for profile in profiles {
        let blas = [1, like.blas_threads.max(1)];
        let levels = if computing { &blas[..] } else { &blas[..1] };
        for pool in made(workload, host, like, profile) {
            for &blas_threads in levels {
                let pool = PoolConfig { blas_threads, ..pool.clone() };
                if !pools.contains(&pool) {
                    pools.push(pool);
                }
            }
        }
    }
    pools
}

/// Slots for an offered load of `busy` by square-root staffing.
fn staffed(busy: f64, beta: f64) -> u32 {
    (busy + beta * busy.sqrt()).ceil().clamp(1.0, 1024.0) as u32
}

/// `profile` as each kind that the workload names, its workers started as those
/// of `like` or else by the first method that is possible.
fn made(workload: &Workload, host: &Host, like: &PoolConfig, profile: Profile) -> Vec<PoolConfig> {
    let named = &workload.service.pools;
    let kinds = if named.is_empty() { &[PoolKind::Generic][..] } else { &named[..] };
    let make = |&kind: &PoolKind| {
        let pool =
            PoolConfig::of_kind(kind, workload, profile, like.python, host.logical_cpus()).ok()?;
        let possible = kind.mechanics().start_methods(workload, like.python);
        std::iter::once(like.start_method)
            .chain(StartMethod::ALL)
            .filter(|method| possible.contains(method))
            .map(|start_method| PoolConfig { start_method, ..pool.clone() })
            .find(|pool| broken(workload, host, pool).is_none())
    };
    kinds.iter().filter_map(make).collect()
}

/// Do all pools together keep to the limit on workers and, when idle, to the
/// memory?
pub(super) fn fits(workload: &Workload, host: &Host, deployment: &Deployment) -> bool {
    let most = workload.service.max_workers;
    let idle: u64 = deployment
        .pools
        .iter()
        .map(|pool| {
            let plan = crate::process::MemoryPlan::new(host, &workload.runtime, pool);
            plan.idle_pss(pool.profile.workers)
        })
        .sum();
    most.is_none_or(|most| deployment.workers() <= most) && idle <= memory_limit(workload, host).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::erlang_c;
    use crate::experiment::CpuModel;
    use crate::kernel::SimDuration;
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
    fn room_grows_with_the_square_root_of_the_load() {
        let sizes = |busy: f64| BETAS.map(|beta| staffed(busy, beta));
        assert_eq!(sizes(100.0), [105, 110, 120]);
        assert_eq!(sizes(4.0), [5, 6, 8]);
        assert_eq!(sizes(0.01), [1, 1, 1]);
        assert_eq!(sizes(f64::INFINITY), [1024; 3]);
        // Erlang's C formula at beta = 1 and many servers: about 22 % wait.
        let waiting = erlang_c(110, 100.0).unwrap();
        assert!((0.2..0.26).contains(&waiting), "{waiting}");
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
