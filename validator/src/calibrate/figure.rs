//! From repeats to one figure with the range that a later run falls into.

use sim::stats::Estimate;

/// Fewest rounds that tell how much a figure changes from run to run.
pub const ENOUGH_ROUNDS: usize = 3;

/// A figure: the median over rounds, and where one more round would lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) value: f64,
    /// Lower end of the 95 % prediction interval of one more round.
    pub(super) low: f64,
    /// Upper end.
    pub(super) high: f64,
    /// Median distance of the rounds from the value, as a share of it.
    pub(super) error: f64,
    pub(super) rounds: usize,
}

impl Figure {
    /// From one value per round; none without rounds.
    ///
    /// The range is Student's prediction interval: a percentile of so few
    /// rounds cannot reach beyond what they happened to show. Costs vary in
    /// proportion, so where all rounds are positive it is that of logarithms.
    /// With fewer than [`ENOUGH_ROUNDS`] it is only what was seen.
    pub(super) fn of_rounds(rounds: &[f64]) -> Option<Self> {
        Self::with(rounds, rounds.iter().all(|round| *round > 0.0))
    }

    /// The same of what is a logarithm already, like a spread.
    pub(super) fn of_logarithms(rounds: &[f64]) -> Option<Self> {
        Self::with(rounds, false)
    }

    fn with(rounds: &[f64], in_proportion: bool) -> Option<Self> {
        let value = median(rounds.iter().copied())?;
        let distances = rounds.iter().map(|round| (round - value).abs());
        let error = median(distances).map_or(0.0, |d| if d == 0.0 { 0.0 } else { d / value.abs() });
        let (low, high) = if rounds.len() < ENOUGH_ROUNDS {
            let low = rounds.iter().copied().fold(f64::INFINITY, f64::min);
            (low, rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        } else if in_proportion {
            let half = one_more(&rounds.iter().map(|round| round.ln()).collect::<Vec<_>>());
            (value * (-half).exp(), value * half.exp())
        } else {
            let half = one_more(rounds);
            (value - half, value + half)
        };
        Some(Self { value, low, high, error, rounds: rounds.len() })
    }

    /// The figure with another unit.
    pub(super) fn times(self, factor: f64) -> Self {
        let Self { value, low, high, .. } = self;
        Self { value: value * factor, low: low * factor, high: high * factor, ..self }
    }

    /// The figure with a range that holds that of `other` as well.
    pub(super) fn reaching(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            ..self
        })
    }
}

/// Half the prediction interval of one more of `samples`.
fn one_more(samples: &[f64]) -> f64 {
    Estimate::from_samples(samples).half_width() * (samples.len() as f64 + 1.0).sqrt()
}

/// Median; none of nothing.
pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// Intercept and slope by least squares of relative distances, since times vary
/// in proportion; none from fewer than two settings or of times not above zero.
pub(super) fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let weighed =
        |of: fn(f64, f64) -> f64| -> f64 { points.iter().map(|&(x, y)| of(x, y) / (y * y)).sum() };
    let weight = weighed(|_, _| 1.0);
    let (x, y) = (weighed(|x, _| x) / weight, weighed(|_, y| y) / weight);
    let around = |point: &(f64, f64)| (point.0 - x) / (point.1 * point.1);
    let variance: f64 = points.iter().map(|p| around(p) * (p.0 - x)).sum();
    let slope = points.iter().map(|p| around(p) * (p.1 - y)).sum::<f64>() / variance;
    slope.is_finite().then_some((y - slope * x, slope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt as _, SeedableRng as _};

    #[test]
    fn a_later_round_lies_inside_as_often_as_promised() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut round = || {
            // Sum of uniform numbers: near normal, spread 0.1 around 50.
            let sum: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
            50.0 * (0.1 * sum).exp()
        };
        for rounds in [3, 7] {
            let inside = |seen: Vec<f64>, later: f64| {
                let figure = Figure::of_rounds(&seen).unwrap();
                figure.low <= later && later <= figure.high
            };
            let trials = 2000;
            let hits = (0..trials)
                .filter(|_| inside((0..rounds).map(|_| round()).collect(), round()))
                .count();
            let share = hits as f64 / f64::from(trials);
            assert!((0.92..=0.98).contains(&share), "{rounds} rounds: {share}");
        }
    }

    #[test]
    fn one_bad_round_does_not_move_the_value() {
        let figure = Figure::of_rounds(&[10.0, 10.1, 9.9, 10.0, 40.0]).unwrap();
        assert_eq!((figure.value, figure.rounds), (10.0, 5));
        assert!(figure.low > 0.0 && figure.high > 40.0, "{figure:?}");
        assert!(figure.error < 0.02, "{figure:?}");
    }

    #[test]
    fn few_rounds_say_what_they_saw() {
        let figure = Figure::of_rounds(&[1.0, 3.0]).unwrap();
        assert_eq!((figure.value, figure.low, figure.high), (2.0, 1.0, 3.0));
        assert_eq!(Figure::of_rounds(&[]), None);
    }

    #[test]
    fn shares_around_zero_have_a_range_on_both_sides() {
        let figure = Figure::of_rounds(&[0.01, -0.01, 0.0]).unwrap();
        assert!(figure.low < -0.01 && figure.high > 0.01, "{figure:?}");
    }

    #[test]
    fn a_line_is_found_and_needs_two_settings() {
        let points: Vec<_> = (0..5).map(|x| (f64::from(x), 3.0 + 2.0 * f64::from(x))).collect();
        let (base, slope) = line(&points).unwrap();
        assert!((base - 3.0).abs() < 1e-9 && (slope - 2.0).abs() < 1e-9);
        assert_eq!(line(&[(1.0, 2.0), (1.0, 4.0)]), None);
        assert_eq!(line(&[]), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([5.0, 1.0, 900.0].into_iter()), Some(5.0));
        assert_eq!(median([4.0, 2.0].into_iter()), Some(3.0));
        assert_eq!(median([f64::NAN].into_iter()), None);
    }
}
