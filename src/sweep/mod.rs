//! A sweep: many cells of one experiment, a row of figures for each.
//!
//! `values` reads lists and ranges, `axis` what is varied, `place` where in the
//! files that stands, `design` which combinations are cells, `base` makes the
//! inputs of a cell, `check` tries every value before the work, `figures` a row of a scenario, `journal` keeps rows that
//! are done, `digest` tells one sweep from another, `run` puts it together.

mod assign;
mod axis;
mod base;
mod check;
mod columns;
mod design;
mod digest;
mod figures;
mod journal;
mod place;
mod run;
mod shard;
mod shares;
mod target;
mod values;

pub use axis::{Axis, from_argument, from_plan};
pub use base::{Base, InputText};
pub use design::{Design, Mode};
pub use figures::Effort;
pub use journal::JournalError;
pub use run::{Done, Tally, run};
pub use shard::Shard;
