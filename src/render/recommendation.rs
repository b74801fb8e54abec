//! A recommendation: the answer, then why, then how sure.

use std::fmt::Write as _;

use sim::experiment::Summary;
use sim::host::{Host, Origin};
use sim::pool::{PoolConfig, PoolKind};
use sim::search::{Assessed, Limited, Margin, Recommendation};
use sim::stats::{Estimate, Verdict};
use sim::workload::{Arrivals, Goal, Objective, Quantile, Workload};

use super::layout::Page;
use super::units::Unit;
use super::what_if;
use super::{pool, recycling_rule, robustness};

/// Everything that the text is made of.
pub struct Answer<'a> {
    pub workload: &'a Workload,
    pub host: &'a Host,
    pub recommendation: &'a Recommendation,
    /// Repeats this answer.
    pub command: String,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    let (flips, map, sensitivity) = (what_if::flips, what_if::map, what_if::sensitivity);
    let (hybrids, frontier, fleet) = (what_if::hybrids, what_if::frontier, what_if::fleet);
    let first = [headline, figures, margins, recycling_rule::text, fleet, why, warnings, sure];
    let then = [flips, map, sensitivity, runners_up, hybrids, frontier, rules, excluded, repeat];
    for part in first.into_iter().chain(then) {
        part(answer, &mut page);
    }
    page.finish()
}

fn headline(answer: &Answer<'_>, page: &mut Page) {
    let choice = &answer.recommendation.choice.deployment;
    page.hanging("", "    ", &format!("Use {choice}"));
    let (verdict, goal) = (all_limits(answer), goal(answer.recommendation.goal));
    let (name, host) = (&answer.workload.name, host(answer.host));
    let what = what(answer);
    let line = format!("{what}, for `{name}` on {host}; best by {goal}, {verdict}.");
    page.paragraph("  ", &line);
    for (number, part) in choice.pools.iter().enumerate() {
        if choice.pools.len() > 1 {
            let served = pool::served(answer.workload, choice, number).collect::<Vec<_>>();
            let line = format!("For {}: {}.", served.join(", "), pool::sentence(part));
            page.hanging("  ", "    ", &line);
        }
        page.table(&settings(part));
    }
}

/// Are all limits kept?
pub fn all_limits(answer: &Answer<'_>) -> &'static str {
    match answer.recommendation.verdict {
        _ if !has_limits(answer.workload) => "no limits are set",
        Verdict::Met => "every limit is met",
        Verdict::Missed if !answer.workload.stages.is_empty() => {
            "NO PIPELINE OF POOLS MEETS EVERY LIMIT, this one comes closest"
        }
        Verdict::Missed if answer.recommendation.choice.deployment.pools.len() > 1 => {
            "NO POOL OR PAIR OF POOLS MEETS EVERY LIMIT, this pair comes closest"
        }
        Verdict::Missed => "NO POOL MEETS EVERY LIMIT, this one comes closest",
        Verdict::NotResolved => "it is not resolved whether every limit is met",
    }
}

/// Does the objective ask for more than a goal?
pub fn has_limits(workload: &Workload) -> bool {
    let limits = Objective { goal: None, ..workload.objective.clone() };
    limits != Objective::default()
}

/// What was optimised.
pub fn goal(goal: Goal) -> &'static str {
    match goal {
        Goal::Latency => "latency",
        Goal::Throughput => "throughput",
        Goal::Memory => "memory",
    }
}

/// The choice in words.
pub fn what(answer: &Answer<'_>) -> String {
    match &answer.recommendation.choice.deployment.pools[..] {
        [only] => pool::sentence(only),
        pools => format!("{} pools that share the host", pools.len()),
    }
}

/// Every setting of `pool`, its product first if it is one.
pub fn settings(pool: &PoolConfig) -> Vec<[String; 2]> {
    let mut settings = pool::settings(pool);
    if pool.kind != PoolKind::Generic {
        settings.insert(0, row("pool", pool.kind.name().to_owned()));
    }
    settings
}

/// `reference-8core (8 cores, 32.0 GiB)`.
pub fn host(host: &Host) -> String {
    let siblings = match host.threads_per_core {
        1 => String::new(),
        n => format!(" of {n} threads"),
    };
    let quota = host.quota.map_or(String::new(), |q| format!(", quota {} CPUs", q.cpus));
    let memory = Unit::Bytes.show(host.memory_bytes as f64);
    format!("{} ({} cores{siblings}, {memory}{quota})", host.name, host.cores)
}

