//! Where does the start-up transient end?

use crate::stats::Tally;

/// Observations per batch, the 5 of MSER-5.
const BATCH: usize = 5;
/// Fewest batches that can tell anything: behind a truncation, and (twice
/// that) in all.
const FEWEST: usize = 5;
/// How much of the least marginal error an earlier truncation may exceed.
const TOLERANCE: f64 = 0.10;

/// Where the start-up transient ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// Observations to drop from the front: at most half.
    pub truncate: usize,
    /// Is what remains stationary? If not, no truncation in the first half
    /// would do, and half is dropped.
    pub stationary: bool,
}

/// MSER-5: batch means of 5, truncated where the marginal standard error
/// `s(d)^2 / (m - d)` of the remaining `m - d` batches is least (White 1997; White,
/// Cobb and Spratt 2000). A truncation in the second half means that the series
/// is not stationary. In linear time, by running sums from the back.
///
/// Of all truncations within 10 % of the least error the *earliest* is taken.
/// The plain minimum prefers a quiet end, and quiet is also short: it biases the
/// mean sojourn time of an M/M/1 queue at 90 % load and 20 000 requests by
/// -3.5 %, this by -2 %, while a queue of 50 at the start still leaves only 1 %.
///
/// Fewer than 50 observations cannot tell: nothing is dropped, and the series
/// does not pass as stationary.
pub fn mser5(series: &[f64]) -> WarmUp {
    let means: Vec<f64> =
        series.chunks_exact(BATCH).map(|b| b.iter().sum::<f64>() / BATCH as f64).collect();
    if means.len() < 2 * FEWEST {
        return WarmUp { truncate: 0, stationary: false };
    }
    let errors = marginal_errors(&means);
    let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
    let earliest = errors.iter().position(|&e| e <= least * (1.0 + TOLERANCE)).unwrap_or(0);
    let half = means.len() / 2;
    WarmUp { truncate: earliest.min(half) * BATCH, stationary: earliest <= half }
}

/// Squared marginal standard error (up to a factor) for each truncation that
/// leaves enough.
fn marginal_errors(means: &[f64]) -> Vec<f64> {
    let mut rest = Tally::default();
    let mut errors = vec![f64::INFINITY; means.len()];
    for (mean, error) in means.iter().zip(&mut errors).rev() {
        rest.push(*mean);
        if rest.count() >= FEWEST as u64 {
            let n = rest.count() as f64;
            *error = rest.variance() * (n - 1.0) / (n * n);
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha8Rng;
    use rand_distr::{Distribution as _, Exp1};

    use super::*;

    /// Sojourn times of an M/M/1 queue with mean service 1 by Lindley's
    /// recursion, with `backlog` of work at the start.
    fn lindley(load: f64, n: usize, backlog: f64, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || -> f64 { Exp1.sample(&mut rng) };
        let mut work = backlog;
        (0..n)
            .map(|_| {
                let sojourn = work + draw();
                work = (sojourn - draw() / load).max(0.0);
                sojourn
            })
            .collect()
    }

    #[test]
    fn drops_a_transient_and_little_more() {
        for seed in 0..10 {
            // The backlog of 100 is worked off in about 100 requests.
            let series = lindley(0.5, 20_000, 100.0, seed);
            let warm_up = mser5(&series);
            assert!(warm_up.stationary);
            assert!(warm_up.truncate < 600, "{}", warm_up.truncate);
            let mean = |from: usize| series[from..].iter().copied().collect::<Tally>().mean();

            assert!((mean(warm_up.truncate) / mean(1_000) - 1.0).abs() < 0.02);
            assert!(mean(0) / mean(1_000) > 1.05);
        }
    }

    #[test]
    fn keeps_nearly_all_of_a_stationary_series() {
        for seed in 0..10 {
            let warm_up = mser5(&lindley(0.5, 20_000, 0.0, seed));
            assert!(warm_up.stationary);
            assert!(warm_up.truncate < 2_000, "{}", warm_up.truncate);
        }
    }

    #[test]
    fn a_growing_queue_is_not_stationary() {
        for seed in 0..10 {
            let warm_up = mser5(&lindley(1.1, 20_000, 0.0, seed));
            assert_eq!(warm_up, WarmUp { truncate: 10_000, stationary: false });
        }
    }

    #[test]
    fn a_constant_series_is_kept_whole() {
        assert_eq!(mser5(&[0.25; 1_000]), WarmUp { truncate: 0, stationary: true });
    }

    #[test]
    fn a_few_observations_cannot_tell() {
        for n in 0..50 {
            assert_eq!(mser5(&vec![1.0; n]), WarmUp { truncate: 0, stationary: false });
        }
        assert!(mser5(&[1.0; 50]).stationary);
    }

    #[test]
    fn nonsense_does_not_panic() {
        assert!(mser5(&[f64::NAN; 100]).truncate <= 50);
        assert!(mser5(&[f64::INFINITY; 100]).truncate <= 50);
    }
}
