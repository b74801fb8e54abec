//! The calibration of a machine of which only one core was measured.
//!
//! What two cores cost each other is then not known: it keeps the prior range of
//! the reference host, and predictions for two cores start from that. Probes of
//! pools run two workers in any case, so more are an extrapolation too. They had
//! both cores to run on; what is taken from them are times of CPU.

use sim::host::Host;

use crate::calibrate::{Facts, Fitted, Observation, fit};

/// Is `observation` of more than one core at work, or of a wake-up across
/// cores?
fn needs_cores(observation: &Observation) -> bool {
    match observation.probe.as_str() {
        "cores" | "blas" => observation.x > 1.0,
        "wakes" => observation.quantity == "across",
        _ => false,
    }
}

/// The fit of `observations` without those that need a second core; what they
/// told is as in `prior`.
pub fn refit(observations: &[Observation], facts: &Facts, prior: &Host) -> Fitted {
    let one: Vec<Observation> =
        observations.iter().filter(|it| !needs_cores(it)).cloned().collect();
    fit(&one, facts, prior)
}

/// `host` with the prior ranges of what a second core is needed for: where raw
/// observations are missing.
pub fn at_prior(host: &Host, prior: &Host) -> Host {
    let mut host = host.clone();
    let (cpu, prior) = (&mut host.cpu, &prior.cpu);
    cpu.bytecode_inflation = prior.bytecode_inflation.clone();
    cpu.native_inflation = prior.native_inflation.clone();
    cpu.blas_serial_share = prior.blas_serial_share.clone();
    cpu.wake_latency = prior.wake_latency.clone();
    cpu.wake_spread = prior.wake_spread.clone();
    cpu.timer_slack = prior.timer_slack.clone();
    cpu.timer_spread = prior.timer_spread.clone();
    host
}

/// Parameters in which `other` differs from `host`: name, value in either.
pub fn changed(host: &Host, other: &Host) -> Vec<(String, f64, f64)> {
    let others = other.parameters();
    let differ = host.parameters().into_iter().filter_map(|it| {
        let other = others.iter().find(|other| other.name == it.name)?;
        let same = (it.value, it.low, it.high) == (other.value, other.low, other.high);
        (!same).then_some((it.name, it.value, other.value))
    });
    differ.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(probe: &str, quantity: &str, x: f64) -> Observation {
        let (probe, quantity) = (probe.to_owned(), quantity.to_owned());
        Observation { round: 0, run: 0, probe, quantity, x, value: 1.0 }
    }

    #[test]
    fn only_what_one_core_can_tell_is_fitted() {
        for (probe, quantity, x, needs) in [
            ("cores", "bytecode", 1.0, false),
            ("cores", "bytecode", 2.0, true),
            ("cores", "spin_before", 0.0, false),
            ("blas", "matmul", 2.0, true),
            ("wakes", "own", 0.0, false),
            ("wakes", "across", 0.0, true),
            ("process-pool-executor", "worker_paced", 65536.0, false),
        ] {
            assert_eq!(needs_cores(&said(probe, quantity, x)), needs, "{probe} {quantity} {x}");
        }
    }

    #[test]
    fn the_prior_takes_the_place_of_what_is_not_known_and_of_nothing_else() {
        let (mut host, prior) = (Host::ideal(2), Host::ideal(8));
        host.cpu.native_inflation.value = 0.3;
        host.cpu.native_inflation.high = 0.4;
        host.interpreter.hand_off.high = sim::kernel::SimDuration(7);
        let restricted = at_prior(&host, &prior);
        let names: Vec<String> = changed(&host, &restricted).into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["cpu.native_inflation"]);
        assert_eq!((restricted.cores, restricted.interpreter.hand_off.high.0), (2, 7));
    }
}
