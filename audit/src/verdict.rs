//! One verdict for each figure of a document.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Claim, Configuration, Document};
use crate::laws::{self, Case, Finding, Item};
use crate::measured::Measured;
use crate::predict::{Prediction, Predictions};

/// How far a prediction or a measurement may be off, as a share of the figure.
pub const TOLERANCE: f64 = 0.15;

/// What became of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A law says that it cannot be, or one that it rests on cannot.
    Refuted,
    /// The model says something else, though the configuration is stated.
    Differs,
    /// The configuration leaves something unsaid that decides it.
    Open,
    /// The real system shows it, within 15 %.
    Observed,
    /// The model predicts it within 15 %.
    Reproduced,
    /// A model parameter was taken from it, so that it proves nothing.
    Fitted,
    /// A setting, or computed from settings: no result.
    Setting,
}

impl Verdict {
    /// All of them, the worst first.
    pub const ALL: [Self; 7] = [
        Self::Refuted,
        Self::Differs,
        Self::Open,
        Self::Observed,
        Self::Reproduced,
        Self::Fitted,
        Self::Setting,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuted => "refuted",
            Self::Differs => "differs",
            Self::Open => "open",
            Self::Observed => "observed",
            Self::Reproduced => "reproduced",
            Self::Fitted => "fitted",
            Self::Setting => "setting",
        }
    }
}

/// A figure with all that is known of it.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in words; empty if the numbers say it.
    pub why: String,
    /// The model's prediction.
    pub prediction: Option<Prediction>,
    /// What the real system did.
    pub measured: Option<Measured>,
}

/// A document with a verdict for each figure.
#[derive(Clone, Debug)]
pub struct Audit<'a> {
    /// The document.
    pub document: &'a Document,
    /// Its figures, in order.
    pub judged: Vec<Judged<'a>>,
    /// Every law that applied, broken or not.
    pub findings: Vec<Finding>,
    /// Configurations that the model could not run, and why.
    pub failed: BTreeMap<String, String>,
}

/// How many figures of a document there are, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All figures.
    pub figures: usize,
    /// Of each verdict, as in `Verdict::ALL`.
    pub verdicts: [usize; 7],
    /// Figures that the model predicts within 15 %, those left out that repeat
    /// or follow from others.
    pub explained: usize,
    /// Model parameters taken from the document.
    pub fitted: usize,
}

impl Tally {
    /// Figures of `verdict`.
    pub fn of(&self, verdict: Verdict) -> usize {
        self.verdicts[verdict as usize]
    }

    /// Figures whose configuration is stated: those that could be judged.
    pub fn stated(&self) -> usize {
        let judged = [Verdict::Refuted, Verdict::Differs, Verdict::Observed, Verdict::Reproduced];
        judged.iter().map(|verdict| self.of(*verdict)).sum()
    }

    /// Of those, the share that is reproduced, observed or refuted; none if
    /// nothing could be judged.
    pub fn settled(&self) -> Option<f64> {
        let stated = self.stated();
        let settled = (stated - self.of(Verdict::Differs)) as f64;
        (stated > 0).then(|| settled / stated as f64)
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.figures += other.figures;
        self.explained += other.explained;
        self.fitted += other.fitted;
        for (own, other) in self.verdicts.iter_mut().zip(other.verdicts) {
            *own += other;
        }
        self
    }
}

impl Audit<'_> {
    /// How many figures there are of each verdict.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally { fitted: self.document.fitted.len(), ..Tally::default() };
        for judged in &self.judged {
            tally.figures += 1;
            tally.verdicts[judged.verdict as usize] += 1;
            let own = judged.prediction.is_some() && judged.claim.equals.is_none();
            tally.explained += usize::from(own && judged.verdict == Verdict::Reproduced);
        }
        tally
    }
}

/// Judges every figure of `document`.
pub fn audit<'a>(
    document: &'a Document,
    predictions: Predictions,
    measured: BTreeMap<String, Measured>,
) -> Audit<'a> {
    let findings = findings(document);
    let judge = Judge { document, findings: &findings, predictions: &predictions, measured };
    let judged = document.claims.iter().map(|claim| judge.judge(claim)).collect();
    Audit { document, judged, findings, failed: predictions.failed }
}

/// Every law on every configuration of `document`, and its own arithmetic.
pub fn findings(document: &Document) -> Vec<Finding> {
    let cases = (0..document.configurations.len()).flat_map(|index| {
        let finding = |case| laws::of_case(&case);
        cases(document, index).into_iter().flat_map(finding).collect::<Vec<_>>()
    });
    let mut found = Vec::new();
    for finding in cases.chain(laws::of_document(document)) {
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    found
}

/// The figures of a configuration, apart by class of requests and by time: laws
/// hold for what was measured together.
fn cases(document: &Document, index: usize) -> Vec<Case<'_>> {
    let configuration = &document.configurations[index];
    let mut groups: BTreeMap<(&Option<String>, Option<u64>), Vec<Item<'_>>> = BTreeMap::new();
    let own = |claim: &&Claim| claim.configuration == Some(index) && claim.same_as.is_none();
    for claim in document.claims.iter().filter(own) {
        let Some(figure) = &claim.figure else { continue };
        let item = Item { id: &claim.id, quantity: claim.quantity, figure };
        groups.entry((&claim.class, claim.after.map(f64::to_bits))).or_default().push(item);
    }
    groups.into_values().map(|items| case(document, configuration, items)).collect()
}

