//! What a probe says: one number of one quantity at one setting.

use serde::{Deserialize, Serialize};

/// One repeat of one measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Round, from 0.
    pub round: u32,
    /// Which launch of a probe it is of, from 0, counted over all rounds.
    pub run: u32,
    /// The probe.
    pub probe: String,
    /// What was measured.
    pub quantity: String,
    /// Setting at which it was, where the quantity has one: bytes, cores, a
    /// number of the kind; else 0.
    pub x: f64,
    /// Time in ns, size in bytes or a plain number.
    pub value: f64,
}

/// What the probe itself prints of it.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Line {
    quantity: String,
    x: f64,
    value: f64,
}

impl Line {
    pub(super) fn of(self, round: u32, run: u32, probe: &str) -> Observation {
        let Self { quantity, x, value } = self;
        Observation { round, run, probe: probe.to_owned(), quantity, x, value }
    }
}

/// Largest change of the host's speed within one launch of a probe, as a share.
const STEADY: f64 = 0.25;

/// Did the spins before and after the launch `of_one_run` take equally long?
/// Not if one of them is missing: the probe was cut off.
pub(super) fn is_steady<'o>(of_one_run: impl Iterator<Item = &'o Observation> + Clone) -> bool {
    // Bursts of some ms are the host's noise, which ranges carry; a change that
    // lasts shows in the fastest spins too.
    let fastest = |name: &str| {
        let of = of_one_run.clone().filter(|o| o.quantity == name);
        of.map(|o| o.value).reduce(f64::min)
    };
    match (fastest(SPIN_BEFORE), fastest(SPIN_AFTER)) {
        (Some(before), Some(after)) => (before / after).ln().abs() <= (1.0 + STEADY).ln(),
        _ => false,
    }
}

/// Time of a step of bytecode before the probe, in ns.
pub(super) const SPIN_BEFORE: &str = "spin_before";
/// The same after it.
pub(super) const SPIN_AFTER: &str = "spin_after";

#[cfg(test)]
mod tests {
    use super::*;

    fn spin(quantity: &str, value: f64) -> Observation {
        Line { quantity: quantity.to_owned(), x: 0.0, value }.of(0, 0, "any")
    }

    #[test]
    fn a_run_is_steady_if_both_spins_agree() {
        let run = |before: f64, after: &[f64]| {
            let after = after.iter().map(|&ns| spin(SPIN_AFTER, ns));
            let run: Vec<_> = after.chain([spin(SPIN_BEFORE, before)]).collect();
            is_steady(run.iter())
        };
        assert!(run(100.0, &[120.0]) && run(120.0, &[100.0]));
        assert!(run(100.0, &[90.0, 210.0, 900.0]), "a burst is no change of speed");
        assert!(!run(100.0, &[130.0]) && !run(130.0, &[100.0]));
        assert!(!run(100.0, &[]), "cut off");
    }
}
