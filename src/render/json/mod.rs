//! Answers for programs. `docs/json.md` describes them; the schemas in
//! `docs/schema/` are generated from these types.

pub mod audit;
pub mod calibrate;
pub mod common;
pub mod decision;
pub mod doctor;
pub mod import;
pub mod lives;
pub mod lock_probe;
pub mod recommend;
pub mod recycling;
pub mod recycling_rule;
mod robustness;
pub mod servers;
pub mod simulate;
pub mod systems;
pub mod validate;
pub mod what_if;

use serde::Serialize;

/// Version of the form: raised when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// `value` as indented JSON with a newline at the end.
pub fn text(value: &impl Serialize) -> String {
    // Only a map with keys that are not strings cannot be written.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
