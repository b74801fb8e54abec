//! How and of what a calibration was made.

use std::fmt::Write as _;

use super::field::quoted;
use crate::host::Provenance;
use crate::input::{Keys, Reported, Section, Value, count_between, text};

pub(super) const KEYS: Keys = Keys {
    table: "[provenance]",
    keys: &["interpreter", "kernel", "planner", "rounds", "rejected"],
};
/// Most rounds, and most runs of a probe.
const MANY: u64 = 1_000_000;

pub(super) fn read(top: &Section<'_>) -> Result<Option<Provenance>, Reported> {
    let Some(section) = top.table("provenance", &KEYS)? else {
        return Ok(None);
    };
    let words = |value: &Value<'_>| Ok(text(value)?.to_owned());
    let interpreter = section.required("interpreter", words);
    let kernel = section.required("kernel", words);
    let planner = section.required("planner", words);
    let rounds = section.required("rounds", |value| count_between(value, 1, MANY));
    let rejected = section.required("rejected", |value| count_between(value, 0, MANY));
    Ok(Some(Provenance {
        interpreter: interpreter?,
        kernel: kernel?,
        planner: planner?,
        rounds: rounds?,
        rejected: rejected?,
    }))
}

pub(super) fn write(provenance: &Provenance, out: &mut String) -> std::fmt::Result {
    let Provenance { interpreter, kernel, planner, rounds, rejected } = provenance;
    writeln!(out, "\n[provenance]")?;
    writeln!(out, "interpreter = {}", quoted(interpreter))?;
    writeln!(out, "kernel = {}", quoted(kernel))?;
    writeln!(out, "planner = {}", quoted(planner))?;
    writeln!(out, "rounds = {rounds}")?;
    writeln!(out, "rejected = {rejected}")
}
