//! Regrets of pools that ran in turns.
//!
//! All pools of a workload run once, one after the other: a *round*. The machine
//! may be faster in one round than in another, so pools are compared within
//! rounds: two pools by the median, over the rounds that both have, of the ratio
//! of their figures. A pool's regret is its largest such loss against any other.
//!
//! The best of several noisy figures is better than the best pool. So each regret
//! has an interval, from rounds drawn again with replacement, where another pool
//! may turn out best each time: a pool that is itself best in over 2.5 % of the
//! draws cannot be told from the best.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use sim::stats::Estimate;

use crate::validate::verdict::median;

/// Draws of the bootstrap, and their seed.
const DRAWS: usize = 1000;
const SEED: u64 = 1;

/// What each pool showed in each round: its figure, higher is worse; `None`
/// where it was disturbed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rounds(pub(super) Vec<Vec<Option<f64>>>);

impl Rounds {
    /// How many times as bad as the best each pool is, 1 at least, with its 95 %
    /// interval over rounds; unknown for a pool that shares no round with any.
    pub(super) fn losses(&self) -> Vec<Estimate> {
        let rounds = self.0.first().map_or(0, Vec::len);
        let all: Vec<usize> = (0..rounds).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut draw =
            || -> Vec<usize> { (0..rounds).map(|_| rng.random_range(0..rounds)).collect() };
        let drawn: Vec<Vec<f64>> = (0..DRAWS).map(|_| self.over(&draw())).collect();
        let points = self.over(&all);
        points.iter().enumerate().map(|(pool, &point)| self.estimate(pool, point, &drawn)).collect()
    }

    fn estimate(&self, pool: usize, point: f64, drawn: &[Vec<f64>]) -> Estimate {
        let mut values: Vec<f64> =
            drawn.iter().map(|losses| losses[pool]).filter(|loss| loss.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let n = self.0[pool].iter().flatten().count() as u32;
        let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
        match values.is_empty() || !point.is_finite() {
            true => Estimate { n, ..Estimate::unknown() },
            false => Estimate { point, low: at(0.025).min(point), high: at(0.975).max(point), n },
        }
    }

    /// Each pool over its best rival in `rounds`; not a number without a rival.
    fn over(&self, rounds: &[usize]) -> Vec<f64> {
        let one = |pool: usize| {
            let rivals = (0..self.0.len()).filter(|&rival| rival != pool);
            let losses = rivals.filter_map(|rival| self.against(pool, rival, rounds));
            losses.reduce(f64::max).map_or(f64::NAN, |worst| worst.max(1.0))
        };
        (0..self.0.len()).map(one).collect()
    }

    /// Median of `pool` over `rival` in those of `rounds` that both have.
    fn against(&self, pool: usize, rival: usize, rounds: &[usize]) -> Option<f64> {
        let both = |&round: &usize| Some(self.0[pool][round]? / self.0[rival][round]?);
        median(&rounds.iter().filter_map(both).collect::<Vec<f64>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(table: &[&[f64]]) -> Vec<Estimate> {
        let row = |row: &&[f64]| row.iter().map(|&v| v.is_finite().then_some(v)).collect();
        Rounds(table.iter().map(row).collect()).losses()
    }

    #[test]
    fn a_slow_round_slows_all_pools_and_no_regret() {
        let found = losses(&[&[1.0, 3.0, 1.1], &[2.0, 6.0, 2.2]]);
        let points: Vec<f64> = found.iter().map(|it| it.point).collect();
        assert!((points[0] - 1.0).abs() < 1e-12 && (points[1] - 2.0).abs() < 1e-12);
        assert!((found[1].low - 2.0).abs() < 1e-12 && (found[1].high - 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_best_in_some_rounds_cannot_be_told_from_the_best() {
        let found = losses(&[&[1.0, 1.2, 1.0, 1.3], &[1.1, 1.0, 1.2, 1.1], &[3.0, 3.1, 2.9, 3.0]]);
        assert!(found[0].low == 1.0 && found[1].low == 1.0, "{found:?}");
        assert!(found[2].low > 2.0, "{found:?}");
    }

    #[test]
    fn only_rounds_that_both_have_compare_two_pools() {
        let none = f64::NAN;
        let found = losses(&[&[1.0, none, 1.0], &[none, 9.0, 1.5], &[none, none, none]]);
        assert!((found[1].point - 1.5).abs() < 1e-12 && found[1].n == 2, "{found:?}");
        assert!(!found[2].is_known());
    }

    #[test]
    fn equal_pools_have_regrets_near_none_and_intervals_that_reach_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let row = |rng: &mut ChaCha8Rng| -> Vec<Option<f64>> {
            (0..8).map(|_| Some(1.0 + 0.1 * rng.random::<f64>())).collect()
        };
        let table: Vec<_> = (0..6).map(|_| row(&mut rng)).collect();
        let found = Rounds(table).losses();
        assert!(found.iter().all(|it| it.point < 1.1), "{found:?}");
        assert!(found.iter().filter(|it| it.low == 1.0).count() >= 4, "{found:?}");
    }
}
