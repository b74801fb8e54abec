//! Other processes on the same cores, and what a machine does by chance.

use sim::experiment::{Background, Course, CpuModel, Look, Observer, Record, Scenario, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{PoolConfig, PoolKind, Profile};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

fn ms(n: u64) -> SimDuration {
    SimDuration(n * 1_000_000)
}

fn workload(requests: u64, service: SimDuration) -> Workload {
    let segment = Segment::new(SegmentKind::Python, Distribution::Constant(service));
    let class = RequestClass::new("only", 1.0, vec![segment]);
    Workload::new("beside", Arrivals::Batch { requests }, vec![class])
}

fn processes(workload: &Workload, workers: u32) -> PoolConfig {
    let python = workload.runtime.python[0];
    let profile = Profile::processes(workers);
    PoolConfig::of_kind(PoolKind::GrpcProcess, workload, profile, python, 8).unwrap()
}

#[test]
fn another_process_takes_its_turns_of_the_core() {
    let host = Host::ideal(1);
    let workload = workload(1, ms(100));
    let pool = processes(&workload, 1);
    let took = |background: &[Background]| {
        let scenario = Scenario { background, ..Scenario::new(&workload, &host, &pool, 1, 1) };
        simulate(&scenario, 0, &mut ()).unwrap().makespan
    };
    assert!((took(&[]) - 0.1).abs() < 1e-9);
    // A turn takes 20 ms of a shared core, in which the request gets 10 ms; then
    // it has 10 ms alone: 30 ms for 20 of its 100.
    let beside = [Background { first: SimDuration::ZERO, sleep: ms(10), work: ms(10) }];
    assert!((took(&beside) - 0.15).abs() < 1e-9, "{}", took(&beside));
    // Two of them leave it a third while both run.
    assert!(took(&[beside[0], beside[0]]) > took(&beside));
}

#[derive(Default)]
struct Seen(Vec<(u64, SimTime, SimTime)>);

impl Observer for Seen {
    fn record(&mut self, record: &Record) {
        self.0.push((record.request, record.scheduled, record.finished));
    }
}

#[test]
fn another_course_of_the_machine_serves_the_same_requests() {
    let mut host = Host::ideal(2);
    host.cpu.wake_latency = Parameter::exactly(SimDuration(50_000));
    let arrivals = Arrivals::Poisson { rate: 100.0 };
    let workload = Workload { arrivals, ..workload(1, ms(5)) };
    let pool = processes(&workload, 2);
    let seen = |host: &Host, machine_seed| {
        let mut seen = Seen::default();
        let scenario = Scenario {
            cpu: CpuModel::FairQuanta,
            machine_seed,
            ..Scenario::new(&workload, host, &pool, 200, 1)
        };
        simulate(&scenario, 0, &mut seen).unwrap();
        seen.0.sort_by_key(|it| it.0);
        seen.0
    };
    let due =
        |seen: &[(u64, SimTime, SimTime)]| -> Vec<SimTime> { seen.iter().map(|it| it.1).collect() };
    // Nothing is left to chance.
    assert_eq!(seen(&host, 1), seen(&host, 2));
    host.cpu.wake_spread = Parameter::exactly(1.0);
    let (one, other) = (seen(&host, 1), seen(&host, 2));
    assert_eq!(due(&one), due(&other));
    assert_ne!(one, other);
}

#[test]
fn cores_at_other_speeds_serve_the_same_requests_in_other_time() {
    let host = Host::ideal(2);
    let arrivals = Arrivals::Poisson { rate: 100.0 };
    let workload = Workload { arrivals, ..workload(1, ms(5)) };
    let pool = processes(&workload, 2);
    let seen = |course: Option<&Course>| {
        let mut seen = Seen::default();
        let scenario = Scenario::new(&workload, &host, &pool, 400, 1);
        let scenario = Scenario { cpu: CpuModel::FairQuanta, course, ..scenario };
        simulate(&scenario, 0, &mut seen).unwrap();
        seen.0
    };
    let looks = |bytecode| {
        let at = |n: u64| Look { at: SimTime(n * 50_000_000), bytecode, native: 1.0 };
        (0..10).map(at).collect::<Vec<_>>()
    };
    let course = |a, b| Course { cores: vec![looks(a), looks(b)], stay: ms(8) };
    let plain = seen(None);
    // Work that is cut into stretches may end a rounding later.
    for (usual, cut) in plain.iter().zip(seen(Some(&course(1.0, 1.0)))) {
        assert!(usual.0 == cut.0 && usual.2.0.abs_diff(cut.2.0) < 1_000, "{usual:?} {cut:?}");
    }
    let slow = seen(Some(&course(1.0, 3.0)));
    let time = |all: &[(u64, SimTime, SimTime)]| -> u64 {
        all.iter().map(|(_, due, done)| done.since(*due).0).sum()
    };
    assert_eq!(slow.len(), plain.len());
    assert!(time(&slow) > time(&plain));
}
