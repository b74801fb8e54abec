//! The answer of `planner audit`.

use std::collections::BTreeMap;

use audit::verdict::{Audit, Judged, Tally, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use super::VERSION;
use crate::render::audit::{Answer, total};

/// The answer of `planner audit`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Audits<'a> {
    version: u32,
    /// What repeats it.
    command: &'a str,
    /// Over all documents.
    total: Counts,
    documents: Vec<DocumentJson<'a>>,
}

/// Figures by verdict.
#[derive(Debug, Serialize, JsonSchema)]
struct Counts {
    figures: usize,
    refuted: usize,
    differs: usize,
    open: usize,
    observed: usize,
    reproduced: usize,
    fitted: usize,
    settings: usize,
    /// Figures whose configuration is stated.
    stated: usize,
    /// Share of those that is reproduced, observed or refuted.
    settled: Option<f64>,
    /// Model parameters taken from the document.
    fitted_parameters: usize,
    /// Figures predicted within 15 %, repeated and computed ones left out.
    explained: usize,
}

/// One document.
#[derive(Debug, Serialize, JsonSchema)]
struct DocumentJson<'a> {
    name: &'a str,
    title: &'a str,
    system: &'a str,
    not_stated: &'a str,
    counts: Counts,
    figures: Vec<FigureJson<'a>>,
    laws: Vec<LawJson<'a>>,
    fitted: Vec<FittedJson<'a>>,
    /// Configurations that the model could not run, and why.
    failed: &'a BTreeMap<String, String>,
}

/// One figure.
#[derive(Debug, Serialize, JsonSchema)]
struct FigureJson<'a> {
    id: &'a str,
    section: &'a str,
    configuration: Option<&'a str>,
    quantity: &'static str,
    /// As in the document, with its unit.
    printed: Option<&'a str>,
    /// In s, bytes or 1/s; shares from 0 to 1.
    value: Option<f64>,
    verdict: &'static str,
    why: &'a str,
    predicted: Option<Interval>,
    measured: Option<MeasuredJson<'a>>,
}

/// A value with its 95 % interval.
#[derive(Debug, Serialize, JsonSchema)]
struct Interval {
    point: f64,
    low: f64,
    high: f64,
}

/// What the real system did.
#[derive(Debug, Serialize, JsonSchema)]
struct MeasuredJson<'a> {
    point: f64,
    low: f64,
    high: f64,
    repeats: u32,
    host: &'a str,
    differs: &'a str,
}

/// What a law says.
#[derive(Debug, Serialize, JsonSchema)]
struct LawJson<'a> {
    law: &'static str,
    holds: bool,
    figures: &'a [String],
    words: &'a str,
    /// How many times too much or too little; 1 if it holds.
    off: f64,
}

/// A parameter taken from the document.
#[derive(Debug, Serialize, JsonSchema)]
struct FittedJson<'a> {
    parameter: &'a str,
    value: &'a str,
    from: &'a [String],
}

impl<'a> Audits<'a> {
    /// The same numbers as in the text, and all figures.
    pub fn new(answer: &'a Answer<'a>) -> Self {
        Self {
            version: VERSION,
            command: &answer.command,
            total: Counts::new(total(answer.audits)),
            documents: answer.audits.iter().map(DocumentJson::new).collect(),
        }
    }
}

impl Counts {
    fn new(tally: Tally) -> Self {
        Self {
            figures: tally.figures,
            refuted: tally.of(Verdict::Refuted),
            differs: tally.of(Verdict::Differs),
            open: tally.of(Verdict::Open),
            observed: tally.of(Verdict::Observed),
            reproduced: tally.of(Verdict::Reproduced),
            fitted: tally.of(Verdict::Fitted),
            settings: tally.of(Verdict::Setting),
            stated: tally.stated(),
            settled: tally.settled(),
            fitted_parameters: tally.fitted,
            explained: tally.explained,
        }
    }
}

impl<'a> DocumentJson<'a> {
    fn new(audit: &'a Audit<'a>) -> Self {
        let document = audit.document;
        let laws = audit.findings.iter().map(|one| LawJson {
            law: one.law.name(),
            holds: one.holds,
            figures: &one.figures,
            words: &one.words,
            off: one.off,
        });
        let fitted = document.fitted.iter().map(|one| FittedJson {
            parameter: &one.parameter,
            value: &one.value,
            from: &one.from,
        });
        Self {
            name: &document.name,
            title: &document.title,
            system: &document.system,
            not_stated: &document.host.unstated,
            counts: Counts::new(audit.tally()),
            figures: audit.judged.iter().map(|judged| FigureJson::new(audit, judged)).collect(),
            laws: laws.collect(),
            fitted: fitted.collect(),
            failed: &audit.failed,
        }
    }
}

impl<'a> FigureJson<'a> {
    fn new(audit: &'a Audit<'a>, judged: &'a Judged<'a>) -> Self {
        let claim = judged.claim;
        let configuration = audit.document.configuration(claim);
        Self {
            id: &claim.id,
            section: &claim.section,
            configuration: configuration.map(|one| one.id.as_str()),
            quantity: claim.quantity.name(),
            printed: claim.figure.as_ref().map(|figure| figure.text.as_str()),
            value: claim.figure.as_ref().map(|figure| figure.value),
            verdict: judged.verdict.name(),
            why: &judged.why,
            predicted: judged.prediction.map(|p| Interval {
                point: p.point,
                low: p.low,
                high: p.high,
            }),
            measured: judged.measured.as_ref().map(|m| MeasuredJson {
                point: m.value,
                low: m.low,
                high: m.high,
                repeats: m.repeats,
                host: &m.host,
                differs: &m.differs,
            }),
        }
    }
}
