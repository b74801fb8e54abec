//! What was not chosen: the frontier, the runners-up, the usual rules, and what
//! was left out.

use serde::Serialize;
use sim::search::{FrontierPoint, Hybrid, RuleOutcome, RunnerUp};

use super::figures;
use super::parts::{Cell, Figure, Table};
use crate::render::recommendation::{Answer, difference, one_line, verdict};
use crate::render::units::Unit;
use crate::render::what_if::served;

/// The pools beside the choice.
#[derive(Serialize)]
pub struct Rivals {
    frontier: Figure,
    frontier_table: Table,
    runners_up: Option<Table>,
    rules: Table,
    excluded: Option<Table>,
}

impl Rivals {
    pub fn of(answer: &Answer<'_>) -> Self {
        let caption = "Numbers are those of the table. Left and low is better. The line joins pools \
                       that no other beats in both; those off it win in start-up or blast radius. \
                       Bars: 95 % intervals.";
        let says = "Peak PSS against the worst p99 of each pool";
        Self {
            frontier: Figure::new(figures::frontier(answer), says, caption),
            frontier_table: frontier(answer),
            runners_up: runners_up(answer),
            rules: rules(answer),
            excluded: excluded(answer),
        }
    }
}

fn frontier(answer: &Answer<'_>) -> Table {
    let frontier = &answer.recommendation.frontier;
    let (tail, unit) = match frontier.tail_over_limit {
        true => ("worst p99 over its limit", Unit::Share),
        false => ("worst p99", Unit::Seconds),
    };
    let row = |(row, point): (usize, &FrontierPoint)| {
        let name = format!("{}: {}", figures::frontier_label(row, point), point.deployment);
        vec![
            Cell::of(name).mark(point.chosen.then_some("the choice")),
            Cell::of(unit.estimate(&point.tail)),
            Cell::of(Unit::Bytes.estimate(&point.peak_pss)),
            Cell::of(Unit::Seconds.estimate(&point.startup)),
            Cell::of(Unit::Share.show(point.blast_radius)),
        ]
    };
    Table::new(
        "No pool measured beats these in everything",
        &["pool", tail, "peak PSS", "ready in", "one worker's end takes"],
        frontier.points.iter().enumerate().map(row).collect(),
    )
}

/// The next best, paired with the choice.
fn runners_up(answer: &Answer<'_>) -> Option<Table> {
    let single = |runner_up: &RunnerUp| {
        vec![
            Cell::of(&runner_up.assessed.deployment),
            Cell::of(difference(&runner_up.worse_by)),
            Cell::of(&runner_up.why),
            Cell::of(one_line(answer.workload, &runner_up.assessed)),
        ]
    };
    let pair = |hybrid: &Hybrid| {
        let limits = match hybrid.margins.is_empty() {
            true => String::new(),
            false => format!("; limits: {}", verdict(hybrid.verdict)),
        };
        vec![
            Cell::of(format!("{} {}", hybrid.deployment, served(answer, hybrid))),
            Cell::of(difference(&hybrid.worse_by)),
            Cell::of(format!("two pools instead of one{limits}")),
            Cell::of(Unit::Bytes.estimate(&hybrid.summary.peak_pss)),
        ]
    };
    let singles = answer.recommendation.runners_up.iter().map(single);
    let pairs = answer.recommendation.hybrids.best.iter().map(pair);
    let rows: Vec<Vec<Cell>> = singles.chain(pairs).collect();
    let caption = "By the goal's figure on the same requests, 95 % interval; + is worse";
    let head = ["pool", "against the choice", "why it lost", "figures"];
    (!rows.is_empty()).then(|| Table::new(caption, &head, rows))
}

/// What the usual rules would have picked, and what that costs.
fn rules(answer: &Answer<'_>) -> Table {
    let limited = !answer.recommendation.choice.margins.is_empty();
    let row = |rule: &RuleOutcome| {
        let pick = rule.pick.as_ref().map_or("no pick".to_owned(), ToString::to_string);
        let limits = rule.verdict.filter(|_| limited);
        vec![
            Cell::of(&rule.rule),
            Cell::of(pick),
            Cell::of(rule.worse_by.as_ref().map_or(String::new(), difference)),
            limits.map_or_else(Cell::default, |verdict| Cell::default().badge(verdict)),
            Cell::of(&rule.note),
        ]
    };
    let head = ["rule", "picks", "against the choice", "limits", "what that costs"];
    let rows = answer.recommendation.rules.iter().map(row).collect();
    Table::new("The usual rules on the same requests; + is worse", &head, rows)
}

/// What was ruled out before it was simulated to the end, and why.
fn excluded(answer: &Answer<'_>) -> Option<Table> {
    let effort = &answer.recommendation.effort;
    let caption =
        format!("{} of {} candidates", effort.excluded + effort.bounded, effort.candidates);
    let rows = answer.recommendation.excluded.iter().map(|exclusion| {
        let count = match exclusion.candidates {
            0 => String::new(),
            n => n.to_string(),
        };
        [exclusion.what.clone(), count, exclusion.reason.clone()]
    });
    let rows: Vec<[String; 3]> = rows.collect();
    (!rows.is_empty()).then(|| Table::of_text(&caption, ["what", "candidates", "why"], rows))
}
