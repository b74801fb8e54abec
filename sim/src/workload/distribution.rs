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
    /// Draws one value, rounded to the nanosecond.
    pub fn sample(&self, rng: &mut impl Rng) -> SimDuration {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential { mean } => {
                let unit: f64 = Exp1.sample(rng);
                SimDuration((unit * mean.0 as f64).round() as u64)
            }
            Self::Gamma { mean, cv } => {
                let shape = 1.0 / (cv * cv);
                // A checked cv gives a finite shape above zero, so this cannot fail.
                let value = Gamma::new(shape, mean.0 as f64 / shape)
                    .map_or(mean.0 as f64, |gamma| gamma.sample(rng));
                SimDuration(value.round() as u64)
            }
            Self::Lognormal { median, .. } => {
                let z: f64 = StandardNormal.sample(rng);
                SimDuration((median.0 as f64 * (self.sigma() * z).exp()).round() as u64)
            }
            Self::Empirical(values) => values[rng.random_range(0..values.len())],
        }
    }

    /// Mean [s].
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
