//! The worker handler of `multiprocessing.Pool` (CPython 3.8 to 3.13).

use sim::experiment::{CpuModel, Observer, Record, Scenario, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{PoolConfig, PoolKind, Profile};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

const US: u64 = 1_000;
const REQUESTS: u64 = 2_000;

fn us(n: u64) -> Parameter<SimDuration> {
    Parameter::exactly(SimDuration(n * US))
}

/// A host on which everything but the lock and the wake-ups is free, and one look
/// takes `look` us.
fn host(look: u64) -> Host {
    let mut host = Host::ideal(8);
    host.cpu.wake_latency = us(50);
    host.cpu.wake_spread = Parameter::exactly(0.3);
    host.dispatch.python_process.parent_receive = us(20);
    host.interpreter.look = us(look);
    host
}

/// Sojourn times of requests of 1 ms, sorted, in us.
#[derive(Default)]
struct Sojourns(Vec<f64>);

impl Observer for Sojourns {
    fn record(&mut self, record: &Record) {
        self.0.push(record.finished.since(record.scheduled).0 as f64 / US as f64);
    }
}

fn sojourns(kind: PoolKind, host: &Host, cpu: CpuModel) -> Vec<f64> {
    let work = Distribution::Constant(SimDuration(1_000 * US));
    let class = RequestClass::new("only", 1.0, vec![Segment::new(SegmentKind::Python, work)]);
    let think = Distribution::Constant(SimDuration(1_000 * US));
    let arrivals = Arrivals::Closed { clients: 1, think };
    let workload = Workload::new("results", arrivals, vec![class]);
    let python = workload.runtime.python[0];
    let profile = Profile::processes(2);
    let pool = PoolConfig::of_kind(kind, &workload, profile, python, 8).unwrap();
    let mut seen = Sojourns::default();
    let scenario = Scenario { cpu, ..Scenario::new(&workload, host, &pool, REQUESTS, 1) };
    simulate(&scenario, 0, &mut seen).unwrap();
    seen.0.sort_by(f64::total_cmp);
    seen.0
}

#[test]
fn a_result_may_wait_for_the_handler_that_looks_at_its_worker() {
    for cpu in [CpuModel::ProcessorSharing, CpuModel::FairQuanta] {
        let seen = |look| sojourns(PoolKind::MultiprocessingPool, &host(look), cpu);
        let (without, with) = (seen(0), seen(10));
        assert_eq!((without.len() as u64, with.len() as u64), (REQUESTS, REQUESTS));
        let median = |seen: &[f64]| seen[seen.len() / 2];
        let p99 = |seen: &[f64]| seen[seen.len() * 99 / 100];
        // One of two is awake first: half of the results are read at once, the others
        // when their handler is awake in one of the moments without a holder.
        assert!(median(&with) < median(&without) + 100.0, "{cpu:?}: {}", median(&with));
        assert!(p99(&with) > p99(&without) + 500.0, "{cpu:?}: {}", p99(&with));
        // Nothing waits for longer than a switch interval and what wakes cost.
        assert!(with[with.len() - 1] < without[without.len() - 1] + 6_000.0, "{cpu:?}");
    }
}

#[test]
fn no_other_pool_has_one() {
    let seen =
        |look| sojourns(PoolKind::ProcessPoolExecutor, &host(look), CpuModel::ProcessorSharing);
    assert_eq!(seen(0), seen(10));
}
