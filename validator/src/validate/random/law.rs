//! How much a drawn cell can serve, by simple laws.

use sim::pool::PoolKind;

use super::draw::{Class, Draw, Load, Shape, Work, of_processes};
use super::space::Space;

/// 99 % point of the standard normal distribution.
const P99: f64 = 2.326_347_874_040_841;

/// What one request needs, on average, in s, on a slow core.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Demand {
    cpu: f64,
    wait: f64,
    /// Of that CPU time, what holds the lock of the process that all share.
    lock: f64,
}

/// Requests/s that `drawn` can serve at most: the least of slots over the time of
/// a request, cores over its CPU time, and one over its time under the shared
/// lock.
pub(super) fn capacity(space: &Space, drawn: &Draw) -> f64 {
    let Demand { cpu, wait, lock } = demand(space, drawn);
    (drawn.slots / (cpu + wait)).min(space.capacity.cores / cpu).min(1.0 / lock)
}

/// Time of a request that nothing delays, in s.
pub(super) fn service(space: &Space, drawn: &Draw) -> f64 {
    let demand = demand(space, drawn);
    demand.cpu + demand.wait
}

/// Requests/s that are served.
pub(super) fn throughput(space: &Space, drawn: &Draw) -> f64 {
    match drawn.load {
        Load::Open { rate } | Load::Bursts { rate, .. } => rate,
        Load::Batch => capacity(space, drawn),
        Load::Closed { clients, think } => {
            capacity(space, drawn).min(clients / (service(space, drawn) + think))
        }
    }
}

fn demand(space: &Space, drawn: &Draw) -> Demand {
    let mean = |of: &dyn Fn(&Class) -> f64| -> f64 {
        drawn.classes.iter().map(|class| class.share * of(class)).sum()
    };
    let kinds = |wanted: &'static [&'static str]| {
        mean(&|class| {
            class.work.iter().filter(|it| wanted.contains(&it.kind)).map(Work::mean).sum()
        })
    };
    let costs = &space.capacity;
    let processes = of_processes(drawn.pool);
    let per_request = if processes { costs.dispatch_process } else { costs.dispatch_thread };
    let crossing = if processes { costs.per_kib } else { 0.0 };
    let dispatch = per_request + mean(&|class| 2.0 * class.payload / 1024.0 * crossing);
    let touch = mean(&|class| class.working_set / f64::from(1 << 20) * costs.per_mib);
    let start = if drawn.spawned { costs.spawn } else { costs.fork };
    let replacing = drawn.life.map_or(0.0, |life| start / life);
    let locked = kinds(&["python", "locked_native"]) + touch;
    let native = kinds(&["native"]);
    let lock = match drawn.pool {
        _ if processes => dispatch,
        PoolKind::Asyncio | PoolKind::GeventPool | PoolKind::EventletGreenPool => {
            locked + native + dispatch
        }
        _ => locked + dispatch,
    };
    Demand {
        cpu: (locked + native + dispatch + replacing) * costs.slowdown,
        wait: kinds(&["wait"]),
        lock: lock * costs.slowdown,
    }
}

impl Work {
    /// Mean length, in s.
    pub(super) fn mean(&self) -> f64 {
        match self.shape {
            Shape::Lognormal(tail) => self.length * ((tail.ln() / P99).powi(2) / 2.0).exp(),
            Shape::Constant | Shape::Exponential | Shape::Gamma(_) => self.length,
        }
    }
}
