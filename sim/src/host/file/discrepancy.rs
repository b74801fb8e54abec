//! What the model itself is off by, figure by figure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::field::{note, origin, quoted};
use crate::host::{Discrepancy, Figure};
use crate::input::{Keys, Reported, Section, count_between, number};

pub(super) const FIGURES: Keys = Keys {
    table: "[discrepancy]",
    keys: &["throughput", "mean", "p50", "p95", "p99", "peak_pss", "start_up"],
};
pub(super) const KEYS: Keys = Keys {
    table: "[discrepancy.*]",
    keys: &["low_factor", "high_factor", "cells", "origin", "note"],
};
/// A prediction further off than this says nothing.
const FURTHEST: f64 = 1e6;
/// Most cells.
const MANY: u64 = 1_000_000;

pub(super) fn read(top: &Section<'_>) -> Result<BTreeMap<Figure, Discrepancy>, Reported> {
    let mut found = BTreeMap::new();
    let Some(figures) = top.table("discrepancy", &FIGURES)? else { return Ok(found) };
    for figure in Figure::ALL {
        if let Some(table) = figures.table(figure.name(), &KEYS)? {
            found.insert(figure, one(&table)?);
        }
    }
    Ok(found)
}

fn one(table: &Section<'_>) -> Result<Discrepancy, Reported> {
    let low_factor = table.required("low_factor", |value| number(value, 1.0 / FURTHEST, 1.0));
    let high_factor = table.required("high_factor", |value| number(value, 1.0, FURTHEST));
    let cells = table.required("cells", |value| count_between(value, 1, MANY));
    let (origin, note) = (origin(table), note(table));
    Ok(Discrepancy {
        low_factor: low_factor?,
        high_factor: high_factor?,
        cells: cells?,
        origin: origin?,
        note: note?,
    })
}

/// `of` as the tables of a calibration file that [`crate::host::Host::write`] has for it.
pub fn discrepancy_tables(of: &BTreeMap<Figure, Discrepancy>) -> String {
    let mut out = String::new();
    // A String takes all that is written.
    let _ = write(of, &mut out);
    out
}

pub(super) fn write(of: &BTreeMap<Figure, Discrepancy>, out: &mut String) -> std::fmt::Result {
    for (figure, discrepancy) in of {
        let Discrepancy { low_factor, high_factor, cells, origin, note } = discrepancy;
        writeln!(out, "\n[discrepancy.{}]", figure.name())?;
        writeln!(out, "low_factor = {low_factor:?}")?;
        writeln!(out, "high_factor = {high_factor:?}")?;
        writeln!(out, "cells = {cells}")?;
        writeln!(out, "origin = {}", quoted(origin.name()))?;
        writeln!(out, "note = {}", quoted(note))?;
    }
    Ok(())
}
