//! The first screen: the choice, whether it keeps every limit, and why; then
//! every setting and figure.

use serde::Serialize;
use sim::stats::Estimate;
use sim::workload::{Arrivals, Quantile};

use super::parts::{Badge, Bar, Cell, Table};
use crate::render::pool::served;
use crate::render::recommendation::{
    Answer, all_limits, figure_rows, goal, has_limits, host, limited, margin_rows, settings, what,
    why_lines, wide, wide_in_short,
};
use crate::render::units::Unit;

/// Tails among the cards; the table has them all.
const TAILS: usize = 3;

/// The choice: what, how well, how close to the limits, why.
#[derive(Serialize)]
pub struct Choice<'a> {
    workload: &'a str,
    host: String,
    pool: String,
    what: String,
    goal: &'static str,
    verdict: Badge,
    cards: Vec<Card>,
    limits: Option<Table>,
    why: Vec<String>,
    warnings: Vec<[&'a str; 2]>,
    pools: Vec<Pool>,
    /// Of the queue, if it is saturated.
    growth: Option<String>,
    figures: Table,
}

/// A figure that people ask for first.
#[derive(Serialize)]
struct Card {
    name: String,
    value: String,
    interval: String,
}

/// The settings of one pool, and what it serves if there are several.
#[derive(Serialize)]
struct Pool {
    serves: Option<String>,
    settings: Vec<[String; 2]>,
}

impl<'a> Choice<'a> {
    pub fn of(answer: &Answer<'a>) -> Self {
        let recommendation = answer.recommendation;
        let summary = &recommendation.choice.summary;
        let warnings = recommendation.warnings.iter();
        Self {
            workload: &answer.workload.name,
            host: host(answer.host),
            pool: recommendation.choice.deployment.to_string(),
            what: what(answer),
            goal: goal(recommendation.goal),
            verdict: verdict(answer),
            cards: cards(answer),
            limits: limits(answer),
            why: why_lines(answer),
            warnings: warnings.map(|one| [one.message.as_str(), one.advice.as_str()]).collect(),
            pools: pools(answer),
            growth: summary.saturated.then(|| Unit::PerSecond.estimate(&summary.growth)),
            figures: figures(answer),
        }
    }
}

fn verdict(answer: &Answer<'_>) -> Badge {
    if !has_limits(answer.workload) {
        return Badge::none(all_limits(answer));
    }
    Badge::saying(answer.recommendation.verdict, all_limits(answer))
}

fn cards(answer: &Answer<'_>) -> Vec<Card> {
    let summary = &answer.recommendation.choice.summary;
    let wide = &answer.recommendation.what_if.sensitivity.prediction;
    let card = |name: &str, unit: Unit, of: &Estimate, wide: &Estimate| Card {
        name: name.to_owned(),
        value: unit.show(of.point),
        interval: unit.interval(wide),
    };
    let mut cards = vec![match answer.workload.arrivals {
        Arrivals::Batch { .. } => {
            card("whole batch", Unit::Seconds, &summary.makespan, &wide.makespan)
        }
        _ => card("throughput", Unit::PerSecond, &summary.throughput, &wide.throughput),
    }];
    if !summary.saturated {
        let classes = answer.workload.classes.iter().zip(&summary.classes).zip(&wide.classes);
        let p99 = Quantile::P99 as usize;
        cards.extend(classes.take(TAILS).map(|((class, figures), wide)| {
            let name = format!("{} p99", class.name);
            card(&name, Unit::Seconds, &figures.quantiles[p99], &wide[p99])
        }));
    }
    cards.push(card("peak PSS", Unit::Bytes, &summary.peak_pss, &wide.peak_pss));
    let startup = &answer.recommendation.choice.startup;
    cards.push(card("start-up", Unit::Seconds, startup, &wide.startup));
    cards
}

fn limits(answer: &Answer<'_>) -> Option<Table> {
    let margins = &answer.recommendation.choice.margins;
    let row = |(margin, [_, name, limit, room, wide]): (&sim::search::Margin, [String; 5])| {
        let unit = limited(answer.workload, margin).1;
        let used = margin.predicted.point / margin.limit;
        vec![
            Cell::of(name),
            Cell::of(wide).badge(margin.verdict),
            Cell::of(limit),
            Cell::of(unit.estimate(&margin.predicted)),
            Cell::of(&room).bar(Bar::new(0.0, if used.is_nan() { 0.0 } else { used })),
        ]
    };
    let rows: Vec<Vec<Cell>> = margins.iter().zip(margin_rows(answer)).map(row).collect();
    let head = ["limit on", "verdict", "limit", "predicted", "of the limit"];
    (!rows.is_empty()).then(|| Table::new("Limits", &head, rows))
}

fn pools(answer: &Answer<'_>) -> Vec<Pool> {
    let deployment = &answer.recommendation.choice.deployment;
    let serves = |pool: usize| {
        let several = deployment.pools.len() > 1;
        several.then(|| served(answer.workload, deployment, pool).collect::<Vec<_>>().join(", "))
    };
    let pools = deployment.pools.iter().enumerate();
    pools.map(|(i, pool)| Pool { serves: serves(i), settings: settings(pool) }).collect()
}

fn figures(answer: &Answer<'_>) -> Table {
    Table::of_text(
        &format!("Predicted: the 95 % interval of the simulation, then {}", wide(answer.host)),
        ["figure", "predicted", wide_in_short(answer.host)],
        figure_rows(answer),
    )
}
