//! An audit as one page of HTML that needs nothing else.

use audit::figure::{digits, show};
use audit::verdict::{Audit, Judged};
use minijinja::{Environment, context};
use serde::Serialize;

use super::audit::{Answer, in_words, summary, violations};

const TEMPLATE: &str = include_str!("audit_page.html");

#[derive(Serialize)]
struct Chapter<'a> {
    name: &'a str,
    title: &'a str,
    words: String,
    broken: Vec<[String; 4]>,
    figures: Vec<[String; 6]>,
}

/// The whole page.
pub fn html(answer: &Answer<'_>) -> String {
    let mut environment = Environment::new();
    // The name ends in .html, so everything that is put in is escaped.
    let page = environment.add_template("audit.html", TEMPLATE).and_then(|()| {
        let summary = summary(answer.audits);
        let chapters: Vec<Chapter<'_>> = answer.audits.iter().map(chapter).collect();
        let template = environment.get_template("audit.html")?;
        template.render(context! { summary, chapters, command => answer.command })
    });
    // The template ships with the program, and a test renders it.
    page.unwrap_or_default()
}

fn chapter<'a>(audit: &'a Audit<'_>) -> Chapter<'a> {
    let broken = violations(audit).into_iter().map(|one| {
        let off = format!("{} times", digits(one.off));
        [one.law.name().to_owned(), off, one.words.clone(), one.figures.join(", ")]
    });
    Chapter {
        name: &audit.document.name,
        title: &audit.document.title,
        words: in_words(audit),
        broken: broken.collect(),
        figures: audit.judged.iter().map(row).collect(),
    }
}

fn row(judged: &Judged<'_>) -> [String; 6] {
    let claim = judged.claim;
    let shown = |value: f64| show(value, claim.quantity.dimension());
    let predicted = judged.prediction.map_or(String::new(), |p| {
        format!("{} [{}, {}]", shown(p.point), shown(p.low), shown(p.high))
    });
    let measured = judged.measured.as_ref().map(|m| {
        format!("measured {} [{}, {}] on {}. ", shown(m.value), shown(m.low), shown(m.high), m.host)
    });
    let printed = claim.figure.as_ref().map_or(String::new(), |figure| figure.text.clone());
    let why = measured.unwrap_or_default() + &judged.why;
    let verdict = judged.verdict.name().to_owned();
    [claim.section.clone(), claim.id.clone(), printed, predicted, verdict, why]
}
