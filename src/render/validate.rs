//! Predictions beside what real pools did.

use std::collections::BTreeMap;

use sim::host::Discrepancy;
use sim::workload::Arrivals;
use validator::validate::campaign::CellResult;
use validator::validate::summary::{Judgement, Line};
use validator::validate::verdict::Comparison;
use validator::validate::{Cell, Figure, Measured};

use super::layout::Page;
use super::units::{Unit, count};
use crate::validation::Answer;
use crate::validation::discrepancy;

/// The whole answer: verdict, medians, worst errors, cells.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    verdict(answer, &mut page);
    overall(&answer.summary.all, &mut page);
    discrepancy(answer, &mut page);
    by_group("effect", &answer.summary.effects, &mut page);
    by_group("pool", &answer.summary.pools, &mut page);
    worst(answer, &mut page);
    cells(answer, &mut page);
    not_run(answer, &mut page);
    sources(answer, &mut page);
    page.finish()
}

/// Cells that are not run, one a line.
pub fn list(cells: &[Cell]) -> String {
    let mut page = Page::default();
    page.line(&count(cells.len() as u64, "cell"));
    let head = ["cell", "size", "load", "requests"].map(str::to_owned);
    let row = |cell: &Cell| {
        let arrivals = &cell.workload.arrivals;
        let load = match (arrivals, arrivals.offered_rate()) {
            (Arrivals::Closed { clients, .. }, _) => count(*clients, "client"),
            (Arrivals::Batch { .. }, _) => "batch".to_owned(),
            (Arrivals::OnOff { .. }, Some(rate)) => format!("{rate:.1}/s in bursts"),
            (_, Some(rate)) => format!("{rate:.1}/s"),
            (_, None) => "replayed".to_owned(),
        };
        // The name says the effect and the pool.
        [cell.name.clone(), cell.profile.to_string(), load, cell.requests.to_string()]
    };
    page.table(&[head].into_iter().chain(cells.iter().map(row)).collect::<Vec<_>>());
    page.finish()
}

fn verdict(answer: &Answer<'_>, page: &mut Page) {
    if answer.campaign.results.is_empty() {
        page.line("Nothing was measured: no cell could be run.");
        return;
    }
    match &answer.summary.judgement {
        Judgement::Within => page.line("Within tolerance: the predictions hold on this machine."),
        Judgement::TooNoisy => page.paragraph(
            "",
            "Too noisy to judge: this machine changed its speed, or worked for others, in more than \
             half of the cells. Repeat when it has less to do.",
        ),
        Judgement::Beyond(reasons) => beyond(reasons, page),
    }
    if answer.campaign.interrupted {
        interrupted(page);
    }
}

/// What is further off than it may be.
pub(super) fn beyond(reasons: &[String], page: &mut Page) {
    page.line("Beyond tolerance:");
    reasons.iter().for_each(|reason| page.hanging("  ", "    ", reason));
}

