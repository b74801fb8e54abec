//! Random cases that every part of the engine has something to do in.

use std::sync::Arc;

use proptest::prelude::*;
use sim::experiment::{CpuModel, Start};
use sim::host::{Host, Parameter, Quota, WakeOrder};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{Dispatcher, PoolConfig, Profile, StartMethod, WorkerChoice};
use sim::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Segment, SegmentKind, Workload,
};

/// One thing to simulate.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) workload: Workload,
    pub(crate) host: Host,
    pub(crate) pool: PoolConfig,
    pub(crate) cpu: CpuModel,
    pub(crate) start: Start,
    pub(crate) seed: u64,
}

fn duration(most_us: u64) -> impl Strategy<Value = SimDuration> {
    (1..=most_us).prop_map(|us| SimDuration(us * 1_000))
}

fn distribution() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        duration(20_000).prop_map(Distribution::Constant),
        duration(20_000).prop_map(|mean| Distribution::Exponential { mean }),
        (duration(20_000), 0.1..2.0).prop_map(|(mean, cv)| Distribution::Gamma { mean, cv }),
        duration(10_000)
            .prop_map(|median| Distribution::Lognormal { median, p99: SimDuration(median.0 * 4) }),
        prop::collection::vec(duration(20_000), 1..5)
            .prop_map(|values| Distribution::Empirical(Arc::from(values))),
    ]
}

fn segment() -> impl Strategy<Value = Segment> {
    let kind = prop_oneof![
        Just(SegmentKind::Python),
        Just(SegmentKind::LockedNative),
        any::<bool>().prop_map(|parallel| SegmentKind::Native { parallel }),
        Just(SegmentKind::Wait),
    ];
    (kind, distribution(), prop::option::of(1u32..6)).prop_map(|(kind, duration, reacquires)| {
        let releases = matches!(kind, SegmentKind::Native { .. } | SegmentKind::Wait);
        Segment { kind, duration, reacquires: reacquires.filter(|_| releases), stage: 0 }
    })
}

fn class() -> impl Strategy<Value = RequestClass> {
    (
        prop::collection::vec(segment(), 1..5),
        0u64..100_000,
        0u64..10_000_000,
        prop::option::of(duration(100_000)),
    )
        .prop_map(|(segments, bytes, working_set, client_timeout)| RequestClass {
            request_bytes: bytes,
            response_bytes: bytes / 2,
            working_set_bytes: working_set,
            kept_share: 0.0,
            leak_bytes: 0,
            crash: 0.0,
            hang: 0.0,
            client_timeout,
            ..RequestClass::new("class", 1.0, segments)
        })
}

fn arrivals() -> impl Strategy<Value = Arrivals> {
    let rate = 1.0..2_000.0;
    prop_oneof![
        rate.clone().prop_map(|rate| Arrivals::Poisson { rate }),
        rate.clone().prop_map(|rate| Arrivals::Deterministic { rate }),
        (rate.clone(), 0.1..4.0).prop_map(|(rate, cv)| Arrivals::Gamma { rate, cv }),
        (rate.clone(), duration(1_000_000), duration(1_000_000)).prop_map(
            |(on_rate, mean_on, mean_off)| Arrivals::OnOff {
                on_rate,
                off_rate: on_rate / 10.0,
                mean_on,
                mean_off
            }
        ),
        rate.prop_map(|rate| Arrivals::Varying {
            points: vec![(SimTime::ZERO, 0.0), (SimTime(1_000_000_000), rate)]
        }),
        (1u32..40, distribution()).prop_map(|(clients, think)| Arrivals::Closed { clients, think }),
        (1u64..300).prop_map(|requests| Arrivals::Batch { requests }),
    ]
}

