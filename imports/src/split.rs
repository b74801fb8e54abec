//! A duration split into what a worker does in it: bytecode, native code, waits.

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use serde::Serialize;
use sim::kernel::SimDuration;
use sim::workload::Distribution;

use crate::fit::family::Family;
use crate::fit::service::{Chosen, SHARES};
use crate::options::Shares;

/// If nobody says: half of the time on a core.
const CPU_SHARE: f64 = 0.5;
/// If nobody says: all of that with the interpreter lock held.
const LOCK_SHARE: f64 = 1.0;
/// Requests drawn to see what the segments add up to.
const CHECKED: usize = 50_000;

/// The split, and whether somebody stated it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Split {
    /// Share of the service time on a core.
    pub cpu: f64,
    /// Nobody stated it.
    pub cpu_assumed: bool,
    /// Share of that with the interpreter lock held.
    pub lock: f64,
    /// Nobody stated it.
    pub lock_assumed: bool,
}

/// One segment of a class.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// As in a workload file.
    pub(crate) kind: &'static str,
    pub(crate) distribution: Distribution,
}

impl Split {
    pub(crate) fn new(shares: Shares) -> Self {
        Self {
            cpu: shares.cpu.unwrap_or(CPU_SHARE),
            cpu_assumed: shares.cpu.is_none(),
            lock: shares.lock.unwrap_or(LOCK_SHARE),
            // Without time on a core there is nothing to hold the lock for.
            lock_assumed: shares.lock.is_none() && shares.cpu != Some(0.0),
        }
    }

    /// The kinds of segment with their shares, none of them 0.
    pub(crate) fn kinds(&self) -> Vec<(&'static str, f64)> {
        let all = [
            ("python", self.cpu * self.lock),
            ("native", self.cpu * (1.0 - self.lock)),
            ("wait", 1.0 - self.cpu),
        ];
        all.into_iter().filter(|(_, share)| *share > 1e-6).collect()
    }

    /// Segments whose sum has the mean and variance of `chosen` (for a gamma:
    /// is the same gamma). They are drawn independently, so each part varies
    /// more, relative to its mean, than the whole.
    pub(crate) fn parts(&self, chosen: &Chosen) -> Vec<Part> {
        let kinds = self.kinds();
        match chosen {
            Chosen::Family(family) => kinds
                .into_iter()
                .map(|(kind, share)| {
                    let own = match share < 1.0 {
                        true => {
                            family.with_moments(family.mean() * share, family.squared_cv() / share)
                        }
                        false => *family,
                    };
                    Part { kind, distribution: own.distribution() }
                })
                .collect(),
            Chosen::Empirical(values) => empirical(&kinds, values),
        }
    }
}

/// The largest part gets the values, to scale; gammas get the variance that is
/// left.
fn empirical(kinds: &[(&'static str, f64)], values: &[f64]) -> Vec<Part> {
    let largest = kinds.iter().map(|(_, share)| *share).fold(0.0, f64::max);
    let tally: sim::stats::Tally = values.iter().copied().collect();
    let (mean, variance) = (tally.mean(), if values.len() > 1 { tally.variance() } else { 0.0 });
    let squared_cv = variance / (mean * mean);
    let mut taken = false;
    let part = |(kind, share): &(&'static str, f64)| {
        let gets_values = !taken && *share == largest;
        taken |= gets_values;
        let distribution = if gets_values {
            let scaled = values.iter().map(|value| SimDuration::from_secs(value * share));
            Distribution::Empirical(scaled.collect())
        } else if squared_cv == 0.0 {
            Family::Constant(mean * share).distribution()
        } else {
            let cv = (squared_cv * (1.0 + largest) / share).sqrt();
            Family::Gamma { mean: mean * share, cv }.distribution()
        };
        Part { kind, distribution }
    };
    kinds.iter().map(part).collect()
}

/// p50, p95 and p99 of what the segments add up to, in s, by drawing.
pub(crate) fn summed(parts: &[Part], seed: u64) -> [f64; 3] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let samplers: Vec<_> = parts.iter().map(|part| part.distribution.sampler()).collect();
    let mut one = || samplers.iter().map(|s| s.draw_ns(&mut rng)).sum::<f64>() / 1e9;
    let mut sums: Vec<f64> = (0..CHECKED).map(|_| one()).collect();
    sums.sort_by(f64::total_cmp);
    SHARES.map(|share| sums[(share * CHECKED as f64) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(cpu: f64, lock: f64) -> Split {
        Split::new(Shares { cpu: Some(cpu), lock: Some(lock) })
    }

    #[test]
    fn parts_add_up_to_mean_and_variance() {
        let values: Vec<f64> = (1..=500).map(|i| 0.001 * f64::from(i)).collect();
        for chosen in [
            Chosen::Family(Family::Gamma { mean: 0.02, cv: 0.7 }),
            Chosen::Family(Family::Lognormal { median: 0.02, sigma: 0.6 }),
            Chosen::Family(Family::Exponential { mean: 0.02 }),
            Chosen::Family(Family::Constant(0.02)),
            Chosen::Empirical(values.clone()),
        ] {
            let (mean, variance) = match &chosen {
                Chosen::Family(family) => {
                    (family.mean(), family.squared_cv() * family.mean().powi(2))
                }
                Chosen::Empirical(values) => {
                    let tally: sim::stats::Tally = values.iter().copied().collect();
                    (tally.mean(), tally.variance())
                }
            };
            let parts = split(0.6, 0.5).parts(&chosen);
            assert_eq!(parts.len(), 3);
            let sum: f64 = parts.iter().map(|part| part.distribution.mean_secs()).sum();
            assert!((sum / mean - 1.0).abs() < 1e-6, "{chosen:?}");
            let spread = |part: &Part| {
                part.distribution.squared_cv() * part.distribution.mean_secs().powi(2)
            };
            let sum: f64 = parts.iter().map(spread).sum();
            assert!((sum - variance).abs() <= 0.01 * variance, "{chosen:?}: {sum} {variance}");
        }
    }

    #[test]
    fn a_gamma_in_parts_is_the_same_gamma() {
        let family = Family::Gamma { mean: 0.02, cv: 0.7 };
        let found = summed(&split(0.3, 1.0).parts(&Chosen::Family(family)), 1);
        for (found, share) in found.into_iter().zip(SHARES) {
            assert!((found / family.quantile(share) - 1.0).abs() < 0.03);
        }
    }

    #[test]
    fn shares_of_nothing_are_no_segments() {
        let kinds = |cpu, lock| split(cpu, lock).kinds().iter().map(|k| k.0).collect::<Vec<_>>();
        assert_eq!(kinds(0.0, 1.0), ["wait"]);
        assert_eq!(kinds(1.0, 0.0), ["native"]);
        assert_eq!(kinds(1.0, 1.0), ["python"]);
        assert_eq!(kinds(0.5, 1.0), ["python", "wait"]);
    }
}
