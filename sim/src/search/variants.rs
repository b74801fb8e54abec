//! What may still differ from pool to pool of one deployment: how its workers
//! start, and BLAS threads.
//!
//! Pipelines and hybrids are first found with one start method and one number of
//! BLAS threads for all their pools: with sizes, every combination would be too
//! many. The second look is at the best of them, pool by pool.

use crate::host::Host;
use crate::pool::{Deployment, PoolConfig, Split, StartMethod};
use crate::search::candidates::blas_levels;
use crate::search::constraints::broken;
use crate::search::demand::part;
use crate::search::memory::fits;
use crate::workload::Workload;

/// Combinations that are all tried; of more, those that change one pool.
const MOST: usize = 64;

/// `of` with other start methods and BLAS threads in one or more of its pools;
/// none for a single pool, whose candidates have them all.
pub(super) fn variants(workload: &Workload, host: &Host, of: &Deployment) -> Vec<Deployment> {
    if of.split == Split::Whole {
        return Vec::new();
    }
    let ways: Vec<Vec<PoolConfig>> =
        (0..of.pools.len()).map(|pool| ways(workload, host, of, pool)).collect();
    let combinations = ways.iter().map(Vec::len).fold(1, usize::saturating_mul);
    let all = match combinations {
        0..=MOST => product(&ways),
        _ => one_changed(&of.pools, &ways),
    };
    all.into_iter()
        .map(|pools| Deployment { pools, split: of.split.clone() })
        .filter(|one| one != of && fits(workload, host, one))
        .collect()
}

/// Every way in which `pool` of the deployment may start and use BLAS threads.
fn ways(workload: &Workload, host: &Host, of: &Deployment, pool: usize) -> Vec<PoolConfig> {
    let blas = blas_levels(&part(workload, &of.split, pool), host);
    let methods = methods(workload, of, pool);
    let pool = &of.pools[pool];
    let way = |&start_method: &StartMethod| {
        let way = move |&blas_threads| PoolConfig { start_method, blas_threads, ..pool.clone() };
        blas.iter().map(way).collect::<Vec<_>>()
    };
    methods.iter().flat_map(way).filter(|one| broken(workload, host, one).is_none()).collect()
}

/// Start methods of `pool`: what lives in the parent is not started, and a stage
/// may say how it is.
fn methods(workload: &Workload, of: &Deployment, pool: usize) -> Vec<StartMethod> {
    let stated = of.split == Split::ByStage && workload.stages[pool].start_method.is_some();
    let pool = &of.pools[pool];
    if pool.in_parent() || stated {
        return vec![pool.start_method];
    }
    let possible = pool.kind.mechanics().start_methods(workload, pool.python);
    StartMethod::ALL.into_iter().filter(|method| possible.contains(method)).collect()
}

/// One of each list, in every combination.
pub(super) fn product<T: Clone>(lists: &[Vec<T>]) -> Vec<Vec<T>> {
    lists.iter().fold(vec![Vec::new()], |known, list| {
        let longer = |one: &Vec<T>| {
            let one = one.clone();
            list.iter().map(move |item| [&one[..], std::slice::from_ref(item)].concat())
        };
        known.iter().flat_map(longer).collect()
    })
}

