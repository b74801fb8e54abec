//! The search: candidates, bounds, race, recommendation.

mod bounds;
mod candidates;
mod constraints;
mod demand;
mod dominated;
mod family;
mod libraries;
mod recommendation;
mod rules;
mod ruling;
mod screen;
#[cfg(test)]
mod testing;
mod units;

pub use recommendation::{
    Assessed, Bottleneck, Effort, Exclusion, Limited, Margin, Progress, Recommendation, Resource,
    RuleOutcome, RunnerUp, SanityLine, SearchError, SearchOptions, Warning,
};

use crate::host::Host;
use crate::workload::Workload;

/// Finds the best pool for `workload` on `host`.
///
/// # Errors
/// Nothing is possible, or the simulator passed a limit.
pub fn recommend(
    workload: &Workload,
    host: &Host,
    options: &SearchOptions,
    progress: &dyn Progress,
) -> Result<Recommendation, SearchError> {
    let _ = (workload, host, options, progress);
    unimplemented!()
}
