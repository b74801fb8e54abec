//! An audit as text: how many figures, what is wrong with which, and why.

use audit::figure::{digits, show};
use audit::laws::{Finding, Law};
use audit::verdict::{Audit, Judged, Tally, Verdict};

use super::layout::Page;

/// All that the answer says.
pub struct Answer<'a> {
    /// One for each document.
    pub audits: &'a [Audit<'a>],
    /// Every figure, or only those that something is wrong with?
    pub all: bool,
    /// What repeats it.
    pub command: String,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    page.heading("Figures");
    page.table(&summary(answer.audits));
    for audit in answer.audits {
        page.paragraph("  ", &in_words(audit));
    }
    for audit in answer.audits {
        broken(audit, &mut page);
        follows(audit, &mut page);
        differing(audit, &mut page);
        if answer.all {
            every(audit, &mut page);
        }
    }
    if !answer.all {
        page.heading("More");
        page.paragraph("  ", "--all shows every figure with its verdict.");
    }
    page.heading("Repeat");
    page.paragraph("  ", &answer.command);
    page.finish()
}

/// A row for each document and one for all of them.
pub fn summary(audits: &[Audit<'_>]) -> Vec<[String; 7]> {
    let head = ["document", "figures", "reproduced", "refuted", "differ", "open", "other"];
    let row = |name: &str, tally: Tally| {
        let other = tally.of(Verdict::Fitted) + tally.of(Verdict::Setting);
        let reproduced = tally.of(Verdict::Reproduced) + tally.of(Verdict::Observed);
        let (refuted, differ) = (tally.of(Verdict::Refuted), tally.of(Verdict::Differs));
        let counts = [tally.figures, reproduced, refuted, differ, tally.of(Verdict::Open), other];
        let [a, b, c, d, e, f] = counts.map(|count| count.to_string());
        [name.to_owned(), a, b, c, d, e, f]
    };
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(audits.iter().map(|audit| row(&audit.document.name, audit.tally())));
    if audits.len() > 1 {
        rows.push(row("all", total(audits)));
    }
    rows
}

/// Over all documents.
pub fn total(audits: &[Audit<'_>]) -> Tally {
    audits.iter().map(Audit::tally).fold(Tally::default(), Tally::and)
}

/// What the counts mean for one document.
pub fn in_words(audit: &Audit<'_>) -> String {
    let tally = audit.tally();
    let settled = match tally.settled() {
        Some(share) => format!(
            "of {} figures whose configuration is stated, {} % are reproduced within 15 %, \
             observed or refuted",
            tally.stated(),
            digits(100.0 * share)
        ),
        None => "no figure has a configuration that is stated".to_owned(),
    };
    let fitted = match (tally.fitted, tally.explained) {
        (0, 0) => String::new(),
        (fitted, explained) => format!(
            "; the model explains {explained} with {fitted} parameter(s) fitted to {} others",
            tally.of(Verdict::Fitted)
        ),
    };
    let mut words = format!("{}: {settled}{fitted}.", audit.document.name);
    if !audit.document.host.unstated.is_empty() {
        words.push_str(&format!(" Not stated: {}.", audit.document.host.unstated));
    }
    words
}

/// The laws that are broken, the farthest first.
pub fn violations<'a>(audit: &'a Audit<'_>) -> Vec<&'a Finding> {
    let mut broken: Vec<&Finding> = audit.findings.iter().filter(|one| !one.holds).collect();
    broken.sort_by(|a, b| b.off.total_cmp(&a.off));
    broken
}

fn broken(audit: &Audit<'_>, page: &mut Page) {
    let violations = violations(audit);
    page.heading(&format!("{}: {} laws broken", audit.document.name, violations.len()));
    if violations.is_empty() {
        let kept = audit.findings.len();
        page.paragraph("  ", &format!("{kept} laws and sums could be checked, and all hold."));
    }
    for finding in violations {
        let off = format!("{} times off", digits(finding.off));
        let line = format!("{}, {off}: {}", finding.law.name(), finding.words);
        page.hanging("  ", "    ", &line);
        page.hanging("    figures: ", "             ", &finding.figures.join(", "));
    }
}

/// What the laws that hold tell beside.
fn follows(audit: &Audit<'_>, page: &mut Page) {
    let holding = audit.findings.iter().filter(|one| one.holds && one.law == Law::Little);
    let holding: Vec<&Finding> = holding.collect();
    if holding.is_empty() {
        return;
    }
    page.heading(&format!("{}: what follows from Little's law", audit.document.name));
    for finding in holding {
        let figures = finding.figures.join(", ");
        page.hanging("  ", "    ", &format!("{} ({figures})", finding.words));
    }
}

fn differing(audit: &Audit<'_>, page: &mut Page) {
    let differs: Vec<&Judged<'_>> =
        audit.judged.iter().filter(|judged| judged.verdict == Verdict::Differs).collect();
    if differs.is_empty() {
        return;
    }
    page.heading(&format!("{}: the model says something else", audit.document.name));
    for judged in differs {
        page.hanging("  ", "    ", &line(judged));
    }
}

fn every(audit: &Audit<'_>, page: &mut Page) {
    page.heading(&format!("{}: every figure", audit.document.name));
    let mut section = "";
    for judged in &audit.judged {
        if judged.claim.section != section {
            section = &judged.claim.section;
            page.paragraph("  ", section);
        }
        let line = format!("{:<10} {}", judged.verdict.name(), line(judged));
        page.hanging("    ", "               ", &line);
    }
}

/// Name, figure, prediction, measurement and reason.
fn line(judged: &Judged<'_>) -> String {
    let claim = judged.claim;
    let dimension = claim.quantity.dimension();
    let mut line = claim.id.clone();
    if let Some(figure) = &claim.figure {
        line.push_str(&format!(" {figure}"));
    }
    if let Some(p) = judged.prediction {
        let [point, low, high] = [p.point, p.low, p.high].map(|value| show(value, dimension));
        line.push_str(&format!(", predicted {point} [{low}, {high}]"));
    }
    if let Some(m) = &judged.measured {
        let [value, low, high] = [m.value, m.low, m.high].map(|value| show(value, dimension));
        line.push_str(&format!(", measured {value} [{low}, {high}] on {}", m.host));
    }
    if !judged.why.is_empty() {
        line.push_str(&format!(" ({})", judged.why));
    }
    line
}
