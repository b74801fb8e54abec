//! Several pools on one host: pipelines and hybrids.

use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{Deployment, Dispatcher, PoolConfig, Profile, Split, StartMethod};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Stage, Workload};

use crate::lab::{deploy, ms, only};

fn constant(kind: SegmentKind, length: SimDuration, stage: u32) -> Segment {
    Segment { stage, ..Segment::new(kind, Distribution::Constant(length)) }
}

fn stage(name: &str) -> Stage {
    Stage { name: name.to_owned(), profile: None, start_method: None }
}

/// Download 1 s, compute 0.7 s, upload 0.5 s, 20 times.
fn pipeline(io: Vec<Segment>, upload: Vec<Segment>) -> Workload {
    let mut segments = io;
    segments.push(constant(SegmentKind::Python, ms(700), 1));
    segments.extend(upload);
    let mut workload = only(Arrivals::Batch { requests: 20 }, segments);
    workload.service.dispatcher = Dispatcher::Python;
    workload.stages = vec![stage("download"), stage("cpu"), stage("upload")];
    workload
}

fn executors(workload: &Workload, cpu: &str) -> Deployment {
    let profiles = ["threads:5", cpu, "threads:5"].map(|p| p.parse::<Profile>().unwrap());
    let python = workload.runtime.python[0];
    let pools = profiles.map(|profile| PoolConfig {
        start_method: StartMethod::Fork,
        ..PoolConfig::new(workload, profile, python)
    });
    Deployment { pools: pools.into(), split: Split::ByStage }
}

#[test]
fn a_deterministic_pipeline_takes_fill_bottleneck_and_drain() {
    let io = |length, stage| vec![constant(SegmentKind::Wait, length, stage)];
    let workload = pipeline(io(ms(1_000), 0), io(ms(500), 2));
    for (workers, bottleneck) in [(1, 20.0 * 0.7), (2, 20.0 * 0.7 / 2.0)] {
        let deployment = executors(&workload, &format!("process:{workers}"));
        let outcome = deploy(&workload, &Host::ideal(8), &deployment);
        let expected = 1.0 + bottleneck + 0.5;
        assert!((outcome.makespan - expected).abs() < 1e-6, "{workers}: {}", outcome.makespan);
        // Each stage saw every request.
        let served: Vec<f64> =
            outcome.pools.iter().map(|pool| pool.throughput * outcome.makespan).collect();
        assert!(served.iter().all(|n| (n - 20.0).abs() < 1e-6), "{served:?}");
    }
    // With enough of them the first stage binds: 20 * 1 s / 5.
    let deployment = executors(&workload, "process:7");
    let outcome = deploy(&workload, &Host::ideal(8), &deployment);
    assert!((outcome.makespan - (4.0 + 0.7 + 0.5)).abs() < 1e-6, "{}", outcome.makespan);
}

#[test]
fn computing_threads_stretch_the_waits_of_their_process_and_forked_workers_do_not() {
    // A download of 16 pieces re-acquires the lock 16 times.
    let pieces = |stage| {
        let segment = constant(SegmentKind::Wait, ms(1_000), stage);
        vec![Segment { reacquires: Some(16), ..segment }]
    };
    let workload = pipeline(pieces(0), pieces(2));
    let mut host = Host::ideal(8);
    host.cpu.wake_latency = Parameter::exactly(SimDuration(50_000));
    let download = |cpu: &str| {
        let outcome = deploy(&workload, &host, &executors(&workload, cpu));
        (outcome.pools[0].mean_service, outcome.pools[2].mean_service)
    };
    let (forked, forked_upload) = download("process:2");
    assert!(forked < 1.01 && forked_upload < 1.01, "{forked} {forked_upload}");
    let two = download("threads:2").1;
    let five = download("threads:5").1;
    // d = d_alone + k n interval: 16 * 2 * 5 ms and 16 * 5 * 5 ms, while the
    // threads compute.
    assert!(two > 1.08 && five > two + 0.08, "{two} {five}");
}

#[test]
fn a_hybrid_shares_the_cores_and_keeps_the_queues_apart() {
    let class = |name: &str, kind| RequestClass::new(name, 0.5, vec![constant(kind, ms(10), 0)]);
    let classes = vec![class("cpu", SegmentKind::Python), class("io", SegmentKind::Wait)];
    let workload = Workload::new("hybrid", Arrivals::Poisson { rate: 180.0 }, classes);
    let python = workload.runtime.python[0];
    let pool = |profile| PoolConfig::new(&workload, profile, python);
    let hybrid = Deployment {
        pools: vec![pool(Profile::processes(1)), pool(Profile::threads(1, 16))],
        split: Split::ByClass(vec![0, 1]),
    };
    let outcome = deploy(&workload, &Host::ideal(1), &hybrid);
    // One worker computes at 90 %: M/D/1. The other class never waits for it.
    let md1 = 0.010 * (1.0 + 0.9 / (2.0 * 0.1));
    assert!((outcome.classes[0].mean / md1 - 1.0).abs() < 0.1, "{}", outcome.classes[0].mean);
    assert!((outcome.classes[1].mean - 0.010).abs() < 1e-6, "{}", outcome.classes[1].mean);
    let whole = Deployment::from(pool(Profile::processes(1)));
    let together = deploy(&workload, &Host::ideal(1), &whole);
    assert!(together.classes[1].mean > 1.0, "one worker cannot wait and compute");
}
