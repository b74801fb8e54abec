//! What a document says of its own figures: sums, ratios, repetitions, bounds.

use std::collections::BTreeMap;

use super::{Finding, Law};
use crate::document::{Claim, Document};
use crate::figure::{Figure, digits, show};
use crate::formula::Formula;
use crate::quantity::Quantity;

/// Every claim that refers to others, held against them.
pub fn of_document(document: &Document) -> Vec<Finding> {
    let figures = document.figures();
    document.claims.iter().flat_map(|claim| of_claim(claim, &figures)).collect()
}

fn of_claim(claim: &Claim, figures: &BTreeMap<&str, &Figure>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(claim.same_as.as_ref().and_then(|id| repeats(claim, id, figures)));
    findings.extend(claim.equals.as_ref().and_then(|formula| equals(claim, formula, figures)));
    let bounds = [(&claim.at_most, true), (&claim.at_least, false)];
    for (bound, upper) in bounds {
        let bound = bound.as_ref();
        findings.extend(bound.and_then(|(f, why)| bounded(claim, f, why, upper, figures)));
    }
    findings.extend(claim.says.as_ref().and_then(|says| ordered(claim, says, figures)));
    findings
}

fn finding(law: Law, claim: &Claim, holds: bool, off: f64, words: String) -> Finding {
    let off = if holds { 1.0 } else { off };
    Finding { law, holds, figures: vec![claim.id.clone()], words, off }
}

/// How many times one is the other; of shares near one, what is missing.
fn apart(a: f64, b: f64) -> f64 {
    let near_one = |share: f64| (0.9..1.0).contains(&share);
    let (a, b) = if near_one(a) && near_one(b) { (1.0 - a, 1.0 - b) } else { (a, b) };
    (a / b).max(b / a)
}

fn repeats(claim: &Claim, id: &str, figures: &BTreeMap<&str, &Figure>) -> Option<Finding> {
    let (own, other) = (claim.figure.as_ref()?, figures.get(id)?);
    let holds = own.range.meets(other.range);
    let words = format!("printed {own} here and {other} there (`{id}`)");
    Some(finding(Law::Arithmetic, claim, holds, apart(own.value, other.value), words))
}

fn equals(claim: &Claim, formula: &Formula, figures: &BTreeMap<&str, &Figure>) -> Option<Finding> {
    let own = claim.figure.as_ref()?;
    let find = |name: &str| figures.get(name).copied();
    let (value, range) = formula.value(&find)?;
    let holds = own.range.meets(range);
    let shown = in_unit_of(own, value, claim.quantity);
    let words = format!("{} = {shown}, printed {own}", formula.words(&find));
    Some(finding(Law::Arithmetic, claim, holds, apart(own.value, value), words))
}

fn bounded(
    claim: &Claim,
    formula: &Formula,
    because: &str,
    upper: bool,
    figures: &BTreeMap<&str, &Figure>,
) -> Option<Finding> {
    let own = claim.figure.as_ref()?;
    let find = |name: &str| figures.get(name).copied();
    let (value, range) = formula.value(&find)?;
    let slack = 1e-6 * value.abs();
    let (holds, side) = if upper {
        (own.range.low <= range.high + slack, "at most")
    } else {
        (own.range.high + slack >= range.low, "at least")
    };
    let shown = in_unit_of(own, value, claim.quantity);
    let words = format!("{because}: {side} {} = {shown}, printed {own}", formula.words(&find));
    Some(finding(Law::Bound, claim, holds, apart(own.value, value), words))
}

fn ordered(
    claim: &Claim,
    (left, right): &(Formula, Formula),
    figures: &BTreeMap<&str, &Figure>,
) -> Option<Finding> {
    let find = |name: &str| figures.get(name).copied();
    let ((small, low), (large, high)) = (left.value(&find)?, right.value(&find)?);
    let holds = low.low < high.high;
    let sign = if small < large { "<" } else { ">" };
    let words = format!("{} {sign} {}", left.words(&find), right.words(&find));
    Some(finding(Law::Order, claim, holds, apart(small, large), words))
}

/// `value` as the figure was printed: in percent, times, or with its unit.
fn in_unit_of(figure: &Figure, value: f64, quantity: Quantity) -> String {
    if figure.text.ends_with('%') {
        return format!("{} %", percent(100.0 * value));
    }
    show(value, quantity.dimension())
}

/// Near 100 % the digits after the point say it all.
fn percent(value: f64) -> String {
    if (99.0..100.0).contains(&value) { format!("{value:.4}") } else { digits(value) }
}
