//! How far real runs lie beyond the ends of prediction intervals, and how far
//! apart the ends must be so that nine of ten further runs lie within.
//!
//! This is split conformal prediction with an interval to start from
//! (Y. Romano, E. Patterson, E. J. Candes, Conformalized quantile regression,
//! 2019, theorem 2): each end moves by an order statistic of how far the runs of
//! other cells lie beyond it, as a ratio. It holds one run of a further cell with
//! the probability asked for, whatever the model is and however few the cells
//! are, if the cells are exchangeable. Runs of one cell are alike, so a cell
//! counts once, each of its runs for its share (Y. Lee, R. F. Barber,
//! R. Willett, Distribution-free inference with hierarchical data, 2023).

use std::collections::BTreeMap;
use std::time::SystemTime;

use sim::host::{Discrepancy, Origin};

use super::campaign::CellResult;
use super::figures::{Figure, Figures};
use super::predict::COVERAGE;
use super::verdict::Run;
use crate::calibrate::day;
use crate::interpreters::Build;

/// Fewest cells: with fewer, one further cell is beyond all of them too often.
pub const FEWEST_CELLS: usize = 19;

/// One figure in which the model was held against runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which.
    pub figure: Figure,
    /// What came out, or why nothing did.
    pub outcome: Result<Discrepancy, String>,
}

/// What a discrepancy was taken from: cells of `set`, `repeats` runs of each, on
/// `python`, today.
pub fn note(set: &str, python: &Build, repeats: u32) -> String {
    let Build { implementation, version, .. } = python;
    let (day, runs) = (day(SystemTime::now()), if repeats == 1 { "run" } else { "runs" });
    format!("{set} cells, {repeats} {runs} each, {implementation} {version}; {day}")
}

/// Of every figure of `results`, whose intervals hold no discrepancy yet; `note`
/// says what they are.
pub fn measured(results: &[CellResult], note: &str) -> Vec<Found> {
    let cells: Vec<&[Run]> = results.iter().map(|cell| cell.runs.as_slice()).collect();
    Figure::ALL.map(|figure| Found { figure, outcome: one(figure, &cells, note) }).to_vec()
}

fn one(figure: Figure, cells: &[&[Run]], note: &str) -> Result<Discrepancy, String> {
    let beyond: Vec<Vec<[f64; 2]>> = cells
        .iter()
        .map(|runs| runs.iter().filter_map(|run| excess(figure, run)).collect())
        .filter(|runs: &Vec<_>| !runs.is_empty())
        .collect();
    let tail = (1.0 - COVERAGE) / 2.0;
    let end = |side: usize| {
        let cells: Vec<Vec<f64>> =
            beyond.iter().map(|runs| runs.iter().map(|it| it[side]).collect()).collect();
        reach(&cells, 1.0 - tail).map(|excess| excess.max(0.0))
    };
    match (end(0), end(1)) {
        (Some(_), Some(high)) if high.is_infinite() => Err("the model foresees none".to_owned()),
        (Some(low), Some(high)) => Ok(Discrepancy {
            low_factor: (-low).exp(),
            high_factor: high.exp(),
            cells: beyond.len() as u64,
            origin: Origin::Measured,
            note: note.to_owned(),
        }),
        _ => Err(format!("{} cells have it, {FEWEST_CELLS} are needed", beyond.len())),
    }
}

/// Logarithms of how far `run` lies below the lower end, and above the upper
/// one; negative within. None of a disturbed run, or of a figure that is not
/// there or zero.
fn excess(figure: Figure, run: &Run) -> Option<[f64; 2]> {
    if run.measured.drifted {
        return None;
    }
    let observed = run.measured.observed.get(figure).filter(|it| *it > 0.0)?;
    let (low, high) = (run.predicted.low.get(figure)?, run.predicted.high.get(figure)?);
    // Nothing lies below an end at zero, and everything infinitely far above one.
    Some([(low.max(0.0) / observed).ln(), (observed / high.max(0.0)).ln()])
}

/// The least value that a further cell's run exceeds with a probability of at
/// most 1 - `share`; none if the cells are too few to tell.
fn reach(cells: &[Vec<f64>], share: f64) -> Option<f64> {
    // Every cell, and the further one, weighs as much.
    let mut weighed: Vec<(f64, f64)> = cells
        .iter()
        .flat_map(|runs| runs.iter().map(|value| (*value, 1.0 / runs.len() as f64)))
        .collect();
    weighed.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Sums of shares are off in their last digits.
    let wanted = share * (cells.len() + 1) as f64 - 1e-9;
    let mut sum = 0.0;
    weighed.into_iter().find_map(|(value, weight)| {
        sum += weight;
        (sum >= wanted).then_some(value)
    })
}

/// The ends `low` and `high`, moved outwards by `known`.
pub(super) fn widened(
    known: &BTreeMap<Figure, Discrepancy>,
    low: &Figures,
    high: &Figures,
) -> (Figures, Figures) {
    let ends = |figure: Figure| {
        let (low, high) = (low.get(figure)?, high.get(figure)?);
        Some(known.get(&figure).map_or((low, high), |it| it.widen(low, high)))
    };
    (
        Figures::from_fn(|figure| ends(figure).map(|it| it.0)),
        Figures::from_fn(|figure| ends(figure).map(|it| it.1)),
    )
}

