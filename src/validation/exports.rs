//! Tables and pictures beside the runs.

use plots::{Agreement, Group, Pair, Quantity};
use tables::Column;
use validator::validate::Figure;
use validator::validate::campaign::CellResult;
use validator::validate::verdict::Comparison;

use super::{Answer, keeper};
use crate::exit::Failure;
use crate::files::OutFile;

/// Figures that make a picture together, and what they count.
const PICTURES: [(&str, Quantity, &[Figure]); 4] = [
    ("throughput", Quantity::PerSecond, &[Figure::Throughput]),
    ("latency", Quantity::Seconds, &[Figure::Mean, Figure::P50, Figure::P95, Figure::P99]),
    ("memory", Quantity::Bytes, &[Figure::PeakPss]),
    ("start-up", Quantity::Seconds, &[Figure::StartUp]),
];

/// Writes `comparisons.parquet` and one picture for each kind of figure.
pub fn write(answer: &Answer<'_>) -> Result<(), Failure> {
    let results = &answer.campaign.results;
    let path = answer.out.join("comparisons.parquet");
    keeper::write(&path, comparisons(results)).map_err(|error| Failure::file(&path, error))?;
    for (name, quantity, figures) in PICTURES {
        let title = format!("Predicted against observed: {name}");
        let groups = figures.iter().map(|figure| group(*figure, results)).collect();
        // Without a single value there is no picture.
        if let Ok(picture) = (Agreement { title: Some(title), quantity, groups }).draw() {
            let file = OutFile::create(&answer.out.join(format!("{name}.svg")))?;
            file.fill(|out| out.write_all(picture.as_bytes()))?;
        }
    }
    Ok(())
}

fn group(figure: Figure, results: &[CellResult]) -> Group {
    let all = results.iter().flat_map(|cell| &cell.comparisons);
    let pair = |it: &Comparison| Pair {
        observed: it.observed,
        predicted: it.predicted,
        interval: (it.low, it.high),
    };
    let pairs = all.filter(|it| it.figure == figure).map(pair).collect();
    Group { name: figure.label().to_owned(), pairs }
}

fn comparisons(results: &[CellResult]) -> Vec<(String, Column)> {
    let rows = || results.iter().flat_map(|cell| cell.comparisons.iter().map(move |it| (cell, it)));
    let text = |name: &str, value: &dyn Fn(&CellResult, &Comparison) -> String| {
        (name.to_owned(), Column::Text(rows().map(|(cell, it)| Some(value(cell, it))).collect()))
    };
    let numbers = |name: &str, value: &dyn Fn(&Comparison) -> Option<f64>| {
        (name.to_owned(), Column::Number(rows().map(|(_, it)| value(it)).collect()))
    };
    let integers = |name: &str, value: &dyn Fn(&Comparison) -> usize| {
        let values = rows().map(|(_, it)| i64::try_from(value(it)).ok());
        (name.to_owned(), Column::Integer(values.collect()))
    };
    vec![
        text("cell", &|cell, _| cell.case.cell.name.clone()),
        text("set", &|cell, _| cell.case.cell.set.name().to_owned()),
        text("effect", &|cell, _| cell.case.cell.effect.clone()),
        text("pool", &|cell, _| cell.case.cell.pool.to_string()),
        text("profile", &|cell, _| cell.case.cell.profile.to_string()),
        text("figure", &|_, it| it.figure.label().to_owned()),
        numbers("observed", &|it| Some(it.observed)),
        numbers("predicted", &|it| Some(it.predicted)),
        numbers("predicted_low", &|it| Some(it.low)),
        numbers("predicted_high", &|it| Some(it.high)),
        numbers("error", &|it| Some(it.error)),
        numbers("noise_floor", &|it| it.floor),
        integers("covered", &|it| it.covered),
        integers("runs", &|it| it.runs),
    ]
}
