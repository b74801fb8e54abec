//! The answer of `planner validate`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use validator::validate::campaign::CellResult;
use validator::validate::summary::{Judgement, Line};

use super::VERSION;
use crate::validation::Answer;
use crate::validation::discrepancy::Measured;

/// The answer of `planner validate`. Times in seconds, memory in bytes, errors
/// as shares: predicted over observed, less one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Validate {
    /// Version of this form.
    pub version: u32,
    /// `within`, `beyond`, `too_noisy` or `not_run`.
    pub verdict: String,
    /// What is beyond tolerance, one sentence each.
    pub reasons: Vec<String>,
    /// Name of the calibration.
    pub calibration: String,
    /// What the calibration was restricted to; null if all of it was used.
    pub restricted: Option<String>,
    /// Version of the interpreter that ran the pools.
    pub python: String,
    /// Was it ended early?
    pub interrupted: bool,
    /// Medians over all cells.
    pub all: Vec<Medians>,
    /// Medians by effect.
    pub effects: BTreeMap<String, Vec<Medians>>,
    /// Medians by pool.
    pub pools: BTreeMap<String, Vec<Medians>>,
    /// Every cell.
    pub cells: Vec<CellFigures>,
    /// Largest errors first.
    pub worst: Vec<WorstError>,
    /// Cells that were not run: name and reason.
    pub not_run: Vec<(String, String)>,
    /// How far the model itself is off; null unless that was asked for.
    pub discrepancy: Option<Discrepancy>,
    /// Folder of runs, tables and pictures.
    pub out: String,
    /// The command that repeats this answer.
    pub command: String,
}

/// What `--discrepancy` found. The intervals of this answer do not hold it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Discrepancy {
    /// The calibration that was written; null if none was.
    pub written: Option<String>,
    /// Why none was written; null if one was.
    pub not_written: Option<String>,
    /// Every figure.
    pub figures: Vec<Off>,
}

/// How far runs lie beyond the ends of the prediction intervals of one figure.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Off {
    /// Which, as in a calibration.
    pub figure: &'static str,
    /// Cells that it was taken from; null, as the factors, if it is not known.
    pub cells: Option<u64>,
    /// The lower end times this.
    pub low_factor: Option<f64>,
    /// The upper end times this.
    pub high_factor: Option<f64>,
    /// Why it is not known; null if it is.
    pub not_known: Option<String>,
}

impl From<&Measured> for Discrepancy {
    fn from(measured: &Measured) -> Self {
        let figures = measured.figures.iter().map(|found| {
            let of = found.outcome.as_ref();
            Off {
                figure: found.figure.name(),
                cells: of.ok().map(|it| it.cells),
                low_factor: of.ok().map(|it| it.low_factor),
                high_factor: of.ok().map(|it| it.high_factor),
                not_known: of.err().cloned(),
            }
        });
        Self {
            written: measured.written.as_ref().ok().map(|path| path.display().to_string()),
            not_written: measured.written.as_ref().err().cloned(),
            figures: figures.collect(),
        }
    }
}

/// One figure over a group of cells.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Medians {
    /// Which figure.
    pub figure: String,
    /// Cells that have it.
    pub cells: usize,
    /// Median of the signed errors.
    pub signed: f64,
    /// Median of the absolute errors.
    pub absolute: f64,
    /// Its 95 % bootstrap interval over the cells.
    pub absolute_interval: (f64, f64),
    /// Median difference of two runs of one cell; null if none was run twice.
    pub noise_floor: Option<f64>,
    /// Cells whose error is no larger than that difference.
    pub not_distinguishable: usize,
    /// Share of the runs within their 90 % prediction interval.
    pub coverage: f64,
}

