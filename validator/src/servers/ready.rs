//! Waiting until every worker of a server can serve: each adds a line to a file.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::child::Group;
use crate::grpc::spoken::{died, last_words};
use crate::run::{Files, Plan, RunError, Stop, at};

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// A worker that can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Up {
    /// Its process.
    pub pid: u32,
    /// Since when, in ns of CLOCK_MONOTONIC.
    pub at: u64,
    /// Has it an interpreter lock?
    pub interpreter_lock: bool,
}

/// Where workers say that they are up.
pub(super) fn ups_of(files: &Files) -> PathBuf {
    files.folder.join("ups.jsonl")
}

/// The file of that, empty at first.
pub(super) struct Ups(PathBuf);

impl Ups {
    pub(super) fn new(files: &Files) -> Result<Self, RunError> {
        let path = ups_of(files);
        File::create(&path).map_err(at(&path))?;
        Ok(Self(path))
    }

    /// All that are or were up.
    pub(super) fn read(&self) -> Result<Vec<Up>, RunError> {
        let text = fs::read_to_string(&self.0).map_err(at(&self.0))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let parse = |(line, text): (usize, &str)| {
            serde_json::from_str(text).map_err(|error| RunError::Event {
                path: self.0.clone(),
                line: line + 1,
                reason: error.to_string(),
            })
        };
        text[..whole].lines().enumerate().map(parse).collect()
    }
}

/// Returns once so many `workers` are up.
pub(super) fn wait(
    plan: &Plan<'_>,
    files: &Files,
    stop: &Stop,
    server: &mut Group,
    ups: Ups,
    workers: u32,
) -> Result<Vec<Up>, RunError> {
    let began = Instant::now();
    let limit = plan.limits.ready.min(plan.limits.total);
    loop {
        let gone = server.wait(LOOK).map_err(RunError::Watch)?;
        let up = ups.read()?;
        if up.len() >= workers as usize {
            return Ok(up);
        }
        if let Some(status) = gone {
            return Err(died(files, status.to_string()));
        }
        if stop.is_requested() {
            return Err(RunError::Interrupted);
        }
        if began.elapsed() > limit {
            let (said, stderr) = (last_words(files), files.stderr.clone());
            return Err(RunError::NeverReady { limit, said, stderr });
        }
    }
}
