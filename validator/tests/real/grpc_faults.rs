//! What goes wrong with gRPC workers, and that nothing of them is left.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sim::experiment::RestartCause;
use sim::pool::{Heartbeat, PoolConfig, PoolKind};
use validator::grpc::{Refusal, Served};
use validator::run::{End, Kernel, Outcome, RunError, SegmentSpec, Stop};

use crate::grpc::{NAP, batch, config, ms, one_by_one, python, refused, run, try_in};
use crate::support::{
    MILLISECOND, Trial, alone, not_run, processes_of, python as plain_python, records_in,
    wait_until,
};

/// Tells `planner_stand_in` where its run goes.
const FOLDER: &str = "PLANNER_TEST_GRPC_FOLDER";

/// The first request of `trial` has that fault.
fn with_fault(mut trial: Trial, fault: Kernel) -> Trial {
    let mut class = trial.workload.classes[0].clone();
    class.name = "fault".to_owned();
    trial.workload.classes.push(class);
    let mut class = trial.spec.classes[0].clone();
    class.name = "fault".to_owned();
    class.segments = vec![SegmentSpec { kernel: fault, parts: 1 }];
    trial.spec.classes.push(class);
    trial.rows[0].class = 1;
    trial
}

fn causes(served: &Served) -> Vec<RestartCause> {
    served.lives.iter().filter_map(|life| life.cause).collect()
}

#[test]
fn a_crash_takes_one_request_of_a_process_and_all_of_a_thread_worker() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let nap = [(Kernel::Sleep, 300 * MILLISECOND)];
    for (kind, profile, lost) in
        [(PoolKind::GrpcProcess, "process:3", 1), (PoolKind::GrpcThread, "thread:1x3", 3)]
    {
        let trial = with_fault(batch(config(kind, profile), &nap, 7), Kernel::Crash);
        let served = run(&trial, &python);
        assert_eq!(refused(&served, Refusal::WorkerLost), lost, "{kind}");
        assert_eq!(causes(&served), [RestartCause::Crash], "{kind}");
        // The rest is served, by the successor too.
        let ok = |outcome: &Outcome| *outcome == Outcome::Ok;
        let records = &served.observation.records;
        assert_eq!(records.iter().filter(|r| ok(&r.outcome)).count(), 7 - lost, "{kind}");
    }
}

#[test]
fn an_exception_is_the_outcome_of_its_request_alone() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = config(PoolKind::GrpcProcess, "process:1");
    let served = run(&with_fault(batch(pool, &NAP, 4), Kernel::Raise), &python);
    for record in &served.observation.records {
        match &record.outcome {
            Outcome::Exception(what) if record.request == 0 => {
                assert!(what.starts_with("Deliberate: "), "{what}");
            }
            outcome => assert_eq!((outcome, record.request == 0), (&Outcome::Ok, false)),
        }
    }
    assert_eq!((causes(&served), served.lives[0].served), (vec![], 3));
}

fn with_heartbeat(kind: PoolKind, profile: &str) -> PoolConfig {
    let mut pool = config(kind, profile);
    // Generous, so that a busy machine is not taken for a worker that hangs.
    pool.lifecycle.heartbeat = Some(Heartbeat { every: ms(200), timeout: ms(2000), misses: 2 });
    pool
}

#[test]
fn a_hang_is_found_out_by_heartbeats() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = with_heartbeat(PoolKind::GrpcProcess, "process:1");
    let served = run(&with_fault(batch(pool, &NAP, 3), Kernel::Hang), &python);
    assert_eq!(causes(&served), [RestartCause::Hang]);
    assert_eq!(refused(&served, Refusal::WorkerLost), 1);
    let life = &served.lives[0];
    // The first ping goes out 200 ms after the start, the second miss is known
    // 200 ms and a time-out later.
    assert!(life.ended.unwrap() >= life.ready.unwrap() + ms(2400).0, "{life:?}");
}

#[test]
fn a_thread_that_hangs_leaves_another_to_answer() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = with_heartbeat(PoolKind::GrpcThread, "thread:1x2");
    let mut trial = with_fault(batch(pool, &NAP, 4), Kernel::Hang);
    trial.limits.quiet = std::time::Duration::from_secs(4);
    let folder = tempfile::tempdir().unwrap();
    let served = try_in(&trial, &python, folder.path(), &Stop::new()).unwrap();
    assert_eq!(served.observation.end, End::Quiet(trial.limits.quiet));
    assert_eq!((&served.observation.lost[..], causes(&served)), (&[0][..], vec![]));
}

#[test]
fn a_worker_killed_from_outside_has_a_successor() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let trial = one_by_one(config(PoolKind::GrpcProcess, "process:1"), &NAP, 120);
    let folder = tempfile::tempdir().unwrap();
    let served = std::thread::scope(|scope| {
        let run = scope.spawn(|| try_in(&trial, &python, folder.path(), &Stop::new()));
        wait_until("a record", || records_in(folder.path()) > 0);
        for process in processes_of(folder.path()) {
            kill(Pid::from_raw(process), Signal::SIGKILL).unwrap();
        }
        run.join().unwrap().unwrap()
    });
    assert_eq!(
        (&served.observation.end, causes(&served)),
        (&End::Complete, vec![RestartCause::Crash])
    );
    assert!(refused(&served, Refusal::WorkerLost) <= 1);
    assert_eq!(served.lives.len(), 2);
}