/// What the second interval of every figure holds beside the first.
pub fn wide(host: &Host) -> &'static str {
    match host.discrepancy.is_empty() {
        true => "with the parameters' ranges",
        false => "with the parameters' ranges and the model's error",
    }
}

/// The same in a few words.
pub fn wide_in_short(host: &Host) -> &'static str {
    if host.discrepancy.is_empty() { "with the ranges" } else { "with ranges and model error" }
}

/// Every figure with two intervals: of the simulation at the best values of
/// the parameters, and over their ranges.
fn figures(answer: &Answer<'_>, page: &mut Page) {
    let choice = &answer.recommendation.choice;
    if choice.summary.saturated {
        page.heading("Predicted, with 95 % intervals");
        let startup = row("start-up", Unit::Seconds.estimate(&choice.startup));
        return predicted(answer.workload, &choice.summary, vec![startup], page);
    }
    // The longer one leaves no room for the rest, which stands under "How sure".
    let simulated = match answer.host.discrepancy.is_empty() {
        true => "95 % interval of the simulation",
        false => "simulated",
    };
    page.heading(&format!("Predicted: {simulated}, then {}", wide(answer.host)));
    page.table(&figure_rows(answer));
}

/// Every figure of the choice with its two intervals.
pub fn figure_rows(answer: &Answer<'_>) -> Vec<[String; 3]> {
    let choice = &answer.recommendation.choice;
    let prediction = &answer.recommendation.what_if.sensitivity.prediction;
    let line = |name: &str, unit: Unit, simulated: &Estimate, wide: &Estimate| {
        [name.to_owned(), unit.estimate(simulated), unit.interval(wide)]
    };
    let summary = &choice.summary;
    let mut rows = vec![line("start-up", Unit::Seconds, &choice.startup, &prediction.startup)];
    if let Arrivals::Batch { .. } = answer.workload.arrivals {
        rows.push(line("whole batch", Unit::Seconds, &summary.makespan, &prediction.makespan));
    }
    rows.push(line("throughput", Unit::PerSecond, &summary.throughput, &prediction.throughput));
    rows.push([
        "failed requests".to_owned(),
        Unit::Share.estimate(&summary.failures),
        String::new(),
    ]);
    rows.push(line("peak PSS", Unit::Bytes, &summary.peak_pss, &prediction.peak_pss));
    let classes = answer.workload.classes.iter().zip(&summary.classes).zip(&prediction.classes);
    for ((class, simulated), wide) in classes {
        for (i, quantile) in Quantile::ALL.iter().enumerate() {
            let name = format!("{} {}", class.name, quantile.name());
            rows.push(line(&name, Unit::Seconds, &simulated.quantiles[i], &wide[i]));
        }
    }
    rows
}

fn row(name: &str, value: String) -> [String; 2] {
    [name.to_owned(), value]
}

/// Throughput, latency per class and memory of any simulated pool, after
/// `rows` of the caller's.
pub fn predicted(
    workload: &Workload,
    summary: &Summary,
    mut rows: Vec<[String; 2]>,
    page: &mut Page,
) {
    if let Arrivals::Batch { .. } = workload.arrivals {
        rows.push(row("whole batch", Unit::Seconds.estimate(&summary.makespan)));
    }
    rows.push(row("throughput", Unit::PerSecond.estimate(&summary.throughput)));
    rows.push(row("failed requests", Unit::Share.estimate(&summary.failures)));
    rows.push(row("peak PSS", Unit::Bytes.estimate(&summary.peak_pss)));
    if summary.saturated {
        page.table(&rows);
        let growth = Unit::PerSecond.estimate(&summary.growth);
        let line = format!(
            "SATURATED: the queue grows by {growth}. Latencies describe the length of the run, not \
             a steady state, and are left out."
        );
        page.paragraph("  ", &line);
        return;
    }
    for (class, figures) in workload.classes.iter().zip(&summary.classes) {
        for (quantile, estimate) in Quantile::ALL.iter().zip(&figures.quantiles) {
            let name = format!("{} {}", class.name, quantile.name());
            rows.push(row(&name, Unit::Seconds.estimate(estimate)));
        }
    }
    page.table(&rows);
}

fn margins(answer: &Answer<'_>, page: &mut Page) {
    if answer.recommendation.choice.margins.is_empty() {
        return;
    }
    page.heading("Limits");
    page.table(&margin_rows(answer));
}