/// `base` with one item replaced by one of its list.
fn one_changed<T: Clone>(base: &[T], lists: &[Vec<T>]) -> Vec<Vec<T>> {
    let changed = |place: usize, item: &T| {
        let mut one = base.to_vec();
        one[place] = item.clone();
        one
    };
    let each = lists.iter().enumerate();
    each.flat_map(|(place, list)| list.iter().map(move |item| changed(place, item))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Profile;
    use crate::search::testing::{constant, open, python};
    use crate::workload::{RequestClass, Segment, SegmentKind, Stage};

    const PARALLEL: SegmentKind = SegmentKind::Native { parallel: true };

    fn stage(name: &str, profile: &str) -> Stage {
        Stage { name: name.to_owned(), profile: Some(profile.parse().unwrap()), start_method: None }
    }

    /// A pipeline with a stage of each of `kinds`, on those executors.
    fn pipeline(kinds: &[(SegmentKind, &str)]) -> (Workload, Deployment) {
        let segment = |(i, &(kind, _)): (usize, &(SegmentKind, &str))| Segment {
            stage: i as u32,
            ..constant(kind, 10)
        };
        let segments = kinds.iter().enumerate().map(segment).collect();
        let mut workload = open(10.0, vec![RequestClass::new("item", 1.0, segments)]);
        workload.stages =
            kinds.iter().enumerate().map(|(i, (_, p))| stage(&i.to_string(), p)).collect();
        let made = Deployment::pipeline(&workload, &[], python("3.12"), 4).unwrap();
        (workload, made)
    }

    /// How each pool starts, and its BLAS threads.
    fn shapes(all: &[Deployment]) -> Vec<Vec<(&'static str, u32)>> {
        let of = |pool: &PoolConfig| (pool.start_method.name(), pool.blas_threads);
        all.iter().map(|one| one.pools.iter().map(of).collect()).collect()
    }

    #[test]
    fn every_stage_has_a_start_method_and_blas_threads_of_its_own() {
        let kinds = [(PARALLEL, "process:2"), (SegmentKind::Python, "process:3")];
        let (workload, made) = pipeline(&kinds);
        let found = shapes(&variants(&workload, &Host::ideal(4), &made));
        // Three methods by three, the first with 1, 2 or 4 BLAS threads, but for itself.
        assert_eq!(found.len(), 3 * 3 * 3 - 1);
        assert!(found.contains(&vec![("fork", 4), ("spawn", 1)]), "{found:?}");
        assert!(found.iter().all(|pools| pools[1].1 == 1), "{found:?}");
    }

    #[test]
    fn what_a_stage_states_and_threads_of_the_parent_stay() {
        let kinds = [(SegmentKind::Python, "process:2"), (SegmentKind::Python, "threads:3")];
        let (mut workload, made) = pipeline(&kinds);
        assert_eq!(variants(&workload, &Host::ideal(4), &made).len(), 2);
        workload.runtime.fork_safe = false;
        let found = shapes(&variants(&workload, &Host::ideal(4), &made));
        assert!(found.len() == 1 && found[0][0].0 == "forkserver", "{found:?}");
        workload.stages[0].start_method = Some(StartMethod::Spawn);
        assert_eq!(variants(&workload, &Host::ideal(4), &made), []);
    }

    #[test]
    fn of_too_many_combinations_those_that_change_one_pool_are_left() {
        let kinds = [(PARALLEL, "process:2"); 4];
        let (workload, made) = pipeline(&kinds);
        let found = variants(&workload, &Host::ideal(4), &made);
        assert_eq!(found.len(), 4 * (3 * 3 - 1));
        let changed = |one: &Deployment| {
            one.pools.iter().zip(&made.pools).filter(|(own, old)| own != old).count()
        };
        assert!(found.iter().all(|one| changed(one) == 1));
    }

    #[test]
    fn each_pool_of_a_hybrid_has_those_of_its_classes() {
        let class = |name, kind| RequestClass::new(name, 0.5, vec![constant(kind, 5)]);
        let workload = open(10.0, vec![class("solve", PARALLEL), class("call", SegmentKind::Wait)]);
        let pool = |profile| PoolConfig::new(&workload, profile, python("3.12"));
        let pools = vec![pool(Profile::processes(2)), pool(Profile::processes(3))];
        let hybrid = Deployment { pools, split: Split::ByClass(vec![0, 1]) };
        let found = shapes(&variants(&workload, &Host::ideal(4), &hybrid));
        assert_eq!(found.len(), 3 * 3 * 3 - 1);
        assert!(found.iter().all(|pools| pools[1].1 == 1), "{found:?}");
        let single = pool(Profile::processes(2)).into();
        assert_eq!(variants(&workload, &Host::ideal(4), &single), []);
    }
}
