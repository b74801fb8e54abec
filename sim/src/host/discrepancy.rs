//! What the model itself is off by: the *discrepancy* of M. C. Kennedy and A.
//! O'Hagan, Bayesian calibration of computer models (2001).
//!
//! Ranges of parameters say how far a prediction can be off while every
//! mechanism of the model is right. What the mechanisms leave out, and how far
//! two runs of one pool differ, can only be seen on real runs.

use serde::{Deserialize, Serialize};

use crate::host::Origin;

/// A figure that predictions and real runs have in common. Times in s, memory in
/// bytes, throughput in requests/s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Requests served over the time from the first that was due to the last reply.
    Throughput,
    /// Mean sojourn time.
    Mean,
    /// Its median.
    P50,
    /// Its 95 % point.
    P95,
    /// Its 99 % point.
    P99,
    /// Highest sum of proportional set sizes while requests were served.
    PeakPss,
    /// From asking for the pool until every slot is there; the median of all starts
    /// of a run.
    StartUp,
}

impl Figure {
    /// All of them, in the order of the calibration file.
    pub const ALL: [Self; 7] = [
        Self::Throughput,
        Self::Mean,
        Self::P50,
        Self::P95,
        Self::P99,
        Self::PeakPss,
        Self::StartUp,
    ];

    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::PeakPss => "peak_pss",
            Self::StartUp => "start_up",
        }
    }

    /// For tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::PeakPss => "peak PSS",
            Self::StartUp => "start-up",
            _ => self.name(),
        }
    }
}

/// How far real runs lie beyond the ends of intervals that hold the ranges of
/// the parameters, for one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Discrepancy {
    /// The lower end times this, at most 1.
    pub low_factor: f64,
    /// The upper end times this, at least 1.
    pub high_factor: f64,
    /// Cells that it was taken from.
    pub cells: u64,
    /// Where it comes from.
    pub origin: Origin,
    /// Which cells, when, and on which interpreter.
    pub note: String,
}

impl Discrepancy {
    /// The interval from `low` to `high` of a figure that cannot be negative, its
    /// ends moved outwards, never inwards.
    pub fn widen(&self, low: f64, high: f64) -> (f64, f64) {
        ((low * self.low_factor).min(low), (high * self.high_factor).max(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(low_factor: f64, high_factor: f64) -> Discrepancy {
        Discrepancy {
            low_factor,
            high_factor,
            cells: 20,
            origin: Origin::Measured,
            note: "a test".to_owned(),
        }
    }

    #[test]
    fn ends_move_by_their_own_factors() {
        assert_eq!(of(0.5, 1.25).widen(10.0, 20.0), (5.0, 25.0));
        assert_eq!(of(0.5, 1.25).widen(f64::NEG_INFINITY, 0.0), (f64::NEG_INFINITY, 0.0));
    }

    proptest! {
        #[test]
        fn a_widened_interval_contains_what_it_was(
            (low_factor, high_factor) in (0.0..=1.0, 1.0..1e6),
            (low, width) in (-1e9..1e9, 0.0..1e9),
        ) {
            let (wide_low, wide_high) = of(low_factor, high_factor).widen(low, low + width);
            prop_assert!(wide_low <= low && wide_high >= low + width);
        }
    }
}
