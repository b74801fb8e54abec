//! Which distribution the service times of a class have, and how well it fits.

use serde::Serialize;
use sim::stats::Estimate;

use super::distance::{bootstrap, distance, distance_binned};
use super::family::{Family, likeliest, likeliest_binned, ln_likelihood, ln_likelihood_binned};
use crate::summary::Bins;

/// Shares whose quantiles are compared.
pub const SHARES: [f64; 3] = [0.5, 0.95, 0.99];
/// A fit is good enough if it is nowhere further away, and if p50, p95 and p99
/// are no more off than that.
const MAX_DISTANCE: f64 = 0.05;
const MAX_OFF: f64 = 0.10;
/// Values that vary less are all the same.
const CONSTANT_CV: f64 = 0.02;
/// Fewer values say nothing about a tail of 1 %.
const MIN_TAIL: f64 = 200.0;
/// Values of an empirical distribution in a workload file.
pub(crate) const EMPIRICAL_VALUES: usize = 500;
/// Half-width of a 95 % interval in standard errors.
const Z: f64 = 1.959_963_984_540_054;

/// What was observed of a class, in s.
#[derive(Clone, Debug)]
pub(crate) enum Sample {
    /// Values above 0, ascending, on a clock of that step (0: none seen).
    Values { sorted: Vec<f64>, step: f64 },
    /// Counts between edges, and the mean if it is known.
    Bins { bins: Bins, mean: Option<f64> },
}

/// A family that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// Its name.
    pub name: &'static str,
    /// Kolmogorov and Smirnov's distance.
    pub ks: f64,
    /// Akaike's criterion: less is better; null where there is no likelihood.
    pub aic: Option<f64>,
    /// How far p50, p95 and p99 are off, as shares of what was observed.
    pub off: [f64; 3],
    /// Is it close enough?
    pub acceptable: bool,
    #[serde(skip)]
    pub(crate) family: Family,
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Chosen {
    Family(Family),
    /// As likely values, ascending, in s.
    Empirical(Vec<f64>),
}

/// The fit of a class.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceFit {
    /// Observations behind it.
    pub n: u64,
    /// Mean, in s, with its 95 % interval.
    pub mean: Estimate,
    /// p50, p95 and p99 as observed, in s, with their 95 % intervals.
    pub observed: [Estimate; 3],
    /// The same of what was chosen, in s.
    pub fitted: [f64; 3],
    /// Name of what was chosen.
    pub choice: &'static str,
    /// Its distance.
    pub ks: f64,
    /// Chance of so large a distance if the family were right, from a bootstrap
    /// on at most 500 values; null where it was not run.
    pub p_value: Option<f64>,
    /// All that was tried, best first.
    pub candidates: Vec<Candidate>,
    #[serde(skip)]
    pub(crate) chosen: Chosen,
}

impl Sample {
    pub(crate) fn n(&self) -> f64 {
        match self {
            Self::Values { sorted, .. } => sorted.len() as f64,
            Self::Bins { bins, .. } => bins.total(),
        }
    }

    pub(crate) fn quantile(&self, share: f64) -> f64 {
        match self {
            Self::Values { sorted, .. } => {
                let place = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
                sorted[place.clamp(1, sorted.len()) - 1]
            }
            Self::Bins { bins, .. } => bins.quantile(share.clamp(0.0, 1.0)),
        }
    }

    /// With the interval that the order of the values gives.
    pub(crate) fn quantile_estimate(&self, share: f64) -> Estimate {
        let n = self.n();
        let half = Z * (share * (1.0 - share) / n).sqrt();
        let known = |share: f64| (0.0..=1.0).contains(&share);
        let low = if known(share - half) { self.quantile(share - half) } else { 0.0 };
        let high = if known(share + half) { self.quantile(share + half) } else { f64::INFINITY };
        Estimate { point: self.quantile(share), low, high, n: count(n) }
    }

    pub(crate) fn mean(&self) -> Estimate {
        let (mean, variance) = match self {
            Self::Values { sorted, .. } => {
                let tally: sim::stats::Tally = sorted.iter().copied().collect();
                (tally.mean(), if sorted.len() > 1 { tally.variance() } else { 0.0 })
            }
            Self::Bins { bins, mean } => {
                let middle = bins.mean();
                let square = |low: f64, high: f64| {
                    let at = if high.is_finite() { (low + high) / 2.0 } else { low };
                    (at - middle).powi(2)
                };
                let sum: f64 = bins.each().map(|(low, high, n)| n * square(low, high)).sum();
                (mean.unwrap_or(middle), sum / bins.total())
            }
        };
        let half = Z * (variance / self.n()).sqrt();
        Estimate { point: mean, low: mean - half, high: mean + half, n: count(self.n()) }
    }

    /// Standard deviation over mean between the 1 % points, so that one outlier
    /// does not make a constant vary.
    fn spread(&self) -> f64 {
        let median = self.quantile(0.5);
        (self.quantile(0.99) - self.quantile(0.01)) / median.max(f64::MIN_POSITIVE)
    }

    fn distance(&self, family: Family) -> f64 {
        match self {
            Self::Values { sorted, step } => distance(sorted, *step, |x| family.cdf(x)),
            Self::Bins { bins, .. } => distance_binned(bins, family),
        }
    }

