//! Handing requests over: pipes that fill, and threads that have slept.

use sim::experiment::{Scenario, Start, simulate};
use sim::host::{AfterSleep, ConstructorCost, DispatchCost, Host, Parameter};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{PoolConfig, PoolKind, Profile};
use sim::workload::{
    Arrivals, Distribution, RequestClass, Segment, SegmentKind, TraceRow, Workload,
};

const PIPE: u64 = 1 << 16;

fn us(n: u64) -> Parameter<SimDuration> {
    Parameter::exactly(SimDuration(n * 1000))
}

fn batch(requests: u64, bytes: u64) -> Workload {
    let wait = Segment::new(SegmentKind::Wait, Distribution::Constant(SimDuration::MILLISECOND));
    let mut class = RequestClass::new("only", 1.0, vec![wait]);
    class.request_bytes = bytes;
    Workload::new("batch", Arrivals::Batch { requests }, vec![class])
}

fn pool(kind: PoolKind, workload: &Workload, profile: Profile) -> PoolConfig {
    PoolConfig::of_kind(kind, workload, profile, workload.runtime.python[0], 8).unwrap()
}

fn makespan(host: &Host, workload: &Workload, pool: &PoolConfig) -> f64 {
    let scenario = Scenario::new(workload, host, pool, 100, 1);
    simulate(&scenario, 0, &mut ()).unwrap().makespan
}

/// Only the caller pays after a sleep: `n` us.
fn submitting(n: u64) -> AfterSleep {
    AfterSleep { submit: us(n), parent_send: us(0), parent_receive: us(0), worker: us(0) }
}

#[test]
fn a_payload_beyond_the_pipe_takes_two_wake_ups_for_each_further_filling() {
    let mut host = Host::ideal(4);
    host.cpu.wake_latency = us(100);
    host.dispatch.python_process.parent_send = us(10);
    let took = |bytes: u64| {
        let workload = batch(1, bytes);
        let processes = pool(PoolKind::ProcessPoolExecutor, &workload, Profile::processes(1));
        makespan(&host, &workload, &processes)
    };
    let fits = took(PIPE);
    assert_eq!(fits, took(0));
    for fillings in [2, 3, 16] {
        let more = took(fillings * PIPE) - fits;
        let expected = 200e-6 * (fillings - 1) as f64;
        assert!((more - expected).abs() < 1e-9, "{fillings} fillings: {more}");
    }
    assert_eq!(took(PIPE + 1), took(2 * PIPE));
    // Threads of one process hand over a reference.
    let inside = |bytes: u64| {
        let workload = batch(1, bytes);
        let threads = pool(PoolKind::ThreadPoolExecutor, &workload, Profile::threads(1, 1));
        makespan(&host, &workload, &threads)
    };
    assert_eq!(inside(0), inside(16 * PIPE));
}

#[test]
fn only_a_thread_that_slept_takes_longer_over_its_first_request() {
    let mut host = Host::ideal(4);
    let kind = PoolKind::ThreadPoolExecutor;
    let awake = DispatchCost { submit: us(10), ..host.dispatch.python_thread.clone() };
    host.dispatch.pools.insert(kind, awake);
    let took = |host: &Host, requests: u64| {
        let mut workload = batch(requests, 0);
        workload.classes[0].segments.clear();
        makespan(host, &workload, &pool(kind, &workload, Profile::threads(1, 1)))
    };
    let busy = |requests: u64| 10e-6 * requests as f64;
    assert!((took(&host, 5) - busy(5)).abs() < 1e-9);
    host.dispatch.after_sleep.insert(kind, submitting(70));
    // The caller finds five requests at once and wakes for the first of them.
    for requests in [1, 5] {
        let more = took(&host, requests) - busy(requests);
        assert!((more - 60e-6).abs() < 1e-9, "{requests} requests: {more}");
    }
}

