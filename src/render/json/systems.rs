//! The answer of `planner systems`.

use serde::Serialize;
use validator::interpreters::Interpreter;
use validator::systems::Score;

use super::VERSION;
use super::common::HostSize;
use crate::render::systems::Answer;

/// The answer of `planner systems`. Times in seconds, memory in bytes.
#[derive(Debug, Serialize)]
pub struct Systems<'a> {
    version: u32,
    host: HostSize,
    systems: Vec<One<'a>>,
    not_run: Vec<NotRun<'a>>,
}

#[derive(Debug, Serialize)]
struct One<'a> {
    system: &'a str,
    scaling: &'a str,
    interpreter: &'a Interpreter,
    asker_wins: f64,
    repeats: u32,
    #[serde(flatten)]
    score: &'a Score,
}

#[derive(Debug, Serialize)]
struct NotRun<'a> {
    system: &'a str,
    reason: &'a str,
}

impl<'a> Systems<'a> {
    /// The same figures as in the text.
    pub fn new(answer: &'a Answer<'_>) -> Self {
        let one = |scored: &'a crate::render::systems::Scored| One {
            system: scored.system,
            scaling: &scored.scaling,
            interpreter: &scored.interpreter,
            asker_wins: scored.asker_wins,
            repeats: scored.repeats,
            score: &scored.score,
        };
        Self {
            version: VERSION,
            host: answer.host.into(),
            systems: answer.scored.iter().map(one).collect(),
            not_run: answer
                .not_run
                .iter()
                .map(|(system, reason)| NotRun { system, reason })
                .collect(),
        }
    }
}