/// One cell.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CellFigures {
    /// Its name.
    pub name: String,
    /// The effect that decides it.
    pub effect: String,
    /// The pool.
    pub pool: String,
    /// Its size.
    pub profile: String,
    /// How much longer work took during each run than before it.
    pub slowdown: Vec<f64>,
    /// Figures; empty if the speed changed in every run.
    pub figures: Vec<CellFigure>,
}

/// One figure of a cell.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CellFigure {
    /// Which.
    pub figure: String,
    /// Median of the runs.
    pub observed: f64,
    /// Median of the predictions.
    pub predicted: f64,
    /// 90 % prediction interval.
    pub interval: (f64, f64),
    /// Median signed error.
    pub error: f64,
    /// Difference of two runs; null of one run.
    pub noise_floor: Option<f64>,
    /// Is the error no larger than that?
    pub not_distinguishable: bool,
    /// Runs within the interval.
    pub covered: usize,
    /// Runs.
    pub runs: usize,
}

/// One of the largest errors.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorstError {
    /// Name of the cell.
    pub cell: String,
    /// Which figure.
    pub figure: String,
    /// Signed error.
    pub error: f64,
    /// What may be behind it.
    pub suspicions: Vec<String>,
}

impl Validate {
    /// The same numbers as in the text.
    pub fn new(answer: &Answer<'_>) -> Self {
        let summary = answer.summary;
        let (verdict, reasons) = match &summary.judgement {
            _ if answer.campaign.results.is_empty() => ("not_run", Vec::new()),
            Judgement::Within => ("within", Vec::new()),
            Judgement::Beyond(reasons) => ("beyond", reasons.clone()),
            Judgement::TooNoisy => ("too_noisy", Vec::new()),
        };
        let groups = |groups: &BTreeMap<String, Vec<Line>>| {
            groups.iter().map(|(name, lines)| (name.clone(), medians(lines))).collect()
        };
        let worst = answer.worst.iter().map(|one| WorstError {
            cell: one.cell.clone(),
            figure: one.comparison.figure.label().to_owned(),
            error: one.comparison.error,
            suspicions: one.suspicions.clone(),
        });
        Self {
            version: VERSION,
            verdict: verdict.to_owned(),
            reasons,
            calibration: answer.host.name.clone(),
            restricted: answer.restricted.clone(),
            python: answer.interpreter.build.version.clone(),
            interrupted: answer.campaign.interrupted,
            all: medians(&summary.all),
            effects: groups(&summary.effects),
            pools: groups(&summary.pools),
            cells: answer.campaign.results.iter().map(cell).collect(),
            worst: worst.collect(),
            not_run: answer.campaign.not_run.clone(),
            discrepancy: answer.discrepancy.as_ref().map(Discrepancy::from),
            out: answer.out.display().to_string(),
            command: answer.command.clone(),
        }
    }
}

fn medians(lines: &[Line]) -> Vec<Medians> {
    let of = |line: &Line| Medians {
        figure: line.figure.label().to_owned(),
        cells: line.cells,
        signed: line.signed,
        absolute: line.absolute.point,
        absolute_interval: (line.absolute.low, line.absolute.high),
        noise_floor: line.floor,
        not_distinguishable: line.noise,
        coverage: line.coverage(),
    };
    lines.iter().map(of).collect()
}

fn cell(result: &CellResult) -> CellFigures {
    let cell = &result.case.cell;
    let figures = result.comparisons.iter().map(|it| CellFigure {
        figure: it.figure.label().to_owned(),
        observed: it.observed,
        predicted: it.predicted,
        interval: (it.low, it.high),
        error: it.error,
        noise_floor: it.floor,
        not_distinguishable: it.is_noise(),
        covered: it.covered,
        runs: it.runs,
    });
    CellFigures {
        name: cell.name.clone(),
        effect: cell.effect.clone(),
        pool: cell.pool.to_string(),
        profile: cell.profile.to_string(),
        slowdown: result.runs.iter().map(|run| run.measured.slowdown.factor()).collect(),
        figures: figures.collect(),
    }
}
