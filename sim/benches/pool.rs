//! The pool model: requests per second of real time, lock hand-offs per second,
//! and what a thousand workers cost beside ten.
//!
//! `cargo bench -p sim --bench pool`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sim::experiment::{CpuModel, Outcome, Scenario, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{Dispatcher, PoolConfig, Profile};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

const REQUESTS: u64 = 100_000;

fn host(cores: u32) -> Host {
    let mut host = Host::ideal(cores);
    let us = |n: u64| Parameter::exactly(SimDuration(n * 1_000));
    host.cpu.wake_latency = us(50);
    host.cpu.timer_slack = us(50);
    host.cpu.native_inflation = Parameter::exactly(0.02);
    host.interpreter.hand_off = us(5);
    host.dispatch.native.parent_send = us(20);
    host.dispatch.native.parent_receive = us(20);
    host
}

/// Bytecode, a wait, bytecode: 1 ms of CPU in all, exponential.
fn three_segments(rate: f64) -> Workload {
    let part = |kind, us: u64| {
        Segment::new(kind, Distribution::Exponential { mean: SimDuration(us * 1_000) })
    };
    let segments = vec![
        part(SegmentKind::Python, 500),
        part(SegmentKind::Wait, 1_000),
        part(SegmentKind::Python, 500),
    ];
    let classes = vec![RequestClass::new("request", 1.0, segments)];
    Workload::new("three segments", Arrivals::Poisson { rate }, classes)
}

fn run(workload: &Workload, host: &Host, profile: Profile, cpu: CpuModel) -> Outcome {
    let pool = PoolConfig::new(workload, profile, workload.runtime.python[0]);
    let mut scenario = Scenario::new(workload, host, &pool, REQUESTS, 1);
    scenario.cpu = cpu;
    simulate(&scenario, 0, &mut ()).expect("the benchmark's scenario is possible")
}

/// Open load on 8 process workers and 8 cores, 70 % of the slots busy.
fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("requests");
    group.throughput(Throughput::Elements(REQUESTS)).sample_size(10);
    let workload = three_segments(2_700.0);
    let eight = Profile::processes(8);
    group.bench_function("process_8", |b| {
        b.iter(|| black_box(run(&workload, &host(8), eight, CpuModel::ProcessorSharing)));
    });
    group.bench_function("process_8_fair_quanta", |b| {
        b.iter(|| black_box(run(&workload, &host(8), eight, CpuModel::FairQuanta)));
    });
    let mut dispatched = workload.clone();
    dispatched.service.dispatcher = Dispatcher::Native;
    group.bench_function("process_8_with_dispatcher", |b| {
        b.iter(|| black_box(run(&dispatched, &host(8), eight, CpuModel::ProcessorSharing)));
    });
    group.finish();
}

/// The same load per worker on 10 and on 1000 workers, with a core for each.
fn workers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("workers");
    group.throughput(Throughput::Elements(REQUESTS)).sample_size(10);
    for workers in [10, 1_000] {
        let workload = three_segments(f64::from(workers) * 300.0);
        group.bench_function(format!("process_{workers}"), |b| {
            let profile = Profile::processes(workers);
            b.iter(|| {
                black_box(run(&workload, &host(workers), profile, CpuModel::ProcessorSharing))
            });
        });
    }
    group.finish();
}

/// Two and eight CPU-bound threads of one interpreter: hand-offs per second.
fn hand_offs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hand_offs");
    group.sample_size(10);
    for threads in [2_u32, 8] {
        let spin = Distribution::Constant(SimDuration(1_000_000_000_000 / u64::from(threads)));
        let classes =
            vec![RequestClass::new("spin", 1.0, vec![Segment::new(SegmentKind::Python, spin)])];
        let batch = Arrivals::Batch { requests: u64::from(threads) };
        let workload = Workload::new("spin", batch, classes);
        let profile = Profile::threads(1, threads);
        let once = run(&workload, &host(8), profile, CpuModel::ProcessorSharing);
        group.throughput(Throughput::Elements(once.hand_offs));
        group.bench_function(format!("threads_{threads}"), |b| {
            b.iter(|| black_box(run(&workload, &host(8), profile, CpuModel::ProcessorSharing)));
        });
    }
    group.finish();
}

criterion_group!(benches, requests, workers, hand_offs);
criterion_main!(benches);
