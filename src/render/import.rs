//! What an import found, how good its fits are, what it assumed.

use imports::{ArrivalFit, ClassFit, Imported};

use super::layout::Page;
use super::units::{Unit, count};

/// Everything that the text is made of.
pub struct Answer<'a> {
    pub imported: &'a Imported,
    /// Where the workload was written to.
    pub workload: String,
    /// Where the trace was written to, and its requests.
    pub trace: Option<(String, usize)>,
    /// Repeats this answer.
    pub command: String,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    for part in [headline, data, arrivals, classes, assumptions, next] {
        part(answer, &mut page);
    }
    page.finish()
}

fn headline(answer: &Answer<'_>, page: &mut Page) {
    let found = answer.imported;
    page.heading(&format!("Wrote {}", answer.workload));
    let line = format!(
        "{} of {} arrivals at {}, from {} ({}).",
        count(found.classes.len() as u64, "class").replace("classs", "classes"),
        found.arrivals.choice,
        Unit::PerSecond.estimate(&found.arrivals.rate),
        found.files.join(", "),
        found.format
    );
    page.paragraph("  ", &line);
    if let Some((path, requests)) = &answer.trace {
        page.paragraph("  ", &format!("Wrote {path}: {requests} requests to replay."));
    }
}

fn data(answer: &Answer<'_>, page: &mut Page) {
    let found = answer.imported;
    page.heading("The data");
    if let Some(counts) = &found.counts {
        let line = format!("{} of {} lines are requests that were used", counts.used, counts.lines);
        let over = found.period.as_ref().map_or(String::new(), |period| {
            let tick = match period.tick >= 1e-6 {
                true => format!(", on a clock that counts in {}", Unit::Seconds.show(period.tick)),
                false => String::new(),
            };
            format!(", over {}{tick}", Unit::Seconds.show(period.span))
        });
        page.paragraph("  ", &format!("{line}{over}."));
    }
    page.paragraph("  ", &format!("Durations are {}.", found.durations));
    let busy = match (found.load.slots, found.load.per_slot) {
        (Some(slots), Some(share)) => {
            format!(", {} of {}", Unit::Share.show(share), count(slots, "slot"))
        }
        _ => String::new(),
    };
    let under_way = Unit::Requests.show(found.load.mean_in_system);
    page.paragraph("  ", &format!("Requests under way on average: {under_way}{busy}."));
    for note in &found.notes {
        page.hanging("  - ", "    ", &format!("{note}."));
    }
}

fn arrivals(answer: &Answer<'_>, page: &mut Page) {
    let fit = &answer.imported.arrivals;
    page.heading(&format!("Arrivals: {}", fit.choice));
    page.paragraph("  ", &format!("{}.", fit.why));
    let facts = facts(fit);
    if !facts.is_empty() {
        page.paragraph("  ", &format!("{}.", facts.join("; ")));
    }
    if fit.candidates.is_empty() {
        return;
    }
    let mut rows = vec![["", "KS", "AIC", "nats per arrival over poisson"].map(str::to_owned)];
    rows.extend(fit.candidates.iter().map(|candidate| {
        let gain = format!("{:+.4}", candidate.gain);
        let ks = format!("{:.3}", candidate.ks);
        [candidate.name.to_owned(), ks, format!("{:.0}", candidate.aic), gain]
    }));
    page.table(&rows);
}

/// What was seen of the arrivals, whatever the model.
fn facts(fit: &ArrivalFit) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some((low, high)) = fit.rate_range {
        let (low, high) = (Unit::PerSecond.show(low), Unit::PerSecond.show(high));
        facts.push(format!("the rate moves from {low} to {high}"));
    }
    facts.extend(fit.cv.map(|cv| format!("cv of the gaps {cv:.2} (Poisson: 1)")));
    if !fit.dispersion.is_empty() {
        let row =
            |(width, index): &(f64, f64)| format!("{index:.2} in {}", Unit::Seconds.show(*width));
        let rows: Vec<String> = fit.dispersion.iter().map(row).collect();
        facts.push(format!("index of dispersion (Poisson: 1) {}", rows.join(", ")));
    }
    facts
}

fn classes(answer: &Answer<'_>, page: &mut Page) {
    for class in &answer.imported.classes {
        page.heading(&format!("Class {}: {}", class.name, Unit::Share.show(class.share)));
        page.paragraph("  ", &format!("{}.", class.service.words()));
        page.table(&quantiles(class));
        if !class.service.candidates.is_empty() {
            page.table(&candidates(class));
        }
    }
}

fn quantiles(class: &ClassFit) -> Vec<[String; 4]> {
    let fit = &class.service;
    let mut rows = vec![["", "observed", "fitted", "as written"].map(str::to_owned)];
    let blank = String::new;
    rows.push(["mean".to_owned(), Unit::Seconds.estimate(&fit.mean), blank(), blank()]);
    for (index, name) in ["p50", "p95", "p99"].into_iter().enumerate() {
        rows.push([
            name.to_owned(),
            Unit::Seconds.estimate(&fit.observed[index]),
            Unit::Seconds.show(fit.fitted[index]),
            format!("{:+.1} %", 100.0 * class.written_off[index]),
        ]);
    }
    rows
}

fn candidates(class: &ClassFit) -> Vec<[String; 5]> {
    let mut rows = vec![["", "KS", "AIC", "p50, p95, p99 off", ""].map(str::to_owned)];
    rows.extend(class.service.candidates.iter().map(|candidate| {
        let off = candidate.off.map(|off| format!("{:+.1} %", 100.0 * off)).join(", ");
        let aic = candidate.aic.map_or("unknown".to_owned(), |aic| format!("{aic:.0}"));
        let close = if candidate.acceptable { "" } else { "too far off" };
        [candidate.name.to_owned(), format!("{:.3}", candidate.ks), aic, off, close.to_owned()]
    }));
    rows
}

fn assumptions(answer: &Answer<'_>, page: &mut Page) {
    page.heading("Assumed, and marked so in the workload");
    for assumption in &answer.imported.assumptions {
        page.hanging("  - ", "    ", &format!("{assumption}."));
    }
    if answer.imported.assumptions.is_empty() {
        page.paragraph("  ", "Nothing.");
    }
}

fn next(answer: &Answer<'_>, page: &mut Page) {
    page.heading("Next");
    page.line(&format!("  planner recommend --workload {}", answer.workload));
    page.heading("Repeat");
    page.line(&format!("  {}", answer.command));
}
