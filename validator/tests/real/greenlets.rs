//! Pools from packages, in an environment made for them.

use validator::environments::{Cache, EnvironmentError, Purpose};
use validator::run::{End, Kernel, PoolKind, PoolSpec};

use crate::support::{MILLISECOND, Trial, alone, pythons};

#[test]
fn greenlets_serve_on_one_thread_and_overlap_only_their_waits() {
    let found = pythons().iter().rev().find(|i| i.build.minor >= 10 && !i.build.free_threaded);
    let Some(interpreter) = found else {
        eprintln!("not run: no CPython 3.10 or later was found");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let environment = match Cache::at(folder.path()).environment(interpreter, Purpose::Greenlets) {
        Ok(environment) => environment,
        Err(error @ (EnvironmentError::Install { .. } | EnvironmentError::NoVenv { .. })) => {
            eprintln!("not run: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let _alone = alone();
    for kind in [PoolKind::Gevent, PoolKind::Eventlet] {
        let work = [(Kernel::Native, MILLISECOND), (Kernel::Sleep, 50 * MILLISECOND)];
        let pool = PoolSpec::threads(kind, 4);
        let seen = Trial::new(pool.clone(), &work, 8, 0).run(&environment.python).unwrap();
        assert_eq!((&seen.end, seen.records.len()), (&End::Complete, 8), "{kind:?}");
        let busy = |at: u64| {
            let holds =
                |r: &&validator::run::Record| r.started <= Some(at) && Some(at) < r.finished;
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
