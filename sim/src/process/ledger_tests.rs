//! The ledger, event by event, with sizes that a reader can add up.

use super::ledger::Ledger;
use crate::host::{Host, Parameter};
use crate::kernel::{SimDuration, SimTime};
use crate::pool::{Dispatcher, PoolConfig, Profile, StartMethod};
use crate::workload::{Arrivals, OverMemory, RequestClass, Workload};

const HOUR: SimTime = SimTime(3_600_000_000_000);

fn host() -> Host {
    let mut host = Host::ideal(4);
    host.memory.interpreter = Parameter::exactly(1_000);
    host.memory.shared_libraries = Parameter::exactly(10);
    host.memory.thread = Parameter::exactly(1);
    host.memory.cow_plateau = Parameter::exactly(0.5);
    // One request un-shares half of what is left.
    host.memory.cow_requests = Parameter::exactly(1.0 / 2f64.ln());
    host.memory.ipc_copies = Parameter::exactly(3.0);
    host
}

fn workload() -> Workload {
    let mut class = RequestClass::new("any", 1.0, Vec::new());
    class.working_set_bytes = 200;
    class.response_bytes = 7;
    let mut workload = Workload::new("ledger", Arrivals::Batch { requests: 1 }, vec![class]);
    workload.service.dispatcher = Dispatcher::Python;
    workload
}

fn pool(workload: &Workload, profile: &str, start_method: StartMethod) -> PoolConfig {
    let profile: Profile = profile.parse().unwrap();
    let python = workload.runtime.python[0];
    PoolConfig { start_method, ..PoolConfig::new(workload, profile, python) }
}

fn ledger(host: &Host, workload: &Workload, pool: PoolConfig) -> Ledger {
    let workers = vec![0; pool.profile.workers as usize];
    Ledger::new(host, workload, &[pool], &workers)
}

fn at(ns: u64) -> SimTime {
    SimTime(ns)
}

#[test]
fn shared_pages_count_once_in_pss_and_everywhere_in_rss() {
    let (host, workload) = (host(), workload());
    let mut ledger = ledger(&host, &workload, pool(&workload, "process:2", StartMethod::Fork));
    assert_eq!(ledger.totals(at(0)), (1_010, 1_010));
    ledger.worker_ready(at(1), 0);
    ledger.worker_ready(at(2), 1);
    assert_eq!(ledger.totals(at(2)), (1_010, 3_030));
    // Half of half the shared pages become private; the working set goes back.
    ledger.request_starts(at(3), 0, 0);
    assert_eq!(ledger.totals(at(3)), (1_210, 3_230));
    ledger.request_ends(at(4), 0, 0);
    assert_eq!(ledger.totals(at(4)), (1_260, 3_030));
    for _ in 0..60 {
        ledger.request_starts(at(5), 0, 0);
        ledger.request_ends(at(5), 0, 0);
    }
    assert!((1_509..=1_510).contains(&ledger.totals(at(5)).0), "the plateau is 500");
    let outcome = ledger.close(at(6), 0, 0);
    assert_eq!((outcome.idle_pss, outcome.worst_worker_rss), (1_010, 1_210));
}

#[test]
fn children_of_a_grown_parent_begin_with_all_it_has() {
    let (host, mut workload) = (host(), workload());
    workload.runtime.parent_bytes = 5_000;
    let mut ledger = ledger(&host, &workload, pool(&workload, "process:2", StartMethod::Fork));
    ledger.worker_ready(at(0), 0);
    for n in 1..=100 {
        ledger.result_kept(at(n), 40);
    }
    ledger.worker_ready(at(200), 1);
    assert_eq!(ledger.rss_of(at(200), 0), 6_010);
    assert_eq!(ledger.rss_of(at(200), 1), 10_010);
    assert_eq!(ledger.largest_worker(at(200)), Some(1));
    assert_eq!(ledger.totals(at(200)).0, 10_010);
    // The same two, spawned, know nothing of their parent.
    let mut spawned =
        self::ledger(&host, &workload, pool(&workload, "process:2", StartMethod::Spawn));
    spawned.result_kept(at(0), 4_000);
    spawned.worker_ready(at(1), 0);
    spawned.worker_ready(at(1), 1);
    assert_eq!(spawned.rss_of(at(1), 0), 1_010);
    assert_eq!(spawned.totals(at(1)), (10_010 + 2_000, 10_010 + 2 * 1_010));
}

