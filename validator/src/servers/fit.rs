//! Rounds of empty requests into parameters of a calibration.

use sim::host::{DispatchCost, Host, Origin, Parameter, ServerCost};
use sim::kernel::SimDuration;
use sim::pool::PoolKind;

use super::cost::{Held, Round, Side};

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

/// What the processes of a `kind` of server are on `host` without an application;
/// `None` of rounds that did not look.
///
/// Memory is what the measured server had in all, less what the model has in it
/// without these figures; a worker's is mostly pages of its parent that importing
/// and serving copied beyond the model's plateau. Libraries that a bare interpreter does not map are in
/// memory once, so they count as the parent's.
pub fn processes(kind: PoolKind, host: &Host, rounds: &[Round]) -> Option<ServerCost> {
    let held: Vec<Held> = rounds.iter().filter_map(|round| round.held).collect();
    let server = Server { host, spawned: kind == PoolKind::Uvicorn };
    let of = |what: &dyn Fn(&Held) -> f64| spread(held.iter().map(what));
    let how = format!("one worker after empty requests; {} runs", held.len());
    let imports = format!("CPU time of its imports; {} runs", held.len());
    Some(ServerCost {
        parent_memory: size(of(&|it| server.parent(it))?, &how),
        worker_memory: size(of(&|it| server.worker(it))?, &how),
        parent_start: time(of(&|it| server.parent_start(it))?, &imports),
        worker_start: time(of(&|it| server.worker_start(it))?, &imports),
    })
}

/// What the model has of a server with one worker, by which runs are read.
struct Server<'a> {
    host: &'a Host,
    spawned: bool,
}

impl Server<'_> {
    fn bare(&self) -> f64 {
        self.host.memory.interpreter.value as f64
    }

    /// Libraries beyond those of a bare interpreter.
    fn libraries(&self, held: &Held) -> f64 {
        let known = self.host.memory.shared_libraries.value;
        held.loaded.parent.library_bytes.saturating_sub(known) as f64
    }

    fn parent(&self, held: &Held) -> f64 {
        let own = held.loaded.parent.private_bytes as f64 + self.libraries(held);
        // The resource tracker of `multiprocessing` is another interpreter; the
        // model has the one that workers are forked from.
        if self.spawned { own + self.bare() } else { own - self.bare() }
    }

    fn worker(&self, held: &Held) -> f64 {
        let Held { loaded, pss } = held;
        let before = if self.spawned { loaded.worker } else { loaded.parent };
        let application = loaded.alone.private_bytes as f64 - before.private_bytes as f64;
        let common = self.host.memory.shared_libraries.value as f64;
        let rest = *pss as f64 - common - application;
        if self.spawned {
            return rest - self.libraries(held) - self.bare();
        }
        let parent = self.bare() + self.parent(held);
        rest - parent * (1.0 + self.host.memory.cow_plateau.value)
    }

    fn parent_start(&self, held: &Held) -> f64 {
        let all = held.loaded.parent.import_cpu_ns as f64;
        if self.spawned { all } else { all - self.boot() }
    }

    fn worker_start(&self, held: &Held) -> f64 {
        let all = held.loaded.worker.import_cpu_ns as f64;
        if self.spawned { all - self.boot() } else { all }
    }

    fn boot(&self) -> f64 {
        self.host.start.interpreter.value.0 as f64
    }
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

fn size(spread: [f64; 3], note: &str) -> Parameter<u64> {
    let [low, value, high] = spread.map(|bytes| bytes.max(0.0).round() as u64);
    Parameter { value, low, high, origin: Origin::Measured, note: note.to_owned(), fit_error: None }
}

fn per_byte(spread: [f64; 3], note: &str) -> Parameter<f64> {
    let [low, value, high] = spread.map(|ns| ns.max(0.0));
    Parameter { value, low, high, origin: Origin::Measured, note: note.to_owned(), fit_error: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::{Imports, Loaded};

    fn rounds() -> [Round; 3] {
        [200e3, 100e3, 400e3].map(|ns| Round {
            parent: Side { request: ns / 2.0, byte: -0.1 },
            worker: Side { request: ns, byte: 1e-5 * ns },
            held: None,
        })
    }

    /// A server that has in all `pss`, seen before it was started as the model
    /// has it: an interpreter of 3 MB, libraries of 6 MB, copies of a tenth.
    fn held(pss: u64, alone: u64) -> (Host, Round) {
        let mut host = Host::ideal(2);
        host.memory.interpreter = Parameter::exactly(3_000_000);
        host.memory.shared_libraries = Parameter::exactly(6_000_000);
        host.memory.cow_plateau = Parameter::exactly(0.1);
        host.start.interpreter = Parameter::exactly(SimDuration(20_000_000));
        let imports = |private_bytes, ms: u64| Imports {
            private_bytes,
            library_bytes: 8_000_000,
            import_cpu_ns: ms * 1_000_000,
        };
        let (parent, worker) = (imports(13_000_000, 150), imports(2_000_000, 1));
        let application = imports(5_000_000, 9);
        let loaded = Loaded { parent, worker, application, alone: imports(alone, 9) };
        let held = Some(Held { loaded, pss });
        (host, Round { parent: Side::default(), worker: Side::default(), held })
    }

    #[test]
    fn memory_is_what_the_model_lacks_of_the_real_server() {
        // Common 6, arbiter 13 and libraries 2, a tenth of that copied, application 3.
        let pss = 6_000_000 + 15_000_000 + 1_500_000 + 3_000_000 + 700_000;
        let (host, round) = held(pss, 13_000_000 + 3_000_000);
        let cost = processes(PoolKind::GunicornSync, &host, &[round]).unwrap();
        assert_eq!(cost.parent_memory.value, 12_000_000);
        assert_eq!(cost.worker_memory.value, 700_000);
        assert_eq!(cost.parent_start.value, SimDuration(130_000_000));
        assert_eq!(cost.worker_start.value, SimDuration(1_000_000));
        assert_eq!(processes(PoolKind::GunicornSync, &host, &[]), None);
    }

    #[test]
    fn a_spawned_worker_is_alone_and_would_have_a_supervisor_and_a_tracker() {
        // Common 6, libraries 2, interpreter 3, application 3.
        let pss = 6_000_000 + 2_000_000 + 3_000_000 + 3_000_000 + 10_500_000;
        let (host, round) = held(pss, 2_000_000 + 3_000_000);
        let cost = processes(PoolKind::Uvicorn, &host, &[round]).unwrap();
        assert_eq!(cost.parent_memory.value, 18_000_000);
        assert_eq!(cost.worker_memory.value, 10_500_000);
        assert_eq!(cost.parent_start.value, SimDuration(150_000_000));
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
