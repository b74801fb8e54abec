//! The same experiment in the simulator's engine: spinning requests and one
//! that repeats the operation, threads of one process.

use rayon::prelude::*;
use sim::experiment::{CpuModel, Observer, Record, Scenario, SimError, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::{PoolConfig, Profile};
use sim::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Segment, SegmentKind, TraceRow, Workload,
};

use super::{Cell, Operation};

/// Start of the operations, when the spinners take turns already.
const BEGIN: SimTime = SimTime(50_000_000);
const SLEEP: SimDuration = SimDuration(2_000_000);
/// Operations of a replication: enough to lose the lock some dozen times.
const SLEEPS: usize = 60;
const SHORT_CALLS: usize = 2_000;
/// The spinners' CPU time at first, beyond what the operations take alone.
const HEAD_START: f64 = 0.1;
/// Their longest CPU time, in s: operations that still wait then have starved,
/// and what is predicted for them is too little.
const LONGEST: f64 = 20.0;

/// What the prediction takes from this machine. None of it comes from a cell
/// with spinners.
#[derive(Clone, Copy, Debug)]
pub struct Inputs {
    /// Version of the interpreter.
    pub python: PythonVersion,
    /// Time of a sleep without spinners, in s.
    pub sleep: f64,
    /// Time of the predicted operation without spinners, in s.
    pub alone: f64,
    /// Share of the races that an asker wins.
    pub asker_wins: f64,
}

/// Time of one operation of `cell` on `host`, in s, in each of `replications`.
///
/// # Errors
/// As the simulation; it does not for a host and workload that were checked.
pub fn predict(
    host: &Host,
    inputs: &Inputs,
    cell: Cell,
    replications: u32,
) -> Result<Vec<f64>, SimError> {
    let host = calibrated(host, inputs, cell);
    let calls = if cell.operation == Operation::Sleep { SLEEPS } else { SHORT_CALLS };
    let replication = |replication| {
        let mut spin = HEAD_START + calls as f64 * inputs.alone;
        loop {
            let ends = ends(&host, inputs, cell, calls, spin, replication)?;
            // Spinners that ended first left the lock to the operations.
            if ends.calls <= ends.spinners || spin >= LONGEST {
                return Ok(ends.calls.since(BEGIN).as_secs() / calls as f64);
            }
            spin *= 2.0;
        }
    };
    (0..replications).into_par_iter().map(replication).collect()
}

/// Runs `calls` operations beside spinners that each take `spin` seconds of CPU
/// time.
fn ends(
    host: &Host,
    inputs: &Inputs,
    cell: Cell,
    calls: usize,
    spin: f64,
    replication: u32,
) -> Result<Ends, SimError> {
    let classes = vec![
        RequestClass::new("spin", 0.5, vec![segment(SegmentKind::Python, spin)]),
        RequestClass::new("calls", 0.5, operations(cell.operation, inputs.alone, calls)),
    ];
    let row = |class, at| TraceRow { at, key: 0, class, segments: Vec::new() };
    let spinners = (0..cell.spinners).map(|_| row(SPIN, SimTime::ZERO));
    let rows = spinners.chain([row(CALLS, BEGIN)]).collect();
    let mut workload = Workload::new("lock probe", Arrivals::Replay { rows }, classes);
    workload.runtime.python = vec![inputs.python];
    let threads = cell.spinners + 1;
    let pool = PoolConfig::new(&workload, Profile::threads(1, threads), inputs.python);
    let mut scenario = Scenario::new(&workload, host, &pool, u64::from(threads), 1);
    scenario.cpu = CpuModel::FairQuanta;
    let mut ends = Ends { calls: SimTime::ZERO, spinners: SimTime(u64::MAX) };
    simulate(&scenario, replication, &mut ends)?;
    Ok(ends)
}

/// The classes of the experiment.
const SPIN: usize = 0;
const CALLS: usize = 1;

/// When the last operation and the first spinner were done.
struct Ends {
    calls: SimTime,
    spinners: SimTime,
}

