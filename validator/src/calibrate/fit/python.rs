//! `[interpreter]`, `[start]` and `[reacquires]`.

use sim::host::{Host, Parameter, Reacquires};

use super::super::figure::{Figure, line};
use super::data::{Data, Round};
use super::put::put;

const MIB: f64 = 1_048_576.0;
/// Kinds of calls that `lock.py` numbers.
const SLEEP: f64 = 0.0;

pub(super) fn fit(data: &Data, host: &mut Host) {
    let interpreter = &mut host.interpreter;
    let interval = data.medians("lock", "switch_interval");
    put(&mut interpreter.switch_interval, interval, "sys.getswitchinterval()");
    let hand_off = data.medians("lock", "hand_off");
    put(
        &mut interpreter.hand_off,
        hand_off,
        "two threads that take turns, less the locks they do it with",
    );
    let task_switch = data.medians("lock", "task_switch");
    put(&mut interpreter.task_switch, task_switch, "10 asyncio tasks that sleep about 1 ms");
    let look = |round: &Round| line(&round.points("watching", "look"));
    let how = "turns of multiprocessing.Pool's worker handler, 1 to 8 workers: a line";
    put(&mut interpreter.look, data.figure(|round| Some(look(round)?.0)), how);
    put(&mut interpreter.look_per_worker, data.figure(|round| Some(look(round)?.1)), how);
    starts(data, host);
    host.reacquires = reacquires(data).or(host.reacquires.take());
}

fn starts(data: &Data, host: &mut Host) {
    let start = &mut host.start;
    let fork = |round: &Round| line(&round.points("starts", "fork"));
    let how = "multiprocessing, parents of 15 to 350 MB: a line";
    put(&mut start.fork_base, data.figure(|round| Some(fork(round)?.0)), how);
    let per_mib = data.figure(|round| Some(fork(round)?.1)).map(|slope| slope.times(MIB));
    put(&mut start.fork_per_mib, per_mib, how);
    let of = |quantity| data.medians("starts", quantity);
    put(&mut start.exec, of("exec"), "multiprocessing, spawn, in the parent");
    put(&mut start.interpreter, of("interpreter"), "CPU time of a spawned child until it can work");
    put(&mut start.child, of("child"), "CPU time of a forked child until it says so");
    put(&mut start.thread, of("thread"), "40 threads");
    let stop = |spawned: f64| data.figure(|round| round.at("starts", "stop", spawned));
    let stopped = stop(0.0).map(|forked| forked.reaching(stop(1.0)));
    put(&mut start.stop, stopped, "a forked child that idles; the range reaches to a spawned one");
}

/// All four kinds, or none.
fn reacquires(data: &Data) -> Option<Reacquires> {
    let interval = data.medians("lock", "switch_interval")?.value;
    let kind = |number: f64| -> Option<Figure> {
        let lost = |round: &Round| {
            let at = |quantity| round.at("lock", quantity, number);
            Some((at("beside")? - at("alone")?) / interval)
        };
        data.figure(lost)
    };
    let measured = |number| {
        let mut parameter = Parameter::exactly(0.0);
        put(&mut parameter, Some(kind(number)?), "delay beside a thread that spins, in intervals");
        Some(parameter)
    };
    Some(Reacquires {
        sleep: measured(SLEEP)?,
        socket: measured(SLEEP + 1.0)?,
        pipe: measured(SLEEP + 2.0)?,
        file: measured(SLEEP + 3.0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sayings, near};
    use super::*;

    #[test]
    fn forks_lie_on_a_line_in_the_parents_size_outliers_aside() {
        let mut sayings = Sayings::default();
        for round in 0..3 {
            let fork = |mib: f64| ("fork", mib * MIB, 700_000.0 + 20_000.0 * mib);
            let outlier = ("fork", 100.0 * MIB, 9e9);
            let said = [fork(10.0), fork(100.0), fork(100.0), outlier, fork(300.0)];
            sayings.launch(round, "starts", 9.0, 9.0, &said);
        }
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        assert_eq!(host.start.fork_base.value.0, 700_000);
        assert_eq!(host.start.fork_per_mib.value.0, 20_000);
        assert_eq!(host.reacquires, None);
    }

    #[test]
    fn a_re_acquire_costs_an_interval() {
        let mut sayings = Sayings::default();
        let mut said = vec![("switch_interval", 0.0, 5e6)];
        for kind in 0..4 {
            let alone = 1e6;
            said.push(("alone", f64::from(kind), alone));
            said.push(("beside", f64::from(kind), alone + f64::from(kind) * 5e6));
        }
        sayings.launch(0, "lock", 9.0, 9.0, &said);
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        let found = host.reacquires.unwrap();
        for (k, of) in [found.sleep, found.socket, found.pipe, found.file].into_iter().enumerate() {
            near(of.value, k as f64);
        }
    }
}
