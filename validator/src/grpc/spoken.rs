//! What workers said before they ended.

use std::fs;

use crate::run::{Files, RunError};

/// Bytes of the workers' messages that are searched for the last one.
const SAID: usize = 4096;

/// A worker ended before the first request.
pub(crate) fn died(files: &Files, how: String) -> RunError {
    RunError::Died { how, said: last_words(files), stderr: files.stderr.clone() }
}

/// The last line on standard error.
pub(crate) fn last_words(files: &Files) -> String {
    let bytes = fs::read(&files.stderr).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(SAID)..]);
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.unwrap_or("nothing").to_owned()
}