/// Every limit: its verdict, what is limited, the limit, how much of it is used
/// up, and the verdict over the wider interval if that is another.
pub fn margin_rows(answer: &Answer<'_>) -> Vec<[String; 5]> {
    let margins = &answer.recommendation.choice.margins;
    let over_ranges = &answer.recommendation.what_if.sensitivity.prediction.verdicts;
    margins
        .iter()
        .zip(over_ranges)
        .map(|(margin, over_ranges)| {
            let (name, unit) = limited(answer.workload, margin);
            let bound = match margin.what {
                Limited::Throughput => "at least",
                _ => "at most",
            };
            let limit = format!("{bound} {}", unit.show(margin.limit));
            let wide = match *over_ranges == margin.verdict {
                true => String::new(),
                false => {
                    format!("{}: {}", wide_in_short(answer.host), verdict(*over_ranges))
                }
            };
            [verdict(margin.verdict).to_owned(), name, limit, room(margin), wide]
        })
        .collect()
}

/// How much of the limit is used up.
fn room(margin: &Margin) -> String {
    if margin.limit == 0.0 || !margin.predicted.is_known() {
        return String::new();
    }
    format!("{:.0} % of it", margin.predicted.point / margin.limit * 100.0)
}

/// Met, missed or not resolved.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed => "MISSED",
        Verdict::NotResolved => "not resolved",
    }
}

/// Name and unit of a limit.
pub fn limited(workload: &Workload, margin: &Margin) -> (String, Unit) {
    match margin.what {
        Limited::Latency(class, quantile) => {
            (format!("{} {}", workload.classes[class].name, quantile.name()), Unit::Seconds)
        }
        Limited::Throughput => ("throughput".to_owned(), Unit::PerSecond),
        Limited::Memory => ("peak PSS".to_owned(), Unit::Bytes),
        Limited::Startup => ("start-up".to_owned(), Unit::Seconds),
        Limited::Failures => ("failed requests".to_owned(), Unit::Share),
    }
}

fn why(answer: &Answer<'_>, page: &mut Page) {
    page.heading("Why");
    why_lines(answer).iter().for_each(|line| page.paragraph("  ", line));
}

/// The bottleneck, what bounds the throughput, whether the choice holds over the
/// ranges, and a closed form beside it.
pub fn why_lines(answer: &Answer<'_>) -> Vec<String> {
    let choice = &answer.recommendation.choice;
    let bottleneck = &choice.bottleneck;
    let used = Unit::Share.estimate(&bottleneck.utilisation);
    let mut lines =
        vec![format!("Closest to its end: {}, {used} in use.", bottleneck.resource.name())];
    let bounds: Vec<String> = choice
        .bounds
        .iter()
        .map(|(resource, rate)| format!("{} {}", resource.name(), Unit::PerSecond.show(*rate)))
        .collect();
    if !bounds.is_empty() {
        lines.push(format!("Most that each resource allows: {}.", bounds.join(", ")));
    }
    lines.extend(answer.recommendation.robustness.as_ref().map(robustness::line));
    if let Some(sanity) = &answer.recommendation.sanity {
        let (expected, simulated) =
            (Unit::Share.show(sanity.expected), Unit::Share.estimate(&sanity.simulated));
        lines.push(format!(
            "Check by the {}: {expected} by formula, {simulated} simulated ({}).",
            sanity.formula, sanity.what
        ));
    }
    lines
}

fn runners_up(answer: &Answer<'_>, page: &mut Page) {
    let all = &answer.recommendation.runners_up;
    if all.is_empty() {
        return;
    }
    page.heading("Runners-up, by the goal's figure on the same requests (+ is worse)");
    for runner_up in all {
        page.hanging("  ", "      ", &runner_up.assessed.deployment.to_string());
        let figures = one_line(answer.workload, &runner_up.assessed);
        let line = format!("{}: {}; {figures}", difference(&runner_up.worse_by), runner_up.why);
        page.paragraph("      ", &line);
    }
}

/// A ratio to the choice as a difference: `+5.1 % [+3.3, +6.9]`.
pub fn difference(ratio: &Estimate) -> String {
    let percent = |ratio: f64| format!("{:+.1}", (ratio - 1.0) * 100.0);
    if !ratio.point.is_finite() || ratio.point > 10.0 {
        return Unit::Ratio.show(ratio.point);
    }
    if !ratio.half_width().is_finite() || ratio.low == ratio.high {
        return format!("{} %", percent(ratio.point));
    }
    format!("{} % [{}, {}]", percent(ratio.point), percent(ratio.low), percent(ratio.high))
}

