//! Workers of gRPC pools start in batches and are replaced by rule.

use sim::experiment::RestartCause;
use sim::pool::PoolKind;
use validator::grpc::Refusal;
use validator::run::{Kernel, Outcome};

use crate::grpc::{NAP, batch, config, ms, one_by_one, python, refused, run};
use crate::support::{MILLISECOND, alone};

#[test]
fn batches_start_one_after_another_with_a_pause() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcProcess, "process:5");
    (config.start_batch, config.start_delay) = (Some(2), ms(50));
    let served = run(&batch(config, &NAP, 5), &python);
    let mut lives = served.lives;
    lives.sort_unstable_by_key(|life| life.worker);
    for later in 2..5 {
        let before = &lives[later / 2 * 2 - 2..later / 2 * 2];
        let ready = before.iter().map(|life| life.ready.unwrap()).max().unwrap();
        assert!(lives[later].launched >= ready + ms(50).0, "{lives:?}");
    }
    let ready = lives.iter().map(|life| life.ready.unwrap()).max().unwrap();
    assert!(served.observation.startup.ready >= ready + ms(50).0);
}

#[test]
fn a_ttl_takes_the_whole_pool_at_one_tick() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcProcess, "process:2");
    config.lifecycle.ttl = Some(ms(100));
    config.lifecycle.check_every = Some(ms(1500));
    let served = run(&one_by_one(config, &NAP, 150), &python);
    let seen = &served.observation;
    let old = |worker| served.lives.iter().find(|life| life.worker == worker).unwrap();
    let new = |worker| served.lives.iter().filter(|life| life.worker == worker).nth(1).unwrap();
    for worker in [0, 1] {
        assert_eq!(old(worker).cause, Some(RestartCause::Ttl));
        // Not when the TTL ran out, but at the tick.
        assert!(old(worker).ended.unwrap() >= seen.startup.ready + ms(1500).0);
        // Stopped before the successor starts, and both together.
        assert!(new(worker).launched > old(0).ended.max(old(1).ended).unwrap());
    }
    // The client had one request in hand, which is not drained.
    let ends = served.lives.iter().filter(|life| life.cause == Some(RestartCause::Ttl)).count();
    assert!(refused(&served, Refusal::WorkerLost) <= ends.div_ceil(2));
}

#[test]
fn a_number_of_requests_is_counted_up_to_the_tick() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcProcess, "process:2");
    config.lifecycle.max_requests = Some(3);
    config.lifecycle.check_every = Some(ms(300));
    let served = run(&one_by_one(config, &NAP, 60), &python);
    let recycled: Vec<_> = served.lives.iter().filter(|life| life.cause.is_some()).collect();
    assert!(!recycled.is_empty());
    for life in recycled {
        assert_eq!(life.cause, Some(RestartCause::MaxRequests));
        assert!(life.served >= 3, "{life:?}");
    }
}

#[test]
fn a_worker_that_has_grown_is_replaced() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcProcess, "process:1");
    config.lifecycle.memory_limit = Some(200 << 20);
    config.lifecycle.check_every = Some(ms(100));
    let mut trial = one_by_one(config, &NAP, 30);
    trial.spec.classes[0].leak_bytes = 20 << 20;
    let served = run(&trial, &python);
    let causes: Vec<_> = served.lives.iter().filter_map(|life| life.cause).collect();
    assert!(!causes.is_empty());
    assert!(causes.iter().all(|cause| *cause == RestartCause::MemoryLimit), "{causes:?}");
}

#[test]
fn heartbeats_leave_a_worker_that_answers() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let mut config = config(PoolKind::GrpcProcess, "process:2");
    if let Some(heartbeat) = &mut config.lifecycle.heartbeat {
        heartbeat.every = ms(20);
    }
    let served = run(&one_by_one(config, &[(Kernel::Sleep, 50 * MILLISECOND)], 20), &python);
    assert!(served.observation.records.iter().all(|record| record.outcome == Outcome::Ok));
    assert!(served.lives.iter().all(|life| life.cause.is_none()), "{:?}", served.lives);
}
