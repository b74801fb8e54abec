//! Laws about waiting.

use super::{Case, Finding, Law, at_most};
use crate::figure::{Dimension, digits, show};
use crate::quantity::Quantity;

/// A higher quantile is no smaller than a lower one.
pub(super) fn quantiles(case: &Case<'_>) -> Vec<Finding> {
    let there: Vec<_> =
        Quantity::QUANTILES.iter().filter_map(|(quantity, _)| case.get(*quantity)).collect();
    let pairs = there.windows(2).map(|pair| {
        let words = format!(
            "{} is {}, {} is {}",
            pair[0].quantity.name(),
            pair[0].figure,
            pair[1].quantity.name(),
            pair[1].figure
        );
        at_most(Law::Quantiles, pair, pair[0].figure.range.low, pair[1].figure.range.high, words)
    });
    pairs.collect()
}

/// Whoever waits stands behind busy slots, and only a full queue turns away.
pub(super) fn waiting(case: &Case<'_>) -> Vec<Finding> {
    let Some(queue) = case.get(Quantity::Queue) else { return Vec::new() };
    let mut findings = Vec::new();
    let rate = case.get(Quantity::PeakThroughput).or_else(|| case.get(Quantity::Throughput));
    if let (Some(rate), Some(slots), Some((longest, how))) = (rate, case.slots, &case.longest) {
        let inside = slots + queue.figure.value;
        let words = format!(
            "{} wait only while all {} slots are busy: {} requests at {} are {} each, but the \
             document's longest time is {how}",
            queue.figure,
            digits(slots),
            digits(inside),
            rate.figure,
            show(inside / rate.figure.value, Dimension::Time)
        );
        let least = (slots + queue.figure.range.low) / rate.figure.range.high;
        findings.push(at_most(Law::Queue, &[queue], least, *longest, words));
    }
    if let (Some(rejected), Some(cap)) = (case.get(Quantity::Rejected), case.queue_cap) {
        let full = queue.figure.range.high >= cap;
        let words = format!(
            "the longest queue was {} of {} places, so nothing was turned away, yet {} are printed",
            queue.figure,
            digits(cap),
            rejected.figure
        );
        let limit = if full { 1.0 } else { 1e-9 };
        let mut finding = at_most(Law::Queue, &[rejected], rejected.figure.range.low, limit, words);
        finding.off = if finding.holds { 1.0 } else { cap / queue.figure.value };
        findings.push(finding);
    }
    findings
}
