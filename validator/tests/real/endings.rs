//! Ending early, at any point and in any way, leaves no process behind.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sim::pool::PoolKind;
use validator::run::{End, Kernel, RunError, Stop};

use crate::support::{
    MILLISECOND, Trial, alone, pair, processes_of, python, records_in, wait_until,
};

/// Tells `planner_stand_in` where its run goes.
const FOLDER: &str = "PLANNER_TEST_FOLDER";

/// Serves quick requests for a minute.
fn long_trial(kind: PoolKind) -> Trial {
    Trial::new(pair(kind), &[(Kernel::Sleep, MILLISECOND)], 6000, 10 * MILLISECOND)
}

#[test]
fn stopping_before_the_pool_is_ready_is_said() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let stop = Stop::new();
    stop.request();
    let folder = tempfile::tempdir().unwrap();
    let trial = long_trial(PoolKind::MultiprocessingPool);
    let error = trial.run_in(python, folder.path(), &stop).unwrap_err();
    assert!(matches!(error, RunError::Interrupted), "{error}");
}

#[test]
fn stopping_while_it_serves_keeps_what_was_measured() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let (stop, folder) = (Stop::new(), tempfile::tempdir().unwrap());
    let trial = long_trial(PoolKind::ProcessPoolExecutor);
    let seen = std::thread::scope(|scope| {
        let run = scope.spawn(|| trial.run_in(python, folder.path(), &stop));
        wait_until("a record", || records_in(folder.path()) > 0);
        stop.request();
        run.join().unwrap().unwrap()
    });
    assert_eq!(seen.end, End::Interrupted);
    assert!(!seen.records.is_empty() && !seen.samples.is_empty());
    assert_eq!(seen.records.len() + seen.lost.len(), 6000);
}

/// What the tests below start in a process of its own, to be killed.
#[test]
#[ignore = "started by other tests"]
fn planner_stand_in() {
    let (Some(folder), Some(python)) = (env::var_os(FOLDER), python()) else { return };
    let stop = Stop::on_signals().unwrap();
    let trial = long_trial(PoolKind::MultiprocessingPool);
    let seen = trial.run_in(python, &PathBuf::from(folder), &stop).unwrap();
    assert_eq!(seen.end, End::Interrupted);
}

fn stand_in(folder: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "endings::planner_stand_in", "--ignored"]).env(FOLDER, folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Sends `signal` to a planner whose pool serves.
fn end_with(signal: Signal) -> ExitStatus {
    let folder = tempfile::tempdir().unwrap();
    let mut planner = stand_in(folder.path());
    wait_until("a record", || records_in(folder.path()) > 0);
    // Runner, two workers; perhaps more that look after them.
    assert!(processes_of(folder.path()).len() >= 3);
    kill(Pid::from_raw(i32::try_from(planner.id()).unwrap()), signal).unwrap();
    let status = planner.wait().unwrap();
    wait_until("all processes of the run end", || processes_of(folder.path()).is_empty());
    status
}

#[test]
fn signals_end_a_run_in_good_order() {
    let (Some(_), _alone) = (python(), alone()) else { return };
    assert!(end_with(Signal::SIGINT).success());
    assert!(end_with(Signal::SIGTERM).success());
}

#[test]
fn a_killed_planner_takes_its_pool_along() {
    let (Some(_), _alone) = (python(), alone()) else { return };
    assert!(!end_with(Signal::SIGKILL).success());
}

#[test]
fn a_planner_killed_while_the_pool_starts_takes_it_along() {
    let (Some(_), _alone) = (python(), alone()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut planner = stand_in(folder.path());
    wait_until("a process of the run", || !processes_of(folder.path()).is_empty());
    planner.kill().unwrap();
    planner.wait().unwrap();
    wait_until("all processes of the run end", || processes_of(folder.path()).is_empty());
}
