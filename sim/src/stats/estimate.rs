//! A number and how sure it is.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::stats::Tally;

/// A point estimate with its 95 % confidence interval. There is no bare number
/// in any answer.
///
/// An interval that cannot be known is infinite, and a point that cannot be
/// known is NaN: see [`Estimate::unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Best value.
    pub point: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Independent replications behind it; 0 if it is exact or unknown.
    pub n: u32,
}

/// Does an estimate keep a limit?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval keeps it.
    Met,
    /// The whole interval breaks it.
    Missed,
    /// The limit lies inside the interval.
    NotResolved,
}

impl Estimate {
    /// Confidence of every interval that is reported.
    pub const CONFIDENCE: f64 = 0.95;

    /// Mean of one value per independent replication, with Student's t.
    ///
    /// One value gives an infinite interval: nothing is known about the spread.
    /// No value, or one that is not finite, gives [`Estimate::unknown`].
    pub fn from_samples(samples: &[f64]) -> Self {
        Self::from_samples_at(Self::CONFIDENCE, samples)
    }

    /// As [`Estimate::from_samples`], with another confidence (0 to 1).
    pub fn from_samples_at(confidence: f64, samples: &[f64]) -> Self {
        let tally: Tally = samples.iter().copied().collect();
        let point = tally.mean();
        if !point.is_finite() {
            return Self::unknown();
        }
        let half = half_width(&tally, confidence);
        Self { point, low: point - half, high: point + half, n: samples.len() as u32 }
    }

    /// A number that was computed, not sampled.
    pub fn exact(value: f64) -> Self {
        Self { point: value, low: value, high: value, n: 0 }
    }

    /// Nothing was observed: no point, and an interval that excludes nothing.
    pub fn unknown() -> Self {
        Self { point: f64::NAN, low: f64::NEG_INFINITY, high: f64::INFINITY, n: 0 }
    }

    /// Is there a point?
    pub fn is_known(&self) -> bool {
        self.point.is_finite()
    }

    /// Half the length of the interval.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Half-width as a share of the point: 0 for an exact zero, infinite if
    /// either is unknown.
    pub fn relative_half_width(&self) -> f64 {
        let half = self.half_width();
        if half == 0.0 {
            return 0.0;
        }
        let share = half / self.point.abs();
        if share.is_nan() { f64::INFINITY } else { share }
    }

    /// Is `value` inside the interval?
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Is the quantity at most `limit`?
    pub fn verdict_at_most(&self, limit: f64) -> Verdict {
        if self.high <= limit {
            Verdict::Met
        } else if self.low > limit {
            Verdict::Missed
        } else {
            Verdict::NotResolved
        }
    }

    /// Is the quantity at least `limit`?
    pub fn verdict_at_least(&self, limit: f64) -> Verdict {
        if self.low >= limit {
            Verdict::Met
        } else if self.high < limit {
            Verdict::Missed
        } else {
            Verdict::NotResolved
        }
    }
}

/// Half-width of Student's interval for the mean; infinite for one value.
fn half_width(tally: &Tally, confidence: f64) -> f64 {
    let probability = f64::midpoint(1.0, confidence.clamp(0.0, 1.0));
    match StudentsT::new(0.0, 1.0, tally.count().saturating_sub(1) as f64) {
        Ok(_) if tally.variance() == 0.0 => 0.0,
        Ok(student) => student.inverse_cdf(probability) * tally.standard_error(),
        Err(_) => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Critical values from the table of Student's t, any textbook.
    #[test]
    fn half_widths_follow_the_t_table() {
        for (n, critical) in [(2, 12.706), (5, 2.776), (10, 2.262), (30, 2.045)] {
            let samples: Vec<f64> = (0..n).map(f64::from).collect();
            let tally: Tally = samples.iter().copied().collect();
            let estimate = Estimate::from_samples(&samples);
            let ratio = estimate.half_width() / tally.standard_error();
            assert!((ratio - critical).abs() < 1e-3, "{n}: {ratio}");
            assert!(estimate.contains(tally.mean()));
        }
        let wider = Estimate::from_samples_at(0.999, &[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((wider.half_width() / 0.5f64.sqrt() - 8.610).abs() < 1e-3);
    }

    #[test]
    fn one_replication_excludes_nothing() {
        let estimate = Estimate::from_samples(&[3.0]);
        assert_eq!((estimate.point, estimate.n), (3.0, 1));
        assert_eq!(estimate.relative_half_width(), f64::INFINITY);
        assert_eq!(estimate.verdict_at_most(1e300), Verdict::NotResolved);
    }

    #[test]
    fn what_cannot_be_known_is_never_resolved() {
        for samples in [&[][..], &[1.0, f64::NAN], &[f64::INFINITY, 1.0]] {
            let estimate = Estimate::from_samples(samples);
            assert!(!estimate.is_known());
            assert_eq!(estimate.verdict_at_most(0.0), Verdict::NotResolved);
            assert_eq!(estimate.verdict_at_least(0.0), Verdict::NotResolved);
            assert_eq!(estimate.relative_half_width(), f64::INFINITY);
        }
    }

    #[test]
    fn verdicts_look_at_the_whole_interval() {
        let estimate = Estimate { point: 2.0, low: 1.0, high: 3.0, n: 5 };
        let at_most = |limit| estimate.verdict_at_most(limit);
        assert_eq!(at_most(3.0), Verdict::Met);
        assert_eq!(at_most(2.5), Verdict::NotResolved);
        assert_eq!(at_most(0.5), Verdict::Missed);
        let at_least = |limit| estimate.verdict_at_least(limit);
        assert_eq!(at_least(1.0), Verdict::Met);
        assert_eq!(at_least(1.5), Verdict::NotResolved);
        assert_eq!(at_least(3.5), Verdict::Missed);
    }

    #[test]
    fn equal_replications_leave_no_doubt() {
        let estimate = Estimate::from_samples(&[7.0; 4]);
        assert_eq!((estimate.low, estimate.high), (7.0, 7.0));
        assert_eq!(Estimate::exact(0.0).relative_half_width(), 0.0);
    }
}
