//! What prefork web servers have in common: one listening socket that all
//! workers accept from, and a kernel queue behind it.

use crate::kernel::SimDuration;
use crate::pool::{Drain, MAX_SLOTS, MAX_WORKERS, PoolConfig, Profile};

/// `--backlog` of gunicorn and uvicorn; Linux caps it at `net.core.somaxconn`,
/// 4096.
const BACKLOG: u32 = 2048;
/// `--graceful-timeout` of gunicorn.
const GRACEFUL_TIMEOUT: SimDuration = SimDuration(30_000_000_000);
/// `--worker-connections` of gunicorn.
pub(super) const WORKER_CONNECTIONS: u32 = 1000;

/// `2 * cpus + 1`, as gunicorn's manual advises.
pub(super) fn advised_workers(logical_cpus: u32) -> u32 {
    logical_cpus.saturating_mul(2).saturating_add(1).min(MAX_WORKERS)
}

/// So many loops, each with as many of its `WORKER_CONNECTIONS` as the model has
/// room for.
pub(super) fn loops(workers: u32) -> Profile {
    let room = u32::try_from(MAX_SLOTS / u64::from(workers.max(1))).unwrap_or(u32::MAX);
    Profile::event_loops(workers, WORKER_CONNECTIONS.min(room))
}

/// The kernel keeps `BACKLOG + 1` connections that nobody has accepted, the
/// workers those that wait for one of their slots. A connection beyond that gets
/// no answer; its client tries again after a second, which counts as a
/// rejection here.
pub(super) fn bound_the_queue(pool: &mut PoolConfig) {
    let at_worker = pool
        .worker_connections
        .map_or(0, |connections| connections.saturating_sub(pool.slots_per_worker()));
    let at_workers = at_worker.saturating_mul(pool.profile.workers);
    pool.queue_cap.get_or_insert(at_workers.saturating_add(BACKLOG + 1));
}

/// A worker that reached its number of requests finishes what it has, for at
/// most the graceful time-out.
pub(super) fn drain_gracefully(pool: &mut PoolConfig) {
    if pool.lifecycle.drain == Drain::Finish {
        pool.lifecycle.drain = Drain::Within(GRACEFUL_TIMEOUT);
    }
}

/// Workers that are to be replaced look at themselves every so often, and take
/// requests until then.
pub(super) fn look_every(pool: &mut PoolConfig, spacing: SimDuration) {
    if pool.lifecycle.recycles() {
        pool.lifecycle.check_every.get_or_insert(spacing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::Mmc;
    use crate::experiment::{Scenario, Summary, replicate};
    use crate::host::Host;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, workload};
    use crate::workload::{Arrivals, Distribution};

    /// Simulated mean time in the system over `expected`: 200 requests/s that
    /// wait for 20 ms each, exponentially.
    fn ratio(kind: PoolKind, profile: &str, expected: f64) -> f64 {
        let mut workload = workload();
        workload.arrivals = Arrivals::Poisson { rate: 200.0 };
        workload.classes[0].segments[0].duration =
            Distribution::Exponential { mean: SimDuration(20_000_000) };
        let (host, pool) = (Host::ideal(4), of(kind, profile, &workload));
        let scenario = Scenario::new(&workload, &host, &pool, 20_000, 1);
        let summary = Summary::of(replicate(&scenario, 0..10).unwrap());
        summary.all.mean.point / expected
    }

    #[test]
    fn sync_workers_are_servers_of_one_queue_and_gthread_workers_of_one_each() {
        // Idle workers that race leave M/M/8 as it is. Four workers of two threads
        // that all win as often split the arrivals: four times M/M/2.
        let one_queue = Mmc::new(200.0, 0.020, 8).unwrap().mean_sojourn();
        let one_each = Mmc::new(50.0, 0.020, 2).unwrap().mean_sojourn();
        let one_of_one = Mmc::new(25.0, 0.020, 1).unwrap().mean_sojourn();
        assert!(one_each / one_queue > 1.25, "{one_each} {one_queue}");
        for (kind, profile, expected) in [
            (PoolKind::GunicornSync, "process:8", one_queue),
            (PoolKind::GunicornGthread, "thread:4x2", one_each),
            (PoolKind::GunicornGthread, "thread:8x1", one_of_one),
        ] {
            let ratio = ratio(kind, profile, expected);
            assert!((ratio - 1.0).abs() < 0.02, "{kind}: {ratio}");
        }
    }

    #[test]
    fn sizes_stay_within_the_model() {
        assert_eq!(advised_workers(8), 17);
        assert_eq!(advised_workers(u32::MAX), MAX_WORKERS);
        assert_eq!(loops(17).to_string(), "async:17x1000");
        assert_eq!(loops(MAX_WORKERS).slots(), MAX_SLOTS);
    }
}