#[test]
fn a_recycled_worker_returns_all_that_was_its_own() {
    let (host, mut workload) = (host(), workload());
    workload.classes[0].kept_share = 0.5;
    workload.classes[0].leak_bytes = 11;
    workload.runtime.leak_per_hour = 600;
    let mut pool = pool(&workload, "process:1", StartMethod::Spawn);
    pool.keeps_last_result = true;
    let mut ledger = ledger(&host, &workload, pool);
    let empty = ledger.totals(at(0));
    for life in 0..3u64 {
        let begin = SimTime(life * HOUR.0);
        ledger.worker_ready(begin, 0);
        for _ in 0..10 {
            ledger.request_starts(begin, 0, 0);
            ledger.request_ends(begin, 0, 0);
        }
        let end = SimTime(begin.0 + HOUR.0 / 2);
        // Interpreter, libraries, allocator, leaks by request and by time, result.
        assert_eq!(ledger.rss_of(end, 0), 1_000 + 10 + 100 + 110 + 300 + 7);
        ledger.request_starts(end, 0, 0);
        ledger.worker_gone(end, 0);
        assert_eq!((ledger.totals(end), ledger.rss_of(end, 0)), (empty, 0));
        assert_eq!(ledger.largest_worker(end), None);
    }
    let outcome = ledger.close(SimTime(3 * HOUR.0), 0, 0);
    assert_eq!(outcome.worst_worker_rss, 1_000 + 10 + 200 + 110 + 300);
    assert_eq!(outcome.peak_pss - empty.0, 1_000 + 200 + 110 + 300);
}

#[test]
fn payloads_are_buffered_in_the_parent_while_on_their_way() {
    let (host, workload) = (host(), workload());
    let mut ledger = ledger(&host, &workload, pool(&workload, "process:1", StartMethod::Spawn));
    let before = ledger.totals(at(0));
    ledger.payload_enters_parent(at(1), 1_000);
    ledger.payload_enters_parent(at(1), 100);
    assert_eq!(ledger.totals(at(1)).0, before.0 + 3_300);
    ledger.payload_leaves_parent(at(2), 1_000);
    ledger.payload_leaves_parent(at(2), 100);
    assert_eq!(ledger.totals(at(2)), before);
}

#[test]
fn thread_pools_of_one_parent_share_its_process() {
    let (host, mut workload) = (host(), workload());
    workload.runtime.leak_per_hour = 90;
    let pools = ["threads:4", "threads:6", "process:2"]
        .map(|profile| pool(&workload, profile, StartMethod::Fork));
    let mut ledger = Ledger::new(&host, &workload, &pools, &[0, 1, 2, 2]);
    (0..4).for_each(|worker| ledger.worker_ready(at(0), worker));
    // One interpreter, ten threads, two forked children.
    assert_eq!(ledger.totals(at(0)), (1_020, 1_020 + 2 * 1_010));
    assert_eq!(ledger.rss_of(at(0), 0), 1_020);
    assert_eq!(ledger.rss_of(at(0), 1), 1_020);
    ledger.request_starts(at(0), 1, 0);
    ledger.result_kept(at(0), 50);
    assert_eq!(ledger.rss_of(at(0), 0), 1_270);
    // Three processes leak, not four pools.
    assert_eq!(ledger.totals(HOUR).0, 1_270 + 3 * 90);
    assert_eq!(ledger.rss_of(HOUR, 1), 1_270 + 90);
    let outcome = ledger.close(HOUR, 1, 0);
    assert_eq!((outcome.idle_pss, outcome.worst_worker_rss), (1_020, 1_360));
}

#[test]
fn memory_that_does_not_suffice_swaps_or_kills() {
    let (mut host, mut workload) = (host(), workload());
    host.memory_bytes = 2_000;
    host.swap_bytes = 500;
    host.memory.swap_slowdown = Parameter::exactly(10.0);
    workload.service.dispatcher = Dispatcher::Native;
    for (over_memory, factor, out, swapping) in [
        (OverMemory::Noted, 1.0, 1_010, 0),
        (OverMemory::Kill, 1.0, 1_010, 0),
        (OverMemory::Swap, 1.0 + 10.0 * 500.0 / 2_000.0, 510, 70),
    ] {
        workload.service.over_memory = over_memory;
        let mut ledger = ledger(&host, &workload, pool(&workload, "process:3", StartMethod::Spawn));
        (0..3).for_each(|worker| ledger.worker_ready(at(20 + u64::from(worker)), worker));
        assert_eq!((ledger.over_limit(at(30)), ledger.out_of_memory(at(30))), (1_010, out));
        assert_eq!(ledger.swap_factor(at(30)), factor);
        ledger.worker_gone(at(91), 2);
        assert_eq!(
            (ledger.over_limit(at(91)), ledger.out_of_memory(at(91))),
            (10, out.min(10) * u64::from(swapping == 0))
        );
        ledger.worker_gone(at(91), 1);
        let outcome = ledger.close(at(100), 0, 2);
        assert_eq!(outcome.swapping, SimDuration(swapping));
        assert_eq!((outcome.over_limit_at, outcome.oom_kills), (Some(at(21)), 2));
    }
}

#[test]
fn quantiles_are_over_time() {
    let (host, workload) = (host(), workload());
    let mut ledger = ledger(&host, &workload, pool(&workload, "process:1", StartMethod::Spawn));
    ledger.worker_ready(at(0), 0);
    let idle = ledger.totals(at(0)).0;
    ledger.request_starts(at(930), 0, 0);
    ledger.request_ends(at(990), 0, 0);
    let outcome = ledger.close(at(1_000), 0, 0);
    assert_eq!(outcome.pss_quantiles[0], idle + 1, "2010 and 2011 are one level");
    assert_eq!(outcome.pss_quantiles[1..], [idle + 200; 2], "none is above the peak");
}
