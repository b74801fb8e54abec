//! What decisions cost, against the best pool that was measured.

use validator::validate::Figure;
use validator::validate::decision::{Decided, Line, PLANNER, Pick, TOLERANCE};
use validator::validate::summary::Judgement;

use super::layout::Page;
use super::units::{Unit, count};
use super::validate::{beyond, interrupted, percent};
use crate::validation::decision::Answer;

/// The whole answer: verdict, regrets of all, every workload.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    verdict(answer, &mut page);
    lines(answer, &mut page);
    workloads(answer, &mut page);
    answer.decisions.decided.iter().for_each(|decided| pools(decided, &mut page));
    left_out(answer, &mut page);
    sources(answer, &mut page);
    page.finish()
}

fn verdict(answer: &Answer<'_>, page: &mut Page) {
    let decisions = answer.decisions;
    if decisions.decided.is_empty() {
        page.line("Nothing was decided: of no workload two pools could be run.");
        return;
    }
    match &decisions.judgement {
        Judgement::Within => page.paragraph(
            "",
            "Within tolerance: what the planner recommends is close to the best pool that was \
             measured, and no rule of thumb does better.",
        ),
        Judgement::TooNoisy => page.paragraph(
            "",
            "Too noisy to judge: over half of the workloads have no two pools whose speed held. \
             Repeat when the machine has less to do.",
        ),
        Judgement::Beyond(reasons) => beyond(reasons, page),
    }
    if answer.campaign.interrupted {
        interrupted(page);
    }
}

fn lines(answer: &Answer<'_>, page: &mut Page) {
    if answer.decisions.lines.is_empty() {
        return;
    }
    page.heading("Regret: loss against the best pool measured");
    let head = ["picked by", "workloads", "median", "95 %", "worst", "in noise", "planner there"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(answer.decisions.lines.iter().map(|line| {
        let Line { median, .. } = line;
        [
            line.by.to_owned(),
            line.workloads.to_string(),
            percent(median.point),
            format!("[{:.1}, {:.1}]", 100.0 * median.low, 100.0 * median.high),
            percent(line.worst),
            line.in_noise.to_string(),
            percent(line.planner),
        ]
    }));
    page.table(&rows);
    page.paragraph(
        "  ",
        &format!(
            "Medians over workloads, with bootstrap intervals; at most {} counts as right. In \
             noise: regrets no larger than two runs of the same pool differ. Planner there: the \
             planner's median over the workloads for which that rule's pick ran.",
            percent(TOLERANCE)
        ),
    );
}

/// One line for each workload; `~` marks what cannot be told from noise.
fn workloads(answer: &Answer<'_>, page: &mut Page) {
    let Some(first) = answer.decisions.decided.first() else { return };
    page.heading("Workloads: regret in percent, ~ not distinguishable from noise");
    let mut rows = vec![columns("workload", "figure", first.picks.iter().map(|it| it.by.into()))];
    for decided in &answer.decisions.decided {
        let shown = decided.picks.iter().map(|pick| regret(decided, pick));
        rows.push(columns(&decided.grid, decided.figure.name(), shown));
    }
    page.table(&rows);
}

fn columns(name: &str, figure: &str, rest: impl Iterator<Item = String>) -> [String; 8] {
    let mut row: [String; 8] = Default::default();
    let cells = [name.to_owned(), figure.to_owned()].into_iter().chain(rest);
    row.iter_mut().zip(cells).for_each(|(place, cell)| *place = cell);
    row
}

fn regret(decided: &Decided, pick: &Pick) -> String {
    let Some(ran) = pick.ran else { return "-".to_owned() };
    let mark = if pick.in_noise { "~" } else { "" };
    format!("{mark}{:.1}", 100.0 * decided.ran[ran].regret)
}

fn unit(figure: Figure) -> Unit {
    match figure {
        Figure::Throughput => Unit::PerSecond,
        Figure::PeakPss => Unit::Bytes,
        _ => Unit::Seconds,
    }
}

/// The pools of one workload.
fn pools(decided: &Decided, page: &mut Page) {
    page.heading(&format!("{}: {} of its pools", decided.grid, decided.figure.name()));
    let head = ["pool", "measured", "predicted", "regret", "noise", "picked by"];
    let mut rows = vec![head.map(str::to_owned)];
    let unit = unit(decided.figure);
    for (at, ran) in decided.ran.iter().enumerate() {
        let by = decided.picks.iter().filter(|pick| pick.ran == Some(at)).map(|pick| pick.by);
        rows.push([
            ran.cell.clone(),
            unit.show(ran.observed),
            unit.show(ran.predicted),
            if at == decided.best { "best".to_owned() } else { percent(ran.regret) },
            ran.floor.map_or("-".to_owned(), percent),
            by.collect::<Vec<_>>().join(", "),
        ]);
    }
    page.table(&rows);
    let nowhere = decided.picks.iter().filter(|pick| pick.ran.is_none());
    nowhere.for_each(|pick| {
        page.hanging("  ", "    ", &format!("{}: not run: {}", pick.by, pick.note));
    });
}

fn left_out(answer: &Answer<'_>, page: &mut Page) {
    let (not_run, undecided) = (&answer.campaign.not_run, &answer.decisions.undecided);
    if not_run.is_empty() && undecided.is_empty() {
        return;
    }
    page.heading("Not run");
    for (name, why) in not_run.iter().chain(undecided) {
        page.hanging("  ", "    ", &format!("{name}: not run: {why}"));
    }
}

fn sources(answer: &Answer<'_>, page: &mut Page) {
    page.heading("How it was done");
    let (host, build) = (answer.host, &answer.interpreter.build);
    page.paragraph(
        "  ",
        &format!(
            "The {PLANNER} searches among the pools that ran, on calibration {} of {}, without \
             seeing a run. {} {}, {} of each pool, back and forth.",
            host.name,
            host.date,
            build.implementation,
            build.version,
            count(answer.repeats, "run"),
        ),
    );
    page.hanging("  ", "    ", &format!("Runs and tables: {}", answer.out.display()));
    page.hanging("  ", "    ", &format!("Repeat: {}", answer.command));
}
