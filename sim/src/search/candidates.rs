//! The space of candidates, in a fixed order: by family, cheapest first.

use crate::host::Host;
use crate::pool::{
    MAX_SLOTS, MAX_THREADS, MAX_WORKERS, PoolConfig, PoolKind, Profile, StartMethod,
};
use crate::search::demand::Demand;
use crate::workload::{Arrivals, PythonVersion, SegmentKind, Workload};

/// Every candidate for `workload` on `host`: of the kinds that it names, or of
/// the shapes without a product.
pub(super) fn candidates(workload: &Workload, host: &Host) -> Vec<PoolConfig> {
    let slots = useful_slots(workload, host);
    let blas = blas_levels(workload, host);
    let named = &workload.service.pools;
    let kinds = if named.is_empty() { &[PoolKind::Generic][..] } else { &named[..] };
    let mut pools = Vec::new();
    for &kind in kinds {
        for &python in &workload.runtime.python {
            for profile in profiles(host, python, slots) {
                let made =
                    PoolConfig::of_kind(kind, workload, profile, python, host.logical_cpus());
                let Ok(made) = made else { continue };
                for &blas_threads in &blas {
                    let pool = PoolConfig { blas_threads, ..made.clone() };
                    pools.extend(started(workload, pool));
                }
            }
        }
    }
    pools
}

/// `pool` by each way in which its workers may start.
fn started(workload: &Workload, pool: PoolConfig) -> Vec<PoolConfig> {
    if pool.in_parent() {
        return vec![pool];
    }
    let possible = pool.kind.mechanics().start_methods(workload, pool.python);
    let methods = StartMethod::ALL.into_iter().filter(|method| possible.contains(method));
    methods.map(|start_method| PoolConfig { start_method, ..pool.clone() }).collect()
}

/// Shapes that `python` could run, whether or not the code allows them.
fn profiles(host: &Host, python: PythonVersion, slots: u64) -> Vec<Profile> {
    let most_workers = slots.min(u64::from(MAX_WORKERS)) as u32;
    let most_threads = slots.min(u64::from(MAX_THREADS)) as u32;
    let mut profiles: Vec<Profile> =
        dense_levels(host, most_workers).into_iter().map(Profile::processes).collect();
    let sparse = sparse_levels(host.cores, most_workers);
    for &workers in &sparse {
        let threads = sparse_levels(host.cores, most_threads).into_iter().filter(|&t| t > 1);
        profiles.extend(
            threads
                .filter(|&t| u64::from(workers) * u64::from(t) <= slots)
                .map(|t| Profile::threads(workers, t)),
        );
    }
    for &workers in sparse.iter().filter(|&&w| w <= host.logical_cpus()) {
        profiles.extend(
            in_flight_levels(slots, workers).into_iter().map(|n| Profile::event_loops(workers, n)),
        );
    }
    if !python.free_threaded {
        let counts = dense_levels(host, most_threads).into_iter().filter(|&n| n > 1);
        profiles.extend(counts.map(|n| Profile::interpreters(1, n)));
    }
    profiles
}

/// Slots beyond which one more could hardly ever be in use.
///
/// By Little's law an open load keeps its peak rate times the service time in
/// use; a closed load or a batch fills the cores with the ratio of service time
/// to CPU time. Four times that leaves room for queueing for cores and locks,
/// and three per hardware thread leave room for every rule of thumb.
fn useful_slots(workload: &Workload, host: &Host) -> u64 {
    let few = 3 * u64::from(host.logical_cpus());
    let demands = workload.runtime.python.iter().map(|&python| {
        Demand::of(workload, host, &PoolConfig::new(workload, Profile::processes(1), python))
    });
    let busy = |demand: Demand| match &workload.arrivals {
        Arrivals::Closed { .. } | Arrivals::Batch { .. } => {
            host.usable_cpus() * demand.slot / demand.cores
        }
        open => peak_rate(open) * demand.slot,
    };
    // Saturates: a load that never uses a core can fill any number of slots.
    let useful = few.max((4.0 * demands.map(busy).fold(0.0, f64::max)).ceil() as u64);
    let at_once = match &workload.arrivals {
        Arrivals::Closed { clients, .. } => u64::from(*clients),
        Arrivals::Batch { requests } => *requests,
        Arrivals::Replay { rows } => rows.len() as u64,
        _ => u64::MAX,
    };
    useful.min(at_once).clamp(1, MAX_SLOTS)
}

/// Slots that the classes of a part keep in use on average at the peak, served
/// as by `like`.
pub(super) fn busy_slots(
    workload: &Workload,
    host: &Host,
    like: &PoolConfig,
    part: impl Fn(usize) -> bool,
) -> f64 {
    let all = Demand::of(workload, host, like);
    let classes = workload.classes.iter().enumerate().filter(|(i, _)| part(*i));
    let slot: f64 =
        classes.map(|(_, class)| class.share * Demand::of_class(class, host, like).slot).sum();
    match &workload.arrivals {
        Arrivals::Closed { .. } | Arrivals::Batch { .. } => host.usable_cpus() * slot / all.cores,
        open => peak_rate(open) * slot,
    }
}

/// The highest rate at which requests arrive for long, in requests/s.
pub(super) fn peak_rate(arrivals: &Arrivals) -> f64 {
    match arrivals {
        Arrivals::OnOff { on_rate, off_rate, .. } => on_rate.max(*off_rate),
        Arrivals::Varying { points } => points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max),
        other => other.offered_rate().unwrap_or(0.0),
    }
}

