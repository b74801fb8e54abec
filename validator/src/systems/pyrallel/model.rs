//! The keyed consumer as the simulator sees it.

use std::collections::BTreeMap;

use sim::experiment::{Observer, Record, Scenario, SimError, Snapshot, simulate};
use sim::host::{DispatchCost, Host, Parameter};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{Ordering, PoolConfig, PoolKind, Profile};
use sim::workload::{
    Arrivals, Distribution, KeySpace, RequestClass, Segment, SegmentKind, TraceRow, Workload,
};

use super::fit::Costs;
use super::variants::{Case, Engine, Job, KEYS, MAX_IN_FLIGHT, MESSAGES, PARTITIONS, PROCESSES};
use super::{Figure, Kept, Pace, Readings, Setting};

/// A message's sleep.
const SLEEP: f64 = 5e-3;
/// Looks at the processes, as in a real run.
const LOOK: SimDuration = SimDuration(50_000_000);

/// What a run is simulated with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) run: &'a Kept,
    pub(super) pace: Pace,
    pub(super) seed: u64,
}

/// What `case` should show.
pub(super) fn predict(
    case: Case,
    costs: &Costs,
    conditions: &Conditions<'_>,
) -> Result<Readings, SimError> {
    let host = host(case, costs, conditions);
    let workload = workload(case, costs, conditions);
    let python = conditions.setting.python;
    let (kind, profile) = match case.engine {
        Engine::Baseline => (PoolKind::KeyedBaseline, Profile::processes(1)),
        Engine::Async => (PoolKind::KeyedAsync, Profile::event_loops(1, MAX_IN_FLIGHT)),
        Engine::Process => (PoolKind::KeyedProcess, Profile::processes(PROCESSES)),
    };
    let pool = PoolConfig::of_kind(kind, &workload, profile, python, host.logical_cpus())
        .map_err(SimError::Impossible)?;
    let scenario = Scenario::new(&workload, &host, &pool, MESSAGES, conditions.seed);
    let mut seen = Seen::default();
    let outcome = simulate(&scenario, 0, &mut seen)?;
    let processing = match case.engine {
        // Each begins when the one before is done.
        Engine::Baseline => outcome.makespan / MESSAGES as f64,
        Engine::Async | Engine::Process => seen.mean_under_way(case.ordering),
    };
    let throughput = MESSAGES as f64 / outcome.makespan;
    Ok(Readings::from([
        (Figure::Throughput, throughput),
        (Figure::Processing, processing),
        (Figure::InFlight, throughput * processing),
        (Figure::PeakPss, seen.peak as f64),
    ]))
}

fn host(case: Case, costs: &Costs, conditions: &Conditions<'_>) -> Host {
    let mut host = conditions.setting.host.clone();
    let times = |seconds: f64| {
        Parameter::exactly(SimDuration::from_secs(seconds * conditions.pace.bytecode))
    };
    let none = || Parameter::exactly(0.0);
    let cost = |submit: f64, receive: f64| DispatchCost {
        submit: times(submit),
        parent_send: times(0.0),
        parent_receive: times(receive),
        parent_per_byte: none(),
        worker: times(0.0),
        worker_per_byte: none(),
    };
    let (of_loop, of_parent) = match case.ordering {
        Ordering::Unordered => (costs.unordered, costs.parent),
        Ordering::ByKey | Ordering::ByPartition => (costs.ordered, costs.parent_ordered),
    };
    let pools = &mut host.dispatch.pools;
    // Half before the message's work, half after it.
    pools.insert(PoolKind::KeyedAsync, cost(of_loop / 2.0, of_loop / 2.0));
    pools.insert(PoolKind::KeyedProcess, cost(of_parent / 2.0, of_parent / 2.0));
    host.dispatch.kernel = cost(0.0, 0.0);
    // A task's turn on the loop is part of what was fitted.
    host.interpreter.task_switch = times(0.0);
    host
}

fn workload(case: Case, costs: &Costs, conditions: &Conditions<'_>) -> Workload {
    let worker = if case.engine == Engine::Process { costs.worker } else { 0.0 };
    let constant = |seconds: f64| Distribution::Constant(SimDuration::from_secs(seconds));
    let bytecode = |seconds: f64| {
        Segment::new(SegmentKind::Python, constant(seconds * conditions.pace.bytecode))
    };
    let job = match case.job {
        Job::Sleep => Segment::new(SegmentKind::Wait, constant(SLEEP)),
        Job::Cpu => bytecode(costs.hashing),
    };
    let segments = vec![bytecode(worker), job];
    let times: Vec<SimDuration> = segments
        .iter()
        .map(|segment| match segment.duration {
            Distribution::Constant(time) => time,
            _ => SimDuration::ZERO,
        })
        .collect();
    let row = |number: u64| TraceRow {
        at: SimTime::ZERO,
        key: number % KEYS,
        class: 0,
        segments: times.clone(),
    };
    let rows = (0..MESSAGES).map(row).collect();
    let class = RequestClass::new("message", 1.0, segments);
    let mut workload = Workload::new("pyrallel", Arrivals::Replay { rows }, vec![class]);
    workload.keys = Some(KeySpace { count: KEYS, skew: 0.0, partitions: PARTITIONS });
    workload.service.ordering = case.ordering;
    workload.service.max_in_flight = Some(MAX_IN_FLIGHT);
    workload.runtime.python = vec![conditions.setting.python];
    workload.runtime.event_loop = true;
    let own = conditions.run.application.private_bytes;
    let interpreter = conditions.setting.host.memory.interpreter.value;
    workload.runtime.import_bytes = own.saturating_sub(interpreter);
    workload
}

/// What is seen of a simulated run.
#[derive(Debug, Default)]
struct Seen {
    /// When each message was done, by its number.
    done: BTreeMap<u64, SimTime>,
    peak: u64,
}

impl Seen {
    /// Mean time from when a message may go until it is done, in s. One that is
    /// ordered may go when the one before it in its lane is done.
    fn mean_under_way(&self, ordering: Ordering) -> f64 {
        let mut before: BTreeMap<u64, SimTime> = BTreeMap::new();
        let mut sum = 0.0;
        for (&number, &done) in &self.done {
            let lane = match ordering {
                Ordering::Unordered => MESSAGES + number,
                Ordering::ByKey => number % KEYS,
                Ordering::ByPartition => number % KEYS % PARTITIONS,
            };
            let may_go = before.insert(lane, done).unwrap_or(SimTime::ZERO);
            sum += done.since(may_go).as_secs();
        }
        sum / self.done.len().max(1) as f64
    }
}

impl Observer for Seen {
    fn record(&mut self, record: &Record) {
        self.done.insert(record.request, record.finished);
    }

    fn snapshot_every(&self) -> Option<SimDuration> {
        Some(LOOK)
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.peak = self.peak.max(snapshot.pss);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_for_its_lane_before_it_is_under_way() {
        let done = (0..8).map(|number| (number, SimTime((number + 1) * 1_000_000_000)));
        let seen = Seen { done: done.collect(), peak: 0 };
        // 1 to 8 s from the start, or 4 s after the one before in its partition.
        assert_eq!(seen.mean_under_way(Ordering::Unordered), 4.5);
        let ordered = seen.mean_under_way(Ordering::ByPartition);
        assert_eq!(ordered, (1.0 + 2.0 + 3.0 + 4.0 + 4.0 * 4.0) / 8.0);
    }
}
