//! The calibration parameters that a pool's figures rest on.

use crate::engine::dispatch_cost;
use crate::host::{Host, Origin};
use crate::pool::{Concurrency, Dispatcher, PoolConfig};
use crate::search::Warning;
use crate::workload::{SegmentKind, Workload};

/// Named parameters of a list; the rest is counted.
const NAMED: usize = 5;

/// Parameters that the choice rests on and nobody measured, if they are many.
pub(super) fn assumed(workload: &Workload, host: &Host, pool: &PoolConfig) -> Option<Warning> {
    let all = parameters(workload, host, pool);
    let guessed: Vec<&str> = all
        .iter()
        .filter(|(_, origin)| *origin == Origin::Assumed)
        .map(|(name, _)| *name)
        .collect();
    if guessed.is_empty() || 2 * guessed.len() < all.len() {
        return None;
    }
    let mut names = guessed[..guessed.len().min(NAMED)].join(", ");
    if guessed.len() > NAMED {
        names.push_str(&format!(" and {} more", guessed.len() - NAMED));
    }
    Some(Warning {
        message: format!(
            "{} of the {} calibration parameters that this choice rests on are assumed: {names}.",
            guessed.len(),
            all.len()
        ),
        advice: "Measure them on the target host before relying on small differences.".to_owned(),
    })
}

/// The parameters that bear on how `pool` serves.
fn parameters(workload: &Workload, host: &Host, pool: &PoolConfig) -> Vec<(&'static str, Origin)> {
    let has = |pick: fn(SegmentKind) -> bool| {
        workload.classes.iter().flat_map(|class| &class.segments).any(|s| pick(s.kind))
    };
    let (cpu, interpreter) = (&host.cpu, &host.interpreter);
    let cost = dispatch_cost(host, pool);
    let mut all = vec![
        ("cpu.bytecode_inflation", cpu.bytecode_inflation.origin),
        ("cpu.wake_latency", cpu.wake_latency.origin),
        ("dispatch.worker", cost.worker.origin),
        ("memory.interpreter", host.memory.interpreter.origin),
    ];
    if pool.dispatcher != Dispatcher::Kernel {
        all.push(("dispatch.parent_send", cost.parent_send.origin));
        all.push(("dispatch.parent_receive", cost.parent_receive.origin));
    }
    if has(|kind| matches!(kind, SegmentKind::Native { .. })) {
        all.push(("cpu.native_inflation", cpu.native_inflation.origin));
    }
    if has(|kind| kind == SegmentKind::Native { parallel: true }) && pool.blas_threads > 1 {
        all.push(("cpu.blas_serial_share", cpu.blas_serial_share.origin));
    }
    if has(|kind| kind == SegmentKind::Wait) {
        all.push(("cpu.timer_slack", cpu.timer_slack.origin));
    }
    if host.threads_per_core > 1 {
        all.push(("cpu.smt_gain", cpu.smt_gain.origin));
    }
    match pool.profile.concurrency {
        Concurrency::Threads(_) if pool.lock_free() => {
            let slowdown = if pool.python.minor >= 14 {
                ("interpreter.free_threaded_314", interpreter.free_threaded_314.origin)
            } else {
                ("interpreter.free_threaded_313", interpreter.free_threaded_313.origin)
            };
            let contention = interpreter.free_threaded_contention.origin;
            all.extend([slowdown, ("interpreter.free_threaded_contention", contention)]);
        }
        Concurrency::Threads(_) => {
            all.push(("interpreter.switch_interval", interpreter.switch_interval.origin));
            all.push(("interpreter.hand_off", interpreter.hand_off.origin));
        }
        Concurrency::EventLoop(_) => {
            all.push(("interpreter.task_switch", interpreter.task_switch.origin));
        }
        Concurrency::Serial | Concurrency::Interpreters(_) => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};

    #[test]
    fn guesses_are_named_when_they_are_many() {
        let workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        let pool = PoolConfig::new(&workload, "threads:4".parse().unwrap(), python("3.12"));
        let mut host = Host::ideal(2);
        let warning = assumed(&workload, &host, &pool).unwrap();
        assert!(warning.message.contains("6 of the 6") && warning.message.contains("and 1 more"));
        host.cpu.bytecode_inflation.origin = Origin::Measured;
        host.cpu.wake_latency.origin = Origin::Measured;
        host.dispatch.kernel.worker.origin = Origin::Published;
        assert!(assumed(&workload, &host, &pool).is_some());
        host.interpreter.hand_off.origin = Origin::Measured;
        assert_eq!(assumed(&workload, &host, &pool), None);
    }
}
