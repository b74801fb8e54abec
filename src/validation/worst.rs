//! The largest errors, and what may be behind them.

use validator::validate::campaign::{Campaign, CampaignError, CellResult, Settings};
use validator::validate::verdict::Comparison;
use validator::validate::{Anchors, Figure, Predictor, tolerance};

/// Errors that are looked into.
const MOST: usize = 8;

/// One error outside its noise floor.
pub struct Worst {
    /// Name of the cell.
    pub cell: String,
    /// How large.
    pub comparison: Comparison,
    /// Sentences.
    pub suspicions: Vec<String>,
}

/// The figures whose errors exceed their tolerances most, noise left out, one
/// for each cell.
pub fn suspects(campaign: &Campaign, settings: &Settings<'_>) -> Result<Vec<Worst>, CampaignError> {
    let mut worst: Vec<(&CellResult, Comparison)> =
        campaign.results.iter().filter_map(|cell| Some((cell, worst_of(cell)?))).collect();
    worst.sort_by(|a, b| excess(&b.1).total_cmp(&excess(&a.1)));
    worst.truncate(MOST);
    let looked_into = |(cell, comparison): (&CellResult, Comparison)| {
        Ok(Worst {
            cell: cell.case.cell.name.clone(),
            comparison,
            suspicions: suspicions(cell, &comparison, settings, &campaign.anchors)?,
        })
    };
    worst.into_iter().map(looked_into).collect()
}

fn worst_of(cell: &CellResult) -> Option<Comparison> {
    let beyond = cell.comparisons.iter().filter(|it| !it.is_noise() && excess(it) > 1.0);
    beyond.max_by(|a, b| excess(a).total_cmp(&excess(b))).copied()
}

/// How many tolerances large; 0 for figures without one.
fn excess(comparison: &Comparison) -> f64 {
    tolerance(comparison.figure).map_or(0.0, |tolerance| comparison.error.abs() / tolerance)
}

fn suspicions(
    cell: &CellResult,
    comparison: &Comparison,
    settings: &Settings<'_>,
    anchors: &Anchors,
) -> Result<Vec<String>, CampaignError> {
    let mut all = Vec::new();
    let Some(run) = cell.runs.iter().find(|run| !run.measured.drifted) else {
        return Ok(all);
    };
    let predictor = Predictor { host: settings.host, draws: settings.draws, anchors };
    let suspect = predictor.suspect(&cell.case, &run.measured, comparison.figure);
    let fail = |error| CampaignError::Simulation { cell: cell.case.cell.name.clone(), error };
    match suspect.map_err(fail)? {
        Some((name, value)) => all.push(format!(
            "within its range, {name} takes the error from {:+.0} % to {:+.0} %",
            100.0 * comparison.error,
            100.0 * (value / run.measured.observed.get(comparison.figure).unwrap_or(value) - 1.0)
        )),
        None => {
            all.push("no parameter explains it within its range: a mechanism is off".to_owned())
        }
    }
    let (seen, said) = (run.measured.cores, run.predicted.cores);
    if comparison.figure != Figure::StartUp && (seen - said).abs() > 0.1 {
        all.push(format!("the pool used {seen:.2} cores, the model {said:.2}"));
    }
    if run.measured.core_wait > 0.1 {
        all.push(format!("threads waited for cores: {:.2} on average", run.measured.core_wait));
    }
    if run.measured.failed > 0 {
        all.push(format!("{} requests got no answer", run.measured.failed));
    }
    Ok(all)
}
