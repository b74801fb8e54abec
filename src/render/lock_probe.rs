//! The interpreter lock, predicted beside observed.

use std::path::PathBuf;

use sim::host::Host;
use sim::stats::Estimate;
use validator::interpreters::Interpreter;
use validator::lock_probe::{Score, Scored, Spread};

use super::layout::Page;
use super::units::{Unit, count};

/// All that is shown.
#[derive(Debug)]
pub struct Answer<'a> {
    /// What was predicted for.
    pub host: &'a Host,
    /// Interpreters that were measured.
    pub probed: Vec<Probed>,
    /// Interpreters that were not, and why.
    pub not_run: Vec<(PathBuf, String)>,
}

/// One interpreter.
#[derive(Debug)]
pub struct Probed {
    /// Which one.
    pub interpreter: Interpreter,
    /// Did it have the lock?
    pub locked: bool,
    /// Predicted beside observed.
    pub scored: Scored,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let sections = answer.probed.iter().map(section);
    let sections: String = sections.map(|section| format!("\n{section}")).collect();
    head(answer.host) + &sections + &rest(answer)
}

/// What is shown, for what host.
pub fn head(host: &Host) -> String {
    let mut page = Page::default();
    page.paragraph(
        "",
        &format!(
            "What spinning threads add to one operation of another thread, predicted for {} ({}) \
             beside observed: medians with 95 % intervals.",
            host.name,
            count(host.cores, "core")
        ),
    );
    page.finish()
}

/// One interpreter.
pub fn section(probed: &Probed) -> String {
    let mut page = Page::default();
    interpreter(probed, &mut page);
    page.finish()
}

/// What was not run.
pub fn rest(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    if !answer.not_run.is_empty() {
        page.line("");
        page.heading("Not run");
        for (path, why) in &answer.not_run {
            page.hanging("  ", "    ", &format!("not run: {}: {why}", path.display()));
        }
    }
    if answer.probed.is_empty() && answer.not_run.is_empty() {
        page.line("not run: no CPython was found; `planner doctor` says where it looks");
    }
    page.finish()
}

fn interpreter(probed: &Probed, page: &mut Page) {
    let lock = if probed.locked { "with the lock" } else { "without the lock" };
    page.heading(&format!("Python {}, {lock}", probed.interpreter.build.version));
    if probed.locked {
        page.paragraph("  ", &races(&probed.scored.asker_wins));
    }
    let head = ["", "switch", "spin", "observed, ms", "predicted, ms", "error", "noise"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(probed.scored.scores.iter().map(row));
    page.table(&rows);
    let apart: Vec<_> =
        probed.scored.scores.iter().filter(|score| !score.indistinguishable()).collect();
    page.paragraph(
        "  ",
        &format!(
            "{} of {} cells are not distinguishable from the prediction (intervals overlap, or \
             the error is within the noise of two repeats); * marks the others. Switch: the \
             interval; spin: threads that spin.",
            probed.scored.scores.len() - apart.len(),
            probed.scored.scores.len()
        ),
    );
}

fn races(share: &Estimate) -> String {
    format!(
        "A thread that asks for the lock takes it past the queue in {} of its hand-overs \
         (measured among three spinning threads, not in the cells below).",
        Unit::Share.estimate(share)
    )
}

fn row(score: &Score) -> [String; 7] {
    let mark = if score.indistinguishable() { "" } else { "*" };
    [
        score.cell.operation.name().to_owned(),
        Unit::Seconds.show(score.cell.interval as f64 * 1e-9).replace(".00", ""),
        score.cell.spinners.to_string(),
        milliseconds(&score.observed),
        milliseconds(&score.predicted),
        format!("{:+.0} %{mark}", score.error() * 100.0),
        score.noise.map_or("-".to_owned(), |noise| format!("{:.0} %", noise * 100.0)),
    ]
}

/// All in one unit, so that columns can be read down.
fn milliseconds(spread: &Spread) -> String {
    let Spread { point, low, high, .. } = *spread;
    let digits = if point.abs() < 1e-3 { 3 } else { 2 };
    let [point, low, high] = [point, low, high].map(|seconds| seconds * 1e3);
    format!("{point:.digits$} [{low:.digits$}, {high:.digits$}]")
}
