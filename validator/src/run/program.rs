//! The program that workers import: modules as large as the workload says.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Plan, RunError};
use crate::child;

/// Longest that writing may take: 100 MB take about a second.
const LIMIT: Duration = Duration::from_secs(60);

/// Has the Python of `plan` write them under `sources`, unless it did before.
///
/// # Errors
/// They cannot be written.
pub(super) fn write(plan: &Plan<'_>, sources: &Path) -> Result<(), RunError> {
    let bytes = plan.spec.import_bytes;
    if bytes == 0 {
        return Ok(());
    }
    let failed = |why| RunError::Program { bytes, why };
    let mut command = Command::new(plan.python);
    command.args(["-E", "-s"]).arg(sources.join("write_program.py"));
    command.arg(sources).arg(bytes.to_string());
    let finished = child::run(command, LIMIT).map_err(|error| failed(error.to_string()))?;
    match finished.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&finished.stderr);
            let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
            Err(failed(last.unwrap_or("it said nothing").to_owned()))
        }
    }
}
