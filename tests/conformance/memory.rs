//! Memory as pools of Python processes hold it: fork against spawn, results,
//! buffers, leaks, and what happens when it does not suffice.

use sim::experiment::{Observer, Outcome, RestartCause, Scenario, Snapshot, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{Dispatcher, Lifecycle, PoolConfig, Profile, StartMethod};
use sim::workload::{
    Arrivals, Distribution, OverMemory, RequestClass, Retention, Segment, SegmentKind, Workload,
};

const MIB: u64 = 1 << 20;

fn host() -> Host {
    let mut host = Host::ideal(16);
    host.memory.interpreter = Parameter::exactly(10 * MIB);
    host.memory.cow_plateau = Parameter::exactly(0.3);
    host.memory.cow_requests = Parameter::exactly(5.0);
    host.memory.ipc_copies = Parameter::exactly(3.0);
    host
}

/// `requests` at once, each sleeps 0.2 s and returns 10 MiB.
fn sleepers(requests: u64) -> Workload {
    let sleep = Distribution::Constant(SimDuration(200_000_000));
    let mut class = RequestClass::new("sleep", 1.0, vec![Segment::new(SegmentKind::Wait, sleep)]);
    class.response_bytes = 10 * MIB;
    let mut workload = Workload::new("memory", Arrivals::Batch { requests }, vec![class]);
    workload.service.dispatcher = Dispatcher::Python;
    workload
}

fn pool(workload: &Workload, profile: &str, start_method: StartMethod) -> PoolConfig {
    let profile: Profile = profile.parse().unwrap();
    let pool = PoolConfig::new(workload, profile, workload.runtime.python[0]);
    PoolConfig { start_method, ..pool }
}

fn run(host: &Host, workload: &Workload, pool: &PoolConfig) -> Outcome {
    simulate(&Scenario::new(workload, host, pool, 100_000, 1), 0, &mut ()).unwrap()
}

#[test]
fn retained_results_add_up_and_dropped_ones_do_not() {
    let mut workload = sleepers(10);
    let one = pool(&workload, "process:1", StartMethod::Spawn);
    let dropped = run(&host(), &workload, &one).memory;
    // One result at a time passes the parent, in three copies.
    assert_eq!(dropped.peak_pss, dropped.idle_pss + 30 * MIB);
    workload.service.results = Retention::Kept;
    let kept = run(&host(), &workload, &one).memory;
    // Nine are kept when the tenth passes.
    assert_eq!(kept.peak_pss, kept.idle_pss + 90 * MIB + 30 * MIB);
    let threads = run(&host(), &workload, &pool(&workload, "threads:2", StartMethod::Spawn)).memory;
    // No copies: the result is an object of the parent's own.
    assert_eq!(threads.peak_pss, threads.idle_pss + 100 * MIB);
}

#[test]
fn every_thread_keeps_its_last_result() {
    for (requests, held) in [(3, 3), (8, 8), (40, 8)] {
        let workload = sleepers(requests);
        let mut threads = pool(&workload, "threads:8", StartMethod::Spawn);
        let without = run(&host(), &workload, &threads).memory;
        assert_eq!(without.peak_pss, without.idle_pss);
        threads.keeps_last_result = true;
        let with = run(&host(), &workload, &threads).memory;
        assert_eq!(with.peak_pss, with.idle_pss + held * 10 * MIB, "{requests}");
    }
}

#[test]
fn a_forked_worker_owns_the_plateau_and_a_spawned_one_everything() {
    let mut workload = sleepers(1_000);
    workload.classes[0].response_bytes = 0;
    workload.runtime.import_bytes = 35 * MIB;
    let peak = |start| run(&host(), &workload, &pool(&workload, "process:8", start)).memory;
    let (fork, spawn) = (peak(StartMethod::Fork), peak(StartMethod::Spawn));
    assert_eq!((fork.idle_pss, spawn.idle_pss), (45 * MIB, 9 * 45 * MIB));
    assert_eq!(spawn.peak_pss, spawn.idle_pss);
    // 13.5 MiB each where a spawned one has 45: the parent and eight plateaus.
    let plateaus = (8.0 * 13.5 * MIB as f64) as u64;
    assert!(fork.peak_pss.abs_diff(45 * MIB + plateaus) < MIB / 100, "{fork:?}");
    // Resident sizes count the shared pages nine times.
    assert_eq!((fork.peak_rss, fork.worst_worker_rss), (9 * 45 * MIB, 45 * MIB));
    let forkserver = peak(StartMethod::Forkserver);
    assert_eq!(forkserver.idle_pss, 45 * MIB + 10 * MIB + 8 * 35 * MIB);
}

#[test]
fn children_of_a_grown_parent_start_above_their_limit() {
    let mut workload = sleepers(200);
    workload.classes[0].response_bytes = 0;
    workload.runtime.parent_bytes = 200 * MIB;
    let lifecycle = Lifecycle { memory_limit: Some(150 * MIB), ..Lifecycle::default() };
    let restarts = |start_method| {
        let pool = PoolConfig { lifecycle, ..pool(&workload, "process:4", start_method) };
        let outcome = run(&host(), &workload, &pool);
        assert_eq!(outcome.counts.completed, 200);
        outcome.workers.restarts[RestartCause::MemoryLimit as usize]
    };
    // Each forked one is over the limit before it has done anything, and goes
    // after its first request.
    assert_eq!(restarts(StartMethod::Fork), 200);
    assert_eq!(restarts(StartMethod::Spawn), 0);
}

#[test]
fn a_parent_that_keeps_results_hands_them_to_later_children() {
    let mut workload = sleepers(20);
    workload.service.results = Retention::Kept;
    let lifecycle = Lifecycle { max_requests: Some(5), ..Lifecycle::default() };
    let worst = |start_method| {
        let pool = PoolConfig { lifecycle, ..pool(&workload, "process:1", start_method) };
        run(&host(), &workload, &pool).memory.worst_worker_rss
    };
    assert_eq!(worst(StartMethod::Spawn), 10 * MIB);
    // The fourth life begins when 15 results are there; so may a fifth, idle.
    let forked = worst(StartMethod::Fork);
    assert!([160 * MIB, 210 * MIB].contains(&forked), "{forked}");
}

/// Everything that a ledger can go wrong about.
fn busy_workload() -> Workload {
    let mut classes: Vec<RequestClass> = [("small", 0.7, 3), ("large", 0.3, 40)]
        .into_iter()
        .map(|(name, share, mean)| {
            let mean = SimDuration(mean * 1_000_000);
            let service = Distribution::Exponential { mean };
            let segment = Segment::new(SegmentKind::Wait, service);
            RequestClass::new(name, share, vec![segment])
        })
        .collect();
    for (i, class) in (1..).zip(&mut classes) {
        class.request_bytes = i * 100_000;
        class.response_bytes = i * 333_333;
        class.working_set_bytes = i * i * 5 * MIB;
        class.kept_share = 0.4;
        class.leak_bytes = 1_000 * i;
        class.crash = 0.002;
    }
    let mut workload = Workload::new("busy", Arrivals::Poisson { rate: 300.0 }, classes);
    workload.service.dispatcher = Dispatcher::Python;
    workload.service.lifecycle =
        Lifecycle { max_requests: Some(300), max_requests_jitter: 100, ..Lifecycle::default() };
    workload.runtime.leak_per_hour = 500 * MIB;
    workload.runtime.import_bytes = 35 * MIB;
    workload.runtime.import_time = SimDuration(50_000_000);
    workload
}

/// Keeps every snapshot.
#[derive(Default)]
struct Course(Vec<Snapshot>);

impl Observer for Course {
    fn snapshot_every(&self) -> Option<SimDuration> {
        Some(SimDuration::MILLISECOND)
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.0.push(*snapshot);
    }
}

#[test]
fn the_ledger_balances_whatever_happens() {
    let (host, workload) = (host(), busy_workload());
    for (profile, start) in [
        ("process:8", StartMethod::Fork),
        ("process:8", StartMethod::Spawn),
        ("thread:3x4", StartMethod::Forkserver),
        ("async:2x20", StartMethod::Fork),
    ] {
        let mut pool = pool(&workload, profile, start);
        pool.keeps_last_result = true;
        let mut course = Course::default();
        let scenario = Scenario::new(&workload, &host, &pool, 10_000, 3);
        // The run itself asserts that the totals are the sum of their parts.
        let outcome = simulate(&scenario, 0, &mut course).unwrap();
        let restarted = |cause| outcome.workers.restarts[cause as usize];
        assert!(restarted(RestartCause::Crash) > 0 && restarted(RestartCause::MaxRequests) > 0);
        let memory = &outcome.memory;
        let mut seen: Vec<u64> = course.0.iter().map(|snapshot| snapshot.pss).collect();
        assert!(course.0.iter().all(|s| s.pss <= s.rss && s.pss <= memory.peak_pss));
        seen.sort_unstable();
        for (p, quantile) in [0.50, 0.95, 0.99].into_iter().zip(memory.pss_quantiles) {
            let sampled = seen[(p * seen.len() as f64) as usize] as f64;
            let error = quantile as f64 / sampled - 1.0;
            assert!(error.abs() < 0.01, "{profile} p{p}: {quantile} {sampled}");
        }
    }
}

/// Four spawned workers of 100 MiB that compute.
fn tight(over_memory: OverMemory) -> (Host, Workload) {
    let mut host = host();
    host.memory_bytes = 300 * MIB;
    host.swap_bytes = 200 * MIB;
    host.memory.swap_slowdown = Parameter::exactly(12.0);
    let mut workload = sleepers(40);
    let class = &mut workload.classes[0];
    class.response_bytes = 0;
    class.segments[0].kind = SegmentKind::Python;
    workload.service.dispatcher = Dispatcher::Native;
    workload.service.over_memory = over_memory;
    workload.runtime.import_bytes = 90 * MIB;
    (host, workload)
}

#[test]
fn swapping_slows_work_down_by_the_share_that_is_out() {
    let (mut host, workload) = tight(OverMemory::Swap);
    let pool = pool(&workload, "process:4", StartMethod::Spawn);
    let outcome = run(&host, &workload, &pool);
    // 100 MiB out, 300 in: 1 + 12 / 3 = 5 times 2 s.
    assert!((outcome.makespan - 10.0).abs() < 1e-6, "{}", outcome.makespan);
    assert!((outcome.memory.swapping.as_secs() - 10.0).abs() < 1e-6, "{:?}", outcome.memory);
    host.memory_bytes = 400 * MIB;
    let fits = run(&host, &workload, &pool);
    assert!((fits.makespan - 2.0).abs() < 1e-6, "{}", fits.makespan);
    assert_eq!((fits.memory.swapping, fits.memory.over_limit_at), (SimDuration::ZERO, None));
}

#[test]
fn noted_memory_changes_nothing_but_the_report() {
    let (host, workload) = tight(OverMemory::Noted);
    let outcome = run(&host, &workload, &pool(&workload, "process:4", StartMethod::Spawn));
    assert!((outcome.makespan - 2.0).abs() < 1e-6, "{}", outcome.makespan);
    assert!(outcome.memory.over_limit_at.is_some() && outcome.memory.oom_kills == 0);
}

#[test]
fn the_largest_worker_is_killed_when_a_leak_fills_the_memory() {
    let (host, mut workload) = tight(OverMemory::Kill);
    workload.arrivals = Arrivals::Poisson { rate: 10.0 };
    workload.classes[0].leak_bytes = 4 * MIB;
    workload.runtime.import_bytes = 40 * MIB;
    let pool = pool(&workload, "process:4", StartMethod::Spawn);
    let scenario = Scenario::new(&workload, &host, &pool, 2_000, 1);
    let outcome = simulate(&scenario, 0, &mut ()).unwrap();
    let kills = outcome.memory.oom_kills;
    // 200 MiB are there when idle; 25 requests fill the rest. A kill returns the
    // leak of the largest worker: at least a quarter, at most all of it.
    assert!((2_000 / 25 - 5..=4 * 2_000 / 25).contains(&kills), "{kills}");
    assert_eq!(outcome.workers.restarts[RestartCause::OutOfMemory as usize], kills);
    // No more than the leak that passes the limit.
    assert!(outcome.memory.peak_pss <= 304 * MIB, "{:?}", outcome.memory);
    assert_eq!(outcome.counts.worker_lost, outcome.workers.requests_lost);
}
