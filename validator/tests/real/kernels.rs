//! The kernels do to the lock what their names say.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use sim::pool::PoolKind;
use validator::child;
use validator::run::{End, Kernel};

use crate::support::{MILLISECOND, PATIENCE, Trial, alone, pair, python, pythons};

/// One call of 60 ms beside a spinner. Times in ns.
#[derive(Debug, Deserialize)]
struct Beside {
    elapsed: f64,
    own_cpu: f64,
    spinner_cpu: f64,
    core_wait: f64,
}

impl Beside {
    /// Cores that the two threads had between them.
    fn cores(&self) -> f64 {
        (self.own_cpu + self.spinner_cpu) / self.elapsed
    }

    /// Cores that they could have used.
    fn cores_wanted(&self) -> f64 {
        self.cores() + self.core_wait / self.elapsed
    }

    fn spinner_share(&self) -> f64 {
        self.spinner_cpu / (self.own_cpu + self.spinner_cpu)
    }
}

fn probe(python: &Path) -> BTreeMap<String, Vec<Beside>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/lock_probe.py");
    let mut command = Command::new(python);
    command.args(["-E", "-s", "-B"]).arg(script).args(["60", "8"]);
    command.args(["python", "locked_native", "native", "sleep"]);
    let finished = child::run(command, PATIENCE).unwrap();
    let stderr = String::from_utf8_lossy(&finished.stderr);
    assert!(finished.status.success(), "{stderr}");
    serde_json::from_slice(&finished.stdout).unwrap()
}

fn range(calls: &[Beside], value: impl Fn(&Beside) -> f64) -> (f64, f64) {
    let values = calls.iter().map(value);
    values.fold((f64::INFINITY, 0.0), |(least, most), next| (least.min(next), most.max(next)))
}

/// Neighbours can only take from what a call shows: so one call out of eight
/// is enough to show what a kernel allows, and all show what it does not.
#[test]
fn kernels_hold_and_release_the_lock_as_they_say() {
    let _alone = alone();
    let mut locked: Vec<_> = pythons().iter().filter(|p| !p.build.free_threaded).collect();
    // The newest and the oldest.
    locked.dedup_by_key(|python| python.build.minor);
    for python in locked.iter().take(1).chain(locked.iter().skip(1).last()) {
        let (version, calls) = (&python.build.version, probe(&python.path));
        for held in ["python", "locked_native"] {
            let (_, cores) = range(&calls[held], Beside::cores);
            assert!(cores < 1.2, "{version}: {held} and a spinner on {cores} cores");
        }
        let (_, share) = range(&calls["python"], Beside::spinner_share);
        assert!(share > 0.25, "{version}: a spinner got {share} beside bytecode");
        let (least, _) = range(&calls["locked_native"], Beside::spinner_share);
        assert!(least < 0.25, "{version}: a spinner got {least} beside a locked call");
        let (_, cores) = range(&calls["native"], Beside::cores_wanted);
        assert!(cores > 1.3, "{version}: a native call and a spinner wanted {cores} cores");
        let (least, _) = range(&calls["sleep"], |call| call.own_cpu / call.elapsed);
        assert!(least < 0.2, "{version}: sleep used {least} of a core");
    }
}

#[test]
fn kernels_take_cpu_time_in_proportion_and_waits_do_not() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let cpu = |kernel, length| {
        let trial = Trial::new(pair(PoolKind::ThreadPoolExecutor), &[(kernel, length)], 5, 0);
        let seen = trial.run(python).unwrap();
        assert_eq!(seen.end, End::Complete);
        seen.records.iter().filter_map(|record| record.cpu).min().unwrap() as f64
    };
    for kernel in [Kernel::Python, Kernel::LockedNative, Kernel::Native] {
        // Each run calibrates anew, at whatever speed the cores have then.
        let (short, long) = (cpu(kernel, 3 * MILLISECOND), cpu(kernel, 30 * MILLISECOND));
        let ratio = long / short;
        assert!((3.0..30.0).contains(&ratio), "{kernel:?}: {short} ns and {long} ns");
        let asked = (30 * MILLISECOND) as f64;
        assert!((0.4..2.5).contains(&(long / asked)), "{kernel:?}: {long} ns");
    }
    let slept = cpu(Kernel::Sleep, 30 * MILLISECOND);
    assert!(slept < (10 * MILLISECOND) as f64, "sleep took {slept} ns of CPU time");
}

#[test]
fn waits_on_a_socket_take_as_long_as_asked() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in [PoolKind::MultiprocessingPool, PoolKind::ThreadPoolExecutor, PoolKind::Asyncio] {
        let delay = Duration::from_millis(20);
        let work = [(Kernel::SocketWait, 20 * MILLISECOND)];
        let seen = Trial::new(pair(kind), &work, 6, 0).run(python).unwrap();
        assert_eq!((&seen.end, seen.records.len()), (&End::Complete, 6), "{kind:?}");
        for record in &seen.records {
            let took = record.finished.unwrap() - record.started.unwrap();
            assert!(Duration::from_nanos(took) >= delay, "{kind:?}: {took} ns");
        }
    }
}
