//! What to know before acting on a recommendation.

use crate::host::Host;
use crate::search::assumptions::of_parameters;
use crate::search::judge::stationary_load;
use crate::search::units::{number, percent, seconds};
use crate::search::{Assessed, Limited, Margin, Sensitivity, Warning};
use crate::stats::Verdict;
use crate::workload::Workload;

/// Above this share in use, small errors make large waits.
const BUSY: f64 = 0.9;
/// A limit kept by less than this share could be broken by the next release.
const SMALL_MARGIN: f64 = 0.1;
/// What the search itself has to confess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Confession {
    /// Bounds already rule out every candidate.
    pub(super) hopeless: bool,
    /// Some intervals are wider than asked for.
    pub(super) imprecise: bool,
    /// A replication covers less than one period of the load.
    pub(super) partial: bool,
}

/// Every warning that applies to `choice`.
pub(super) fn warnings(
    workload: &Workload,
    host: &Host,
    choice: &Assessed,
    sensitivity: &Sensitivity,
    verdict: Verdict,
    confession: Confession,
) -> Vec<Warning> {
    let mut warnings = of_objective(verdict, confession);
    warnings.extend(of_load(workload, choice));
    warnings.extend(choice.margins.iter().filter_map(|margin| of_margin(workload, margin)));
    warnings.extend(of_quota(host, choice));
    warnings.extend(of_budget(confession));
    if workload.service.max_workers == Some(choice.deployment.workers()) {
        warnings.push(warning(
            "The choice has as many workers as the workload allows.",
            "More might do better: raise max_workers if it is not a hard limit.",
        ));
    }
    warnings.extend(of_parameters(workload, choice, sensitivity));
    warnings
}

pub(super) fn warning(message: impl Into<String>, advice: &str) -> Warning {
    Warning { message: message.into(), advice: advice.to_owned() }
}

fn of_objective(verdict: Verdict, confession: Confession) -> Vec<Warning> {
    if confession.hopeless {
        vec![warning(
            "By the operational bounds no candidate can keep the objective.",
            "Lower the rate, relax the limits, or give the pool more cores; the choice is the one \
             that comes closest.",
        )]
    } else if verdict == Verdict::Missed {
        vec![warning(
            "No candidate was found that keeps every limit.",
            "The choice is the one that comes closest; see its margins for what is missing.",
        )]
    } else {
        Vec::new()
    }
}

fn of_load(workload: &Workload, choice: &Assessed) -> Vec<Warning> {
    let (summary, bottleneck) = (&choice.summary, &choice.bottleneck);
    let mut warnings = Vec::new();
    if summary.over_memory > 0 {
        let (over, all) = (summary.over_memory, summary.outcomes.len());
        warnings.push(warning(
            format!("The memory of the host did not suffice in {over} of {all} replications."),
            "Expect swapping or a kill; use fewer workers or a larger host.",
        ));
    }
    let busy = bottleneck.utilisation.point;
    if !stationary_load(workload) {
        return warnings;
    }
    if summary.saturated {
        warnings.push(warning(
            "The pool cannot keep up: its latencies describe the length of the run.",
            "Lower the rate or add cores before reading any other figure.",
        ));
    } else if busy > BUSY {
        warnings.push(warning(
            format!("The utilisation of the {} is {}.", bottleneck.resource.name(), percent(busy)),
            "Above 90 % a small error in a demand is a large one in a wait: leave more room.",
        ));
    }
    warnings
}

/// A quota that the pool's own threads can spend before its period ends.
fn of_quota(host: &Host, choice: &Assessed) -> Option<Warning> {
    let quota = host.quota?;
    let pools = choice.deployment.pools.iter();
    let threads = pools
        .map(|pool| pool.profile.slots().saturating_mul(u64::from(pool.blas_threads)))
        .fold(0, u64::saturating_add);
    let running = threads.min(u64::from(host.logical_cpus())) as f64;
    if running <= quota.cpus {
        return None;
    }
    let period = quota.period.as_secs();
    let spent = period * quota.cpus / running;
    Some(warning(
        format!(
            "The quota is {} CPUs: with {} on cores it is spent after {} of each {}, and \
             everything stands still for the other {}.",
            number(quota.cpus),
            if running == 1.0 { "1 thread".to_owned() } else { format!("{running} threads") },
            seconds(spent),
            seconds(period),
            seconds(period - spent)
        ),
        "The latencies include these stops; fewer threads or a larger quota shorten them.",
    ))
}

fn of_budget(confession: Confession) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if confession.imprecise {
        warnings.push(warning(
            "The budget of requests ended before every interval was as narrow as asked for.",
            "Raise the budget, or read the intervals as they are.",
        ));
    }
    if confession.partial {
        warnings.push(warning(
            "A replication covers only part of the load's period.",
            "Its quantiles are means over such parts and too low for the whole: raise the budget, \
             or state the peak as a constant rate.",
        ));
    }
    warnings
}

fn of_margin(workload: &Workload, margin: &Margin) -> Option<Warning> {
    let name = limited(workload, margin);
    let distance = (margin.predicted.point / margin.limit - 1.0).abs();
    match margin.verdict {
        Verdict::NotResolved => Some(warning(
            format!("The interval of the {name} crosses its limit."),
            "Whether it is kept is not resolved: raise the precision, or leave more room.",
        )),
        Verdict::Met if margin.limit > 0.0 && distance < SMALL_MARGIN => Some(warning(
            format!("The {name} keeps its limit by {} only.", percent(distance)),
            "The interval covers the simulation's own error, not that of the parameters.",
        )),
        _ => None,
    }
}

/// What a margin limits, for people.
pub(super) fn limited(workload: &Workload, margin: &Margin) -> String {
    name_of(workload, &margin.what)
}

/// What is limited, for people.
pub(super) fn name_of(workload: &Workload, what: &Limited) -> String {
    match what {
        Limited::Latency(class, quantile) => {
            format!("{} of `{}`", quantile.name(), workload.classes[*class].name)
        }
        Limited::Throughput => "throughput".to_owned(),
        Limited::Memory => "peak memory".to_owned(),
        Limited::Startup => "start-up time".to_owned(),
        Limited::Failures => "share of failures".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::search::testing::cpu_bound;
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
}
