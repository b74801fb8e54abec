//! The answer of `planner import`.

use imports::Imported;
use serde::Serialize;

use super::VERSION;
use crate::render::import::Answer;

/// The answer of `planner import`. Times in seconds, sizes in bytes, rates per
/// second.
#[derive(Debug, Serialize)]
pub struct Import<'a> {
    version: u32,
    /// Where the workload was written to.
    workload: &'a str,
    /// Where the trace was written to; null without one.
    trace: Option<&'a str>,
    /// Requests of the trace.
    trace_requests: Option<usize>,
    imported: &'a Imported,
    command: &'a str,
}

impl<'a> Import<'a> {
    /// The same facts as in the text.
    pub fn new(answer: &'a Answer<'_>) -> Self {
        Self {
            version: VERSION,
            workload: &answer.workload,
            trace: answer.trace.as_ref().map(|(path, _)| path.as_str()),
            trace_requests: answer.trace.as_ref().map(|(_, requests)| *requests),
            imported: answer.imported,
            command: &answer.command,
        }
    }
}
