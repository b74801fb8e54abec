//! `[dispatch]`: the tables of the pools that were run, and of the two shapes
//! that the executors stand for.

use sim::host::{AfterSleep, DispatchCost, Host, Origin, Parameter};
use sim::kernel::SimDuration;
use sim::pool::PoolKind;

use super::super::figure::{Figure, line, median};
use super::super::probes::PYTHON_POOLS;
use super::data::{Data, Round};
use super::put::put;

/// Threads that do something for a request, as `dispatch.py` names them.
const ROLES: [&str; 4] = ["submit", "send", "receive", "worker"];

/// How requests come, for the threads that hand them over.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// One by one, to threads whose data have left the caches.
    Rested,
    /// All at once, to threads that find the next one waiting.
    Batch,
    /// Midway, with a range that holds both: for pools of which it is not known
    /// what they have.
    Midway,
}

impl Load {
    fn method(self) -> &'static str {
        match self {
            Self::Rested => "CPU time per empty request, one by one at 83/s",
            Self::Batch => "CPU time per empty request of a batch",
            Self::Midway => {
                "CPU time per empty request, midway from a batch to one by one at 1000/s"
            }
        }
    }
}

/// Time from one request to the next of the `paced` ones, in ns, as in `dispatch.py`.
const PACE: f64 = 1e6;

/// After the interpreter's costs are fitted: what the engine charges for a
/// switch by itself is not charged here again.
pub(super) fn fit(data: &Data, host: &mut Host) {
    for kind in PYTHON_POOLS {
        let shape = match kind {
            PoolKind::MultiprocessingPool | PoolKind::ProcessPoolExecutor => {
                &host.dispatch.python_process
            }
            _ => &host.dispatch.python_thread,
        };
        let Some(cost) = pool(data, host, kind, shape.clone(), Load::Batch) else { continue };
        let slept = pool(data, host, kind, shape.clone(), Load::Rested).map(after_sleep);
        let midway = pool(data, host, kind, shape.clone(), Load::Midway);
        let dispatch = &mut host.dispatch;
        match (kind, midway) {
            (PoolKind::ProcessPoolExecutor, Some(cost)) => dispatch.python_process = cost,
            (PoolKind::ThreadPoolExecutor, Some(cost)) => dispatch.python_thread = cost,
            _ => {}
        }
        dispatch.pools.insert(kind, cost);
        dispatch.after_sleep.extend(slept.map(|slept| (kind, slept)));
    }
    let how = "hand-overs of a batch, one by one at 1000/s and at 83/s";
    put(&mut host.cpu.cooling, data.figure(cooling), how);
}

/// Time constant, in ns, with which a hand-over goes from its time in a batch to
/// that after a long sleep: median over the threads of all pools.
fn cooling(round: &Round) -> Option<f64> {
    let roles = PYTHON_POOLS.iter().flat_map(|kind| ROLES.map(|role| (kind.name(), role)));
    median(roles.filter_map(|(probe, role)| {
        let at = |load: &str| round.at(probe, &format!("{role}_{load}"), 0.0);
        let (awake, paced, rested) = (at("batch")?, at("paced")?, at("rested")?);
        let share = (paced - awake) / (rested - awake);
        // Where sleep makes no clear difference, noise decides.
        let clear = rested > 1.5 * awake && share > 0.05 && share < 0.95;
        clear.then(|| -(PACE - paced).max(0.0) / (-share).ln_1p())
    }))
}

/// What of `cost` depends on sleep.
fn after_sleep(cost: DispatchCost) -> AfterSleep {
    let DispatchCost { submit, parent_send, parent_receive, worker, .. } = cost;
    AfterSleep { submit, parent_send, parent_receive, worker }
}

fn pool(
    data: &Data,
    host: &Host,
    kind: PoolKind,
    base: DispatchCost,
    load: Load,
) -> Option<DispatchCost> {
    let probe = kind.name();
    // Every pool has somebody who works.
    data.medians(probe, "worker_paced").or(data.medians(probe, "worker_batch"))?;
    let [submit, send, receive, worker] = ROLES.map(|role| {
        let mut parameter = nobody();
        put(&mut parameter, time(data, host, kind, role, load), load.method());
        parameter
    });
    let mut cost =
        DispatchCost { submit, parent_send: send, parent_receive: receive, worker, ..base };
    let how = "slope over payloads of 0, 64 KiB and 1 MiB there and back";
    let parent = |round: &Round| {
        let ways = [slope(round, probe, "send")?, slope(round, probe, "receive")?];
        Some((ways[0] + ways[1]) / 2.0)
    };
    put(&mut cost.parent_per_byte, data.figure(parent), how);
    let both_ways = data.figure(|round| Some(slope(round, probe, "worker")? / 2.0));
    put(&mut cost.worker_per_byte, both_ways, how);
    Some(cost)
}

