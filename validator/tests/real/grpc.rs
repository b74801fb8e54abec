//! gRPC pools do what their configuration says: who serves, and how many at once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sim::kernel::SimDuration;
use sim::pool::{Deployment, PoolConfig, PoolKind};
use validator::environments::Purpose;
use validator::grpc::{Refusal, Served, serve};
use validator::run::{End, Kernel, Load, Outcome, PoolSpec, Record, RunError, Stop};

use crate::packages::environment;
use crate::support::{MILLISECOND, Trial, alone, processes_of, wait_until};

const KINDS: [(PoolKind, &str); 3] = [
    (PoolKind::GrpcProcess, "process:2"),
    (PoolKind::GrpcThread, "thread:2x3"),
    (PoolKind::GrpcThreadSerial, "thread:2x3"),
];
pub(crate) const NAP: [(Kernel, u64); 1] = [(Kernel::Sleep, 20 * MILLISECOND)];

/// A Python with grpcio; none, and a line that says why, if it cannot be had.
pub(crate) fn python() -> Option<PathBuf> {
    environment(Purpose::Grpc).map(|environment| environment.python)
}

pub(crate) fn ms(count: u64) -> SimDuration {
    SimDuration(count * MILLISECOND)
}

/// That pool as it is deployed by default, but for long pauses.
pub(crate) fn config(kind: PoolKind, profile: &str) -> PoolConfig {
    let workload = Trial::new(PoolSpec::threads(kind, 1), &NAP, 1, 0).workload;
    let python = "3.12".parse().unwrap();
    let mut config =
        PoolConfig::of_kind(kind, &workload, profile.parse().unwrap(), python, 8).unwrap();
    config.start_delay = ms(1);
    config
}

/// `count` requests at once for that pool.
pub(crate) fn batch(config: PoolConfig, kernels: &[(Kernel, u64)], count: usize) -> Trial {
    Trial::new(PoolSpec::deployed(config), kernels, count, 0).batch()
}

/// One client that waits for each answer.
pub(crate) fn one_by_one(config: PoolConfig, kernels: &[(Kernel, u64)], count: usize) -> Trial {
    let mut trial = batch(config, kernels, count);
    trial.spec.load = Load::Closed { clients: 1 };
    trial
}

pub(crate) fn try_in(
    trial: &Trial,
    python: &Path,
    folder: &Path,
    stop: &Stop,
) -> Result<Served, RunError> {
    let served = serve(&trial.plan(python), folder, stop);
    wait_until("all processes of the run end", || processes_of(folder).is_empty());
    served
}

/// Every request has one record, and the run is complete.
pub(crate) fn run(trial: &Trial, python: &Path) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let served = try_in(trial, python, folder.path(), &Stop::new()).unwrap();
    let seen = &served.observation;
    assert_eq!((&seen.end, &seen.lost[..]), (&End::Complete, &[][..]), "{:?}", seen.records);
    let mut requests: Vec<_> = seen.records.iter().map(|record| record.request).collect();
    requests.sort_unstable();
    assert_eq!(requests, (0..trial.rows.len()).collect::<Vec<_>>());
    for record in seen.records.iter().filter(|record| record.outcome == Outcome::Ok) {
        let (started, finished) = (record.started.unwrap(), record.finished.unwrap());
        let instants = [record.scheduled, record.submitted, started, finished, record.received];
        assert!(instants.is_sorted(), "{record:?}");
    }
    served
}

pub(crate) fn refused(served: &Served, refusal: Refusal) -> usize {
    let records = served.observation.records.iter();
    records.filter(|record| Refusal::of(&record.outcome) == Some(refusal)).count()
}

/// Most requests that one worker had in service at once.
fn most_at_once(served: &Served) -> usize {
    let records = &served.observation.records;
    let beside = |one: &Record| {
        let serves = |r: &&Record| r.started <= one.started && one.started < r.finished;
        records.iter().filter(|r| r.worker == one.worker).filter(serves).count()
    };
    records.iter().map(beside).max().unwrap()
}

/// Processes that served something.
fn servers(served: &Served) -> BTreeSet<u32> {
    served.observation.records.iter().filter_map(|record| record.worker).collect()
}

#[test]
fn every_request_is_served_once_on_its_slots() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for (kind, profile) in KINDS {
        let config = config(kind, profile);
        let slots = config.slots_per_worker() as usize;
        let served = run(&batch(config, &NAP, 18), &python);
        // Naps fill all slots of a worker whatever the cores do.
        assert_eq!(most_at_once(&served), slots, "{kind}");
        assert_eq!(servers(&served).len(), 2, "{kind}");
        assert_eq!(served.lives.iter().map(|life| life.served).sum::<u64>(), 18, "{kind}");
        assert!(!served.observation.samples.is_empty() && served.usage.dispatcher > 0);
        assert_eq!(served.usage.workers.len(), 2, "{kind}");
    }
}