pub(super) fn interrupted(page: &mut Page) {
    page.line("Interrupted: what landed is kept; repeat the command to go on.");
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn signed(share: f64) -> String {
    format!("{:+.1} %", 100.0 * share)
}

fn overall(lines: &[Line], page: &mut Page) {
    if lines.is_empty() {
        return;
    }
    page.heading("All cells: median error, with its 95 % interval over the cells");
    let head = ["figure", "cells", "absolute", "", "signed", "noise", "in noise", "covered"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(lines.iter().map(|line| {
        let Line { absolute, .. } = line;
        [
            line.figure.label().to_owned(),
            line.cells.to_string(),
            percent(absolute.point),
            format!("[{:.1}, {:.1}]", 100.0 * absolute.low, 100.0 * absolute.high),
            signed(line.signed),
            line.floor.map_or("-".to_owned(), percent),
            line.noise.to_string(),
            percent(line.coverage()),
        ]
    }));
    page.table(&rows);
    page.paragraph(
        "  ",
        "Errors are predicted over observed, less one. Noise: how far two runs of one cell \
         differ. In noise: cells whose error is no larger. Covered: runs within their 90 % \
         prediction interval.",
    );
}

/// How far the ends of intervals must move, and where that was written.
fn discrepancy(answer: &Answer<'_>, page: &mut Page) {
    let Some(discrepancy::Measured { figures, written }) = &answer.discrepancy else { return };
    page.heading("What the model itself is off by: factors of the ends of its 90 % intervals");
    let mut rows = vec![["figure", "cells", "lower end", "upper end"].map(str::to_owned)];
    let mut not_known = Vec::new();
    for found in figures {
        let name = found.figure.label().to_owned();
        match &found.outcome {
            Ok(Discrepancy { low_factor, high_factor, cells, .. }) => rows.push([
                name,
                cells.to_string(),
                format!("{low_factor:.3}"),
                format!("{high_factor:.3}"),
            ]),
            Err(why) => not_known.push(format!("{name}: not known: {why}")),
        }
    }
    page.table(&rows);
    not_known.iter().for_each(|line| page.hanging("  ", "    ", line));
    page.paragraph(
        "  ",
        "Taken from intervals without it: what is covered above does not hold it, and is not \
         judged. With it, nine of ten runs of further cells like these lie within.",
    );
    match written {
        Ok(path) => page.hanging("  ", "    ", &format!("Written into {}", path.display())),
        Err(why) => page.hanging("  ", "    ", &format!("Not written: {why}")),
    }
}

/// Median absolute errors, one column for each figure.
fn by_group(what: &str, groups: &BTreeMap<String, Vec<Line>>, page: &mut Page) {
    if groups.len() < 2 {
        return;
    }
    page.heading(&format!("By {what}: median error, signed, and in brackets its noise"));
    let shown = [Figure::Throughput, Figure::Mean, Figure::P99, Figure::PeakPss, Figure::StartUp];
    let mut head = vec![what.to_owned()];
    head.extend(shown.iter().map(|figure| figure.label().to_owned()));
    let mut rows = vec![as_row(head)];
    for (name, lines) in groups {
        let mut row = vec![name.clone()];
        row.extend(shown.iter().map(|figure| {
            let line = lines.iter().find(|line| line.figure == *figure);
            line.map_or("-".to_owned(), |line| {
                let floor = line.floor.map_or(String::new(), |it| format!(" ({:.0})", 100.0 * it));
                format!("{:+.0} %{floor}", 100.0 * line.signed)
            })
        }));
        rows.push(as_row(row));
    }
    page.table(&rows);
}

fn as_row(cells: Vec<String>) -> [String; 6] {
    let mut row: [String; 6] = Default::default();
    row.iter_mut().zip(cells).for_each(|(place, cell)| *place = cell);
    row
}

fn unit(figure: Figure) -> Unit {
    match figure {
        Figure::Throughput => Unit::PerSecond,
        Figure::PeakPss => Unit::Bytes,
        _ => Unit::Seconds,
    }
}

fn worst(answer: &Answer<'_>, page: &mut Page) {
    if answer.worst.is_empty() {
        return;
    }
    page.heading("Largest errors, and what may be behind them");
    for one in &answer.worst {
        let Comparison { figure, observed, predicted, error, floor, .. } = one.comparison;
        let unit = unit(figure);
        let noise = floor.map_or(String::new(), |it| format!(", noise {}", percent(it)));
        page.hanging(
            "  ",
            "    ",
            &format!(
                "{}: {} {} predicted, {} observed ({}{noise})",
                one.cell,
                figure.label(),
                unit.show(predicted),
                unit.show(observed),
                signed(error)
            ),
        );
        one.suspicions.iter().for_each(|text| page.hanging("    - ", "      ", text));
    }
}

/// One line for each cell; `~` marks what cannot be told from noise.
fn cells(answer: &Answer<'_>, page: &mut Page) {
    if answer.campaign.results.is_empty() {
        return;
    }
    page.heading("Cells: signed errors in percent, ~ not distinguishable from noise");
    let mut head = vec!["cell".to_owned()];
    head.extend(["through.", "mean", "p50", "p95", "p99", "PSS", "start"].map(str::to_owned));
    let mut rows = vec![eight(head)];
    for cell in &answer.campaign.results {
        let mut row = vec![cell.case.cell.name.clone()];
        row.extend(Figure::ALL.map(|figure| shown(cell, figure)));
        rows.push(eight(row));
    }
    page.table(&rows);
}

fn shown(cell: &CellResult, figure: Figure) -> String {
    let Some(it) = cell.comparisons.iter().find(|it| it.figure == figure) else {
        return if cell.comparisons.is_empty() { "noisy" } else { "-" }.to_owned();
    };
    format!("{}{:+.0}", if it.is_noise() { "~" } else { "" }, 100.0 * it.error)
}

fn eight(cells: Vec<String>) -> [String; 8] {
    let mut row: [String; 8] = Default::default();
    row.iter_mut().zip(cells).for_each(|(place, cell)| *place = cell);
    row
}

fn not_run(answer: &Answer<'_>, page: &mut Page) {
    if answer.campaign.not_run.is_empty() {
        return;
    }
    page.heading("Not run");
    for (cell, why) in &answer.campaign.not_run {
        page.hanging("  ", "    ", &format!("{cell}: not run: {why}"));
    }
}

/// How often pools were started, and why not more often.
fn starts<'a>(runs: impl Iterator<Item = &'a Measured> + Clone) -> String {
    let most = runs.clone().map(|run| run.starts.len().max(1)).max().unwrap_or(1) as u64;
    let said = match most {
        1 => "Each run starts its pool once.".to_owned(),
        _ => format!(
            "Start-up is the median of {most} starts in each run; gRPC pools and servers start once."
        ),
    };
    let failed: Vec<&str> = runs.filter_map(|run| run.start_failed.as_deref()).collect();
    match failed.first() {
        None => said,
        Some(why) => {
            format!(
                "{said} {} with fewer, for one failed: {why}",
                count(failed.len() as u64, "run")
            )
        }
    }
}

fn sources(answer: &Answer<'_>, page: &mut Page) {
    let runs = || answer.campaign.results.iter().flat_map(|cell| &cell.runs);
    let rejected: u64 = runs().map(|run| u64::from(run.measured.rejected)).sum();
    let drifted = runs().filter(|run| run.measured.drifted).count() as u64;
    let sampling = runs().map(|run| run.measured.sampling).fold(0.0, f64::max);
    page.heading("How it was done");
    let host = &answer.host;
    let build = &answer.interpreter.build;
    page.paragraph(
        "  ",
        &format!(
            "Calibration {} of {}, {} {}, {} of each cell, back and forth; {} thrown away because \
             the speed changed by over {} or others took over {:.2} cores, {} left out for it. Looking at the processes took at \
             most {} of a core.",
            host.name,
            host.date,
            build.implementation,
            build.version,
            count(answer.repeats, "run"),
            count(rejected, "run"),
            percent(validator::validate::DRIFT),
            validator::validate::OTHERS,
            count(drifted, "run"),
            percent(sampling)
        ),
    );
    page.paragraph("  ", &starts(runs().map(|run| &run.measured)));
    if let Some(restricted) = &answer.restricted {
        page.paragraph("  ", restricted);
    }
    page.hanging("  ", "    ", &format!("Runs, tables and pictures: {}", answer.out.display()));
    page.hanging("  ", "    ", &format!("Repeat: {}", answer.command));
}
