//! What decisions cost, against the best pool that was measured.

use validator::validate::Figure;
use validator::validate::decision::{
    Decided, Line, PLANNER, PLANNER_TODAY, Pick, Ran, SAME_PACE, TOLERANCE,
};
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
             noise: picks that may be the best, as far as the rounds tell. Planner there: the \
             planner's median over the workloads for which that rule's pick ran. The {PLANNER} \
             goes by the calibration as it stands; `{PLANNER_TODAY}` by the speed that was \
             measured before the first run, and is not judged.",
            percent(TOLERANCE)
        ),
    );
}

/// One line for each workload; `~` marks what cannot be told from noise.
fn workloads(answer: &Answer<'_>, page: &mut Page) {
    let Some(first) = answer.decisions.decided.first() else { return };
    page.heading("Workloads: regret in percent, ~ not distinguishable from the best");
    let mut rows = vec![columns("workload", "figure", first.picks.iter().map(|it| it.by.into()))];
    for decided in &answer.decisions.decided {
        let shown = decided.picks.iter().map(|pick| regret(decided, pick));
        rows.push(columns(&decided.grid, decided.figure.label(), shown));
    }
    page.table(&rows);
}

fn columns(name: &str, figure: &str, rest: impl Iterator<Item = String>) -> [String; 9] {
    let mut row: [String; 9] = Default::default();
    let cells = [name.to_owned(), figure.to_owned()].into_iter().chain(rest);
    row.iter_mut().zip(cells).for_each(|(place, cell)| *place = cell);
    row
}

fn regret(decided: &Decided, pick: &Pick) -> String {
    let Some(ran) = pick.ran else { return "-".to_owned() };
    let mark = if pick.in_noise { "~" } else { "" };
    format!("{mark}{:.1}", 100.0 * decided.ran[ran].regret.point)
}

/// `~12.0 % [0, 31]`: of the regret over rounds.
fn interval(ran: &Ran) -> String {
    let mark = if ran.in_noise() { "~" } else { "" };
    let sim::stats::Estimate { point, low, high, .. } = ran.regret;
    format!("{mark}{} [{:.0}, {:.0}]", percent(point), 100.0 * low, 100.0 * high)
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
    page.heading(&format!("{}: {} of its pools", decided.grid, decided.figure.label()));
    let head = ["pool", "measured", "predicted", "regret", "rounds", "picked by"];
    let mut rows = vec![head.map(str::to_owned)];
    let unit = unit(decided.figure);
    for (at, ran) in decided.ran.iter().enumerate() {
        let by = decided.picks.iter().filter(|pick| pick.ran == Some(at)).map(|pick| pick.by);
        rows.push([
            ran.cell.clone(),
            unit.show(ran.observed),
            unit.show(ran.predicted),
            if at == decided.best { "best".to_owned() } else { interval(ran) },
            ran.regret.n.to_string(),
            by.collect::<Vec<_>>().join(", "),
        ]);
    }
    page.table(&rows);
    if decided.off_pace > 0 {
        let runs = count(decided.off_pace as u32, "run");
        let line = format!(
            "Left out: {runs} at a speed over {} off that of the rest of the round.",
            percent(SAME_PACE)
        );
        page.paragraph("  ", &line);
    }
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
             seeing a run. Before the first run, bytecode took {:.2} times as long as at the \
             machine's full speed (standard error {}). {} {}, {} of each pool, back and forth: \
             pools are compared within a round, all with the same work.",
            host.name,
            host.date,
            answer.today.pace,
            percent(answer.today.error),
            build.implementation,
            build.version,
            count(answer.repeats, "run"),
        ),
    );
    page.hanging("  ", "    ", &format!("Runs and tables: {}", answer.out.display()));
    page.hanging("  ", "    ", &format!("Repeat: {}", answer.command));
}
