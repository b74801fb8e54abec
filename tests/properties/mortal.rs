//! Random cases of what `strategies` leaves out: pools whose workers are
//! replaced and die, keys, bundles, prefetch, parent threads, and several pools
//! that share a host.

use proptest::prelude::*;
use sim::kernel::SimDuration;
use sim::pool::{
    Backoff, Bundling, Concurrency, Deployment, Drain, Heartbeat, Lifecycle, Ordering,
    ParentThreads, PoolConfig, Prefetch, Split, WorkerChoice,
};
use sim::workload::{KeySpace, OverMemory, Retention, Stage};

use crate::strategies::{Case, case};

/// A case with a deployment in the place of its pool.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    pub(crate) case: Case,
    pub(crate) deployment: Deployment,
}

fn ms(most: u64) -> impl Strategy<Value = SimDuration> {
    (1..=most).prop_map(|ms| SimDuration(ms * 1_000_000))
}

fn lifecycle() -> impl Strategy<Value = Lifecycle> {
    let drain = prop_oneof![Just(Drain::Finish), Just(Drain::Drop), ms(50).prop_map(Drain::Within)];
    let heartbeat = prop::option::of((ms(100), ms(50), 1u32..4))
        .prop_map(|beat| beat.map(|(every, timeout, misses)| Heartbeat { every, timeout, misses }));
    let back_off = (ms(20), 1.0..3.0, ms(200)).prop_map(|(first, factor, most)| Backoff {
        first,
        factor,
        most,
    });
    let rules = (
        prop::option::of(ms(500)),
        0u64..200,
        prop::option::of(1u64..50),
        0u64..20,
        prop::option::of(20_000_000u64..200_000_000),
    );
    let manner = (prop::option::of(ms(200)), any::<bool>(), drain, prop::option::of(ms(400)));
    (rules, manner, heartbeat, back_off).prop_map(|(rules, manner, heartbeat, back_off)| {
        Lifecycle {
            ttl: rules.0,
            ttl_jitter: SimDuration(rules.1 * 1_000_000),
            max_requests: rules.2,
            max_requests_jitter: rules.3,
            memory_limit: rules.4,
            check_every: manner.0,
            start_first: manner.1,
            drain: manner.2,
            kill_after: manner.3,
            heartbeat,
            back_off,
        }
    })
}

#[derive(Clone, Copy, Debug)]
struct Door {
    parent: ParentThreads,
    prefetch: Prefetch,
    bundling: Option<Bundling>,
    ordering: Ordering,
    max_in_flight: Option<u32>,
    offload: u32,
    choice: WorkerChoice,
}

fn door() -> impl Strategy<Value = Door> {
    let parent = prop::sample::select(vec![
        ParentThreads::One,
        ParentThreads::FeederAndCollector,
        ParentThreads::CallerOnly,
    ]);
    let prefetch = prop_oneof![Just(Prefetch::Unbounded), (0u32..10).prop_map(Prefetch::Beyond)];
    let bundling = prop::option::of((1u32..8, ms(10), any::<bool>())).prop_map(|b| {
        b.map(|(size, wait, settle_together)| Bundling { size, wait, settle_together })
    });
    let choice = prop::sample::select(WorkerChoice::ALL.to_vec());
    let ordering = prop::sample::select(Ordering::ALL.to_vec());
    (parent, prefetch, bundling, ordering, prop::option::of(1u32..20), 0u32..3, choice).prop_map(
        |(parent, prefetch, bundling, ordering, max_in_flight, offload, choice)| Door {
            parent,
            prefetch,
            bundling,
            ordering,
            max_in_flight,
            offload,
            choice,
        },
    )
}

fn furnish(pool: &mut PoolConfig, door: Door, lifecycle: Lifecycle) {
    pool.parent_threads = door.parent;
    pool.prefetch = door.prefetch;
    pool.ordering = door.ordering;
    pool.max_in_flight = door.max_in_flight;
    pool.offload_threads = door.offload;
    pool.choice = door.choice;
    let loops = matches!(pool.profile.concurrency, Concurrency::EventLoop(_));
    pool.bundling = door.bundling.filter(|_| !loops);
    pool.lifecycle = lifecycle;
    if pool.shares_parent() {
        pool.lifecycle.ttl = None;
        pool.lifecycle.max_requests = None;
        pool.lifecycle.memory_limit = None;
    }
}

/// One to three pools; stages, classes or everything to the first.
pub(crate) fn deployed() -> impl Strategy<Value = Deployed> {
    let pool = || (case(), door(), lifecycle());
    let faults = (0.0..0.02, 0.0..0.01, prop::option::of(ms(3_000)));
    let keys = (1u64..40, 0.0..1.5, 1u64..6);
    let memory = (
        any::<bool>(),
        0u64..1_000_000,
        0.0..1.0,
        prop::sample::select(vec![OverMemory::Noted, OverMemory::Swap, OverMemory::Kill]),
    );
    let how = 0u8..3;
    (prop::collection::vec(pool(), 1..4), faults, keys, memory, how).prop_map(
        |(mut pools, faults, keys, memory, how)| {
            let (mut case, ..) = pools[0].clone();
            let python = case.pool.python;
            let workload = &mut case.workload;
            workload.keys = Some(KeySpace { count: keys.0, skew: keys.1, partitions: keys.2 });
            workload.runtime.crash_every = faults.2;
            workload.runtime.leak_per_hour = memory.1 * 1_000;
            workload.service.results = if memory.0 { Retention::Kept } else { Retention::Dropped };
            workload.service.over_memory = memory.3;
            case.host.memory_bytes = 300 << 20;
            case.host.swap_bytes = 50 << 20;
            case.host.memory.swap_slowdown = sim::host::Parameter::exactly(2.0);
            case.host.memory.ipc_copies = sim::host::Parameter::exactly(3.0);
            case.host.start.stop = sim::host::Parameter::exactly(SimDuration(memory.1 * 20));
            let used = match how {
                0 => 1,
                _ => pools.len(),
            };
            for class in &mut workload.classes {
                (class.crash, class.hang) = (faults.0, faults.1);
                (class.leak_bytes, class.kept_share) = (memory.1, memory.2);
                if how == 2 {
                    let last = class.segments.len() as u32 * used as u32;
                    for (i, segment) in (0..).zip(&mut class.segments) {
                        segment.stage = i * used as u32 * used as u32 / last.max(1);
                    }
                }
            }
            let classes = workload.classes.len();
            let split = match how {
                0 => Split::Whole,
                1 => Split::ByClass((0..classes).map(|c| (c % used) as u32).collect()),
                _ => {
                    let stage =
                        |i| Stage { name: format!("stage-{i}"), profile: None, start_method: None };
                    workload.stages = (0..used).map(stage).collect();
                    Split::ByStage
                }
            };
            let deployment = Deployment {
                pools: pools
                    .drain(..used)
                    .map(|(case, door, lifecycle)| {
                        let mut pool = case.pool;
                        pool.python = python;
                        if pool.profile.family() == "interpreters" {
                            pool.python.free_threaded = false;
                        }
                        furnish(&mut pool, door, lifecycle);
                        pool
                    })
                    .collect(),
                split,
            };
            Deployed { case, deployment }
        },
    )
}