#[test]
fn a_worker_that_never_gets_ready_is_an_error() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut trial = batch(config(PoolKind::GrpcProcess, "process:1"), &NAP, 1);
    trial.spec.import_ns = 3_600_000 * MILLISECOND;
    trial.limits.ready = std::time::Duration::from_secs(3);
    let folder = tempfile::tempdir().unwrap();
    let error = try_in(&trial, &python, folder.path(), &Stop::new()).unwrap_err();
    assert!(matches!(error, RunError::NeverReady { .. }), "{error}");
}

#[test]
fn a_missing_package_is_named() {
    let (Some(python), _alone) = (plain_python(), alone()) else { return };
    let mut check = Command::new(python);
    if check.args(["-E", "-s", "-c", "import grpc"]).output().unwrap().status.success() {
        not_run(&format!("a missing package: {} has grpcio", python.display()));
        return;
    }
    let trial = batch(config(PoolKind::GrpcProcess, "process:1"), &NAP, 1);
    let folder = tempfile::tempdir().unwrap();
    let error = try_in(&trial, python, folder.path(), &Stop::new()).unwrap_err();
    assert!(matches!(&error, RunError::Failed { stage, .. } if stage == "import"), "{error}");
    assert!(error.to_string().contains("No module named 'grpc'"), "{error}");
}

#[test]
fn what_is_no_python_is_named() {
    let _alone = alone();
    let trial = batch(config(PoolKind::GrpcProcess, "process:1"), &NAP, 1);
    let folder = tempfile::tempdir().unwrap();
    let run = |python| try_in(&trial, Path::new(python), folder.path(), &Stop::new()).unwrap_err();
    let error = run("/no/such/python");
    assert!(matches!(error, RunError::Launch { .. }), "{error}");
    let error = run("/bin/false");
    assert!(matches!(&error, RunError::Died { how, .. } if how == "exit status: 1"), "{error}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let folder = tempfile::tempdir().unwrap();
    // Leaves the sources and the spec there.
    let trial = batch(config(PoolKind::GrpcProcess, "process:1"), &NAP, 1);
    try_in(&trial, &python, folder.path(), &Stop::new()).unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut worker = Command::new(python);
    worker.args(["-E", "-s", "-m", "grpc_worker"]).arg(folder.path().join("spec.json"));
    worker.args(["serve", &port, "1", "{}"]).current_dir(folder.path().join("python"));
    let said = worker.output().unwrap();
    assert_eq!(said.status.code(), Some(3));
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(text.contains(r#""event": "failed", "stage": "start""#), "{text}");
    assert!(text.contains(&port), "{text}");
}

/// Serves quick requests for a minute.
fn long_trial() -> Trial {
    one_by_one(config(PoolKind::GrpcThread, "thread:2x2"), &NAP, 3000)
}

#[test]
fn stopping_while_it_serves_keeps_what_was_measured() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let (stop, folder, trial) = (Stop::new(), tempfile::tempdir().unwrap(), long_trial());
    let seen = std::thread::scope(|scope| {
        let run = scope.spawn(|| try_in(&trial, &python, folder.path(), &stop));
        wait_until("a record", || records_in(folder.path()) > 0);
        stop.request();
        run.join().unwrap().unwrap().observation
    });
    assert_eq!(seen.end, End::Interrupted);
    assert!(!seen.records.is_empty() && !seen.samples.is_empty());
    assert_eq!(seen.records.len() + seen.lost.len(), 3000);
    assert_eq!(records_in(folder.path()), seen.records.len());
    let lives = fs::read_to_string(folder.path().join("workers.jsonl")).unwrap();
    assert_eq!(lives.lines().count(), 2);
}

#[test]
fn stopping_before_the_pool_is_ready_is_said() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let stop = Stop::new();
    stop.request();
    let folder = tempfile::tempdir().unwrap();
    let error = try_in(&long_trial(), &python, folder.path(), &stop).unwrap_err();
    assert!(matches!(error, RunError::Interrupted), "{error}");
}

/// What the tests below start in a process of its own, to be killed.
#[test]
#[ignore = "started by other tests"]
fn planner_stand_in() {
    let (Some(folder), Some(python)) = (env::var_os(FOLDER), python()) else { return };
    let stop = Stop::on_signals().unwrap();
    let served = try_in(&long_trial(), &python, &PathBuf::from(folder), &stop).unwrap();
    assert_eq!(served.observation.end, End::Interrupted);
}

/// Sends `signal` to a planner once `moment` has come.
fn end_with(signal: Signal, moment: impl Fn(&Path) -> bool) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "grpc_faults::planner_stand_in", "--ignored"]);
    command.env(FOLDER, folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut planner: Child = command.spawn().unwrap();
    wait_until("the moment", || moment(folder.path()));
    kill(Pid::from_raw(i32::try_from(planner.id()).unwrap()), signal).unwrap();
    let status = planner.wait().unwrap();
    wait_until("all processes of the run end", || processes_of(folder.path()).is_empty());
    status.success()
}

#[test]
fn signals_end_a_run_in_good_order() {
    let (Some(_), _alone) = (python(), alone()) else { return };
    assert!(end_with(Signal::SIGINT, |folder| records_in(folder) > 0));
    assert!(end_with(Signal::SIGTERM, |folder| records_in(folder) > 0));
}

#[test]
fn a_killed_planner_takes_its_workers_along() {
    let (Some(_), _alone) = (python(), alone()) else { return };
    assert!(!end_with(Signal::SIGKILL, |folder| records_in(folder) > 0));
    assert!(!end_with(Signal::SIGKILL, |folder| !processes_of(folder).is_empty()));
}