fn case<'a>(document: &Document, given: &Configuration, items: Vec<Item<'a>>) -> Case<'a> {
    let figures = document.figures();
    let find = |name: &str| figures.get(name).copied();
    let demand = given.demand.as_ref().and_then(|formula| {
        formula.value(&find).map(|(_, range)| (range.low, formula.words(&find)))
    });
    let longest = given.longest.as_ref().and_then(|formula| {
        formula.value(&find).map(|(_, range)| (range.high, formula.words(&find)))
    });
    Case {
        items,
        cpus: document.host.cpus,
        memory: document.host.memory,
        workers: given.workers,
        slots: given.slots,
        clients: given.clients,
        think: given.think,
        cores_per_request: given.cores_per_request,
        in_flight: given.in_flight,
        orderings: given.orderings.clone(),
        queue_cap: given.queue_cap,
        workers_away: given.workers_away,
        ttl: given.ttl,
        demand,
        longest,
    }
}

struct Judge<'a, 'f> {
    document: &'a Document,
    findings: &'f [Finding],
    predictions: &'f Predictions,
    measured: BTreeMap<String, Measured>,
}

impl<'a> Judge<'a, '_> {
    fn judge(&self, claim: &'a Claim) -> Judged<'a> {
        let (verdict, why) = self.verdict(claim, &mut BTreeSet::new());
        Judged {
            claim,
            verdict,
            why,
            prediction: self.predictions.by_claim.get(&claim.id).copied(),
            measured: self.measured.get(&claim.id).cloned(),
        }
    }

    /// `seen` are the claims on the way here: figures may refer to each other.
    fn verdict(&self, claim: &'a Claim, seen: &mut BTreeSet<&'a str>) -> (Verdict, String) {
        if let Some(finding) = self.broken(claim) {
            let name = finding.law.name();
            return (Verdict::Refuted, format!("{name}: {}", finding.words));
        }
        if claim.given {
            return (Verdict::Setting, String::new());
        }
        if self.document.is_fitted(&claim.id) {
            return (Verdict::Fitted, String::new());
        }
        if self.close_to_measured(claim) {
            return (Verdict::Observed, String::new());
        }
        if claim.same_as.is_some() {
            // A figure that is printed twice is one figure.
            if let Some(as_there) = self.follow_sources(claim, seen) {
                return as_there;
            }
        }
        if let Some(why) = self.unstated(claim) {
            return (Verdict::Open, why);
        }
        match self.predictions.by_claim.get(&claim.id) {
            Some(prediction) if close(claim, prediction.point) => {
                return (Verdict::Reproduced, String::new());
            }
            Some(_) => return (Verdict::Differs, String::new()),
            None => {}
        }
        self.follow_sources(claim, seen)
            .unwrap_or_else(|| (Verdict::Open, self.without_prediction(claim)))
    }

    /// The law that refutes `claim`. Where several figures break it together,
    /// those that the model or the real system reproduces are spared, unless it
    /// spares them all.
    fn broken(&self, claim: &Claim) -> Option<&Finding> {
        self.findings.iter().filter(|finding| !finding.holds).find(|finding| {
            let accused = |id: &String| !self.stands_alone(id);
            let any = finding.figures.iter().any(accused);
            finding.figures.contains(&claim.id) && (accused(&claim.id) || !any)
        })
    }

    /// Is there reason to believe the figure, whatever others say?
    fn stands_alone(&self, id: &str) -> bool {
        let Some(claim) = self.document.claim(id) else { return false };
        let predicted = self.predictions.by_claim.get(id);
        claim.given
            || self.document.is_fitted(id)
            || self.close_to_measured(claim)
            || predicted.is_some_and(|prediction| close(claim, prediction.point))
    }

    fn close_to_measured(&self, claim: &Claim) -> bool {
        self.measured.get(&claim.id).is_some_and(|measured| close(claim, measured.value))
    }

    fn unstated(&self, claim: &Claim) -> Option<String> {
        if !claim.open.is_empty() {
            return Some(claim.open.clone());
        }
        let configuration = self.document.configuration(claim)?;
        let concerned = configuration.leaves_open.is_empty()
            || configuration.leaves_open.contains(&claim.quantity);
        let unstated = !configuration.unstated.is_empty() && concerned;
        unstated.then(|| configuration.unstated.clone())
    }

    /// A computed figure is as good as the worst that it is computed from.
    fn follow_sources(
        &self,
        claim: &'a Claim,
        seen: &mut BTreeSet<&'a str>,
    ) -> Option<(Verdict, String)> {
        if !seen.insert(&claim.id) {
            return None;
        }
        let mut names: Vec<&str> = claim.same_as.iter().map(String::as_str).collect();
        names.extend(claim.equals.iter().flat_map(|formula| formula.names()));
        names.extend(claim.says.iter().flat_map(|(a, b)| [a.names(), b.names()].concat()));
        let sources = names.iter().filter_map(|name| self.document.claim(name));
        let verdicts = sources.map(|source| (self.verdict(source, seen).0, source.id.as_str()));
        let (worst, source) = verdicts.min_by_key(|(verdict, _)| *verdict)?;
        Some((worst, format!("as `{source}`, from which it follows")))
    }

    fn without_prediction(&self, claim: &Claim) -> String {
        let configuration = self.document.configuration(claim);
        let failed = configuration.and_then(|c| self.predictions.failed.get(&c.id));
        match (configuration, failed) {
            (_, Some(why)) => format!("the model could not run it: {why}"),
            (Some(configuration), None) if configuration.model.is_some() => {
                format!("the model has no {} of it", claim.quantity.name())
            }
            _ => "nothing is stated that could be simulated".to_owned(),
        }
    }
}

fn close(claim: &Claim, value: f64) -> bool {
    claim.figure.as_ref().is_some_and(|figure| {
        (value - figure.value).abs() <= TOLERANCE * figure.value
            || (figure.range.low..=figure.range.high).contains(&value)
    })
}
