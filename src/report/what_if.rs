//! What would change the answer: flip points, the map of winners, parameters.

use serde::Serialize;
use sim::search::{MapCell, ParameterEffect, WinnerMap};
use sim::stats::Estimate;

use super::parts::{Bar, Cell, Table};
use crate::render::recommendation::{Answer, goal};
use crate::render::what_if::{
    bearing, fleet_lines, flip_rows, legend, letter, parameter, steady, strong,
};

/// Colours of the map's pools; more pools share them.
const COLOURS: usize = 6;

/// What happens when inputs or parameters are others.
#[derive(Serialize)]
pub struct WhatIf {
    flips: Option<Table>,
    steady: Option<String>,
    fleet: Option<String>,
    map: Option<Map>,
    sensitivity: Option<Table>,
    winners: Vec<String>,
    bearing: String,
}

/// Who wins as two inputs move.
#[derive(Serialize)]
struct Map {
    across: String,
    down: String,
    factors: Vec<String>,
    rows: Vec<Vec<Winner>>,
    legend: String,
}

#[derive(Serialize)]
struct Winner {
    class: String,
    letter: String,
}

impl WhatIf {
    pub fn of(answer: &Answer<'_>) -> Self {
        let what_if = &answer.recommendation.what_if;
        let goal = goal(answer.recommendation.goal);
        Self {
            flips: flips(answer),
            steady: steady(answer),
            fleet: what_if.fleet.as_ref().map(|fleet| fleet_lines(answer, fleet).join(" ")),
            map: what_if.map.as_ref().map(|map| Map::of(answer, map)),
            sensitivity: sensitivity(answer, goal),
            winners: strong(&what_if.sensitivity).into_iter().flat_map(winners).collect(),
            bearing: bearing(&what_if.sensitivity, goal),
        }
    }
}

fn flips(answer: &Answer<'_>) -> Option<Table> {
    let rows = flip_rows(answer);
    let caption = "One input at a time, among the choice and the first runners-up, on short runs";
    let head = ["input", "now", "the answer changes at", "to"];
    (!rows.is_empty()).then(|| Table::of_text(caption, head, rows))
}

impl Map {
    fn of(answer: &Answer<'_>, map: &WinnerMap) -> Self {
        let winner = |cell: &Option<MapCell>| Winner {
            class: cell.map_or("none".to_owned(), |cell| format!("pool{}", cell.pool % COLOURS)),
            letter: letter(*cell),
        };
        Self {
            across: map.across.name(answer.workload),
            down: map.down.name(answer.workload),
            factors: map.factors.iter().map(|factor| format!("\u{d7}{factor:.2}")).collect(),
            rows: map.cells.iter().map(|row| row.iter().map(winner).collect()).collect(),
            legend: legend(map),
        }
    }
}

/// The parameters that the figures rest on.
fn sensitivity(answer: &Answer<'_>, goal: &str) -> Option<Table> {
    let strong = strong(&answer.recommendation.what_if.sensitivity);
    let widest = strong
        .iter()
        .flat_map(|effect| [&effect.low.goal, &effect.high.goal])
        .map(|ratio| ratio.point.ln().abs())
        .filter(|effect| effect.is_finite())
        .fold(0.0_f64, f64::max);
    let rows: Vec<Vec<Cell>> = strong.iter().map(|effect| row(effect, widest)).collect();
    let head = ["parameter", "range", "origin", "at the lower end", "at the upper end", ""];
    let caption = format!("Change of the choice's {goal}, each parameter at the ends of its range");
    (!rows.is_empty()).then(|| Table::new(&caption, &head, rows))
}

fn row(effect: &ParameterEffect, widest: f64) -> Vec<Cell> {
    let of = &effect.parameter;
    let range = format!("{} to {}", parameter(of.unit, of.low), parameter(of.unit, of.high));
    let (low, high) = (&effect.low.goal, &effect.high.goal);
    vec![
        Cell::of(&of.name),
        Cell::of(range),
        Cell::of(of.origin.name()),
        Cell::of(percent(low)),
        Cell::of(percent(high)),
        reach(low, high, widest).map_or_else(Cell::default, |bar| Cell::default().bar(bar)),
    ]
}

fn percent(ratio: &Estimate) -> String {
    let change = |ratio: f64| format!("{:+.1}", (ratio - 1.0) * 100.0);
    let Estimate { point, low, high, .. } = *ratio;
    match point.is_finite() {
        true => format!("{} % [{}, {}]", change(point), change(low), change(high)),
        false => "unknown".to_owned(),
    }
}

/// From the unchanged figure, in the middle, to both ends.
fn reach(low: &Estimate, high: &Estimate, widest: f64) -> Option<Bar> {
    let place = |ratio: &Estimate| 0.5 + 0.5 * ratio.point.ln() / widest.max(f64::MIN_POSITIVE);
    let (a, b) = (place(low), place(high));
    (a.is_finite() && b.is_finite()).then(|| Bar::new(a.min(b).min(0.5), a.max(b).max(0.5)))
}

fn winners(effect: &ParameterEffect) -> Vec<String> {
    let ends = [(&effect.low, "lower"), (&effect.high, "upper")];
    let said = ends.map(|(end, at)| {
        let winner = end.winner.as_ref()?;
        Some(format!("With {} at its {at} end, {winner} wins.", effect.parameter.name))
    });
    said.into_iter().flatten().collect()
}
