//! Does something grow?

use crate::kernel::SimTime;

/// Least-squares line through (time, value), one sample at a time, by running
/// means so that late start times cost no digits.
///
/// For the number of requests in the system its slope is arrival rate minus
/// completion rate: about 0 for a stable pool and the shortfall of an overloaded one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trend {
    count: u64,
    mean_time: f64,
    mean_value: f64,
    /// Sums of products of deviations from the means.
    time_time: f64,
    time_value: f64,
    value_value: f64,
}

impl Trend {
    /// Counts in that `value` was seen at `at`.
    #[inline]
    pub fn push(&mut self, at: SimTime, value: f64) {
        self.count += 1;
        let share = 1.0 / self.count as f64;
        let time = at.as_secs() - self.mean_time;
        let rise = value - self.mean_value;
        self.mean_time += time * share;
        self.mean_value += rise * share;
        let shrink = 1.0 - share;
        self.time_time += time * time * shrink;
        self.time_value += time * rise * shrink;
        self.value_value += rise * rise * shrink;
    }

    /// Growth per second; 0 for fewer than two instants.
    pub fn slope(&self) -> f64 {
        if self.time_time > 0.0 { self.time_value / self.time_time } else { 0.0 }
    }

    /// Standard error of the slope if the deviations from the line were
    /// independent; infinite for fewer than three samples.
    ///
    /// Successive queue lengths are *not* independent, so within one run this
    /// is a lower bound. Compare replications for an honest one.
    pub fn standard_error(&self) -> f64 {
        if self.count < 3 || self.time_time <= 0.0 {
            return f64::INFINITY;
        }
        let residual = (self.value_value - self.slope() * self.time_value).max(0.0);
        (residual / (self.count - 2) as f64 / self.time_time).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(samples: &[(u64, f64)]) -> Trend {
        let mut trend = Trend::default();
        samples.iter().for_each(|&(second, y)| trend.push(SimTime(second * 1_000_000_000), y));
        trend
    }

    /// By hand: the points
    /// (1,1) (2,3) (3,2) (4,5) have slope 1.1 and residual sum of squares 2.7.
    #[test]
    fn fits_by_least_squares() {
        let line = trend(&[(1, 1.0), (2, 3.0), (3, 2.0), (4, 5.0)]);
        assert!((line.slope() - 1.1).abs() < 1e-12);
        assert!((line.standard_error() - (2.7f64 / 2.0 / 5.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_line_far_from_time_zero_is_still_a_line() {
        let far: Vec<(u64, f64)> = (0..100).map(|i| (1_000_000_000 + i, 3.0 * i as f64)).collect();
        assert!((trend(&far).slope() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn too_few_samples_claim_nothing() {
        assert_eq!(Trend::default().slope(), 0.0);
        let same_time = trend(&[(5, 1.0), (5, 2.0), (5, 3.0)]);
        assert_eq!(same_time.slope(), 0.0);
        assert_eq!(same_time.standard_error(), f64::INFINITY);
    }
}