#[cfg(test)]
mod tests {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_distr::StandardNormal;

    use super::super::verdict::testing::run;
    use super::*;

    fn found(cells: &[Vec<Run>]) -> Result<Discrepancy, String> {
        let cells: Vec<&[Run]> = cells.iter().map(Vec::as_slice).collect();
        one(Figure::Throughput, &cells, "a test")
    }

    /// Runs of one cell, predicted to lie from 95 to 105.
    fn cell(observed: &[f64]) -> Vec<Run> {
        observed.iter().map(|it| run(*it, 100.0, 95.0, 105.0)).collect()
    }

    #[test]
    fn the_ends_move_by_the_order_statistic_of_the_runs_beyond_them() {
        // 19 cells at 101, 102, ... 119: the 19th of 20 is the largest.
        let up: Vec<Vec<Run>> = (1..=19).map(|i| cell(&[100.0 + f64::from(i)])).collect();
        let of = found(&up).unwrap();
        assert!((of.high_factor - 119.0 / 105.0).abs() < 1e-12, "{of:?}");
        assert_eq!((of.low_factor, of.cells), (1.0, 19), "no run lies below: that end stays");
        // Of 39 cells, the 38th of 40: one run beyond is left out.
        let more: Vec<Vec<Run>> = (1..=39).map(|i| cell(&[100.0 - f64::from(i)])).collect();
        let of = found(&more).unwrap();
        assert!((of.low_factor - 62.0 / 95.0).abs() < 1e-12, "{of:?}");
        assert_eq!(of.high_factor, 1.0);
    }

    #[test]
    fn with_too_few_cells_nothing_is_said() {
        let cells: Vec<Vec<Run>> = (0..18).map(|_| cell(&[100.0, 200.0])).collect();
        assert_eq!(found(&cells), Err("18 cells have it, 19 are needed".to_owned()));
        let mut cells: Vec<Vec<Run>> = (0..19).map(|_| cell(&[100.0])).collect();
        assert!(found(&cells).is_ok());
        cells[3][0].measured.drifted = true;
        assert!(found(&cells).is_err(), "disturbed runs do not count");
    }

    #[test]
    fn a_cell_counts_once_however_often_it_was_run() {
        let mut cells: Vec<Vec<Run>> = (0..99).map(|_| cell(&[100.0])).collect();
        cells.push(cell(&[200.0; 50]));
        assert_eq!(found(&cells).unwrap().high_factor, 1.0);
    }

    #[test]
    fn a_figure_that_the_model_has_at_zero_cannot_be_widened() {
        let none: Vec<Vec<Run>> = (0..30).map(|_| vec![run(1.0, 0.0, 0.0, 0.0)]).collect();
        assert_eq!(found(&none), Err("the model foresees none".to_owned()));
    }

    /// A cell with an error of its own, and runs that differ: skewed, and far
    /// beyond what was predicted.
    fn drawn(rng: &mut ChaCha8Rng, runs: usize) -> Vec<Run> {
        let normal = |rng: &mut ChaCha8Rng| rng.sample::<f64, _>(StandardNormal);
        let own = 0.2 * normal(rng).exp();
        let one = |_| 90.0 * (own + 0.05 * normal(rng)).exp();
        cell(&(0..runs).map(one).collect::<Vec<f64>>())
    }

    #[test]
    fn nine_of_ten_runs_of_further_cells_lie_within() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (cells, runs, most) in [(19, 1, 1.0), (40, 3, 1.0), (199, 2, 0.93)] {
            let trials = 600;
            let held = (0..trials)
                .filter(|_| {
                    let known: Vec<Vec<Run>> = (0..cells).map(|_| drawn(&mut rng, runs)).collect();
                    let (low, high) = found(&known).unwrap().widen(95.0, 105.0);
                    let further = drawn(&mut rng, 1)[0].measured.observed.get(Figure::Throughput);
                    (low..=high).contains(&further.unwrap())
                })
                .count();
            let share = held as f64 / f64::from(trials);
            // Three standard errors of a share of 0.9.
            assert!(share > 0.9 - 0.037 && share < most + 0.037, "{cells} cells: {share}");
        }
    }

    #[test]
    fn widened_ends_contain_what_they_were_and_only_known_figures_move() {
        let low = Figures::from_fn(|_| Some(2.0));
        let high = Figures::from_fn(|figure| (figure != Figure::P99).then_some(3.0));
        let known = found(&(0..19).map(|_| cell(&[50.0])).collect::<Vec<_>>()).unwrap();
        let known = BTreeMap::from([(Figure::Throughput, known)]);
        let (wide_low, wide_high) = widened(&known, &low, &high);
        for figure in Figure::ALL {
            let ends = (wide_low.get(figure), wide_high.get(figure));
            match figure {
                Figure::Throughput => {
                    assert!((ends.0.unwrap() - 2.0 * 50.0 / 95.0).abs() < 1e-12);
                    assert_eq!(ends.1, Some(3.0));
                }
                Figure::P99 => assert_eq!(ends, (None, None)),
                _ => assert_eq!(ends, (Some(2.0), Some(3.0))),
            }
        }
    }
}
