//! What to know before acting on a recommendation.

use crate::engine::dispatch_cost;
use crate::host::{Host, Origin};
use crate::pool::{Concurrency, PoolConfig};
use crate::search::units::percent;
use crate::search::{Assessed, Margin, Warning};
use crate::stats::Verdict;
use crate::workload::{RequestClass, SegmentKind, Workload};

/// Above this share in use, small errors make large waits.
const BUSY: f64 = 0.9;
/// A limit kept by less than this share could be broken by the next release.
const SMALL_MARGIN: f64 = 0.1;
/// Named parameters of a list; the rest is counted.
const NAMED: usize = 5;

/// What the search itself has to confess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Confession {
    /// Bounds already rule out every candidate.
    pub(super) hopeless: bool,
    /// Some intervals are wider than asked for.
    pub(super) imprecise: bool,
}

/// Every warning that applies to `choice`.
pub(super) fn warnings(
    workload: &Workload,
    host: &Host,
    choice: &Assessed,
    verdict: Verdict,
    confession: Confession,
) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    let mut warn = |message: String, advice: &str| {
        warnings.push(Warning { message, advice: advice.to_owned() });
    };
    if confession.hopeless {
        warn(
            "By the operational bounds no candidate can keep the objective.".to_owned(),
            "Lower the rate, relax the limits, or give the pool more cores; the choice is the one \
             that comes closest.",
        );
    } else if verdict == Verdict::Missed {
        warn(
            "No candidate keeps every limit.".to_owned(),
            "The choice is the one that comes closest; see its margins for what is missing.",
        );
    }
    let summary = &choice.summary;
    if summary.saturated && crate::search::judge::stationary_load(workload) {
        warn(
            "The pool cannot keep up: its latencies describe the length of the run.".to_owned(),
            "Lower the rate or add cores before reading any other figure.",
        );
    }
    if summary.over_memory > 0 {
        warn(
            format!(
                "The memory of the host did not suffice in {} of {} replications.",
                summary.over_memory,
                summary.outcomes.len()
            ),
            "Expect swapping or a kill; use fewer workers or a larger host.",
        );
    }
    let busy = choice.bottleneck.utilisation.point;
    if busy > BUSY && crate::search::judge::stationary_load(workload) {
        warn(
            format!("The {} are {} in use.", choice.bottleneck.resource.name(), percent(busy)),
            "Above 90 % a small error in a demand is a large one in a wait: leave more room.",
        );
    }
    for margin in &choice.margins {
        warnings.extend(of_margin(workload, margin));
    }
    if confession.imprecise {
        warnings.push(Warning {
            message: "The budget of requests ended before every interval was as narrow as asked \
                      for."
                .to_owned(),
            advice: "Raise the budget, or read the intervals as they are.".to_owned(),
        });
    }
    if workload.service.max_workers == Some(choice.pool.profile.workers) {
        warnings.push(Warning {
            message: "The choice has as many workers as the workload allows.".to_owned(),
            advice: "More might do better: raise max_workers if it is not a hard limit.".to_owned(),
        });
    }
    warnings.extend(assumed(workload, host, &choice.pool));
    warnings
}

fn of_margin(workload: &Workload, margin: &Margin) -> Option<Warning> {
    let name = limited(workload, margin);
    let distance = (margin.predicted.point / margin.limit - 1.0).abs();
    match margin.verdict {
        Verdict::NotResolved => Some(Warning {
            message: format!("The interval of the {name} crosses its limit."),
            advice: "Whether it is kept is not resolved: raise the precision, or leave more room."
                .to_owned(),
        }),
        Verdict::Met if margin.limit > 0.0 && distance < SMALL_MARGIN => Some(Warning {
            message: format!("The {name} keeps its limit by {} only.", percent(distance)),
            advice: "The interval covers the simulation's own error, not that of the parameters."
                .to_owned(),
        }),
        _ => None,
    }
}

/// What a margin limits, for people.
pub(super) fn limited(workload: &Workload, margin: &Margin) -> String {
    use crate::search::Limited;
    match &margin.what {
        Limited::Latency(class, quantile) => {
            format!("{} of `{}`", quantile.name(), workload.classes[*class].name)
        }
        Limited::Throughput => "throughput".to_owned(),
        Limited::Memory => "peak memory".to_owned(),
        Limited::Startup => "start-up time".to_owned(),
        Limited::Failures => "share of failures".to_owned(),
    }
}

/// Parameters that the choice rests on and nobody measured, if they are many.
fn assumed(workload: &Workload, host: &Host, pool: &PoolConfig) -> Option<Warning> {
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
        workload.classes.iter().flat_map(|c: &RequestClass| &c.segments).any(|s| pick(s.kind))
    };
    let (cpu, interpreter) = (&host.cpu, &host.interpreter);
    let cost = dispatch_cost(host, pool);
    let mut all = vec![
        ("cpu.bytecode_inflation", cpu.bytecode_inflation.origin),
        ("cpu.wake_latency", cpu.wake_latency.origin),
        ("dispatch.worker", cost.worker.origin),
        ("memory.interpreter", host.memory.interpreter.origin),
    ];
    if pool.dispatcher != crate::pool::Dispatcher::Kernel {
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
    use crate::search::Limited;
    use crate::search::testing::{cpu_bound, python};
    use crate::stats::Estimate;

    #[test]
    fn close_and_unresolved_limits_are_pointed_out() {
        let workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        let margin = |low, high, verdict| Margin {
            what: Limited::Throughput,
            predicted: Estimate { point: f64::midpoint(low, high), low, high, n: 5 },
            limit: 100.0,
            verdict,
        };
        let warning = of_margin(&workload, &margin(95.0, 99.0, Verdict::Met)).unwrap();
        assert!(warning.message.contains("by 3 % only"), "{warning:?}");
        let warning = of_margin(&workload, &margin(95.0, 105.0, Verdict::NotResolved)).unwrap();
        assert!(warning.message.contains("crosses"), "{warning:?}");
        assert_eq!(of_margin(&workload, &margin(50.0, 60.0, Verdict::Met)), None);
    }

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