/// What nobody does in this pool costs nothing.
fn nobody() -> Parameter<SimDuration> {
    Parameter {
        origin: Origin::Measured,
        note: "no thread of its own does this here".to_owned(),
        ..Parameter::exactly(SimDuration::ZERO)
    }
}

/// Threads that wake for each request and find cold caches take several times
/// the CPU time of those that find the next one waiting. What was not measured
/// under `want` is as under the other load.
fn time(data: &Data, host: &Host, kind: PoolKind, role: &str, want: Load) -> Option<Figure> {
    let (probe, inside) = (kind.name(), charged_elsewhere(host, kind));
    let load = |round: &Round, load: &str| {
        let all = round.at(probe, &format!("{role}_{load}"), 0.0)?;
        Some((all - inside).max(0.0))
    };
    let [rested, paced, batch] =
        ["rested", "paced", "batch"].map(|name| data.figure(|round| load(round, name)));
    let midway = |round: &Round| Some((load(round, "paced")? + load(round, "batch")?) / 2.0);
    match want {
        Load::Rested => rested.or(paced).or(batch),
        Load::Batch => batch.or(paced),
        Load::Midway => {
            Some(data.figure(midway).or(paced).or(batch)?.reaching(paced).reaching(batch))
        }
    }
}

/// What the engine adds for each request beside the table, in ns: the turn of
/// a loop, or the lock that comes from another thread.
fn charged_elsewhere(host: &Host, kind: PoolKind) -> f64 {
    let costs = &host.interpreter;
    let time = match kind {
        PoolKind::Asyncio | PoolKind::GeventPool | PoolKind::EventletGreenPool => {
            costs.task_switch.value
        }
        _ => SimDuration::ZERO,
    };
    time.0 as f64
}

/// CPU time per byte of the payload, in ns.
fn slope(round: &Round, probe: &str, role: &str) -> Option<f64> {
    let points = round.points(probe, &format!("{role}_paced"));
    (points.len() > 2).then(|| line(&points).map(|(_, slope)| slope))?
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sayings, near};
    use super::*;

    /// Name, value and spread of a figure.
    type Figure<'a> = (&'a str, f64, f64);

    fn host(said: &[(&str, &[Figure<'_>])]) -> Host {
        let mut sayings = Sayings::default();
        for (probe, lines) in said {
            sayings.launch(0, probe, 9.0, 9.0, lines);
        }
        let mut host = Host::ideal(2);
        host.interpreter.task_switch = Parameter::exactly(SimDuration(10_000));
        fit(&Data::new(&sayings.all), &mut host);
        host
    }

    #[test]
    fn a_pool_of_processes_has_four_sides_and_costs_per_byte() {
        let per_byte =
            |fixed: f64, slope: f64| [0.0, 65536.0, 1048576.0].map(|b| (b, fixed + slope * b));
        let mut lines = vec![("submit_paced", 0.0, 70e3), ("submit_batch", 0.0, 10e3)];
        lines.extend(per_byte(50e3, 0.5).map(|(b, ns)| ("send_paced", b, ns)));
        lines.extend(per_byte(90e3, 1.5).map(|(b, ns)| ("receive_paced", b, ns)));
        lines.extend(per_byte(99e3, 2.0).map(|(b, ns)| ("worker_paced", b, ns)));
        let host = host(&[("process-pool-executor", &lines)]);
        let cost = &host.dispatch.pools[&PoolKind::ProcessPoolExecutor];
        let submit = &host.dispatch.python_process.submit;
        assert_eq!([submit.low, submit.value, submit.high].map(|t| t.0), [10_000, 40_000, 70_000]);
        assert_eq!(cost.submit.value.0, 10_000);
        let slept = &host.dispatch.after_sleep[&PoolKind::ProcessPoolExecutor];
        assert_eq!((slept.submit.value.0, slept.worker.value.0), (70_000, 99_000));
        assert_eq!((cost.parent_send.value.0, cost.worker.value.0), (50_000, 99_000));
        near(cost.parent_per_byte.value, 1.0);
        near(cost.worker_per_byte.value, 1.0);
        assert_eq!(host.dispatch.native, Host::ideal(2).dispatch.native);
    }

    #[test]
    fn a_loop_is_one_thread_whose_turn_is_charged_by_itself() {
        let lines = [("worker_paced", 0.0, 60e3), ("worker_batch", 0.0, 20e3)];
        let host = host(&[("asyncio", &lines)]);
        let cost = &host.dispatch.pools[&PoolKind::Asyncio];
        assert_eq!((cost.worker.value.0, cost.submit.value.0), (10_000, 0));
        assert_eq!(host.dispatch.after_sleep[&PoolKind::Asyncio].worker.value.0, 50_000);
        assert_eq!(cost.submit.origin, Origin::Measured);
        assert_eq!(host.dispatch.python_thread, Host::ideal(2).dispatch.python_thread);
    }
}
