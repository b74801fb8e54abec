//! Properties of the engine over random workloads, hosts and pools.
//!
//! Every run also passes the engine's own assertions: no request lost, Little's
//! law to the nanosecond, the memory ledger balanced, busy slots within slots,
//! one holder per interpreter lock, time never backwards.

mod mortal;
mod strategies;

use mortal::{Deployed, deployed};
use proptest::prelude::*;
use sim::experiment::{CpuModel, Limits, Outcome, Scenario, SimError, Start, replicate, simulate};
use sim::host::Host;
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{PoolConfig, Profile, WorkerChoice};
use sim::workload::{
    Arrivals, Distribution, RequestClass, Segment, SegmentKind, Trace, TraceRow, Workload,
};
use strategies::{Case, case};

fn scenario(case: &Case) -> Scenario<'_> {
    Scenario {
        cpu: case.cpu,
        start: case.start,
        ..Scenario::new(&case.workload, &case.host, &case.pool, 300, case.seed)
    }
}

fn run(case: &Case) -> Outcome {
    simulate(&scenario(case), 0, &mut ()).expect("no limit is near")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_is_used_beyond_its_size(case in case()) {
        let outcome = run(&case);
        let counts = outcome.counts;
        let sealed = counts.completed + counts.rejected + counts.queue_timeouts
            + counts.client_timeouts;
        prop_assert_eq!(counts.arrived, sealed + counts.in_system);
        let u = outcome.utilisation;
        // A stretch that is not a whole number of quota periods may hold one
        // period's allowance more than its share.
        let allowance = case.host.quota.map_or(0.0, |q| q.period.as_secs() / outcome.observed);
        for (share, most) in
            [(u.cores, 1.0 + allowance), (u.lock, 1.0), (u.slots, 1.0), (u.dispatcher, 1.0)]
        {
            prop_assert!((0.0..=most + 1e-6).contains(&share), "{:?}", u);
        }
        prop_assert!(outcome.memory.peak_pss <= outcome.memory.peak_rss);
        prop_assert!(outcome.memory.peak_pss >= outcome.memory.idle_pss || outcome.counts.arrived == 0);
    }

    #[test]
    fn one_seed_gives_one_answer_on_any_number_of_threads(case in case()) {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| replicate(&scenario(&case), 0..3)).unwrap()
        };
        prop_assert_eq!(on(1), on(2));
    }

    #[test]
    fn pools_that_share_a_host_and_lose_workers_lose_no_request(deployed in deployed()) {
        let Deployed { case, deployment } = &deployed;
        let scenario = Scenario {
            cpu: case.cpu,
            start: case.start,
            limits: Limits { events: 3_000_000, ..Limits::default() },
            ..Scenario::of(&case.workload, &case.host, deployment, 300, case.seed)
        };
        let outcome = match simulate(&scenario, 0, &mut ()) {
            Ok(outcome) => outcome,
            // One interpreter in the parent, and workers that never live.
            Err(SimError::Impossible(_) | SimError::TooManyEvents { .. }) => return Ok(()),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let counts = outcome.counts;
        let sealed = counts.completed + counts.rejected + counts.queue_timeouts
            + counts.client_timeouts + counts.worker_lost;
        prop_assert_eq!(counts.arrived, sealed + counts.in_system);
        let workers = &outcome.workers;
        prop_assert_eq!(workers.requests_lost, counts.worker_lost);
        let shares: f64 = workers.down_shares.iter().sum();
        prop_assert!(workers.observed == 0.0 || (shares - 1.0).abs() < 1e-9, "{:?}", workers);
        prop_assert!((0.0..=1.0).contains(&workers.capacity_lost), "{:?}", workers);
        prop_assert_eq!(outcome.pools.len(), deployment.pools.len());
        prop_assert!(outcome.memory.peak_pss <= outcome.memory.peak_rss);
        prop_assert_eq!(simulate(&scenario, 0, &mut ()).unwrap(), outcome);
    }

    #[test]
    fn every_pool_serves_the_same_trace(case in case()) {
        // Whatever the pool, the requests are those of the trace, in its order.
        let draw = || Trace::new(&case.workload, case.seed, 0).take(50).collect::<Vec<_>>();
        prop_assert_eq!(draw(), draw());
        let rows = draw();
        let in_order = rows.windows(2).all(|w| w[0].at <= w[1].at);
        let closed = matches!(case.workload.arrivals, Arrivals::Closed { .. });
        prop_assert!(closed || in_order);
    }

    #[test]
    fn the_order_of_simultaneous_requests_changes_no_total(
        lengths in prop::collection::vec(1u64..50, 2..30),
        workers in 1u32..6,
        quanta in any::<bool>(),
    ) {
        // All of one class and on cores without costs: the work and what is
        // done of it are the same in any order.
        let host = Host::ideal(2);
        let total = |lengths: &[u64]| {
            let rows = lengths.iter().map(|&l| TraceRow {
                key: 0,
                at: SimTime::ZERO,
                class: 0,
                segments: vec![SimDuration(l * 1_000_000)],
            }).collect();
            let segment = Segment::new(
                SegmentKind::Python,
                Distribution::Constant(SimDuration(1)),
            );
            let classes = vec![RequestClass::new("work", 1.0, vec![segment])];
            let workload = Workload::new("permuted", Arrivals::Replay { rows }, classes);
            let profile = Profile::processes(workers);
            let pool = PoolConfig::new(&workload, profile, workload.runtime.python[0]);
            let mut scenario = Scenario::new(&workload, &host, &pool, 1_000, 1);
            if quanta { scenario.cpu = CpuModel::FairQuanta; }
            let outcome = simulate(&scenario, 0, &mut ()).unwrap();
            (outcome.counts, outcome.utilisation.cores * outcome.observed)
        };
        let forward = total(&lengths);
        let mut reversed = lengths.clone();
        reversed.reverse();
        let backward = total(&reversed);
        prop_assert_eq!(forward.0, backward.0);
        let work = lengths.iter().sum::<u64>() as f64 * 1e-3 / 2.0;
        prop_assert!((forward.1 - work).abs() < 1e-6, "{} {}", forward.1, work);
        prop_assert!((backward.1 - work).abs() < 1e-6);
    }

    #[test]
    fn cores_are_never_idle_while_work_waits(
        lengths in prop::collection::vec(1u64..50, 1..40),
        cores in 1u32..5,
        quanta in any::<bool>(),
    ) {
        // A batch on more workers than cores: greedy scheduling keeps the
        // makespan within Graham's bound, work / cores + longest.
        let host = Host::ideal(cores);
        let rows = lengths.iter().map(|&l| TraceRow {
                key: 0,
            at: SimTime::ZERO,
            class: 0,
            segments: vec![SimDuration(l * 1_000_000)],
        }).collect();
        let segment = Segment::new(SegmentKind::Python, Distribution::Constant(SimDuration(1)));
        let classes = vec![RequestClass::new("work", 1.0, vec![segment])];
        let workload = Workload::new("batch", Arrivals::Replay { rows }, classes);
        let profile = Profile::processes(cores * 2);
        let pool = PoolConfig::new(&workload, profile, workload.runtime.python[0]);
        let mut scenario = Scenario::new(&workload, &host, &pool, 1_000, 1);
        if quanta { scenario.cpu = CpuModel::FairQuanta; }
        let outcome = simulate(&scenario, 0, &mut ()).unwrap();
        let work = lengths.iter().sum::<u64>() as f64 * 1e-3;
        let longest = *lengths.iter().max().unwrap() as f64 * 1e-3;
        let least = (work / f64::from(cores)).max(longest);
        prop_assert!(outcome.makespan >= least - 1e-6);
        prop_assert!(outcome.makespan <= work / f64::from(cores) + 2.0 * longest + 1e-6);
    }
}

