//! How far a fit is from what was observed: Kolmogorov and Smirnov's distance.

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

use super::family::{Family, likeliest};
use crate::summary::Bins;

/// Values that the bootstrap works on, and samples that it draws.
const BOOTSTRAP_VALUES: usize = 500;
const BOOTSTRAP_SAMPLES: usize = 199;

/// Largest distance between `cdf` and the empirical one of `sorted` values.
///
/// Values that were rounded to multiples of `step` stand for all from half a
/// step below to half a step above, so they are compared there; 0: not rounded.
pub(crate) fn distance(sorted: &[f64], step: f64, cdf: impl Fn(f64) -> f64) -> f64 {
    let n = sorted.len() as f64;
    let mut most: f64 = 0.0;
    let mut below = 0;
    while below < sorted.len() {
        let value = sorted[below];
        let up_to = below + sorted[below..].partition_point(|other| *other <= value);
        let above = up_to as f64 / n - cdf(value + step / 2.0);
        let beneath = cdf(value - step / 2.0) - below as f64 / n;
        most = most.max(above.abs()).max(beneath.abs());
        below = up_to;
    }
    most
}

/// The same at the edges of counts.
pub(crate) fn distance_binned(bins: &Bins, family: Family) -> f64 {
    let (mut sum, mut most) = (0.0, 0.0_f64);
    for (_, high, count) in bins.each() {
        sum += count / bins.total();
        if high.is_finite() {
            most = most.max((sum - family.cdf(high)).abs());
        }
    }
    most
}

/// Chance that values of `family`, with its parameters fitted as they were
/// here, lie further from their own fit than these do: a parametric bootstrap on
/// at most 500 of the values.
pub(crate) fn bootstrap(sample: &[f64], step: f64, family: Family, seed: u64) -> Option<f64> {
    let every = sample.len().div_ceil(BOOTSTRAP_VALUES).max(1);
    let mut some: Vec<f64> = sample.iter().copied().step_by(every).collect();
    let observed = own_distance(&mut some, step, family)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let sampler = family.distribution().sampler();
    let mut further = 0;
    for _ in 0..BOOTSTRAP_SAMPLES {
        let draw = |_| rounded(sampler.draw_ns(&mut rng) / 1e9, step);
        let mut drawn: Vec<f64> = (0..some.len()).map(draw).collect();
        further += usize::from(own_distance(&mut drawn, step, family)? >= observed);
    }
    Some((1 + further) as f64 / (1 + BOOTSTRAP_SAMPLES) as f64)
}

/// A value as a clock with that step shows it; what would be 0 is a quarter of
/// a step, the middle of what is rounded to 0.
pub(crate) fn rounded(value: f64, step: f64) -> f64 {
    if step == 0.0 { value } else { ((value / step).round() * step).max(step / 4.0) }
}

fn own_distance(values: &mut [f64], step: f64, like: Family) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let fits = likeliest(values);
    let own = fits.into_iter().find(|fit| fit.name() == like.name())?;
    Some(distance(values, step, |x| own.cdf(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_the_definition() {
        let uniform = |x: f64| x.clamp(0.0, 1.0);
        assert!((distance(&[0.5], 0.0, uniform) - 0.5).abs() < 1e-12);
        assert!((distance(&[0.1, 0.2, 0.3], 0.0, uniform) - 0.7).abs() < 1e-12);
        let even: Vec<f64> = (0..1000).map(|i| (f64::from(i) + 0.5) / 1000.0).collect();
        assert!((distance(&even, 0.0, uniform) - 0.0005).abs() < 1e-9);
    }

    #[test]
    fn rounding_is_no_misfit() {
        let family = Family::Exponential { mean: 3.0 };
        let fine: Vec<f64> =
            (0..5000).map(|i| family.quantile((f64::from(i) + 0.5) / 5e3)).collect();
        let coarse: Vec<f64> = fine.iter().map(|value| value.round()).collect();
        assert!(distance(&coarse, 0.0, |x| family.cdf(x)) > 0.1);
        assert!(distance(&coarse, 1.0, |x| family.cdf(x)) < 0.001);
    }

    #[test]
    fn the_bootstrap_tells_a_family_from_another() {
        let right = Family::Lognormal { median: 1.0, sigma: 0.7 };
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let sampler = right.distribution().sampler();
        let values: Vec<f64> = (0..2000).map(|_| sampler.draw_ns(&mut rng) / 1e9).collect();
        let wrong = likeliest(&values)[0];
        assert!(bootstrap(&values, 0.0, right, 1).unwrap() > 0.01);
        assert!(bootstrap(&values, 0.0, wrong, 1).unwrap() < 0.01);
    }
}
