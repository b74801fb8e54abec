//! Which recycling rule keeps enough workers up: measure, ask, check.
//!
//! How long a restart takes and how fast a worker gets through its requests are
//! simulated (`measure`); the closed forms of `sim::recycling` find the smallest
//! jitter (`ask`); the pool with that rule is simulated from a common start and
//! set beside the prediction (`check`).

mod ask;
mod case;
mod check;
mod measure;
mod settings;

pub use ask::{Base, Counted, Goal};
pub use case::Case;
pub use check::{Check, Down};
pub use measure::Measured;
pub use settings::settings;

use sim::recycling::Answer;

use crate::exit::Failure;
use crate::progress::Bar;

/// A question, its answer, and what came of it.
#[derive(Debug)]
pub struct Study {
    pub goal: Goal,
    pub measured: Measured,
    pub answer: Answer,
    pub check: Check,
}

/// Finds the rule and checks it.
///
/// # Errors
/// No jitter does, the pool has no such rule, or a simulation gave up.
pub fn study(case: &Case, goal: Goal, base: Base, bar: &Bar) -> Result<Study, Failure> {
    let measured = measure::measure(case, base, bar)?;
    let answer = ask::ask(case, goal, base, &measured)?;
    let case = case.with(answer.lifecycle)?;
    let check = check::check(&case, goal, &measured, &answer, bar)?;
    Ok(Study { goal, measured, answer, check })
}
