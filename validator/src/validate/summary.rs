//! All cells together: medians by effect and by pool, and the verdict.

use std::collections::BTreeMap;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Serialize;
use sim::stats::Estimate;

use super::campaign::CellResult;
use super::figures::{Figure, tolerance};
use super::verdict::{Comparison, median};

/// Share of the observations that 90 % intervals may cover.
pub const COVERAGE: (f64, f64) = (0.80, 0.97);
/// A pool's own median may be so many times the tolerance.
const POOL_FACTOR: f64 = 2.0;
/// Fewest cells of a pool from which it is judged by itself.
const POOL_CELLS: usize = 3;
/// Resamples of the bootstrap.
const RESAMPLES: usize = 1000;
/// Seed of the bootstrap.
const SEED: u64 = 1;

/// One figure of a group of cells. Errors and floors as shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Which.
    pub figure: Figure,
    /// Cells that have it.
    pub cells: usize,
    /// Median of the signed errors.
    pub signed: f64,
    /// Median of the absolute errors, with its 95 % bootstrap interval.
    pub absolute: Estimate,
    /// Median noise floor; none if no cell was run twice.
    pub floor: Option<f64>,
    /// Cells whose error is no larger than their floor.
    pub noise: usize,
    /// Runs within their 90 % prediction interval.
    pub covered: usize,
    /// Runs.
    pub runs: usize,
}

impl Line {
    /// Share of the runs within their prediction interval.
    pub fn coverage(&self) -> f64 {
        self.covered as f64 / self.runs.max(1) as f64
    }
}

/// How the whole ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Every figure is within its tolerance.
    Within,
    /// Some are not: which, one sentence each.
    Beyond(Vec<String>),
    /// The machine changed its speed in more than half of the cells.
    TooNoisy,
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Over all cells.
    pub all: Vec<Line>,
    /// By effect.
    pub effects: BTreeMap<String, Vec<Line>>,
    /// By pool.
    pub pools: BTreeMap<String, Vec<Line>>,
    /// The verdict.
    pub judgement: Judgement,
}

impl Summary {
    /// Of `results`, errors and intervals.
    pub fn of(results: &[CellResult]) -> Self {
        Self::judged_by(results, |all, pools| [errors(all, pools), coverage(all)].concat())
    }

    /// Of `results` whose intervals are only being made: errors alone.
    pub fn of_errors(results: &[CellResult]) -> Self {
        Self::judged_by(results, errors)
    }

    fn judged_by(
        results: &[CellResult],
        beyond: impl Fn(&[Line], &BTreeMap<String, Vec<Line>>) -> Vec<String>,
    ) -> Self {
        let mut effects: BTreeMap<String, Vec<&CellResult>> = BTreeMap::new();
        let mut pools: BTreeMap<String, Vec<&CellResult>> = BTreeMap::new();
        for result in results {
            effects.entry(result.case.cell.effect.clone()).or_default().push(result);
            pools.entry(result.case.cell.pool.to_string()).or_default().push(result);
        }
        let grouped = |groups: BTreeMap<String, Vec<&CellResult>>| {
            groups.into_iter().map(|(name, cells)| (name, lines(&cells))).collect()
        };
        let all = lines(&results.iter().collect::<Vec<_>>());
        let (effects, pools) = (grouped(effects), grouped(pools));
        let noisy = results.iter().filter(|result| result.comparisons.is_empty()).count();
        let judgement = match beyond(&all, &pools) {
            _ if 2 * noisy > results.len() => Judgement::TooNoisy,
            none if none.is_empty() => Judgement::Within,
            beyond => Judgement::Beyond(beyond),
        };
        Self { all, effects, pools, judgement }
    }
}

fn lines(cells: &[&CellResult]) -> Vec<Line> {
    Figure::ALL
        .into_iter()
        .filter_map(|figure| {
            let comparisons = cells.iter().flat_map(|cell| &cell.comparisons);
            line(figure, &comparisons.filter(|it| it.figure == figure).collect::<Vec<_>>())
        })
        .collect()
}

fn line(figure: Figure, of: &[&Comparison]) -> Option<Line> {
    let errors: Vec<f64> = of.iter().map(|it| it.error).collect();
    let absolute: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let floors: Vec<f64> = of.iter().filter_map(|it| it.floor).collect();
    Some(Line {
        figure,
        cells: of.len(),
        signed: median(&errors)?,
        absolute: bootstrap_median(&absolute)?,
        floor: median(&floors),
        noise: of.iter().filter(|it| it.is_noise()).count(),
        covered: of.iter().map(|it| it.covered).sum(),
        runs: of.iter().map(|it| it.runs).sum(),
    })
}

