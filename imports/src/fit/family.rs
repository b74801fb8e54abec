//! Families of distributions, by the parameters that a workload file has.

use sim::kernel::SimDuration;
use sim::workload::Distribution;
use statrs::distribution::{Continuous as _, ContinuousCDF as _, Gamma, Normal};
use statrs::function::gamma::digamma;

use super::minimise::minimise;
use crate::summary::Bins;

/// 99 % point of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;
/// Largest coefficient of variation of a gamma, largest p99 over median of a
/// lognormal that a workload file takes.
const MAX_CV: f64 = 20.0;
const MAX_RATIO: f64 = 1000.0;
/// Steps of Newton's method; it doubles its digits in each.
const NEWTON_STEPS: usize = 50;

/// A family with its parameters, in s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    Constant(f64),
    Exponential { mean: f64 },
    Gamma { mean: f64, cv: f64 },
    Lognormal { median: f64, sigma: f64 },
}

impl Family {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constant(_) => "constant",
            Self::Exponential { .. } => "exponential",
            Self::Gamma { .. } => "gamma",
            Self::Lognormal { .. } => "lognormal",
        }
    }

    /// Number of parameters that were fitted.
    pub(crate) fn parameters(self) -> f64 {
        match self {
            Self::Constant(_) | Self::Exponential { .. } => 1.0,
            Self::Gamma { .. } | Self::Lognormal { .. } => 2.0,
        }
    }

    /// Share of the values up to `x`.
    pub(crate) fn cdf(self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Constant(value) => f64::from(x >= value),
            Self::Exponential { mean } => -(-x / mean).exp_m1(),
            Self::Gamma { mean, cv } => gamma(mean, cv).map_or(f64::NAN, |gamma| gamma.cdf(x)),
            Self::Lognormal { median, sigma } => normal_cdf((x / median).ln() / sigma),
        }
    }

    /// Logarithm of the density at `x` above 0.
    pub(crate) fn ln_density(self, x: f64) -> f64 {
        match self {
            Self::Constant(_) => f64::NAN,
            Self::Exponential { mean } => -mean.ln() - x / mean,
            Self::Gamma { mean, cv } => gamma(mean, cv).map_or(f64::NAN, |gamma| gamma.ln_pdf(x)),
            Self::Lognormal { median, sigma } => {
                let z = (x / median).ln() / sigma;
                -0.5 * z * z - (x * sigma).ln() - 0.5 * std::f64::consts::TAU.ln()
            }
        }
    }

    /// The value that `share` of all are below.
    pub(crate) fn quantile(self, share: f64) -> f64 {
        match self {
            Self::Constant(value) => value,
            Self::Exponential { mean } => -mean * (-share).ln_1p(),
            Self::Gamma { mean, cv } => {
                gamma(mean, cv).map_or(f64::NAN, |gamma| gamma.inverse_cdf(share))
            }
            Self::Lognormal { median, sigma } => median * (sigma * normal_quantile(share)).exp(),
        }
    }

    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::Constant(mean) | Self::Exponential { mean } | Self::Gamma { mean, .. } => mean,
            Self::Lognormal { median, sigma } => median * (sigma * sigma / 2.0).exp(),
        }
    }

    /// Squared coefficient of variation.
    pub(crate) fn squared_cv(self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Exponential { .. } => 1.0,
            Self::Gamma { cv, .. } => cv * cv,
            Self::Lognormal { sigma, .. } => (sigma * sigma).exp_m1(),
        }
    }

    /// The family's member with that mean and squared coefficient of variation.
    pub(crate) fn with_moments(self, mean: f64, squared_cv: f64) -> Self {
        match self {
            Self::Constant(_) => Self::Constant(mean),
            Self::Exponential { .. } | Self::Gamma { .. } => {
                Self::Gamma { mean, cv: squared_cv.sqrt() }
            }
            Self::Lognormal { .. } => {
                let variance = squared_cv.ln_1p();
                Self::Lognormal { median: mean * (-variance / 2.0).exp(), sigma: variance.sqrt() }
            }
        }
    }

    /// As the simulator has it, within the limits of a workload file.
    pub(crate) fn distribution(self) -> Distribution {
        let duration = |seconds: f64| SimDuration::from_secs(seconds.max(1e-9));
        match self {
            Self::Constant(value) => Distribution::Constant(duration(value)),
            Self::Exponential { mean } => Distribution::Exponential { mean: duration(mean) },
            Self::Gamma { mean, cv } => {
                Distribution::Gamma { mean: duration(mean), cv: cv.clamp(0.01, MAX_CV) }
            }
            Self::Lognormal { median, sigma } => {
                let ratio = (sigma * NORMAL_P99).exp().min(MAX_RATIO);
                let (median, p99) = (duration(median), duration(median * ratio));
                if p99 > median {
                    Distribution::Lognormal { median, p99 }
                } else {
                    Distribution::Constant(median)
                }
            }
        }
    }
}

fn gamma(mean: f64, cv: f64) -> Option<Gamma> {
    let shape = 1.0 / (cv * cv);
    Gamma::new(shape, shape / mean).ok()
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * statrs::function::erf::erfc(-z / std::f64::consts::SQRT_2)
}

