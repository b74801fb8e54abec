//! Rounds of empty requests into parameters of a calibration.

use sim::host::{DispatchCost, Host, Origin, Parameter};
use sim::kernel::SimDuration;
use sim::pool::PoolKind;

use super::cost::{Round, Side};

/// What handing requests to a `kind` of server costs on `host`; `None` of no
/// rounds. The range of each figure is that of the rounds.
///
/// Which of its threads a Python process spends its time on is not seen: sending
/// and receiving, or submitting and working, have half of it each, and a range
/// from nothing to all.
pub fn dispatch(kind: PoolKind, host: &Host, rounds: &[Round]) -> Option<DispatchCost> {
    let side = |of: fn(&Round) -> Side| {
        let request = spread(rounds.iter().map(|round| of(round).request))?;
        Some((request, spread(rounds.iter().map(|round| of(round).byte))?))
    };
    let (parent, parent_byte) = side(|round| round.parent)?;
    let (worker, worker_byte) = side(|round| round.worker)?;
    let worker = worker.map(|ns| ns - charged_elsewhere(kind, host));
    let how = format!("CPU time per empty request; {} runs", rounds.len());
    let nobody = || time([0.0; 3], "nobody stands between the client and the worker");
    let half = |all: [f64; 3], what: &str| {
        time([0.0, all[1] / 2.0, all[2]], &format!("half of {what}'s {how}"))
    };
    let mut cost = DispatchCost {
        submit: nobody(),
        parent_send: nobody(),
        parent_receive: nobody(),
        parent_per_byte: per_byte([0.0; 3], "nobody stands between the client and the worker"),
        worker: time(worker, &how),
        worker_per_byte: per_byte(worker_byte, "64 KiB there and back against none"),
    };
    match kind {
        PoolKind::CeleryPrefork => {
            cost.parent_send = half(parent, "the main process");
            cost.parent_receive = half(parent, "the main process");
            cost.parent_per_byte = per_byte(parent_byte, "64 KiB there and back against none");
        }
        PoolKind::CeleryThreads => {
            cost.submit = half(worker, "the one process");
            cost.worker = half(worker, "the one process");
        }
        _ => {}
    }
    Some(cost)
}

/// What the engine adds for each request beside the table, in ns: the turn of a
/// loop.
fn charged_elsewhere(kind: PoolKind, host: &Host) -> f64 {
    match kind {
        PoolKind::GunicornGevent | PoolKind::Uvicorn => host.interpreter.task_switch.value.0 as f64,
        _ => 0.0,
    }
}

/// Least, middle and greatest.
fn spread(values: impl Iterator<Item = f64>) -> Option<[f64; 3]> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    Some([*values.first()?, *values.get(values.len() / 2)?, *values.last()?])
}

fn time(spread: [f64; 3], note: &str) -> Parameter<SimDuration> {
    // Costs below zero are noise around none.
    let [low, value, high] = spread.map(|ns| SimDuration(ns.max(0.0).round() as u64));
    Parameter { value, low, high, origin: Origin::Measured, note: note.to_owned(), fit_error: None }
}

fn per_byte(spread: [f64; 3], note: &str) -> Parameter<f64> {
    let [low, value, high] = spread.map(|ns| ns.max(0.0));
    Parameter { value, low, high, origin: Origin::Measured, note: note.to_owned(), fit_error: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds() -> [Round; 3] {
        [200e3, 100e3, 400e3].map(|ns| Round {
            parent: Side { request: ns / 2.0, byte: -0.1 },
            worker: Side { request: ns, byte: 1e-5 * ns },
        })
    }

    #[test]
    fn web_servers_have_nobody_between() {
        let host = Host::ideal(2);
        let cost = dispatch(PoolKind::GunicornSync, &host, &rounds()).unwrap();
        let worker = &cost.worker;
        assert_eq!(
            [worker.low, worker.value, worker.high].map(|t| t.0),
            [100_000, 200_000, 400_000]
        );
        assert_eq!((cost.parent_send.value.0, cost.submit.high.0), (0, 0));
        assert_eq!((worker.origin, cost.worker_per_byte.value), (Origin::Measured, 2.0));
        assert_eq!(dispatch(PoolKind::GunicornSync, &host, &[]), None);
    }

    #[test]
    fn a_loops_turn_is_charged_by_itself() {
        let mut host = Host::ideal(2);
        host.interpreter.task_switch = Parameter::exactly(SimDuration(30_000));
        let cost = dispatch(PoolKind::Uvicorn, &host, &rounds()).unwrap();
        assert_eq!(cost.worker.value.0, 170_000);
    }

    #[test]
    fn a_main_process_sends_and_receives() {
        let cost = dispatch(PoolKind::CeleryPrefork, &Host::ideal(2), &rounds()).unwrap();
        let [low, value, high] =
            [cost.parent_send.low, cost.parent_send.value, cost.parent_send.high].map(|t| t.0);
        assert_eq!((low, value, high), (0, 50_000, 200_000));
        assert_eq!(cost.parent_receive.value, cost.parent_send.value);
        assert_eq!(cost.parent_per_byte.value, 0.0, "below zero is noise");
        let threads = dispatch(PoolKind::CeleryThreads, &Host::ideal(2), &rounds()).unwrap();
        assert_eq!((threads.submit.value.0, threads.worker.value.0), (100_000, 100_000));
    }
}