#[test]
fn computed_work_is_that_of_the_other_pools() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let work = [(Kernel::Python, 2 * MILLISECOND), (Kernel::Native, 2 * MILLISECOND)];
    let trial = Trial::new(
        PoolSpec::deployed(config(PoolKind::GrpcProcess, "process:2")),
        &work,
        10,
        5 * MILLISECOND,
    );
    // By the one entry point.
    let seen = trial.run(&python).unwrap();
    assert_eq!((&seen.end, seen.records.len(), seen.kernels.len()), (&End::Complete, 10, 2));
    for record in &seen.records {
        assert_eq!(record.scheduled, seen.origin + trial.rows[record.request].at.0);
        assert!(record.cpu.unwrap() > 2 * MILLISECOND, "{record:?}");
    }
    assert!(seen.startup.launched < seen.startup.began);
    assert!(seen.startup.began < seen.startup.ready && seen.startup.ready <= seen.origin);
}

#[test]
fn a_full_queue_turns_requests_away() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcProcess, "process:1");
    config.queue_cap = Some(2);
    let served = run(&batch(config, &NAP, 6), &python);
    assert_eq!(refused(&served, Refusal::Saturated), 3);
    for record in &served.observation.records {
        assert_eq!(record.outcome == Outcome::Ok, record.request < 3, "{record:?}");
    }
}

#[test]
fn requests_wait_no_longer_than_they_may() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcProcess, "process:1");
    config.queue_timeout = Some(ms(100));
    let served = run(&batch(config, &[(Kernel::Sleep, 400 * MILLISECOND)], 3), &python);
    assert_eq!(refused(&served, Refusal::QueueTimeout), 2);
    for record in served.observation.records.iter().filter(|r| r.outcome != Outcome::Ok) {
        assert!(record.received - record.submitted >= ms(100).0, "{record:?}");
    }
}

#[test]
fn first_fit_gives_a_lone_client_the_same_worker() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let served = run(&one_by_one(config(PoolKind::GrpcProcess, "process:3"), &NAP, 8), &python);
    let first = served.lives.iter().find(|life| life.worker == 0).unwrap();
    assert_eq!((servers(&served), first.served), (BTreeSet::from([first.pid]), 8));
}

#[test]
fn least_busy_spreads_where_first_fit_fills() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcThread, "thread:3x3");
    let served = run(&batch(config.clone(), &NAP, 3), &python);
    assert_eq!(servers(&served).len(), 3);
    config.choice = sim::pool::WorkerChoice::FirstFit;
    let served = run(&batch(config, &NAP, 3), &python);
    assert_eq!(servers(&served).len(), 1);
}

#[test]
fn a_hybrid_sends_each_class_to_its_pool() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let api = config(PoolKind::GrpcProcess, "process:2");
    let mut trial = batch(api.clone(), &NAP, 12);
    for name in ["api", "jobs"] {
        let mut class = trial.workload.classes[0].clone();
        class.name = name.to_owned();
        trial.workload.classes.push(class);
        let mut class = trial.spec.classes[0].clone();
        class.name = name.to_owned();
        trial.spec.classes.push(class);
    }
    trial.workload.classes.remove(0);
    trial.spec.classes.remove(0);
    trial.rows.iter_mut().enumerate().for_each(|(at, row)| row.class = at % 2);
    let jobs = config(PoolKind::GrpcThread, "thread:1x2");
    let pools = vec![(jobs, vec!["jobs"]), (api, vec!["api"])];
    let both = Deployment::hybrid(&trial.workload, pools).unwrap();
    trial.spec.pool = PoolSpec::deployed(both);
    let served = run(&trial, &python);
    for record in &served.observation.records {
        let life = served.lives.iter().find(|life| Some(life.pid) == record.worker).unwrap();
        assert_eq!(life.pool, 1 - record.class, "{record:?}");
    }
    assert_eq!(servers(&served).len(), 3);
}

#[test]
fn options_that_no_grpc_pool_has_are_refused() {
    let refused = |change: fn(&mut PoolConfig)| {
        let mut config = config(PoolKind::GrpcThread, "thread:1x2");
        change(&mut config);
        let folder = tempfile::tempdir().unwrap();
        let trial = batch(config, &NAP, 1);
        match try_in(&trial, Path::new("/bin/false"), folder.path(), &Stop::new()) {
            Err(RunError::Options { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    };
    assert!(refused(|pool| pool.lifecycle.start_first = true).contains("stop before"));
    assert!(refused(|pool| pool.lifecycle.ttl_jitter = ms(1)).contains("no jitter"));
    assert!(refused(|pool| pool.start_batch = Some(0)).contains("use at least 1"));
    assert!(refused(|pool| pool.kind = PoolKind::Asyncio).contains("no gRPC pool"));
    let bare = Trial::new(PoolSpec::processes(PoolKind::GrpcProcess, 2), &NAP, 1, 0);
    let text = bare.run(Path::new("/bin/false")).unwrap_err().to_string();
    assert!(text.contains("make it with `PoolSpec::deployed`"), "{text}");
}
