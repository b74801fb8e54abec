//! Starting pools: work on the cores, batches, memory.

use sim::experiment::{Outcome, Scenario, Start, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{Dispatcher, PoolConfig, Profile, StartMethod};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

/// A cold start without load.
fn start(host: &Host, workload: &Workload, pool: &PoolConfig) -> Outcome {
    let scenario = Scenario { start: Start::Cold, ..Scenario::new(workload, host, pool, 0, 1) };
    simulate(&scenario, 0, &mut ()).unwrap()
}

fn workload() -> Workload {
    let sleep = Segment::new(SegmentKind::Wait, Distribution::Constant(SimDuration::MILLISECOND));
    let classes = vec![RequestClass::new("any", 1.0, vec![sleep])];
    let mut workload = Workload::new("start", Arrivals::Poisson { rate: 1.0 }, classes);
    workload.service.dispatcher = Dispatcher::Native;
    workload
}

fn spawned(workload: &Workload, workers: u32) -> PoolConfig {
    let mut pool =
        PoolConfig::new(workload, Profile::processes(workers), workload.runtime.python[0]);
    pool.start_method = StartMethod::Spawn;
    pool
}

#[test]
fn batches_of_ten_take_the_published_times() {
    // One parameter: 0.47 s of CPU until a worker is ready.
    let mut workload = workload();
    workload.runtime.import_time = SimDuration::from_secs(0.47);
    workload.service.start_batch = Some(10);
    workload.service.start_delay = SimDuration::from_secs(0.5);
    for (workers, published) in [(10, 1.2), (50, 5.5), (100, 10.8), (200, 22.3)] {
        let outcome = start(&Host::ideal(8), &workload, &spawned(&workload, workers));
        let took = outcome.ready_at.as_secs();
        let error = took / published - 1.0;
        assert!(error.abs() < 0.10, "{workers} workers: {took:.2} s, published {published} s");
    }
}

#[test]
fn starting_all_at_once_queues_for_the_cores() {
    let mut workload = workload();
    workload.runtime.import_time = SimDuration::from_secs(0.4);
    for (workers, expected) in [(4, 0.4), (8, 0.4), (16, 0.8), (100, 5.0)] {
        let outcome = start(&Host::ideal(8), &workload, &spawned(&workload, workers));
        assert!((outcome.ready_at.as_secs() - expected).abs() < 1e-6, "{workers}: {outcome:?}");
    }
}

#[test]
fn fork_imports_once_and_shares_its_pages() {
    let mut host = Host::ideal(8);
    host.memory.interpreter = Parameter::exactly(10 << 20);
    host.memory.cow_plateau = Parameter::exactly(0.3);
    host.start.fork_per_mib = Parameter::exactly(SimDuration(40_000));
    let mut workload = workload();
    workload.runtime.import_time = SimDuration::from_secs(1.0);
    workload.runtime.import_bytes = 90 << 20;
    let mut pool = spawned(&workload, 8);
    let spawn = start(&host, &workload, &pool);
    pool.start_method = StartMethod::Fork;
    let fork = start(&host, &workload, &pool);
    // Eight imports on eight cores at once, against one import and eight forks
    // of 100 MiB, one after another.
    assert!((spawn.ready_at.as_secs() - 1.0).abs() < 1e-6);
    assert!((fork.ready_at.as_secs() - 1.032).abs() < 1e-6);
    assert_eq!(spawn.memory.peak_pss, 800 << 20);
    assert_eq!(fork.memory.peak_pss, 100 << 20);
    assert_eq!(fork.memory.peak_rss, 900 << 20);
}

#[test]
fn two_hundred_and_fifty_workers_of_150_mb_do_not_fit_32_gb() {
    let mut host = Host::ideal(8);
    host.memory_bytes = 32_000_000_000;
    let mut workload = workload();
    workload.runtime.import_time = SimDuration::from_secs(0.47);
    workload.runtime.import_bytes = 150_000_000;
    let fits = start(&host, &workload, &spawned(&workload, 200));
    assert_eq!(fits.memory.over_limit_at, None);
    assert_eq!(fits.memory.peak_pss, 30_000_000_000);
    let too_many = start(&host, &workload, &spawned(&workload, 250));
    assert_eq!(too_many.memory.peak_pss, 37_500_000_000);
    // The 214th worker is the first that does not fit.
    let at = too_many.memory.over_limit_at.expect("37.5 GB are over 32 GB");
    assert!(at.as_secs() > 0.0 && at <= too_many.ready_at);
}

#[test]
fn requests_that_come_early_wait_for_the_first_worker() {
    let mut workload = workload();
    workload.arrivals = Arrivals::Batch { requests: 10 };
    workload.runtime.import_time = SimDuration::from_secs(0.5);
    let (host, pool) = (Host::ideal(1), spawned(&workload, 2));
    let scenario = Scenario { start: Start::Cold, ..Scenario::new(&workload, &host, &pool, 10, 1) };
    let outcome = simulate(&scenario, 0, &mut ()).unwrap();
    // Two imports share one core; then two workers serve ten requests of 1 ms.
    assert!((outcome.makespan - 1.005).abs() < 1e-6, "{outcome:?}");
}
