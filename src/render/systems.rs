//! Published systems, predicted beside observed.

use sim::host::Host;
use sim::stats::Estimate;
use validator::interpreters::Interpreter;
use validator::lock_probe::Spread;
use validator::systems::{self, Fitted, GroupScore, Row, Score};

use super::layout::Page;
use super::units::{Unit, count};

/// All that is shown.
#[derive(Debug)]
pub struct Answer<'a> {
    /// What was predicted for.
    pub host: &'a Host,
    /// Systems that were run.
    pub scored: Vec<Scored>,
    /// Systems that were not, and why.
    pub not_run: Vec<(&'static str, String)>,
}

/// One system.
#[derive(Debug)]
pub struct Scored {
    /// Its name.
    pub system: &'static str,
    /// What is smaller than published.
    pub scaling: String,
    /// What it ran on.
    pub interpreter: Interpreter,
    /// Share of races for the interpreter lock that an asker wins.
    pub asker_wins: f64,
    /// Runs of each variant.
    pub repeats: u32,
    /// Predicted beside observed.
    pub score: Score,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    page.paragraph(
        "",
        &format!(
            "Published systems, run here and predicted for {} ({}): medians with 95 % intervals.",
            answer.host.name,
            count(answer.host.cores, "core")
        ),
    );
    for scored in &answer.scored {
        system(scored, &mut page);
    }
    if !answer.not_run.is_empty() {
        page.heading("Not run");
        for (system, why) in &answer.not_run {
            page.hanging("  ", "    ", &format!("not run: {system}: {why}"));
        }
    }
    page.finish()
}

fn system(scored: &Scored, page: &mut Page) {
    page.heading(&format!("{}, Python {}", scored.system, scored.interpreter.build.version));
    if !scored.scaling.is_empty() {
        page.paragraph("  ", &format!("Sizes: {}.", scored.scaling));
    }
    let held_out = scored.score.held_out();
    page.paragraph(
        "  ",
        &format!(
            "Fitted: {} for {}. An asker wins {:.0} % of the races for the lock (measured apart).",
            count(scored.score.parameters.len() as u64, "parameter"),
            count(held_out as u64, "held-out figure"),
            scored.asker_wins * 100.0
        ),
    );
    for parameter in &scored.score.parameters {
        page.hanging("    ", "      ", &fitted(parameter));
    }
    let mut rows =
        vec![["variant", "figure", "observed", "predicted", "error", "noise"].map(str::to_owned)];
    rows.extend(scored.score.rows.iter().map(row));
    page.table(&rows);
    page.paragraph(
        "  ",
        &format!("Runs of each variant: {}. * = fitted, not counted.", scored.repeats),
    );
    for group in &scored.score.groups {
        page.hanging("  ", "    ", &verdict(group));
    }
}

fn fitted(parameter: &Fitted) -> String {
    let value = unit(parameter.unit).show(parameter.value);
    format!("{} = {value} (from {})", parameter.name, parameter.from)
}

fn row(row: &Row) -> [String; 6] {
    let unit = unit(row.figure.unit());
    let mark = if row.fitted { " *" } else { "" };
    [
        row.variant.clone(),
        row.figure.name().to_owned(),
        unit.estimate(&estimate(&row.observed)),
        row.predicted.map_or("no model".to_owned(), |it| unit.estimate(&estimate(&it))),
        row.error().map_or(String::new(), |error| format!("{:+.1} %{mark}", error * 100.0)),
        row.noise.map_or("unknown".to_owned(), |noise| format!("{:.0} %", noise * 100.0)),
    ]
}

fn verdict(group: &GroupScore) -> String {
    let verdict = if group.is_met() { "within" } else { "beyond" };
    let noise = group
        .noise
        .map_or(String::new(), |noise| format!("; two runs differ by {:.1} %", noise * 100.0));
    format!(
        "{}: median error {:.1} % [{:.1}, {:.1}] over {}, {verdict} the {:.0} % allowed{noise}",
        group.group.name(),
        group.error.point * 100.0,
        group.error.low * 100.0,
        group.error.high * 100.0,
        count(group.error.n as u64, "held-out figure"),
        group.tolerance * 100.0
    )
}

fn unit(unit: systems::Unit) -> Unit {
    match unit {
        systems::Unit::Seconds => Unit::Seconds,
        systems::Unit::PerSecond => Unit::PerSecond,
        systems::Unit::Bytes => Unit::Bytes,
        systems::Unit::Count => Unit::Requests,
    }
}

fn estimate(spread: &Spread) -> Estimate {
    let Spread { point, low, high, n } = *spread;
    Estimate { point, low, high, n: n as u32 }
}
