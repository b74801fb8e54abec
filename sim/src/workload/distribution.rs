//! Distributions of durations, by the parameters that people know.

use rand::Rng;
use rand::RngExt as _;
use rand_distr::{Distribution as _, Exp1, Gamma, StandardNormal};
use std::sync::Arc;

use crate::kernel::SimDuration;

/// 99 % point of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// A distribution of durations.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(SimDuration),
    /// Exponential.
    Exponential {
        /// Mean.
        mean: SimDuration,
    },
    /// Gamma.
    Gamma {
        /// Mean.
        mean: SimDuration,
        /// Standard deviation over mean, above 0.
        cv: f64,
    },
    /// Lognormal by its median and 99 % point.
    Lognormal {
        /// Half of the values are below.
        median: SimDuration,
        /// 99 % of the values are below; above `median`.
        p99: SimDuration,
    },
    /// One of the given values, each as likely; at least one.
    Empirical(Arc<[SimDuration]>),
}

impl Distribution {
    /// Prepared for drawing many values.
    pub fn sampler(&self) -> Sampler {
        match self {
            Self::Constant(value) => Sampler::Constant(value.0 as f64),
            Self::Exponential { mean } => Sampler::Exponential(mean.0 as f64),
            Self::Gamma { mean, cv } => Sampler::gamma(mean.0 as f64, *cv),
            Self::Lognormal { median, .. } => {
                Sampler::Lognormal { median: median.0 as f64, sigma: self.sigma() }
            }
            Self::Empirical(values) => Sampler::Empirical(Arc::clone(values)),
        }
    }

    /// Mean, in s.
    pub fn mean_secs(&self) -> f64 {
        match self {
            Self::Constant(value) => value.as_secs(),
            Self::Exponential { mean } | Self::Gamma { mean, .. } => mean.as_secs(),
            Self::Lognormal { median, .. } => {
                median.as_secs() * (self.sigma() * self.sigma() / 2.0).exp()
            }
            Self::Empirical(values) => {
                values.iter().map(|v| v.as_secs()).sum::<f64>() / values.len() as f64
            }
        }
    }

    /// Squared coefficient of variation.
    pub fn squared_cv(&self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Exponential { .. } => 1.0,
            Self::Gamma { cv, .. } => cv * cv,
            Self::Lognormal { .. } => (self.sigma() * self.sigma()).exp() - 1.0,
            Self::Empirical(values) => {
                let mean = self.mean_secs();
                let square = values.iter().map(|v| (v.as_secs() - mean).powi(2)).sum::<f64>();
                square / values.len() as f64 / (mean * mean).max(f64::MIN_POSITIVE)
            }
        }
    }

    /// Standard deviation of the logarithm; 0 unless lognormal.
    fn sigma(&self) -> f64 {
        match self {
            Self::Lognormal { median, p99 } => (p99.0 as f64 / median.0 as f64).ln() / NORMAL_P99,
            _ => 0.0,
        }
    }
}

/// A distribution with its constants worked out. Nanoseconds.
#[derive(Clone, Debug)]
pub enum Sampler {
    /// Always this.
    Constant(f64),
    /// Exponential with this mean.
    Exponential(f64),
    /// Gamma.
    Gamma(Gamma<f64>),
    /// Lognormal.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// One of these.
    Empirical(Arc<[SimDuration]>),
}

impl Sampler {
    /// Gamma by mean and coefficient of variation.
    pub fn gamma(mean_ns: f64, cv: f64) -> Self {
        let shape = 1.0 / (cv * cv);
        // Outside what the library can draw (a cv of 1e-200, say) it is constant.
        Gamma::new(shape, mean_ns / shape).map_or(Self::Constant(mean_ns), Self::Gamma)
    }

    /// Draws one value, in ns, not rounded.
    #[inline]
    pub fn draw_ns(&self, rng: &mut impl Rng) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => {
                let unit: f64 = Exp1.sample(rng);
                unit * mean
            }
            Self::Gamma(gamma) => gamma.sample(rng),
            Self::Lognormal { median, sigma } => {
                let z: f64 = StandardNormal.sample(rng);
                median * (sigma * z).exp()
            }
            Self::Empirical(values) => values[rng.random_range(0..values.len())].0 as f64,
        }
    }

    /// Draws one value, rounded to the nanosecond.
    #[inline]
    pub fn draw(&self, rng: &mut impl Rng) -> SimDuration {
        // Rounded by hand: `round` is a library call on baseline x86-64.
        SimDuration((self.draw_ns(rng) + 0.5) as u64)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha8Rng;

    use super::*;

    #[test]
    fn drawn_moments_are_the_stated_ones() {
        let ms = |n: u64| SimDuration(n * 1_000_000);
        let cases = [
            Distribution::Constant(ms(3)),
            Distribution::Exponential { mean: ms(3) },
            Distribution::Gamma { mean: ms(3), cv: 0.5 },
            Distribution::Lognormal { median: ms(2), p99: ms(8) },
            Distribution::Empirical(Arc::from([ms(1), ms(2), ms(9)])),
        ];
        for distribution in cases {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let sampler = distribution.sampler();
            let n = 200_000;
            let values: Vec<f64> = (0..n).map(|_| sampler.draw(&mut rng).as_secs()).collect();
            let mean = values.iter().sum::<f64>() / f64::from(n);
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n);
            let expected = distribution.mean_secs();
            assert!((mean / expected - 1.0).abs() < 0.01, "{distribution:?}: mean {mean}");
            let squared_cv = variance / mean / mean;
            let close = (squared_cv - distribution.squared_cv()).abs() < 0.05;
            assert!(close, "{distribution:?}: squared cv {squared_cv}");
        }
    }

    #[test]
    fn lognormal_hits_its_two_points() {
        let distribution =
            Distribution::Lognormal { median: SimDuration(2_000_000), p99: SimDuration(8_000_000) };
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let sampler = distribution.sampler();
        let mut values: Vec<u64> = (0..200_000).map(|_| sampler.draw(&mut rng).0).collect();
        values.sort_unstable();
        assert!((values[100_000] as f64 / 2e6 - 1.0).abs() < 0.01);
        assert!((values[198_000] as f64 / 8e6 - 1.0).abs() < 0.02);
    }
}
