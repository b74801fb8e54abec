//! Laws about workers that are replaced.

use super::{Case, Finding, Law};
use crate::figure::{Dimension, Range, digits, show};
use crate::quantity::Quantity;

/// A worker that is away takes its share of the slots with it.
pub(super) fn capacity(case: &Case<'_>) -> Vec<Finding> {
    let (Some(lost), Some(away), Some(workers)) =
        (case.get(Quantity::CapacityLost), case.workers_away, case.workers)
    else {
        return Vec::new();
    };
    let share = away / workers;
    let words = format!(
        "{} of {} processes are {} % of the capacity, printed {}",
        digits(away),
        digits(workers),
        digits(100.0 * share),
        lost.figure
    );
    vec![equal(Law::Capacity, lost, share, words)]
}

/// Workers that start together and live as long each are all replaced once in a
/// life.
pub(super) fn forced_flow(case: &Case<'_>) -> Vec<Finding> {
    let (Some(rate), Some(ttl), Some(workers)) =
        (case.get(Quantity::Recycles), case.ttl, case.workers)
    else {
        return Vec::new();
    };
    let words = format!(
        "{} workers that live {} each are replaced {} times an hour, printed {}",
        digits(workers),
        show(ttl, Dimension::Time),
        digits(workers / ttl * 3600.0),
        rate.figure
    );
    vec![equal(Law::ForcedFlow, rate, workers / ttl, words)]
}

fn equal(law: Law, item: super::Item<'_>, value: f64, words: String) -> Finding {
    let holds = item.figure.range.meets(Range::exactly(value));
    let ratio = value / item.figure.value;
    let off = if holds { 1.0 } else { ratio.max(1.0 / ratio) };
    Finding { law, holds, figures: vec![item.id.to_owned()], words, off }
}
