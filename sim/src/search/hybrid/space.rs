//! The hybrids that are tried.
//!
//! Classes are put in order of their time on the cores and cut once, so k
//! classes give k - 1 splits. A part that keeps R slots in use, by Little's law,
//! gets R + beta sqrt(R) of them (square-root staffing: Halfin and Whitt 1981):
//! the more it keeps in use, the less room it needs above that.

use crate::host::Host;
use crate::pool::{Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod};
use crate::search::candidates::busy_slots;
use crate::search::constraints::broken;
use crate::search::demand::Demand;
use crate::search::memory::fits;
use crate::workload::Workload;

/// Splits considered, those nearest the middle of the order first.
const SPLITS: usize = 3;
/// Slots of a part above those that it keeps in use, in square roots of them:
/// from where most requests wait to where hardly any does. Both parts get the
/// same: what they are held to is one objective.
const BETAS: [f64; 3] = [0.5, 1.0, 2.0];
/// Every split, in sizes that its parts keep in use, on the runtime of `like`.
pub(super) fn candidates(workload: &Workload, host: &Host, like: &PoolConfig) -> Vec<Deployment> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::erlang_c;

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
}
