//! One cell: how far each prediction is from what was observed, and whether
//! that can be told from noise.

use serde::Serialize;

use super::figures::{Figure, Figures};
use super::measure::Measured;
use super::predict::Predicted;

/// One run and its prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What was seen.
    pub measured: Measured,
    /// What should have been.
    pub predicted: Predicted,
}

/// One figure of one cell. Values in the units of [`Figure`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Which.
    pub figure: Figure,
    /// Median of the runs.
    pub observed: f64,
    /// Median of their predictions.
    pub predicted: f64,
    /// Median of the lower ends of the prediction intervals.
    pub low: f64,
    /// Median of the upper ends.
    pub high: f64,
    /// Median of predicted over observed, less one.
    pub error: f64,
    /// How far two runs differ: mean over their pairs, as a share. None of one
    /// run.
    pub floor: Option<f64>,
    /// Runs that lie in their prediction interval, each in its own: it is for a
    /// single run, at the speed seen beside it.
    pub covered: usize,
    /// Runs.
    pub runs: usize,
}

impl Comparison {
    /// Is the error no larger than the difference between two runs?
    pub fn is_noise(&self) -> bool {
        self.floor.is_some_and(|floor| self.error.abs() <= floor)
    }
}

/// Every figure that `runs` have, but those of runs in which the speed changed.
pub fn compare(runs: &[Run]) -> Vec<Comparison> {
    let steady: Vec<&Run> = runs.iter().filter(|run| !run.measured.drifted).collect();
    Figure::ALL.into_iter().filter_map(|figure| compare_figure(figure, &steady)).collect()
}

fn compare_figure(figure: Figure, runs: &[&Run]) -> Option<Comparison> {
    let quadruple = |run: &&Run| {
        let Predicted { figures, low, high, .. } = &run.predicted;
        let of = |figures: &Figures| figures.get(figure);
        Some([of(&run.measured.observed)?, of(figures)?, of(low)?, of(high)?])
    };
    let values: Vec<[f64; 4]> = runs.iter().filter_map(quadruple).collect();
    // A figure of zero has no relative error.
    if values.is_empty() || values.iter().any(|it| it[0] <= 0.0) {
        return None;
    }
    let column = |index: usize| values.iter().map(|it| it[index]).collect::<Vec<f64>>();
    let observed = column(0);
    Some(Comparison {
        figure,
        observed: median(&observed)?,
        predicted: median(&column(1))?,
        low: median(&column(2))?,
        high: median(&column(3))?,
        error: median(&values.iter().map(|it| it[1] / it[0] - 1.0).collect::<Vec<f64>>())?,
        floor: noise_floor(&observed),
        covered: values.iter().filter(|it| (it[2]..=it[3]).contains(&it[0])).count(),
        runs: values.len(),
    })
}

/// Mean difference of two of `values`, over their mean; none of fewer than two.
fn noise_floor(values: &[f64]) -> Option<f64> {
    let pairs = || {
        let first = values.iter().enumerate();
        first.flat_map(|(index, a)| values[index + 1..].iter().map(move |b| (*a, *b)))
    };
    let count = pairs().count();
    let sum: f64 = pairs().map(|(a, b)| (a - b).abs() / ((a + b) / 2.0)).sum();
    (count > 0).then(|| sum / count as f64)
}

/// The middle of `values`; none of none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A run of which only the throughput is known.
    pub(crate) fn run(observed: f64, predicted: f64, low: f64, high: f64) -> Run {
        let only =
            |value| Figures::from_fn(|figure| (figure == Figure::Throughput).then_some(value));
        let measured = Measured { observed: only(observed), ..Measured::default() };
        let (figures, low, high) = (only(predicted), only(low), only(high));
        Run { measured, predicted: Predicted { figures, low, high, cores: 0.0, served: 0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::run;
    use super::*;

    #[test]
    fn the_sign_says_which_is_larger() {
        let runs = [run(100.0, 110.0, 90.0, 120.0), run(100.0, 112.0, 105.0, 120.0)];
        let [it] = compare(&runs)[..] else { panic!() };
        assert!((it.error - 0.11).abs() < 1e-12);
        assert_eq!((it.floor, it.covered, it.runs), (Some(0.0), 1, 2));
        assert!(!it.is_noise());
    }

    #[test]
    fn each_run_is_held_against_its_own_interval() {
        // The medians of observations and ends agree; of the runs one does.
        let runs = [
            run(100.0, 100.0, 90.0, 110.0),
            run(90.0, 110.0, 100.0, 120.0),
            run(110.0, 90.0, 80.0, 100.0),
        ];
        let [it] = compare(&runs)[..] else { panic!() };
        assert!((it.low..=it.high).contains(&it.observed));
        assert_eq!((it.covered, it.runs), (1, 3));
    }

    #[test]
    fn an_error_below_the_difference_of_two_runs_is_noise() {
        let runs = [run(100.0, 105.0, 0.0, 0.0), run(120.0, 105.0, 0.0, 0.0)];
        let [it] = compare(&runs)[..] else { panic!() };
        assert!((it.floor.unwrap() - 20.0 / 110.0).abs() < 1e-12);
        assert!(it.is_noise(), "{it:?}");
        let [single] = compare(&runs[..1])[..] else { panic!() };
        assert!(single.floor.is_none() && !single.is_noise());
    }

    #[test]
    fn runs_whose_speed_changed_do_not_count() {
        let mut runs = [run(100.0, 100.0, 0.0, 200.0), run(50.0, 100.0, 0.0, 200.0)];
        runs[1].measured.drifted = true;
        assert_eq!(compare(&runs)[0].error, 0.0);
        runs[0].measured.drifted = true;
        assert_eq!(compare(&runs), []);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