/// Central queue <= shortest queue <= dealt in turn, on one trace.
#[test]
fn a_shared_queue_waits_least_and_dealing_in_turn_most() {
    let service = Distribution::Exponential { mean: SimDuration(10_000_000) };
    let classes =
        vec![RequestClass::new("any", 1.0, vec![Segment::new(SegmentKind::Wait, service)])];
    let workload = Workload::new("choice", Arrivals::Poisson { rate: 340.0 }, classes);
    let host = Host::ideal(8);
    let wait = |choice| {
        let mut pool =
            PoolConfig::new(&workload, Profile::processes(4), workload.runtime.python[0]);
        pool.choice = choice;
        let scenario = Scenario::new(&workload, &host, &pool, 50_000, 1);
        simulate(&scenario, 0, &mut ()).unwrap().all.mean_wait
    };
    let shared = wait(WorkerChoice::SharedQueue);
    // Which idle worker serves is all one to the queue.
    assert!((wait(WorkerChoice::FirstFit) / shared - 1.0).abs() < 1e-9);
    let shortest = wait(WorkerChoice::LeastLoaded);
    let in_turn = wait(WorkerChoice::RoundRobin);
    assert!(shared < shortest && shortest < in_turn, "{shared} {shortest} {in_turn}");
}

#[test]
fn a_cold_start_ends_as_a_warm_one_goes_on() {
    let service = Distribution::Constant(SimDuration::MILLISECOND);
    let classes =
        vec![RequestClass::new("any", 1.0, vec![Segment::new(SegmentKind::Python, service)])];
    let mut workload = Workload::new("cold", Arrivals::Deterministic { rate: 100.0 }, classes);
    workload.runtime.import_time = SimDuration(200_000_000);
    let host = Host::ideal(2);
    let pool = PoolConfig::new(&workload, Profile::processes(2), workload.runtime.python[0]);
    let mut scenario = Scenario::new(&workload, &host, &pool, 1_000, 1);
    scenario.start = Start::Cold;
    let cold = simulate(&scenario, 0, &mut ()).unwrap();
    assert_eq!(cold.ready_at, SimTime(200_000_000));
    assert_eq!(cold.all.quantiles[0], 0.001);
}
