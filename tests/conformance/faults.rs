//! Crashes, hangs and kills: what goes down with a worker, and for how long.

use sim::experiment::{Fate, RestartCause, Scenario, simulate};
use sim::host::{Host, Parameter};
use sim::pool::{Backoff, Heartbeat, PoolConfig, Profile};
use sim::workload::{Arrivals, Distribution, Segment, SegmentKind, Workload};

use crate::lab::{History, ms, only, run};

fn waits(rate: f64, length: u64) -> Workload {
    let segment = Segment::new(SegmentKind::Wait, Distribution::Constant(ms(length)));
    only(Arrivals::Deterministic { rate }, vec![segment])
}

fn pool(workload: &Workload, profile: Profile) -> PoolConfig {
    PoolConfig::new(workload, profile, workload.runtime.python[0])
}

fn restarts(outcome: &sim::experiment::Outcome, cause: RestartCause) -> u64 {
    outcome.workers.restarts[cause as usize]
}

#[test]
fn a_crash_takes_along_what_its_worker_serves() {
    // 16 slots that are all busy: a crash takes 1 request of a process and up
    // to 8 of a worker of 8 threads.
    let mut workload = waits(2_000.0, 8);
    workload.classes[0].crash = 0.001;
    let host = Host::ideal(16);
    let lost_per_crash = |profile| {
        let outcome = run(&workload, &host, &pool(&workload, profile));
        let crashes = restarts(&outcome, RestartCause::Crash);
        assert!(crashes > 50, "{crashes}");
        assert_eq!(outcome.counts.worker_lost, outcome.workers.requests_lost);
        outcome.counts.worker_lost as f64 / crashes as f64
    };
    assert!((lost_per_crash(Profile::processes(16)) - 1.0).abs() < 1e-9);
    let of_threads = lost_per_crash(Profile::threads(2, 8));
    assert!((6.0..=8.0).contains(&of_threads), "{of_threads}");
}

#[test]
fn crashes_that_no_request_causes_come_at_their_rate() {
    let mut workload = waits(100.0, 1);
    workload.runtime.crash_every = Some(ms(10_000));
    let mut host = Host::ideal(4);
    host.start.interpreter = Parameter::exactly(ms(1_000));
    let mut pool = pool(&workload, Profile::processes(4));
    pool.start_method = sim::pool::StartMethod::Spawn;
    let outcome = run(&workload, &host, &pool);
    // Each worker lives 10 s on average and is down for 1 s: 4 / 11 per second
    // over some 1000 s, so 364 with a standard deviation of 19 at most.
    let crashes = restarts(&outcome, RestartCause::Crash) as f64;
    let expected = 4.0 / 11.0 * outcome.workers.observed;
    assert!((crashes - expected).abs() < 4.0 * expected.sqrt(), "{crashes} {expected}");
    assert!((outcome.workers.mean_outage - 1.0).abs() < 0.01, "{:?}", outcome.workers);
    assert!((outcome.workers.capacity_lost - 1.0 / 11.0).abs() < 0.02, "{:?}", outcome.workers);
}

#[test]
fn a_hung_worker_is_found_by_its_heartbeat() {
    // Pings every 2 s that time out after 10 s, three in a row: found 14 to
    // 16 s after it hung. Without a heartbeat the slot is gone for good.
    let mut workload = waits(50.0, 10);
    workload.classes[0].hang = 0.002;
    let host = Host::ideal(8);
    let mut pool = pool(&workload, Profile::processes(8));
    let heartbeat = Heartbeat { every: ms(2_000), timeout: ms(10_000), misses: 3 };
    pool.lifecycle.heartbeat = Some(heartbeat);
    let mut history = History::default();
    let scenario = Scenario::new(&workload, &host, &pool, 20_000, 1);
    let outcome = simulate(&scenario, 0, &mut history).unwrap();
    let hangs = restarts(&outcome, RestartCause::Hang);
    assert!(hangs > 10, "{hangs}");
    for record in history.0.iter().filter(|r| r.fate == Fate::WorkerLost) {
        let hung_for = record.finished.since(record.started.unwrap()).as_secs() - 0.005;
        assert!((14.0..=16.01).contains(&hung_for), "{hung_for}");
    }
    pool.lifecycle.heartbeat = None;
    let scenario = Scenario::new(&workload, &host, &pool, 20_000, 1);
    let outcome = simulate(&scenario, 0, &mut ()).unwrap();
    assert_eq!(outcome.workers.total_restarts(), 0);
    // Eight hang after 8 / 0.002 requests on average, and nobody looks.
    assert!(outcome.utilisation.slots > 0.8, "every slot hangs: {:?}", outcome.utilisation);
}

#[test]
fn a_request_that_takes_too_long_costs_its_worker() {
    // One request in ten lasts 200 ms; workers are killed after 100 ms.
    let segment = Segment::new(
        SegmentKind::Wait,
        Distribution::Empirical([vec![ms(10); 9], vec![ms(200)]].concat().into()),
    );
    let workload = only(Arrivals::Deterministic { rate: 20.0 }, vec![segment]);
    let host = Host::ideal(8);
    let mut pool = pool(&workload, Profile::processes(8));
    pool.lifecycle.kill_after = Some(ms(100));
    let mut history = History::default();
    let scenario = Scenario::new(&workload, &host, &pool, 5_000, 1);
    let outcome = simulate(&scenario, 0, &mut history).unwrap();
    let lost: Vec<_> = history.0.iter().filter(|r| r.fate == Fate::WorkerLost).collect();
    let share = lost.len() as f64 / history.0.len() as f64;
    assert!((share - 0.1).abs() < 0.02, "{share}");
    assert!(lost.iter().all(|r| r.finished.since(r.started.unwrap()) == ms(100)));
    assert!(restarts(&outcome, RestartCause::KilledForTime) >= lost.len() as u64);
}

#[test]
fn back_off_keeps_a_worker_that_always_dies_from_spinning() {
    // Every request crashes its worker at once; pauses of 1, 2, 4, 8, 8 ... s.
    let mut workload = waits(100.0, 0);
    workload.classes[0].crash = 1.0;
    let host = Host::ideal(1);
    let mut pool = pool(&workload, Profile::processes(1));
    pool.lifecycle.back_off = Backoff { first: ms(1_000), factor: 2.0, most: ms(8_000) };
    let scenario = Scenario::new(&workload, &host, &pool, 500, 1);
    let outcome = simulate(&scenario, 0, &mut ()).unwrap();
    let seconds = outcome.workers.observed;
    let expected = 3.0 + (seconds - 7.0) / 8.0;
    let crashes = restarts(&outcome, RestartCause::Crash) as f64;
    assert!((crashes - expected).abs() <= 2.0, "{crashes} {expected}");
    assert!(outcome.workers.down_at_least(1) > 0.99);
}
