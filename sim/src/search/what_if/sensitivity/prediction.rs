//! Intervals that cover the ranges of the parameters, and what the model itself
//! is off by where that is known.

use std::collections::BTreeMap;

use crate::host::{Discrepancy, Figure};
use crate::search::{Assessed, Limited};
use crate::stats::{Estimate, Verdict};

use super::figures::{CLASSES, MAKESPAN, PEAK_PSS, STARTUP, THROUGHPUT, figure, place};
use super::{ParameterEffect, resolved};

/// Figures of the choice. Each interval covers the simulation's own error and
/// the ranges of the parameters; where the calibration has a discrepancy, its
/// ends are moved outwards by that.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Completions per second.
    pub throughput: Estimate,
    /// First arrival to last completion, in s.
    pub makespan: Estimate,
    /// Highest PSS, in bytes.
    pub peak_pss: Estimate,
    /// Cold start until ready, in s.
    pub startup: Estimate,
    /// Quantiles of each class's sojourn time, as in `Quantile::ALL`, in s.
    pub classes: Vec<[Estimate; 3]>,
    /// Each limited figure, in the order of the choice's margins; `None` where
    /// the ranges were not carried through (the share of failures).
    pub limits: Vec<Option<Estimate>>,
    /// Is each limit kept for all that the parameters may be?
    pub verdicts: Vec<Verdict>,
    /// Did the calibration's discrepancy move any ends?
    pub model_error: bool,
}

impl Prediction {
    pub(super) fn new(
        choice: &Assessed,
        effects: &[ParameterEffect],
        discrepancy: &BTreeMap<Figure, Discrepancy>,
    ) -> Self {
        let summary = &choice.summary;
        let wide = |place: usize, simulated: Estimate| {
            let each =
                effects.iter().map(|e| [&e.low, &e.high].map(|end| resolved(&end.figures[place])));
            off(widened(simulated, each), place, discrepancy)
        };
        let class = |i: usize| {
            [0, 1, 2].map(|q| wide(CLASSES + 3 * i + q, summary.classes[i].quantiles[q]))
        };
        let limits: Vec<Option<Estimate>> = choice
            .margins
            .iter()
            .map(|margin| place(&margin.what).map(|place| wide(place, margin.predicted)))
            .collect();
        let verdicts =
            choice.margins.iter().zip(&limits).map(|(margin, predicted)| match predicted {
                Some(predicted) if margin.what == Limited::Throughput => {
                    predicted.verdict_at_least(margin.limit)
                }
                Some(predicted) => predicted.verdict_at_most(margin.limit),
                None => margin.verdict,
            });
        Self {
            throughput: wide(THROUGHPUT, summary.throughput),
            makespan: wide(MAKESPAN, summary.makespan),
            peak_pss: wide(PEAK_PSS, summary.peak_pss),
            startup: wide(STARTUP, choice.startup),
            classes: (0..summary.classes.len()).map(class).collect(),
            verdicts: verdicts.collect(),
            limits,
            model_error: !discrepancy.is_empty(),
        }
    }
}

/// `estimate` of the figure at `place` with its ends moved outwards by what the
/// model is off by. A span is requests over throughput, so its upper end moves
/// as far as the lower one of the throughput.
fn off(estimate: Estimate, place: usize, discrepancy: &BTreeMap<Figure, Discrepancy>) -> Estimate {
    let Some(found) = discrepancy.get(&figure(place)) else { return estimate };
    let Estimate { low, high, .. } = estimate;
    let (low, high) = match place {
        MAKESPAN => {
            let (low_factor, high_factor) = (found.high_factor.recip(), found.low_factor.recip());
            Discrepancy { low_factor, high_factor, ..found.clone() }.widen(low, high)
        }
        _ => found.widen(low, high),
    };
    Estimate { low, high, ..estimate }
}

/// `simulated` with the effects of parameters, as logarithms at both ends of
/// each range, added up as independent. Never narrower than `simulated`.
fn widened(simulated: Estimate, effects: impl Iterator<Item = [f64; 2]>) -> Estimate {
    let (mut down, mut up) = (0.0, 0.0);
    for [low, high] in effects {
        down += low.min(high).min(0.0).powi(2);
        up += low.max(high).max(0.0).powi(2);
    }
    let Estimate { point, low, high, n } = simulated;
    if point.is_nan() || point <= 0.0 {
        return simulated;
    }
    let reach = |end: f64, squares: f64| (squares + (end / point).ln().powi(2)).sqrt();
    // An end at or below zero has no logarithm and is as low as it gets.
    let low = if low > 0.0 { (point * (-reach(low, down)).exp()).min(low) } else { low };
    Estimate { point, low, high: (point * reach(high, up).exp()).max(high), n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_model_is_off_by_moves_the_ends_of_its_own_figure() {
        let of = |low_factor, high_factor| Discrepancy {
            low_factor,
            high_factor,
            cells: 24,
            origin: crate::host::Origin::Measured,
            note: "a test".to_owned(),
        };
        let known =
            BTreeMap::from([(Figure::Throughput, of(0.8, 1.25)), (Figure::P99, of(1.0, 2.0))]);
        let simulated = Estimate { point: 10.0, low: 8.0, high: 12.0, n: 4 };
        let ends = |place| {
            let it = off(simulated, place, &known);
            assert_eq!((it.point, it.n), (10.0, 4));
            (it.low, it.high)
        };
        assert_eq!(ends(THROUGHPUT), (6.4, 15.0));
        assert_eq!(ends(MAKESPAN), (6.4, 15.0), "twice as long at half the throughput");
        assert_eq!(ends(CLASSES + 3 + 2), (8.0, 24.0), "p99 of the second class");
        assert_eq!([ends(CLASSES), ends(PEAK_PSS), ends(STARTUP)], [(8.0, 12.0); 3]);
    }

    #[test]
    fn independent_effects_add_up_as_squares() {
        let simulated = Estimate { point: 1.0, low: 1.0, high: 1.0, n: 4 };
        let effects = [[-0.3, 0.4], [0.3, 0.0], [-0.4, -0.1]];
        let wide = widened(simulated, effects.into_iter());
        assert!((wide.high.ln() - 0.5).abs() < 1e-12 && (wide.low.ln() + 0.5).abs() < 1e-12);
        let unknown = widened(Estimate::unknown(), effects.into_iter());
        assert!(!unknown.is_known());
        let zero = widened(Estimate::exact(0.0), effects.into_iter());
        assert_eq!(zero, Estimate::exact(0.0));
    }
}