/// 1, 2, 3, ... in steps of an eighth up to the cores, of a quarter up to the
/// hardware threads, then of a half.
fn dense_levels(host: &Host, most: u32) -> Vec<u32> {
    let (cores, logical) = (host.cores, host.logical_cpus());

    levels(most, |n| match n {
        n if n < cores => (n + (n / 8).max(1)).min(cores),
        n if n < logical => (n + (n / 4).max(1)).min(logical),
        n => n + (n / 2).max(1),
    })
}

/// 1, 2, 3, 4, 6, 8, 12, 16, ... and the number of cores.
fn sparse_levels(cores: u32, most: u32) -> Vec<u32> {
    let mut all =
        levels(most, |n| if n.is_power_of_two() { n + (n / 2).max(1) } else { n / 3 * 4 });
    if cores <= most && !all.contains(&cores) {
        all.push(cores);
        all.sort_unstable();
    }
    all
}

fn levels(most: u32, next: impl Fn(u32) -> u32) -> Vec<u32> {
    std::iter::successors(Some(1), |&n| Some(next(n))).take_while(|&n| n <= most).collect()
}

/// Requests in flight per event loop: four-fold steps up to the useful total.
fn in_flight_levels(slots: u64, workers: u32) -> Vec<u32> {
    let most = (slots.div_ceil(u64::from(workers)).max(4)).min(u64::from(MAX_THREADS)) as u32;
    levels(most, |n| n.saturating_mul(4)).into_iter().filter(|&n| n >= 4).collect()
}

/// Can any segment use several BLAS threads?
pub(super) fn parallel(workload: &Workload) -> bool {
    let mut segments = workload.classes.iter().flat_map(|class| &class.segments);
    segments.any(|segment| segment.kind == SegmentKind::Native { parallel: true })
}

/// BLAS threads worth trying: one, unless a segment can use more.
pub(super) fn blas_levels(workload: &Workload, host: &Host) -> Vec<u32> {
    if !parallel(workload) {
        return vec![1];
    }
    let mut all = levels(host.logical_cpus(), |n| n.saturating_mul(2));
    all.extend([host.cores, host.logical_cpus()]);
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};

    #[test]
    fn levels_are_dense_where_it_matters() {
        let mut host = Host::ideal(8);
        assert_eq!(dense_levels(&host, 40), [1, 2, 3, 4, 5, 6, 7, 8, 12, 18, 27, 40]);
        host.threads_per_core = 2;
        assert_eq!(dense_levels(&host, 30)[7..], [8, 10, 12, 15, 16, 24]);
        assert_eq!(sparse_levels(5, 24), [1, 2, 3, 4, 5, 6, 8, 12, 16, 24]);
        assert_eq!(dense_levels(&Host::ideal(1), 3), [1, 2, 3]);
    }

    #[test]
    fn the_space_is_distinct_and_ordered_the_same_every_time() {
        let mut workload = cpu_bound(40.0, SimDuration(20_000_000));
        workload.runtime.python = vec![python("3.12"), python("3.13t"), python("3.14")];
        let host = Host::ideal(8);
        let pools = candidates(&workload, &host);
        assert_eq!(pools, candidates(&workload, &host));
        for (i, pool) in pools.iter().enumerate() {
            assert!(!pools[..i].contains(pool), "{pool} twice");
        }
        assert!((100..4000).contains(&pools.len()), "{}", pools.len());
    }

    #[test]
    fn a_workload_that_names_its_pools_gets_no_others() {
        let mut workload = cpu_bound(40.0, SimDuration(20_000_000));
        workload.service.pools = vec![PoolKind::GunicornGthread, PoolKind::ProcessPoolExecutor];
        let pools = candidates(&workload, &Host::ideal(4));
        let of = |kind| pools.iter().filter(move |pool| pool.kind == kind);
        assert!(of(PoolKind::GunicornGthread).count() > 3);
        assert!(of(PoolKind::ProcessPoolExecutor).all(|pool| pool.profile.family() == "process"));
        let both =
            of(PoolKind::GunicornGthread).count() + of(PoolKind::ProcessPoolExecutor).count();
        assert_eq!(both, pools.len());
        workload.service.pools.clear();
        assert!(candidates(&workload, &Host::ideal(4)).iter().all(|p| p.kind == PoolKind::Generic));
    }

    #[test]
    fn a_batch_never_gets_more_slots_than_requests() {
        let mut workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        workload.arrivals = Arrivals::Batch { requests: 5 };
        let pools = candidates(&workload, &Host::ideal(8));
        let loops = |pool: &PoolConfig| pool.profile.family() == "async";
        assert!(pools.iter().filter(|p| !loops(p)).all(|p| p.profile.slots() <= 5));
    }

    #[test]
    fn long_waits_widen_the_space() {
        let mut workload = cpu_bound(100.0, SimDuration::MILLISECOND);
        workload.classes[0].segments[0].kind = SegmentKind::Wait;
        workload.classes[0].segments[0].duration =
            crate::workload::Distribution::Constant(SimDuration::SECOND);
        let widest =
            candidates(&workload, &Host::ideal(2)).iter().map(|pool| pool.profile.slots()).max();
        assert!(widest >= Some(250), "{widest:?}");
    }

    #[test]
    fn blas_threads_vary_only_where_a_segment_can_use_them() {
        let mut workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        let host = Host::ideal(6);
        assert_eq!(blas_levels(&workload, &host), [1]);
        workload.classes[0].segments[0].kind = SegmentKind::Native { parallel: true };
        assert_eq!(blas_levels(&workload, &host), [1, 2, 4, 6]);
    }
}
