//! Keyed consumers: what is under way at once, and in which order.

use sim::experiment::{Scenario, simulate};
use sim::host::Host;
use sim::pool::{Ordering, PoolConfig, Prefetch, Profile};
use sim::workload::{Arrivals, Distribution, KeySpace, Segment, SegmentKind, Trace, Workload};

use crate::lab::{History, ms, only, run};

const KEYS: u64 = 100;
const PARTITIONS: u64 = 4;

/// 4000 messages of 5 ms each, all there at once, 1000 slots.
fn consumer(ordering: Ordering) -> (Workload, PoolConfig) {
    let segment = Segment::new(SegmentKind::Wait, Distribution::Constant(ms(5)));
    let mut workload = only(Arrivals::Batch { requests: 4_000 }, vec![segment]);
    workload.keys = Some(KeySpace { count: KEYS, skew: 0.0, partitions: PARTITIONS });
    let profile = Profile::event_loops(1, 1_000);
    let mut pool = PoolConfig::new(&workload, profile, workload.runtime.python[0]);
    pool.ordering = ordering;
    (workload, pool)
}

#[test]
fn what_is_under_way_saturates_at_keys_partitions_or_the_cap() {
    // The makespan is the longest queue of one key (or partition) times 5 ms.
    for (ordering, lanes) in [(Ordering::ByKey, KEYS), (Ordering::ByPartition, PARTITIONS)] {
        let (workload, pool) = consumer(ordering);
        let mut count = vec![0u64; lanes as usize];
        for row in Trace::new(&workload, 1, 0) {
            count[(row.key % lanes) as usize] += 1;
        }
        let longest = *count.iter().max().unwrap() as f64;
        let outcome = run(&workload, &Host::ideal(1), &pool);
        let expected = longest * 0.005;
        assert!((outcome.makespan - expected).abs() < 1e-6, "{ordering:?}: {}", outcome.makespan);
        assert_eq!(outcome.counts.completed, 4_000);
    }
    for cap in [1, 7, 50] {
        let (workload, mut pool) = consumer(Ordering::Unordered);
        pool.max_in_flight = Some(cap);
        let outcome = run(&workload, &Host::ideal(1), &pool);
        let expected = (4_000f64 / f64::from(cap)).ceil() * 0.005;
        assert!((outcome.makespan - expected).abs() < 1e-6, "{cap}: {}", outcome.makespan);
    }
}

#[test]
fn order_within_a_key_holds_and_across_keys_does_not() {
    for ordering in [Ordering::ByKey, Ordering::ByPartition, Ordering::Unordered] {
        let (mut workload, mut pool) = consumer(ordering);
        workload.arrivals = Arrivals::Poisson { rate: 3_000.0 };
        workload.classes[0].segments[0].duration = Distribution::Exponential { mean: ms(5) };
        pool.profile = Profile::processes(40);
        pool.prefetch = Prefetch::Beyond(3);
        let mut history = History::default();
        let host = Host::ideal(40);
        let scenario = Scenario::new(&workload, &host, &pool, 5_000, 1);
        simulate(&scenario, 0, &mut history).unwrap();
        let key: Vec<u64> = Trace::new(&workload, 1, 0).take(10_000).map(|row| row.key).collect();
        let lanes = if ordering == Ordering::ByPartition { PARTITIONS } else { KEYS };
        let mut last = vec![None; lanes as usize];
        let mut swapped = 0;
        for record in &history.0 {
            let lane = &mut last[(key[record.request as usize] % lanes) as usize];
            swapped += u32::from(lane.is_some_and(|before| before > record.request));
            *lane = Some(record.request);
        }
        assert_eq!(swapped == 0, ordering != Ordering::Unordered, "{ordering:?}: {swapped}");
    }
}

#[test]
fn without_prefetch_a_freed_slot_waits_for_the_dispatcher() {
    // Each request costs the dispatcher 1 ms each way and the worker 10 ms. With
    // nothing beyond the slot its cycle is 12 ms; with one more it is 10 ms.
    let segment = Segment::new(SegmentKind::Python, Distribution::Constant(ms(10)));
    let mut workload = only(Arrivals::Batch { requests: 100 }, vec![segment]);
    workload.service.dispatcher = sim::pool::Dispatcher::Native;
    let mut host = Host::ideal(4);
    host.dispatch.native.parent_send = sim::host::Parameter::exactly(ms(1));
    host.dispatch.native.parent_receive = sim::host::Parameter::exactly(ms(1));
    let mut pool = PoolConfig::new(&workload, Profile::processes(1), workload.runtime.python[0]);
    pool.prefetch = Prefetch::Beyond(0);
    let bare = run(&workload, &host, &pool).makespan;
    assert!((bare - 100.0 * 0.012).abs() < 1e-6, "{bare}");
    pool.prefetch = Prefetch::Beyond(1);
    let ahead = run(&workload, &host, &pool).makespan;
    assert!((ahead - (100.0 * 0.010 + 0.002)).abs() < 1e-6, "{ahead}");
}
