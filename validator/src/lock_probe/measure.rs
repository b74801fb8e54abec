//! Running the matrix on a real interpreter.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::{Block, Races};
use crate::child::{self, ChildError};

const SCRIPT: &str = include_str!("../../python/probes_lock/matrix.py");
/// Beyond what the blocks themselves take: each lasts until its last call is
/// over, which may have lost the lock many times.
const PATIENCE: u32 = 6;

/// Which cells are measured, how often and how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Repeats of every cell.
    pub repeats: u32,
    /// Length of one block of calls.
    pub block: Duration,
    /// Numbers of spinning threads; with 0 for the time alone.
    pub spinners: Vec<u32>,
    /// Switch intervals.
    pub intervals: Vec<Duration>,
}

impl Default for Plan {
    /// Under 40 s.
    fn default() -> Self {
        Self {
            repeats: 6,
            block: Duration::from_millis(200),
            spinners: vec![0, 1, 2, 4],
            intervals: vec![Duration::from_millis(5), Duration::from_millis(1)],
        }
    }
}

impl Plan {
    /// Time that the blocks take, about.
    pub fn length(&self) -> Duration {
        let cells = self.spinners.len() * self.intervals.len() * super::Operation::ALL.len();
        self.block * cells as u32 * self.repeats
    }
}

/// What was seen on one interpreter.
#[derive(Clone, Debug, Deserialize)]
pub struct Measured {
    /// Is there a lock at all?
    pub locked: bool,
    /// All blocks, as they were measured.
    pub blocks: Vec<Block>,
    /// Hand-overs among three spinners, one count per repeat and interval.
    pub races: Vec<Races>,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The interpreter could not be run, or took too long.
    #[error("the probe {0}")]
    Child(#[from] ChildError),
    /// The probe ended in an error.
    #[error("the probe ended with {status}: {last}")]
    Ended {
        /// How it ended.
        status: String,
        /// Its last line.
        last: String,
    },
    /// The probe printed something else.
    #[error("the probe answered oddly: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Runs `plan` on the interpreter at `python`.
///
/// # Errors
/// It could not be run, took too long, failed or answered oddly.
pub fn measure(python: &Path, plan: &Plan) -> Result<Measured, ProbeError> {
    let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let mut command = Command::new(python);
    command.args(["-I", "-S", "-B", "-c", SCRIPT]).arg(plan.repeats.to_string());
    command.arg(plan.block.as_nanos().to_string()).arg(list(&plan.spinners));
    command.args(plan.intervals.iter().map(|interval| interval.as_nanos().to_string()));
    let finished = child::run(command, Duration::from_secs(20) + plan.length() * PATIENCE)?;
    if !finished.status.success() {
        let stderr = String::from_utf8_lossy(&finished.stderr);
        let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let status = finished.status.to_string();
        return Err(ProbeError::Ended { status, last: last.trim().to_owned() });
    }
    Ok(serde_json::from_slice(&finished.stdout)?)
}