#[test]
fn the_longer_a_thread_sleeps_the_longer_it_takes() {
    let mut host = Host::ideal(4);
    host.cpu.cooling = us(2000);
    let kind = PoolKind::ThreadPoolExecutor;
    let awake = DispatchCost { submit: us(10), ..host.dispatch.python_thread.clone() };
    host.dispatch.pools.insert(kind, awake);
    host.dispatch.after_sleep.insert(kind, submitting(60));
    let took = |sleep: u64| {
        let mut workload = batch(1, 0);
        workload.classes[0].segments.clear();
        let at = SimTime(sleep);
        let row = TraceRow { at, class: 0, key: 0, segments: Vec::new() };
        workload.arrivals = Arrivals::Replay { rows: [row].into() };
        makespan(&host, &workload, &pool(kind, &workload, Profile::threads(1, 1)))
    };
    for sleep in [0, 500_000, 2_000_000, 100_000_000_u64] {
        let expected = 10e-6 + 50e-6 * (1.0 - (-(sleep as f64) / 2e6).exp());
        assert!((took(sleep) - expected).abs() < 2e-9, "{sleep}: {} {expected}", took(sleep));
    }
}

#[test]
fn who_computed_since_the_last_request_takes_the_next_one_up_as_cold() {
    let mut host = Host::ideal(4);
    host.cpu.cooling = us(2000);
    let kind = PoolKind::ThreadPoolExecutor;
    let free = DispatchCost { submit: us(0), worker: us(0), ..host.dispatch.python_thread.clone() };
    host.dispatch.pools.insert(kind, free);
    let took = |host: &Host, requests: u64| {
        let mut workload = batch(requests, 0);
        let work = Distribution::Constant(SimDuration(4_000_000));
        workload.classes[0].segments = vec![Segment::new(SegmentKind::Python, work)];
        makespan(host, &workload, &pool(kind, &workload, Profile::threads(1, 1)))
    };
    let warm = took(&host, 4);
    let cold =
        AfterSleep { submit: us(0), parent_send: us(0), parent_receive: us(0), worker: us(100) };
    host.dispatch.after_sleep.insert(kind, cold);
    // The first comes at once; each further one 4 ms and what it paid itself later.
    let mut expected = 0.0;
    let mut paid = 0.0;
    for _ in 1..4 {
        paid = 100e-6 * (1.0 - (-(4e-3 + paid) / 2e-3_f64).exp());
        expected += paid;
    }
    let more = took(&host, 4) - warm;
    assert!((more - expected).abs() < 5e-8, "{more} {expected}");
}

#[test]
fn a_pool_is_ready_once_it_is_made_and_its_workers_are_there() {
    let mut host = Host::ideal(8);
    host.start.fork_base = us(1000);
    host.start.thread = us(100);
    let cost = ConstructorCost { construct: us(4000), per_worker: us(500), child: us(2000) };
    let ready = |host: &Host, kind, profile| {
        let workload = batch(0, 0);
        let pool = pool(kind, &workload, profile);
        let scenario =
            Scenario { start: Start::Cold, ..Scenario::new(&workload, host, &pool, 0, 1) };
        simulate(&scenario, 0, &mut ()).unwrap().ready_at.as_secs()
    };
    for kind in [PoolKind::MultiprocessingPool, PoolKind::ThreadPoolExecutor] {
        host.constructors.insert(kind, cost.clone());
    }
    for workers in [1, 2, 5] {
        let n = f64::from(workers);
        // The three threads of the parent start while the last child does.
        let forked = ready(&host, PoolKind::MultiprocessingPool, Profile::processes(workers));
        let expected = 3.7e-3 + 1.5e-3 * n + 2e-3;
        assert!((forked - expected).abs() < 1e-9, "{workers} processes: {forked} {expected}");
        let threads = ready(&host, PoolKind::ThreadPoolExecutor, Profile::threads(1, workers));
        let expected = 4e-3 + 0.5e-3 * n;
        assert!((threads - expected).abs() < 1e-9, "{workers} threads: {threads} {expected}");
    }
}
