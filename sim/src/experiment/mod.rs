//! Scenarios, replications and what they yield.

mod blast_radius;
mod outcome;
mod scenario;
mod summary;

pub use blast_radius::{BlastRadius, undisturbed};
pub use outcome::{
    ClassOutcome, Counts, Fate, MemoryOutcome, Observer, Outcome, PoolOutcome, Record,
    RestartCause, SimError, Snapshot, Utilisation, WorkersOutcome,
};
pub use scenario::{Background, Course, CpuModel, Limits, Look, Scenario, Start};
pub use summary::{ClassSummary, MemorySummary, PoolSummary, Summary, WorkersSummary};

/// Simulates replication `replication` of `scenario`.
///
/// # Errors
/// A limit was passed, or the runtime cannot run the profile.
pub fn simulate(
    scenario: &Scenario<'_>,
    replication: u32,
    observer: &mut dyn Observer,
) -> Result<Outcome, SimError> {
    crate::engine::run(scenario, replication, observer)
}

/// Simulates replications `range` in parallel; the result is in order and does
/// not depend on the number of threads.
///
/// # Errors
/// The first error in order of replications.
pub fn replicate(
    scenario: &Scenario<'_>,
    range: std::ops::Range<u32>,
) -> Result<Vec<Outcome>, SimError> {
    use rayon::prelude::*;
    range.into_par_iter().map(|r| simulate(scenario, r, &mut ())).collect()
}
