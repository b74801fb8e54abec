//! What `planner validate` keeps and exports.

pub mod decision;
pub mod discrepancy;
pub mod exports;
pub mod extrapolation;
mod keeper;
mod worst;

pub use keeper::Keeper;
pub use worst::{Worst, suspects};

use std::path::Path;

use sim::host::Host;
use validator::interpreters::Interpreter;
use validator::validate::campaign::Campaign;
use validator::validate::summary::Summary;

/// All that the answer shows.
pub struct Answer<'a> {
    pub host: &'a Host,
    pub interpreter: &'a Interpreter,
    pub campaign: &'a Campaign,
    pub summary: &'a Summary,
    /// Largest errors first.
    pub worst: Vec<Worst>,
    pub repeats: u32,
    /// What the calibration was restricted to, if it was.
    pub restricted: Option<String>,
    /// What the model itself is off by, if that was asked for.
    pub discrepancy: Option<discrepancy::Measured>,
    /// Folder of the runs.
    pub out: &'a Path,
    /// The command that repeats this.
    pub command: String,
}
