//! Observations of a known truth.

use super::super::observation::{Observation, SPIN_AFTER, SPIN_BEFORE};

/// What probes would have said.
#[derive(Default)]
pub(super) struct Sayings {
    pub(super) all: Vec<Observation>,
    runs: u32,
}

impl Sayings {
    /// One launch of `probe`, with a spin before and after.
    pub(super) fn launch(
        &mut self,
        round: u32,
        probe: &str,
        before: f64,
        after: f64,
        said: &[(&str, f64, f64)],
    ) {
        let run = self.runs;
        self.runs += 1;
        let spins = [(SPIN_BEFORE, 0.0, before), (SPIN_AFTER, 0.0, after)];
        self.all.extend(spins.iter().chain(said).map(|&(quantity, x, value)| Observation {
            round,
            run,
            probe: probe.to_owned(),
            quantity: quantity.to_owned(),
            x,
            value,
        }));
    }
}

/// Equal but for rounding.
pub(super) fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-6 * expected.abs().max(1e-3),
        "{found} is not {expected}"
    );
}
