//! What processes share and what each has for itself.

use std::path::Path;

use sim::pool::{PoolKind, StartMethod};
use validator::run::{Kernel, Observation, PoolSpec, Stop};

use crate::support::{MILLISECOND, Trial, alone, pair, python, pythons};

const MIB: u64 = 1 << 20;
/// Memory of the application, far above that of the interpreter.
const IMPORTED: u64 = 96 * MIB;

fn peak_pss(seen: &Observation) -> u64 {
    seen.samples.iter().map(|sample| sample.pss()).max().unwrap_or(0)
}

/// The most that two workers and their parent held, in bytes.
fn held(python: &Path, start_method: StartMethod) -> u64 {
    let pool = PoolSpec { start_method, ..pair(PoolKind::MultiprocessingPool) };
    let mut trial = Trial::new(pool, &[(Kernel::Sleep, 200 * MILLISECOND)], 8, 0);
    trial.spec.import_bytes = IMPORTED;
    peak_pss(&trial.run(python).unwrap())
}

#[test]
fn fork_shares_the_application_and_spawn_does_not() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let (forked, spawned) = (held(python, StartMethod::Fork), held(python, StartMethod::Spawn));
    assert!(IMPORTED < forked && forked < 2 * IMPORTED, "fork: {forked} bytes");
    assert!(3 * IMPORTED < spawned && spawned < 5 * IMPORTED, "spawn: {spawned} bytes");
}

#[test]
fn working_sets_leaks_and_kept_results_take_memory() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let trial = || {
        let pool = pair(PoolKind::ThreadPoolExecutor);
        Trial::new(pool, &[(Kernel::Sleep, 250 * MILLISECOND)], 4, 0)
    };
    let peak = |change: &dyn Fn(&mut validator::run::ClassSpec)| {
        let mut trial = trial();
        change(&mut trial.spec.classes[0]);
        peak_pss(&trial.run(python).unwrap())
    };
    let bare = peak(&|_| ());
    // Two at once, in two threads.
    let working = peak(&|class| class.working_set_bytes = 64 * MIB);
    assert!((100..160).contains(&((working - bare) / MIB)), "{working} over {bare}");
    // What the last two requests left may be missed by the samples.
    let leaked = peak(&|class| class.leak_bytes = 32 * MIB);
    assert!((48..160).contains(&((leaked - bare) / MIB)), "{leaked} over {bare}");
    assert!(bare < 64 * MIB, "{bare}");
}

#[test]
fn payloads_reach_the_parent_of_processes() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = pair(PoolKind::MultiprocessingPool);
    let mut trial = Trial::new(pool, &[(Kernel::Sleep, 0)], 12, 30 * MILLISECOND);
    let bare = peak_pss(&trial.run(python).unwrap());
    trial.spec.classes[0].response_bytes = 8 * MIB;
    trial.spec.classes[0].retain = true;
    let kept = peak_pss(&trial.run(python).unwrap());
    // Twelve results, less what the samples may miss at the end, but buffers on top.
    assert!(kept > bare + 64 * MIB, "{kept} over {bare}");
}

#[test]
fn imports_are_modules_of_the_size_that_is_asked_for() {
    let _alone = alone();
    let size = IMPORTED / 4;
    for interpreter in pythons() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pair(PoolKind::MultiprocessingPool);
        let private = |bytes: u64| {
            let mut trial = Trial::new(pool.clone(), &[(Kernel::Python, MILLISECOND)], 8, 0);
            trial.spec.import_bytes = bytes;
            let seen = trial.run_in(&interpreter.path, folder.path(), &Stop::new()).unwrap();
            assert_eq!((seen.records.len(), seen.lost.len()), (8, 0));
            seen.startup.application.unwrap().private_bytes as f64
        };
        let (bare, loaded) = (private(0), private(size));
        let share = (loaded - bare) / size as f64;
        assert!((0.97..1.03).contains(&share), "{}: {share}", interpreter.build.version);
    }
}
