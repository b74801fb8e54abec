//! Why no jitter is the answer.

use crate::closed_form::ClosedFormError;
use crate::kernel::SimDuration;

/// There is no such jitter.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoJitter {
    /// The question makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Numbers that no life can have.
    #[error(transparent)]
    Life(#[from] ClosedFormError),
    /// Random lives leave some chance of anything.
    #[error(
        "no jitter makes it certain that {up} of {workers} workers are up; ask for less than 1"
    )]
    Certainty {
        /// Workers that must be up.
        up: u32,
        /// Workers of the pool.
        workers: u32,
    },
    /// Lives are too short even if restarts are spread evenly.
    #[error(
        "lives of {life} to twice that with outages of {outage} leave fewer than {up} of {workers} \
         workers up {short:.2e} of the time however they are spread; let them live {least} or \
         longer, with as much jitter"
    )]
    Steady {
        /// Workers that must be up.
        up: u32,
        /// Workers of the pool.
        workers: u32,
        /// Shortest life now.
        life: SimDuration,
        /// Length of an outage.
        outage: SimDuration,
        /// Share of time that too few are up in the long run.
        short: f64,
        /// The shortest life with which some jitter does.
        least: SimDuration,
    },
    /// In the long run it would do, but not when all started together.
    #[error(
        "after a common start, jitter as long as the life itself, {life}, still leaves fewer than \
         {up} of {workers} workers up with probability {short:.2e} at the worst moment; let them \
         live {least} or longer, with as much jitter, or start them apart"
    )]
    Together {
        /// Workers that must be up.
        up: u32,
        /// Workers of the pool.
        workers: u32,
        /// Shortest life now.
        life: SimDuration,
        /// Chance at the worst moment that too few are up.
        short: f64,
        /// The shortest life with which some jitter does.
        least: SimDuration,
    },
}
