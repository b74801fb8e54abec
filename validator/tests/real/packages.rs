//! Pools and kernels from packages, in environments made for them.

use std::path::Path;

use sim::pool::PoolKind;
use validator::environments::{Cache, Environment, EnvironmentError, Purpose};
use validator::run::{End, Kernel, Outcome, PoolSpec, Record};

use crate::support::{MILLISECOND, Trial, alone, not_run, pythons};

/// Kept from one run of the tests to the next; none, and a line that says
/// why, if it cannot be had.
pub(crate) fn environment(purpose: Purpose) -> Option<Environment> {
    let found = pythons().iter().rev().find(|i| i.build.minor >= 10 && !i.build.free_threaded);
    let Some(interpreter) = found else {
        not_run("no CPython 3.10 or later was found");
        return None;
    };
    let cache = Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")));
    match cache.environment(interpreter, purpose) {
        Ok(environment) => Some(environment),
        Err(error @ (EnvironmentError::Install { .. } | EnvironmentError::NoVenv { .. })) => {
            not_run(&error.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn greenlets_serve_on_one_thread_and_overlap_only_their_waits() {
    let Some(environment) = environment(Purpose::Greenlets) else { return };
    let _alone = alone();
    for kind in [PoolKind::GeventPool, PoolKind::EventletGreenPool] {
        let work = [(Kernel::Native, MILLISECOND), (Kernel::Sleep, 50 * MILLISECOND)];
        let pool = PoolSpec::threads(kind, 4);
        let seen = Trial::new(pool.clone(), &work, 8, 0).run(&environment.python).unwrap();
        assert_eq!((&seen.end, seen.records.len()), (&End::Complete, 8), "{kind:?}");
        let busy = |at: u64| {
            let holds = |r: &&Record| r.started <= Some(at) && Some(at) < r.finished;
            seen.records.iter().filter(holds).count()
        };
        let most = seen.records.iter().map(|r| busy(r.started.unwrap())).max();
        assert_eq!(most, Some(4), "{kind:?}");
        assert!(seen.records.iter().all(|r| r.worker == seen.records[0].worker), "{kind:?}");
        let batch = Trial::new(pool, &work, 6, 0).batch().run(&environment.python).unwrap();
        let order: Vec<_> = batch.records.iter().map(|record| record.request).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5], "{kind:?}");
    }
}

#[test]
fn a_product_of_matrices_takes_the_time_asked_for_on_one_blas_thread() {
    let (Some(environment), _alone) = (environment(Purpose::Numpy), alone()) else { return };
    let cpu = |length| {
        let pool = PoolSpec {
            blas_threads: Some(1),
            ..PoolSpec::threads(PoolKind::MultiprocessingThreadPool, 2)
        };
        let trial = Trial::new(pool, &[(Kernel::Matmul, length)], 5, 0);
        let seen = trial.run(&environment.python).unwrap();
        assert!(seen.records.iter().all(|record| record.outcome == Outcome::Ok));
        seen.records.iter().filter_map(|record| record.cpu).min().unwrap()
    };
    let (short, long) = (cpu(4 * MILLISECOND), cpu(40 * MILLISECOND));
    assert!((3..30).contains(&(long / short)), "{short} ns and {long} ns");
}
