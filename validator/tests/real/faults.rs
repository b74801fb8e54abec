//! What goes wrong in a worker is an outcome; what keeps a pool from serving
//! is an error. Either way nothing is left running: `Trial::run_in` looks.

use std::path::Path;
use std::time::Duration;

use sim::pool::{PoolKind, StartMethod};
use validator::run::{End, Kernel, Outcome, PoolSpec, RunError, SegmentSpec, Stop};

use crate::support::{
    MILLISECOND, STANDARD, Trial, alone, not_run, pair, processes_of, python, records_in,
    wait_until,
};

/// A trial of a second class, with that fault, for row `at` of `count`.
fn with_fault(pool: PoolSpec, fault: Kernel, at: usize, count: usize) -> Trial {
    let mut trial = Trial::new(pool, &[(Kernel::Sleep, MILLISECOND)], count, 2 * MILLISECOND);
    let mut class = trial.workload.classes[0].clone();
    class.name = "fault".to_owned();
    trial.workload.classes.push(class);
    let mut class = trial.spec.classes[0].clone();
    class.name = "fault".to_owned();
    class.segments = vec![SegmentSpec { kernel: fault, parts: 1 }];
    trial.spec.classes.push(class);
    trial.rows[at].class = 1;
    trial
}

#[test]
fn an_exception_is_the_outcome_of_its_request_alone() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in STANDARD {
        let seen = with_fault(pair(kind), Kernel::Raise, 2, 6).run(python).unwrap();
        assert_eq!(seen.end, End::Complete, "{kind:?}");
        assert_eq!(seen.records.len(), 6, "{kind:?}");
        for record in seen.records {
            match record.outcome {
                Outcome::Exception(what) if record.request == 2 => {
                    assert!(what.starts_with("Deliberate: "), "{what}");
                }
                outcome => assert_eq!((outcome, record.request == 2), (Outcome::Ok, false)),
            }
        }
    }
}

#[test]
fn a_killed_worker_of_a_pool_loses_its_request_only() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut trial = with_fault(pair(PoolKind::MultiprocessingPool), Kernel::Crash, 1, 6);
    trial.limits.quiet = Duration::from_secs(2);
    let seen = trial.run(python).unwrap();
    assert_eq!(seen.end, End::Quiet(trial.limits.quiet));
    assert_eq!(seen.lost, [1]);
    assert_eq!(seen.records.len(), 5);
}

#[test]
fn a_killed_worker_breaks_an_executor() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let seen = with_fault(pair(PoolKind::ProcessPoolExecutor), Kernel::Crash, 2, 20).run(python);
    let seen = seen.unwrap();
    assert_eq!((&seen.end, seen.records.len()), (&End::Complete, 20));
    let broken = |outcome: &Outcome| matches!(outcome, Outcome::Pool(what) if what.starts_with("BrokenProcessPool: "));
    for record in seen.records.iter().filter(|record| record.request >= 2) {
        let served_before = record.request > 2 && record.outcome == Outcome::Ok;
        assert!(served_before || broken(&record.outcome), "{record:?}");
    }
    assert!(broken(&seen.records.last().unwrap().outcome));
}

#[test]
fn a_hanging_worker_loses_its_request() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in [PoolKind::ProcessPoolExecutor, PoolKind::ThreadPoolExecutor] {
        let mut trial = with_fault(pair(kind), Kernel::Hang, 0, 5);
        trial.limits.quiet = Duration::from_secs(2);
        let seen = trial.run(python).unwrap();
        assert_eq!(seen.end, End::Quiet(trial.limits.quiet), "{kind:?}");
        assert_eq!(seen.lost, [0], "{kind:?}");
    }
}

#[test]
fn a_run_ends_when_its_whole_time_is_up() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut trial = with_fault(pair(PoolKind::ThreadPoolExecutor), Kernel::Hang, 0, 5);
    trial.limits.total = Duration::from_secs(2);
    let seen = trial.run(python).unwrap();
    assert_eq!((seen.end, seen.lost), (End::OutOfTime(trial.limits.total), vec![0]));
}

#[test]
fn a_pool_that_never_becomes_ready_is_an_error() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = PoolSpec { start_method: StartMethod::Spawn, ..pair(PoolKind::MultiprocessingPool) };
    let mut trial = Trial::new(pool, &[(Kernel::Sleep, 0)], 1, 0);
    trial.spec.import_ns = 3_600_000 * MILLISECOND;
    trial.limits.ready = Duration::from_secs(2);
    let error = trial.run(python).unwrap_err();
    assert!(matches!(error, RunError::NeverReady { .. }), "{error}");
    assert!(error.to_string().contains("not ready after 2 s"), "{error}");
}

