//! Laws of the ledger, whatever happens in whatever order.

use proptest::prelude::*;

use super::ledger::Ledger;
use crate::host::{Host, Parameter};
use crate::kernel::SimTime;
use crate::pool::{Dispatcher, PoolConfig, Profile, StartMethod};
use crate::workload::{Arrivals, RequestClass, Workload};

#[derive(Clone, Copy, Debug)]
enum Event {
    /// The worker comes, or goes if it is there.
    Turn(u32),
    Starts(u32, usize),
    Ends(u32),
    PayloadEnters(u64),
    PayloadLeaves,
    ResultKept(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (0u32..7).prop_map(Event::Turn),
        6 => (0u32..7, 0usize..2).prop_map(|(worker, class)| Event::Starts(worker, class)),
        6 => (0u32..7).prop_map(Event::Ends),
        2 => (0u64..10_000).prop_map(Event::PayloadEnters),
        2 => Just(Event::PayloadLeaves),
        1 => (0u64..10_000).prop_map(Event::ResultKept),
    ]
}

fn host(sizes: &[u64; 5], ipc_copies: f64) -> Host {
    let mut host = Host::ideal(4);
    host.memory.interpreter = Parameter::exactly(sizes[0]);
    host.memory.shared_libraries = Parameter::exactly(sizes[1]);
    host.memory.thread = Parameter::exactly(sizes[2]);
    host.memory.cow_plateau = Parameter::exactly(0.37);
    host.memory.cow_requests = Parameter::exactly(3.0);
    host.memory.ipc_copies = Parameter::exactly(ipc_copies);
    host.memory_bytes = sizes[3];
    host.swap_bytes = sizes[4];
    host
}

fn class(name: &str, sizes: [u64; 3], kept_share: f64) -> RequestClass {
    let [working_set_bytes, leak_bytes, response_bytes] = sizes;
    let class = RequestClass::new(name, 0.5, Vec::new());
    RequestClass { working_set_bytes, leak_bytes, response_bytes, kept_share, ..class }
}

fn workload(leak_per_hour: u64, sizes: [[u64; 3]; 2], kept_share: f64) -> Workload {
    let classes = vec![class("a", sizes[0], kept_share), class("b", sizes[1], 1.0 - kept_share)];
    let mut workload = Workload::new("laws", Arrivals::Batch { requests: 1 }, classes);
    workload.runtime.import_bytes = 999;
    workload.runtime.parent_bytes = 12_345;
    workload.runtime.leak_per_hour = leak_per_hour;
    workload
}

/// Threads in the parent, forked, spawned and fork-served workers.
fn pools(workload: &Workload) -> Vec<PoolConfig> {
    let spec = [
        (Profile::threads(1, 3), StartMethod::Fork, Dispatcher::Python),
        (Profile::processes(2), StartMethod::Fork, Dispatcher::Python),
        (Profile::threads(2, 2), StartMethod::Spawn, Dispatcher::Native),
        (Profile::event_loops(2, 9), StartMethod::Forkserver, Dispatcher::Kernel),
    ];
    let python = workload.runtime.python[0];
    let pools = spec.into_iter().enumerate().map(|(i, (profile, start_method, dispatcher))| {
        let pool = PoolConfig::new(workload, profile, python);
        PoolConfig { start_method, dispatcher, keeps_last_result: i % 2 == 0, ..pool }
    });
    pools.collect()
}

/// Plays `events`, leaving out what cannot happen, and checks after each.
fn play(ledger: &mut Ledger, events: &[(u64, Event)]) -> SimTime {
    let mut now = SimTime::ZERO;
    let mut running: Vec<Option<Vec<usize>>> = vec![None; 7];
    let mut payloads = Vec::new();
    let (mut pss_max, mut rss_max) = ledger.totals(now);
    for (gap, event) in events {
        now = SimTime(now.0 + gap);
        let (pss, rss) = ledger.totals(now);
        (pss_max, rss_max) = (pss_max.max(pss), rss_max.max(rss));
        match *event {
            Event::Turn(worker) => match running[worker as usize].take() {
                Some(_) => ledger.worker_gone(now, worker),
                None => {
                    ledger.worker_ready(now, worker);
                    running[worker as usize] = Some(Vec::new());
                }
            },
            Event::Starts(worker, class) => {
                if let Some(classes) = &mut running[worker as usize] {
                    classes.push(class);
                    ledger.request_starts(now, worker, class);
                }
            }
            Event::Ends(worker) => {
                if let Some(class) = running[worker as usize].as_mut().and_then(Vec::pop) {
                    ledger.request_ends(now, worker, class);
                }
            }
            Event::PayloadEnters(bytes) => {
                payloads.push(bytes);
                ledger.payload_enters_parent(now, bytes);
            }
            Event::PayloadLeaves => {
                if let Some(bytes) = payloads.pop() {
                    ledger.payload_leaves_parent(now, bytes);
                }
            }
            Event::ResultKept(bytes) => ledger.result_kept(now, bytes),
        }
        ledger.assert_balanced(now);
        let (pss, rss) = ledger.totals(now);
        assert!(pss <= rss, "a page counts in at least one process");
        (pss_max, rss_max) = (pss_max.max(pss), rss_max.max(rss));
        let worst = (0..7).map(|worker| ledger.rss_of(now, worker)).max().unwrap();
        assert!(worst <= rss, "no process is larger than all of them");
        let largest = ledger.largest_worker(now).map_or(0, |worker| ledger.rss_of(now, worker));
        assert_eq!(largest, worst);
    }
    for bytes in payloads {
        ledger.payload_leaves_parent(now, bytes);
    }
    let in_service = running.iter().flatten().map(|classes| classes.len() as u64).sum();
    let outcome = ledger.clone().close(now, in_service, 0);
    assert_eq!((outcome.peak_pss, outcome.peak_rss), (pss_max, rss_max));
    assert!(outcome.pss_quantiles.is_sorted() && outcome.pss_quantiles[2] <= outcome.peak_pss);
    assert!(outcome.rss_quantiles.is_sorted() && outcome.rss_quantiles[2] <= outcome.peak_rss);
    assert!(outcome.worst_worker_rss <= outcome.peak_rss);
    for (worker, running) in running.iter().enumerate() {
        if running.is_some() {
            ledger.worker_gone(now, worker as u32);
        }
    }
    now
}

proptest! {
    #[test]
    fn the_totals_are_the_sum_of_their_parts_and_everything_returns(
        sizes in prop::array::uniform5(0u64..100_000),
        ipc_copies in 0.0f64..4.0,
        leak_per_hour in prop_oneof![Just(0u64), 1u64..1 << 44],
        classes in prop::array::uniform2(prop::array::uniform3(0u64..100_000)),
        kept_share in 0.0f64..=1.0,
        events in prop::collection::vec((0u64..5_000_000_000, event()), 0..200),
    ) {
        let (host, workload) = (host(&sizes, ipc_copies), workload(leak_per_hour, classes, kept_share));
        let mut ledger = Ledger::new(&host, &workload, &pools(&workload), &[0, 1, 1, 2, 2, 3, 3]);
        let empty = ledger.totals(SimTime::ZERO);
        let end = play(&mut ledger, &events);
        let kept: u64 = events.iter().map(|(_, event)| match event {
            Event::ResultKept(bytes) => *bytes,
            _ => 0,
        }).sum();
        prop_assert_eq!(ledger.totals(end), (empty.0 + kept, empty.1 + kept));
        let later = SimTime(end.0 * 2);
        prop_assert_eq!(ledger.totals(later).0, empty.0 + kept, "who is gone leaks no more");
        ledger.close(later, 0, 0);
    }
}
