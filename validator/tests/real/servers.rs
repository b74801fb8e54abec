//! Real servers answer every request, as often as they should from the workers
//! that they should, and leave nothing behind.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sim::pool::{PoolConfig, PoolKind};
use validator::environments::Purpose;
use validator::run::{End, Kernel, Load, Observation, Outcome, PoolSpec, RunError};

use crate::grpc::{NAP, config};
use crate::packages::environment;
use crate::support::{MILLISECOND, Trial, alone, not_run};

const KINDS: [(PoolKind, &str); 6] = [
    (PoolKind::GunicornSync, "process:2"),
    (PoolKind::GunicornGthread, "thread:2x3"),
    (PoolKind::GunicornGevent, "async:2x50"),
    (PoolKind::Uvicorn, "async:2x50"),
    (PoolKind::CeleryPrefork, "process:2"),
    (PoolKind::CeleryThreads, "threads:3"),
];
/// A little of everything that a request does.
const WORK: [(Kernel, u64); 2] = [(Kernel::Python, MILLISECOND), (Kernel::Sleep, 3 * MILLISECOND)];

/// A Python with the servers; none, and a line that says why, if it cannot be had.
fn python() -> Option<PathBuf> {
    environment(Purpose::Servers).map(|environment| environment.python)
}

fn trial(pool: &PoolConfig, kernels: &[(Kernel, u64)], count: usize, every: u64) -> Trial {
    Trial::new(PoolSpec::of(pool).unwrap(), kernels, count, every)
}

/// `None`, and a line that says why, where a broker is missing.
fn run(trial: &Trial, python: &std::path::Path) -> Option<Observation> {
    match trial.run(python) {
        Ok(seen) => Some(seen),
        Err(RunError::Failed { detail, .. }) if detail.contains("redis-server") => {
            not_run(&detail);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Every row has one record, whose instants are in order.
fn complete(seen: &Observation, rows: usize) {
    assert_eq!((&seen.end, &seen.lost[..]), (&End::Complete, &[][..]), "{:?}", seen.records);
    let requests: BTreeSet<_> = seen.records.iter().map(|record| record.request).collect();
    assert_eq!((requests.len(), seen.records.len()), (rows, rows));
    for record in seen.records.iter().filter(|record| record.outcome == Outcome::Ok) {
        let (started, finished) = (record.started.unwrap(), record.finished.unwrap());
        let instants = [record.scheduled, record.submitted, started, finished, record.received];
        assert!(instants.is_sorted(), "{record:?}");
    }
}

/// Processes that served something.
fn workers(seen: &Observation) -> BTreeSet<u32> {
    seen.records.iter().filter_map(|record| record.worker).collect()
}

#[test]
fn every_request_is_answered_by_the_servers_own_workers() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for (kind, profile) in KINDS {
        let config = config(kind, profile);
        let Some(seen) = run(&trial(&config, &WORK, 50, 4 * MILLISECOND), &python) else {
            continue;
        };
        complete(&seen, 50);
        assert!(seen.records.iter().all(|it| it.outcome == Outcome::Ok), "{kind}");
        assert!(workers(&seen).len() <= config.profile.workers as usize, "{kind}");
        // How often somebody looks hangs on the machine; at whom does not.
        let looked_at = seen.samples.iter().flat_map(|it| &it.processes);
        assert!(looked_at.count() > 0, "{kind}: nobody looked");
        assert!(seen.startup.began < seen.startup.ready && seen.startup.ready <= seen.origin);
        assert!(seen.dispatching > 0, "{kind}: clients that cost nothing");
        assert_eq!(seen.kernels.len(), 1);
    }
}

#[test]
fn clients_that_wait_and_crowds_are_served_too() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let config = config(PoolKind::GunicornGthread, "thread:2x3");
    let mut trial = trial(&config, &NAP, 24, 0).batch();
    complete(&trial.run(&python).unwrap(), 24);
    trial.spec.load = Load::Closed { clients: 1 };
    let seen = trial.run(&python).unwrap();
    complete(&seen, 24);
    let mut by_start = seen.records.clone();
    by_start.sort_by_key(|record| record.started);
    let overlap = |pair: &[validator::run::Record]| pair[1].started < pair[0].finished;
    assert!(!by_start.windows(2).any(overlap), "one client, two requests at once");
}

#[test]
fn workers_are_replaced_after_their_requests() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for (kind, profile) in [
        (PoolKind::GunicornSync, "process:2"),
        (PoolKind::GunicornGthread, "thread:2x3"),
        (PoolKind::CeleryPrefork, "process:2"),
    ] {
        let mut config = config(kind, profile);
        config.lifecycle.max_requests = Some(15);
        if kind != PoolKind::CeleryPrefork {
            config.lifecycle.max_requests_jitter = 5;
        }
        let Some(seen) = run(&trial(&config, &NAP, 80, 10 * MILLISECOND), &python) else {
            continue;
        };
        complete(&seen, 80);
        let lives = workers(&seen).len();
        assert!(lives > 2, "{kind}: {lives} workers in all");
        for worker in workers(&seen) {
            let served = seen.records.iter().filter(|it| it.worker == Some(worker)).count();
            // What threads have taken when the number is reached is still served.
            assert!(served <= 20 + 2 * 3, "{kind}: {worker} served {served}");
        }
    }
}

#[test]
fn a_request_that_takes_too_long_costs_its_worker() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GunicornSync, "process:2");
    config.lifecycle.kill_after = Some(sim::kernel::SimDuration::SECOND);
    let mut trial = trial(&config, &[(Kernel::Sleep, 5 * MILLISECOND)], 6, 20 * MILLISECOND);
    trial.rows[1].segments[0] = sim::kernel::SimDuration(60_000 * MILLISECOND);
    let seen = trial.run(&python).unwrap();
    complete(&seen, 6);
    let slow = seen.records.iter().find(|record| record.request == 1).unwrap();
    assert!(matches!(slow.outcome, Outcome::Pool(_)), "{slow:?}");
    assert!(slow.received - slow.scheduled >= 1000 * MILLISECOND, "{slow:?}");
    assert!(seen.records.iter().filter(|it| it.request != 1).all(|it| it.outcome == Outcome::Ok));
}

#[test]
fn a_server_that_does_not_come_up_says_why() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let config = config(PoolKind::GunicornSync, "process:2");
    let folder = tempfile::tempdir().unwrap();
    // A Python that has no gunicorn.
    let bare = crate::support::python().unwrap();
    let result = trial(&config, &NAP, 1, 0).run_in(bare, folder.path(), &Default::default());
    let text = result.unwrap_err().to_string();
    assert!(text.contains("import") && text.contains("gunicorn"), "{text}");
    drop(python);
}

#[test]
fn options_that_no_server_has_are_refused() {
    let refused = |change: fn(&mut PoolConfig)| {
        let mut config = config(PoolKind::Uvicorn, "async:1x10");
        change(&mut config);
        let trial = trial(&config, &NAP, 1, 0);
        trial.run(std::path::Path::new("/bin/false")).unwrap_err().to_string()
    };
    assert!(refused(|pool| pool.lifecycle.max_requests = Some(5)).contains("give it two"));
    assert!(refused(|pool| pool.max_in_flight = Some(5)).contains("leave that out"));
    assert!(refused(|pool| pool.lifecycle.start_first = true).contains("stop before"));
}