/// The median of `values` with its 95 % interval by resampling them.
pub fn bootstrap_median(values: &[f64]) -> Option<Estimate> {
    let point = median(values)?;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut resample = || {
        let drawn: Vec<f64> =
            values.iter().map(|_| values[rng.random_range(0..values.len())]).collect();
        median(&drawn).unwrap_or(point)
    };
    let mut medians: Vec<f64> = (0..RESAMPLES).map(|_| resample()).collect();
    medians.sort_by(f64::total_cmp);
    let at = |share: f64| medians[(share * (RESAMPLES - 1) as f64).round() as usize];
    Some(Estimate { point, low: at(0.025), high: at(0.975), n: values.len() as u32 })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Medians beyond their tolerance, one sentence each.
fn errors(all: &[Line], pools: &BTreeMap<String, Vec<Line>>) -> Vec<String> {
    let mut beyond = Vec::new();
    for line in all {
        let Some(most) = tolerance(line.figure) else { continue };
        let (name, error) = (line.figure.label(), line.absolute.point);
        if error > most {
            beyond.push(format!(
                "{name}: median error {}, at most {}",
                percent(error),
                percent(most)
            ));
        }
        for (pool, line) in pools.iter().flat_map(|(pool, lines)| {
            lines.iter().filter(|own| own.figure == line.figure).map(move |own| (pool, own))
        }) {
            if line.cells >= POOL_CELLS && line.absolute.point > POOL_FACTOR * most {
                beyond.push(format!(
                    "{name} of {pool}: median error {}, at most {}",
                    percent(line.absolute.point),
                    percent(POOL_FACTOR * most)
                ));
            }
        }
    }
    beyond
}

/// Do the intervals hold as many runs as they should? One sentence if not.
fn coverage(all: &[Line]) -> Vec<String> {
    let (covered, runs) =
        all.iter().fold((0, 0), |sums, line| (sums.0 + line.covered, sums.1 + line.runs));
    let coverage = covered as f64 / runs.max(1) as f64;
    if (COVERAGE.0..=COVERAGE.1).contains(&coverage) {
        return Vec::new();
    }
    vec![format!(
        "90 % prediction intervals hold {} of the observations, should be {} to {}",
        percent(coverage),
        percent(COVERAGE.0),
        percent(COVERAGE.1)
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(error: f64, covered: usize) -> Comparison {
        Comparison {
            figure: Figure::Throughput,
            observed: 1.0,
            predicted: 1.0 + error,
            low: 0.0,
            high: 2.0,
            error,
            floor: Some(0.02),
            covered,
            runs: 10,
        }
    }

    fn beyond(shares: &[f64], covered: usize) -> (Vec<String>, Vec<String>) {
        let all: Vec<Comparison> = shares.iter().map(|e| comparison(*e, covered)).collect();
        let line = line(Figure::Throughput, &all.iter().collect::<Vec<_>>()).unwrap();
        let pools = BTreeMap::from([("pool".to_owned(), vec![line])]);
        (errors(&[line], &pools), coverage(&[line]))
    }

    #[test]
    fn errors_of_either_sign_count_and_floors_are_seen() {
        let all = [comparison(0.01, 9), comparison(-0.05, 9), comparison(0.03, 9)];
        let line = line(Figure::Throughput, &all.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((line.signed, line.absolute.point, line.noise), (0.01, 0.03, 1));
        assert!((line.coverage() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn the_verdict_follows_error_and_coverage() {
        assert_eq!(beyond(&[0.05, -0.05, 0.05], 9), (vec![], vec![]));
        let (why, _) = beyond(&[0.07, -0.07, 0.07], 9);
        assert_eq!(why.len(), 1, "{why:?}");
        let (why, _) = beyond(&[0.13, -0.13, 0.13], 9);
        assert!(why.len() == 2 && why[1].contains("of pool"), "{why:?}");
        for covered in [7, 10] {
            let (why, held) = beyond(&[0.0; 3], covered);
            assert!(why.is_empty() && held[0].contains("intervals hold"), "{why:?} {held:?}");
        }
    }

    #[test]
    fn a_bootstrap_interval_holds_its_point_and_shrinks() {
        let values = |count: usize| (0..count).map(|i| (i % 10) as f64).collect::<Vec<_>>();
        let few = bootstrap_median(&values(20)).unwrap();
        let many = bootstrap_median(&values(2000)).unwrap();
        assert!(few.contains(few.point) && many.contains(many.point));
        assert!(many.half_width() < few.half_width());
        assert_eq!(bootstrap_median(&[]), None);
    }
}