/// `p99 echo 8.25 ms, matmul 85.4 ms; 2.31 GiB`.
pub fn one_line(workload: &Workload, assessed: &Assessed) -> String {
    let summary = &assessed.summary;
    let memory = Unit::Bytes.show(summary.peak_pss.point);
    if summary.saturated {
        return format!("saturated; {memory}");
    }
    let p99: Vec<String> = workload
        .classes
        .iter()
        .zip(&summary.classes)
        .map(|(class, figures)| {
            let p99 = figures.quantiles[Quantile::P99 as usize].point;
            format!("{} {}", class.name, Unit::Seconds.show(p99))
        })
        .collect();
    format!("p99 {}; {memory}", p99.join(", "))
}

fn rules(answer: &Answer<'_>, page: &mut Page) {
    page.heading("What the usual rules would pick");
    for rule in &answer.recommendation.rules {
        let pick = rule.pick.as_ref().map_or("no pick".to_owned(), ToString::to_string);
        page.line(&format!("  {}: {pick}", rule.rule));
        let mut line = rule.note.clone();
        let limited = !answer.recommendation.choice.margins.is_empty();
        if let Some(of_rule) = rule.verdict.filter(|_| limited) {
            let _ = write!(line, " Limits: {}.", verdict(of_rule));
        }
        page.paragraph("      ", &line);
    }
}

fn excluded(answer: &Answer<'_>, page: &mut Page) {
    let effort = &answer.recommendation.effort;
    let (out, of) = (effort.excluded + effort.bounded, effort.candidates);
    page.heading(&format!("Left out: {out} of {of} candidates"));
    for exclusion in &answer.recommendation.excluded {
        let count = match exclusion.candidates {
            0 => String::new(),
            n => format!(" ({n})"),
        };
        let line = format!("{}{count}: {}", exclusion.what, exclusion.reason);
        page.hanging("  ", "      ", &line);
    }
}

fn warnings(answer: &Answer<'_>, page: &mut Page) {
    let all = &answer.recommendation.warnings;
    if all.is_empty() {
        return;
    }
    page.heading("Warnings");
    for warning in all {
        page.hanging("  ! ", "    ", &format!("{} {}", warning.message, warning.advice));
    }
}

fn sure(answer: &Answer<'_>, page: &mut Page) {
    page.heading("How sure");
    page.paragraph("  ", &sure_line(answer));
}

/// What the intervals cover, and what they rest on.
pub fn sure_line(answer: &Answer<'_>) -> String {
    let effort = &answer.recommendation.effort;
    let off = match answer.host.discrepancy.is_empty() {
        true => "",
        false => ", and moves its ends by how far the model was off in real runs",
    };
    format!(
        "The first interval covers the simulation's own error; the second adds the ranges of the \
         parameters, one at a time and as independent{off}: {}. {} candidates raced over {} simulated \
         requests; seed {}.",
        calibration(answer.host),
        effort.raced,
        effort.requests,
        effort.seed
    )
}

fn repeat(answer: &Answer<'_>, page: &mut Page) {
    page.heading("Repeat");
    page.hanging("  ", "    ", &answer.command);
}

/// `calibration reference-8core of 2026-11-21 has 0 measured, ...`.
pub fn calibration(host: &Host) -> String {
    let origins = host.origins();
    let count = |origin| origins.iter().filter(|o| **o == origin).count();
    let date = if host.date.is_empty() { String::new() } else { format!(" of {}", host.date) };
    format!(
        "calibration {}{date} has {} measured, {} published and {} assumed{}",
        host.name,
        count(Origin::Measured),
        count(Origin::Published),
        count(Origin::Assumed),
        off(host)
    )
}

/// What the calibration's discrepancy was taken from, if it has one.
fn off(host: &Host) -> String {
    let cells = || host.discrepancy.values().map(|it| it.cells);
    match (cells().min(), cells().max()) {
        (Some(least), Some(most)) if least < most => {
            format!(", and the model's error from {least} to {most} cells")
        }
        (Some(_), Some(cells)) => format!(", and the model's error from {cells} cells"),
        _ => String::new(),
    }
}
