//! Medians with bootstrap intervals.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Serialize;

/// Resamples behind an interval.
const RESAMPLES: usize = 2_000;

/// A median and its bootstrap 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Median.
    pub point: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Values behind it.
    pub n: usize,
}

impl Spread {
    /// Of `values`; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let point = median(values)?;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let resample = |_| {
            let drawn = (0..values.len()).map(|_| values[rng.random_range(0..values.len())]);
            median(&drawn.collect::<Vec<_>>()).unwrap_or(point)
        };
        let mut medians: Vec<f64> = (0..RESAMPLES).map(resample).collect();
        medians.sort_by(f64::total_cmp);
        let at = |share: f64| medians[((RESAMPLES - 1) as f64 * share).round() as usize];
        Some(Self { point, low: at(0.025), high: at(0.975), n: values.len() })
    }
}

/// How far two repeats of the same differ, as a share: the median over
/// neighbours of their difference over their mean. `None` of less than two.
pub fn noise_floor(values: &[f64]) -> Option<f64> {
    let apart = |pair: &[f64]| 2.0 * (pair[0] - pair[1]).abs() / (pair[0] + pair[1]);
    median(&values.windows(2).map(apart).collect::<Vec<_>>())
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_median_and_nothing_beyond_the_values() {
        let spread = Spread::of(&[3.0, 1.0, 2.0, 5.0, 100.0]).unwrap();
        assert_eq!(spread.point, 3.0);
        assert!(1.0 <= spread.low && spread.low < 3.0);
        assert!(3.0 < spread.high && spread.high <= 100.0);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn noise_is_relative_to_the_values() {
        assert_eq!(noise_floor(&[1.0, 3.0, 1.0]), Some(1.0));
        assert_eq!(noise_floor(&[2.0]), None);
    }
}
