//! Memory fits the host.

use super::{Case, Finding, Item, Law, at_most};
use crate::figure::{Dimension, digits, show};
use crate::quantity::Quantity;

/// Totals, and what each worker has times the workers, against the RAM.
pub(super) fn fits(case: &Case<'_>) -> Vec<Finding> {
    let Some(memory) = case.memory else { return Vec::new() };
    let totals = case.items.iter().filter(|item| item.quantity.is_total_memory());
    let mut findings: Vec<Finding> = totals.map(|item| total(item, memory)).collect();
    if let Some(workers) = case.workers {
        let each = case.items.iter().filter(|item| item.quantity == Quantity::WorkerRss);
        findings.extend(each.map(|item| product(item, workers, memory)));
    }
    findings
}

fn total(item: &Item<'_>, memory: f64) -> Finding {
    let words = format!("{} on a host of {}", item.figure, show(memory, Dimension::Memory));
    at_most(Law::Memory, &[*item], item.figure.range.low, memory, words)
}

fn product(item: &Item<'_>, workers: f64, memory: f64) -> Finding {
    let words = format!(
        "{} workers x {} = {} on a host of {}",
        digits(workers),
        item.figure,
        show(workers * item.figure.value, Dimension::Memory),
        show(memory, Dimension::Memory)
    );
    at_most(Law::Memory, &[*item], workers * item.figure.range.low, memory, words)
}