fn host() -> impl Strategy<Value = Host> {
    let quota = prop::option::of(
        (0.1..6.0, 10_000u64..200_000)
            .prop_map(|(cpus, us)| Quota { cpus, period: SimDuration(us * 1_000) }),
    );
    let order = prop_oneof![Just(WakeOrder::Fifo), Just(WakeOrder::Requeue), Just(WakeOrder::Lifo)];
    (1u32..9, 1u32..3, quota, 0u64..100, 0u64..20, 0.0..0.2, order).prop_map(
        |(cores, siblings, quota, wake_us, cost_us, share, order)| {
            let mut host = Host::ideal(cores);
            let time = |us: u64| Parameter::exactly(SimDuration(us * 1_000));
            host.threads_per_core = siblings;
            host.quota = quota;
            host.cpu.smt_gain = Parameter::exactly(1.0 + share);
            host.cpu.native_inflation = Parameter::exactly(share);
            host.cpu.bytecode_inflation = Parameter::exactly(share / 2.0);
            host.cpu.blas_serial_share = Parameter::exactly(share);
            host.cpu.wake_latency = time(wake_us);
            host.cpu.wake_spread = Parameter::exactly(share * 5.0);
            host.cpu.timer_slack = time(wake_us);
            host.cpu.timer_spread = Parameter::exactly(share * 8.0);
            host.cpu.context_switch = time(cost_us / 4);
            host.interpreter.hand_off = time(cost_us);
            host.interpreter.look = time(cost_us);
            host.interpreter.task_switch = time(cost_us);
            host.interpreter.wake_order = order;
            host.interpreter.free_threaded_313 = Parameter::exactly(1.0 + share);
            host.interpreter.free_threaded_contention = Parameter::exactly(share);
            host.start.interpreter = time(10_000);
            host.start.fork_base = time(1_000);
            host.start.thread = time(50);
            host.memory.interpreter = Parameter::exactly(8 << 20);
            host.memory.shared_libraries = Parameter::exactly(3 << 20);
            host.memory.thread = Parameter::exactly(100_000);
            host.memory.task = Parameter::exactly(5_000);
            host.memory.cow_plateau = Parameter::exactly(0.4);
            host.memory.cow_requests = Parameter::exactly(20.0);
            for dispatch in [
                &mut host.dispatch.python_process,
                &mut host.dispatch.python_thread,
                &mut host.dispatch.native,
                &mut host.dispatch.kernel,
            ] {
                dispatch.parent_send = time(cost_us);
                dispatch.parent_receive = time(cost_us / 2);
                dispatch.worker = time(cost_us);
                dispatch.worker_per_byte = Parameter::exactly(0.5);
            }
            host
        },
    )
}

fn profile() -> impl Strategy<Value = Profile> {
    prop_oneof![
        (1u32..20).prop_map(Profile::processes),
        (1u32..5, 1u32..9).prop_map(|(w, t)| Profile::threads(w, t)),
        (1u32..5, 1u32..40).prop_map(|(w, n)| Profile::event_loops(w, n)),
        (1u32..9).prop_map(|n| Profile::interpreters(1, n)),
    ]
}

/// A random case.
pub(crate) fn case() -> impl Strategy<Value = Case> {
    let choice = prop::sample::select(WorkerChoice::ALL.to_vec());
    let dispatcher =
        prop_oneof![Just(Dispatcher::Kernel), Just(Dispatcher::Native), Just(Dispatcher::Python)];
    let start_method = prop_oneof![
        Just(StartMethod::Fork),
        Just(StartMethod::Spawn),
        Just(StartMethod::Forkserver)
    ];
    let queue = (prop::option::of(0u32..50), prop::option::of(duration(50_000)));
    let start = (prop::option::of(1u32..4), duration(10_000), any::<bool>());
    let run = (any::<bool>(), any::<bool>(), 0u64..1_000, 1u32..4);
    (
        (arrivals(), prop::collection::vec(class(), 1..4), host()),
        (profile(), choice, dispatcher, start_method, queue, start, run),
    )
        .prop_map(|((arrivals, mut classes, host), pool)| {
            let (profile, choice, dispatcher, start_method, queue, start, run) = pool;
            let n = classes.len() as f64;
            for (i, class) in classes.iter_mut().enumerate() {
                class.name = format!("class-{i}");
                class.share = 1.0 / n;
            }
            let mut workload = Workload::new("random", arrivals, classes);
            workload.service.dispatcher = dispatcher;
            workload.runtime.import_time = SimDuration(5_000_000);
            workload.runtime.import_bytes = 20 << 20;
            let (cold, quanta, seed, blas_threads) = run;
            let interpreters = profile.family() == "interpreters";
            let python = PythonVersion { minor: 13, free_threaded: quanta && !interpreters };
            let mut pool = PoolConfig::new(&workload, profile, python);
            (pool.choice, pool.start_method, pool.blas_threads) =
                (choice, start_method, blas_threads);
            (pool.queue_cap, pool.queue_timeout) = queue;
            (pool.start_batch, pool.start_delay) = (start.0, start.1);
            Case {
                workload,
                host,
                pool,
                cpu: if start.2 { CpuModel::FairQuanta } else { CpuModel::ProcessorSharing },
                start: if cold { Start::Cold } else { Start::Warm },
                seed,
            }
        })
}