impl Observer for Ends {
    fn record(&mut self, record: &Record) {
        match record.class {
            CALLS => self.calls = record.finished,
            _ => self.spinners = self.spinners.min(record.finished),
        }
    }
}

fn calibrated(host: &Host, inputs: &Inputs, cell: Cell) -> Host {
    let mut host = host.clone();
    let late = SimDuration::from_secs(inputs.sleep).0.saturating_sub(SLEEP.0);
    let slack = late.saturating_sub(host.cpu.wake_latency.value.0);
    host.cpu.timer_slack = Parameter::exactly(SimDuration(slack));
    host.interpreter.switch_interval = Parameter::exactly(SimDuration(cell.interval));
    host.interpreter.asker_wins = Parameter::exactly(inputs.asker_wins);
    host
}

fn segment(kind: SegmentKind, seconds: f64) -> Segment {
    Segment::new(kind, Distribution::Constant(SimDuration::from_secs(seconds)))
}

/// The segments of `calls` operations. Half of a short call's time is taken to
/// be bytecode, half the system call.
fn operations(operation: Operation, alone: f64, calls: usize) -> Vec<Segment> {
    let once = match operation {
        Operation::Sleep => vec![Segment::new(SegmentKind::Wait, Distribution::Constant(SLEEP))],
        Operation::SystemCall | Operation::Pipe => {
            let half = alone / f64::from(2 * operation.releases());
            let native = segment(SegmentKind::Native { parallel: false }, half);
            let call = [native, segment(SegmentKind::Python, half)];
            (0..operation.releases()).flat_map(|_| call.clone()).collect()
        }
    };
    (0..calls).flat_map(|_| once.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: u64 = 5_000_000;

    fn host() -> Host {
        let mut host = Host::ideal(2);
        host.cpu.wake_latency = Parameter::exactly(SimDuration(50_000));
        host
    }

    /// Added time of one sleep, in intervals, mean over replications.
    fn penalty(python: &str, spinners: u32, interval: u64, asker_wins: f64) -> f64 {
        let python = python.parse().unwrap();
        let inputs = Inputs { python, sleep: 2.1e-3, alone: 2.1e-3, asker_wins };
        let cell = Cell { operation: Operation::Sleep, interval, spinners };
        let times = predict(&host(), &inputs, cell, 20).unwrap();
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        (mean - inputs.alone) / (interval as f64 * 1e-9)
    }

    #[test]
    fn a_sleep_beside_one_spinner_costs_one_interval_whoever_wins() {
        for (interval, asker_wins) in [(INTERVAL, 0.0), (INTERVAL, 0.6), (INTERVAL / 5, 0.6)] {
            let penalty = penalty("3.12", 1, interval, asker_wins);
            assert!((0.95..1.25).contains(&penalty), "{interval}, {asker_wins}: {penalty}");
        }
    }

    #[test]
    fn beside_several_it_costs_more_the_more_races_their_askers_win() {
        for spinners in [2, 4] {
            let [none, some, most] =
                [0.0, 0.3, 0.6].map(|wins| penalty("3.12", spinners, INTERVAL, wins));
            assert!(none < some && some < most, "{spinners}: {none}, {some}, {most}");
            // A random order alone gives the law: one interval for each.
            let law = none / f64::from(spinners);
            assert!((0.7..1.3).contains(&law), "{spinners}: {none}");
        }
    }

    #[test]
    fn a_thread_that_starves_ends_the_prediction() {
        let starved = penalty("3.12", 2, INTERVAL, 1.0);
        assert!(starved > 4.0, "{starved}");
    }

    #[test]
    fn without_a_lock_nothing_is_lost_while_there_are_cores() {
        let penalty = penalty("3.13t", 1, INTERVAL, 0.0);
        assert!(penalty.abs() < 0.03, "{penalty}");
    }

    #[test]
    fn one_seed_gives_one_answer() {
        let of = || penalty("3.12", 2, INTERVAL, 0.5);
        assert_eq!(of(), of());
    }
}
