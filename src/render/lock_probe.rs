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
    let mut page = Page::default();
    page.paragraph(
        "",
        &format!(
            "What spinning threads add to one operation of another thread, predicted for {} ({}) \
             beside observed: medians with 95 % intervals.",
            answer.host.name,
            count(answer.host.cores, "core")
        ),
    );
    for probed in &answer.probed {
        interpreter(probed, &mut page);
    }
    if !answer.not_run.is_empty() {
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
    let mut rows = vec![
        ["operation", "interval", "beside", "observed", "predicted", "error", "noise", "lost"]
            .map(str::to_owned),
    ];
    rows.extend(probed.scored.scores.iter().map(row));
    page.table(&rows);
    let apart: Vec<_> =
        probed.scored.scores.iter().filter(|score| !score.indistinguishable()).collect();
    page.paragraph(
        "  ",
        &format!(
            "{} of {} cells are not distinguishable from the prediction (intervals overlap, or \
             the error is within the noise of two repeats).",
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

fn row(score: &Score) -> [String; 8] {
    let interval = Unit::Seconds.show(score.cell.interval as f64 * 1e-9);
    let mark = if score.indistinguishable() { "" } else { " *" };
    [
        score.cell.operation.name().to_owned(),
        interval,
        score.cell.spinners.to_string(),
        spread(&score.observed),
        spread(&score.predicted),
        format!("{:+.0} %{mark}", score.error() * 100.0),
        score.noise.map_or("unknown".to_owned(), |noise| format!("{:.0} %", noise * 100.0)),
        format!("{:.0} %", score.lost.point * 100.0),
    ]
}

fn spread(spread: &Spread) -> String {
    let Spread { point, low, high, n } = *spread;
    Unit::Seconds.estimate(&Estimate { point, low, high, n: n as u32 })
}