fn normal_quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

/// The likeliest exponential, gamma and lognormal for `values`, all above 0.
pub(crate) fn likeliest(values: &[f64]) -> Vec<Family> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let mean_ln = values.iter().map(|value| value.ln()).sum::<f64>() / n;
    let variance_ln = values.iter().map(|value| (value.ln() - mean_ln).powi(2)).sum::<f64>() / n;
    let mut found = vec![Family::Exponential { mean }];
    if variance_ln > 0.0 {
        found.push(Family::Gamma { mean, cv: gamma_cv(mean.ln() - mean_ln) });
        found.push(Family::Lognormal { median: mean_ln.exp(), sigma: variance_ln.sqrt() });
    }
    found
}

/// Solves ln(shape) - digamma(shape) = `s` for the likeliest shape.
fn gamma_cv(s: f64) -> f64 {
    let s = s.max(1e-12);
    // Minka's start, then Newton's method on 1/shape with a numeric slope.
    let mut shape = (3.0 - s + ((s - 3.0).powi(2) + 24.0 * s).sqrt()) / (12.0 * s);
    for _ in 0..NEWTON_STEPS {
        let off = |shape: f64| shape.ln() - digamma(shape) - s;
        let width = 1e-5 * shape;
        let slope = (off(shape + width) - off(shape - width)) / (2.0 * width);
        let next = shape - off(shape) / slope;
        if !next.is_finite() || next <= 0.0 {
            break;
        }
        let moved = (next / shape - 1.0).abs();
        shape = next;
        if moved < 1e-10 {
            break;
        }
    }
    1.0 / shape.sqrt()
}

/// The likeliest exponential, gamma and lognormal for counts between edges.
pub(crate) fn likeliest_binned(bins: &Bins) -> Vec<Family> {
    let (mean, median) = (bins.mean().max(1e-9), bins.quantile(0.5).max(1e-9));
    let badness = |family: Family| -ln_likelihood_binned(family, bins);
    let [exponential] =
        minimise([mean.ln()], 0.3, |[mean]| badness(Family::Exponential { mean: mean.exp() }));
    let [gamma_mean, cv] = minimise([mean.ln(), 0.0], 0.3, |[mean, cv]| {
        badness(Family::Gamma { mean: mean.exp(), cv: cv.exp() })
    });
    let [log_median, sigma] = minimise([median.ln(), -0.5], 0.3, |[median, sigma]| {
        badness(Family::Lognormal { median: median.exp(), sigma: sigma.exp() })
    });
    vec![
        Family::Exponential { mean: exponential.exp() },
        Family::Gamma { mean: gamma_mean.exp(), cv: cv.exp() },
        Family::Lognormal { median: log_median.exp(), sigma: sigma.exp() },
    ]
}

/// Of values above 0.
pub(crate) fn ln_likelihood(family: Family, values: &[f64]) -> f64 {
    values.iter().map(|value| family.ln_density(*value)).sum()
}

/// Of counts between edges.
pub(crate) fn ln_likelihood_binned(family: Family, bins: &Bins) -> f64 {
    let up_to = |edge: f64| if edge.is_finite() { family.cdf(edge) } else { 1.0 };
    bins.each()
        .filter(|(.., count)| *count > 0.0)
        .map(|(low, high, count)| count * (up_to(high) - up_to(low)).max(1e-300).ln())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: [Family; 4] = [
        Family::Exponential { mean: 0.02 },
        Family::Gamma { mean: 0.02, cv: 0.4 },
        Family::Gamma { mean: 3.0, cv: 2.0 },
        Family::Lognormal { median: 0.01, sigma: 0.8 },
    ];

    #[test]
    fn quantiles_invert_the_cdf_and_moments_name_a_member() {
        for family in MEMBERS {
            for share in [0.05, 0.5, 0.95, 0.99] {
                let back = family.cdf(family.quantile(share));
                assert!((back - share).abs() < 1e-6, "{family:?}: {share} {back}");
            }
            let again = family.with_moments(family.mean(), family.squared_cv());
            assert!((again.quantile(0.9) / family.quantile(0.9) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_density_is_the_slope_of_the_cdf() {
        for family in MEMBERS {
            let (x, h) = (family.quantile(0.6), family.mean() * 1e-5);
            let slope = (family.cdf(x + h) - family.cdf(x - h)) / (2.0 * h);
            assert!((family.ln_density(x).exp() / slope - 1.0).abs() < 1e-5, "{family:?}");
        }
    }

    #[test]
    fn exact_counts_between_edges_give_the_family_back() {
        for family in MEMBERS {
            let points: Vec<(f64, f64)> =
                (1..40).map(|i| f64::from(i) / 40.0).map(|p| (p, family.quantile(p))).collect();
            let bins = Bins::from_quantiles(0.0, &points, 1e4);
            let fits = likeliest_binned(&bins);
            let same = fits.iter().find(|fit| fit.name() == family.name()).unwrap();
            for share in [0.1, 0.5, 0.9, 0.99] {
                let off = same.quantile(share) / family.quantile(share) - 1.0;
                assert!(off.abs() < 0.01, "{family:?} {same:?}");
            }
        }
    }
}
