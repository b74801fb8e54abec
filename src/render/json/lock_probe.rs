//! The answer of `planner lock-probe`.

use std::path::Path;

use serde::Serialize;
use validator::interpreters::Interpreter;
use validator::lock_probe::Score;

use super::VERSION;
use super::common::{HostSize, Interval};
use crate::render::lock_probe::{Answer, Probed};

/// The answer of `planner lock-probe`. Times in seconds.
#[derive(Debug, Serialize)]
pub struct LockProbe<'a> {
    version: u32,
    host: HostSize,
    interpreters: Vec<Probe<'a>>,
    not_run: Vec<NotRun<'a>>,
}

#[derive(Debug, Serialize)]
struct Probe<'a> {
    interpreter: &'a Interpreter,
    locked: bool,
    asker_wins: Interval,
    cells: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    score: &'a Score,
    error: f64,
    indistinguishable: bool,
}

#[derive(Debug, Serialize)]
struct NotRun<'a> {
    path: &'a Path,
    reason: &'a str,
}

impl<'a> LockProbe<'a> {
    /// The same figures as in the text.
    pub fn new(answer: &'a Answer<'_>) -> Self {
        Self {
            version: VERSION,
            host: answer.host.into(),
            interpreters: answer.probed.iter().map(probe).collect(),
            not_run: answer.not_run.iter().map(|(path, reason)| NotRun { path, reason }).collect(),
        }
    }
}

fn probe(probed: &Probed) -> Probe<'_> {
    let row = |score| Row {
        score,
        error: Score::error(score),
        indistinguishable: Score::indistinguishable(score),
    };
    Probe {
        interpreter: &probed.interpreter,
        locked: probed.locked,
        asker_wins: (&probed.scored.asker_wins).into(),
        cells: probed.scored.scores.iter().map(row).collect(),
    }
}
