//! Taking parameters from runs.

use sim::experiment::SimError;

use super::{Figure, Kept, Pace, SystemError};
use crate::lock_probe::Spread;

/// Halvings of a parameter's range.
const HALVINGS: usize = 14;

/// The runs of a variant that parameters are taken from.
pub(super) struct Target<'a> {
    system: &'static str,
    name: &'static str,
    runs: Vec<&'a Kept>,
    /// One of them, for what it imported.
    pub(super) first: &'a Kept,
    /// Median over the runs.
    pub(super) pace: Pace,
}

impl<'a> Target<'a> {
    /// The runs of the variant `name` among `runs`.
    pub(super) fn of(
        system: &'static str,
        name: &'static str,
        runs: &'a [Kept],
    ) -> Result<Self, SystemError> {
        let own: Vec<&Kept> = runs.iter().filter(|run| run.variant == name).collect();
        let median = |value: fn(&Pace) -> f64| {
            let paces: Vec<f64> = own.iter().map(|run| value(&Pace::of(run, runs))).collect();
            Spread::of(&paces).map(|spread| spread.point)
        };
        let paces = (median(|pace| pace.bytecode), median(|pace| pace.native));
        let ((Some(bytecode), Some(native)), Some(&first)) = (paces, own.first()) else {
            let reason = format!("`{name}` was not run");
            return Err(SystemError::NoFit { system, reason });
        };
        Ok(Self { system, name, first, runs: own, pace: Pace { bytecode, native } })
    }

    /// Median of `figure` over the runs.
    pub(super) fn seen(&self, figure: Figure) -> Result<f64, SystemError> {
        let values: Vec<f64> =
            self.runs.iter().filter_map(|run| run.readings.get(&figure).copied()).collect();
        Spread::of(&values).map(|spread| spread.point).ok_or_else(|| SystemError::NoFit {
            system: self.system,
            reason: format!("`{}` showed no {}", self.name, figure.name()),
        })
    }
}

/// Where the growing function `of` reaches `target`, between `low` and `high`.
pub(super) fn solve(
    mut low: f64,
    mut high: f64,
    target: f64,
    of: impl Fn(f64) -> Result<f64, SimError>,
) -> Result<f64, SimError> {
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if of(middle)? < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_function_is_solved() {
        let root = solve(0.0, 2.0, 2.0, |x| Ok(x * x)).unwrap();
        assert!((root - 2.0_f64.sqrt()).abs() < 2e-3, "{root}");
    }
}