    /// `EMPIRICAL_VALUES` equally likely values with the sample's own mean.
    fn empirical(&self) -> Vec<f64> {
        let most = EMPIRICAL_VALUES;
        match self {
            Self::Values { sorted, .. } if sorted.len() <= most => sorted.clone(),
            Self::Values { sorted, .. } => (0..most)
                .map(|i| {
                    let (from, to) = (i * sorted.len() / most, (i + 1) * sorted.len() / most);
                    sorted[from..to].iter().sum::<f64>() / (to - from) as f64
                })
                .collect(),
            Self::Bins { bins, .. } => {
                (0..most).map(|i| bins.quantile((i as f64 + 0.5) / most as f64)).collect()
            }
        }
    }
}

fn count(n: f64) -> u32 {
    n.min(f64::from(u32::MAX)) as u32
}

/// Fits the families to `sample` and chooses: the likeliest of those that are
/// close enough, else the observed values themselves.
pub(crate) fn fit(sample: &Sample, seed: u64) -> ServiceFit {
    let observed = SHARES.map(|share| sample.quantile_estimate(share));
    let mut candidates = candidates(sample, &observed);
    let constant = sample.spread() < CONSTANT_CV;
    let best = candidates.iter().position(|candidate| candidate.acceptable);
    let chosen = match best {
        _ if constant => Chosen::Family(Family::Constant(sample.mean().point)),
        Some(best) => Chosen::Family(candidates[best].family),
        None => Chosen::Empirical(sample.empirical()),
    };
    let (choice, fitted, ks) = match &chosen {
        Chosen::Family(family) => {
            (family.name(), SHARES.map(|share| family.quantile(share)), sample.distance(*family))
        }
        Chosen::Empirical(values) => {
            let own = Sample::Values { sorted: values.clone(), step: 0.0 };
            ("empirical", SHARES.map(|share| own.quantile(share)), 0.5 / values.len() as f64)
        }
    };
    if constant {
        candidates.clear();
    }
    let p_value = match (&chosen, sample) {
        (Chosen::Family(family), Sample::Values { sorted, step }) if !constant => {
            bootstrap(sorted, *step, *family, seed)
        }
        _ => None,
    };
    let n = sample.n() as u64;
    let mean = sample.mean();
    ServiceFit { n, mean, observed, fitted, choice, ks, p_value, candidates, chosen }
}

/// By Akaike's criterion, those that are close enough first.
fn candidates(sample: &Sample, observed: &[Estimate; 3]) -> Vec<Candidate> {
    let families = match sample {
        Sample::Values { sorted, .. } => likeliest(sorted),
        Sample::Bins { bins, .. } => likeliest_binned(bins),
    };
    let mut candidates: Vec<Candidate> = families
        .into_iter()
        .map(|family| {
            let likelihood = match sample {
                Sample::Values { sorted, .. } => ln_likelihood(family, sorted),
                Sample::Bins { bins, .. } => ln_likelihood_binned(family, bins),
            };
            let aic = 2.0 * family.parameters() - 2.0 * likelihood;
            let off: [f64; 3] = std::array::from_fn(|i| {
                family.quantile(SHARES[i]) / observed[i].point.max(f64::MIN_POSITIVE) - 1.0
            });
            let ks = sample.distance(family);
            // What lies within the interval of the observed one is not off.
            let inside = |i: usize| observed[i].contains(family.quantile(SHARES[i]));
            let close = (0..3).all(|i| off[i].abs() <= MAX_OFF || inside(i));
            let noise = 1.63 / sample.n().sqrt();
            let acceptable = close && ks <= MAX_DISTANCE.max(noise);
            let aic = aic.is_finite().then_some(aic);
            Candidate { name: family.name(), ks, aic, off, acceptable, family }
        })
        .collect();
    let order = |c: &Candidate| c.aic.unwrap_or(f64::INFINITY);
    candidates.sort_by(|a, b| b.acceptable.cmp(&a.acceptable).then(order(a).total_cmp(&order(b))));
    candidates
}

impl ServiceFit {
    /// `lognormal, KS 0.021 (n = 120,000), p99 off by 3 %`.
    pub fn words(&self) -> String {
        let n = thousands(self.n);
        let off = self.fitted[2] / self.observed[2].point.max(f64::MIN_POSITIVE) - 1.0;
        let tail = if (self.n as f64) < MIN_TAIL {
            ", too few for a p99".to_owned()
        } else {
            format!(", p99 off by {:+.1} %", 100.0 * off)
        };
        let sure = match self.p_value {
            Some(p) if p < 0.05 => {
                format!(", p {p:.3}: 500 values can tell it from the observed")
            }
            Some(p) => format!(", p {p:.2}: 500 values cannot tell it from the observed"),
            None => String::new(),
        };
        match self.chosen {
            Chosen::Empirical(_) => format!(
                "empirical: the observed values, for no family is close enough (n = {n}{tail})"
            ),
            Chosen::Family(_) => {
                format!("{}, KS {:.3} (n = {n}){tail}{sure}", self.choice, self.ks)
            }
        }
    }
}

/// `120000` as `120,000`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