#[test]
fn a_pool_that_refuses_its_options_says_why() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = PoolSpec { max_tasks: Some(5), ..pair(PoolKind::ProcessPoolExecutor) };
    let error = Trial::new(pool, &[(Kernel::Sleep, 0)], 1, 0).run(python).unwrap_err();
    // From 3.11 on the executor refuses to fork again; before, it has no such option.
    assert!(matches!(&error, RunError::Failed { stage, .. } if stage == "start"), "{error}");
    assert!(error.to_string().contains("max_tasks_per_child"), "{error}");
}

#[test]
fn a_missing_package_is_named() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut check = std::process::Command::new(python);
    if check.args(["-E", "-s", "-c", "import eventlet"]).output().unwrap().status.success() {
        not_run(&format!("a missing package: {} has eventlet", python.display()));
        return;
    }
    let pool = PoolSpec::threads(PoolKind::EventletGreenPool, 2);
    let error = Trial::new(pool, &[(Kernel::Sleep, 0)], 1, 0).run(python).unwrap_err();
    assert!(matches!(&error, RunError::Failed { stage, .. } if stage == "import"), "{error}");
    assert!(error.to_string().contains("No module named 'eventlet'"), "{error}");
}

#[test]
fn what_is_no_python_is_named() {
    let _alone = alone();
    let trial = Trial::new(pair(PoolKind::ThreadPoolExecutor), &[(Kernel::Sleep, 0)], 1, 0);
    let error = trial.run(Path::new("/no/such/python")).unwrap_err();
    assert!(matches!(error, RunError::Launch { .. }), "{error}");
    let error = trial.run(Path::new("/bin/false")).unwrap_err();
    assert!(matches!(&error, RunError::Died { how, .. } if how == "exit status: 1"), "{error}");
}

#[test]
fn a_trace_without_requests_is_refused() {
    let trial = Trial::new(pair(PoolKind::ThreadPoolExecutor), &[], 0, 0);
    assert!(matches!(trial.run(Path::new("/bin/false")), Err(RunError::NoRows)));
}

#[test]
fn a_pool_without_a_runner_is_refused() {
    let pool = PoolSpec::processes(PoolKind::KeyedProcess, 2);
    let error = Trial::new(pool, &[(Kernel::Sleep, 0)], 1, 0).run(Path::new("/bin/false"));
    let text = error.unwrap_err().to_string();
    assert!(text.starts_with("`keyed-process` is not run for real, only simulated; "), "{text}");
}

#[test]
fn rows_of_another_workload_are_refused() {
    let mut trial = Trial::new(pair(PoolKind::ThreadPoolExecutor), &[(Kernel::Sleep, 0)], 3, 0);
    trial.rows[1].segments.clear();
    assert!(matches!(trial.run(Path::new("/bin/false")), Err(RunError::Row { row: 1 })));
    trial.rows[1].class = 7;
    assert!(matches!(trial.run(Path::new("/bin/false")), Err(RunError::Row { row: 1 })));
    trial.spec.classes.clear();
    let error = trial.run(Path::new("/bin/false")).unwrap_err();
    assert!(matches!(error, RunError::Classes { found: 0, expected: 1 }), "{error}");
}

#[test]
fn a_killed_runner_leaves_what_it_had_served() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let trial = with_fault(pair(PoolKind::MultiprocessingPool), Kernel::Hang, 3, 5);
    let folder = tempfile::tempdir().unwrap();
    let seen = std::thread::scope(|scope| {
        let run = scope.spawn(|| trial.run_in(python, folder.path(), &Stop::new()));
        wait_until("four records", || records_in(folder.path()) == 4);
        // The runner is the eldest.
        let runner = *processes_of(folder.path()).iter().min().unwrap();
        let runner = nix::unistd::Pid::from_raw(runner);
        nix::sys::signal::kill(runner, nix::sys::signal::Signal::SIGKILL).unwrap();
        run.join().unwrap().unwrap()
    });
    assert_eq!(seen.end, End::RunnerDied("signal: 9 (SIGKILL)".to_owned()));
    assert_eq!((seen.records.len(), seen.lost), (4, vec![3]));
}
