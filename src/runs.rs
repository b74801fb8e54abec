//! Replications in parallel, with a bar for who waits.

use rayon::prelude::*;
use sim::experiment::{Observer, Outcome, Scenario, SimError, simulate};
use sim::search::Progress as _;

use crate::progress::Bar;

/// Simulates `replications` of `scenario`, in rounds so that the bar can move;
/// `first` looks on at the first.
pub fn replicate<O: Observer + Send>(
    scenario: &Scenario<'_>,
    replications: u32,
    first: &mut O,
    what: &str,
    bar: &Bar,
) -> Result<Vec<Outcome>, SimError> {
    let round = rayon::current_num_threads().max(1) as u32;
    let (mut outcomes, mut first) = (Vec::new(), Some(first));
    for from in (0..replications).step_by(round as usize) {
        let range = from..replications.min(from.saturating_add(round));
        let runs: Vec<(u32, Option<&mut O>)> = range.map(|r| (r, first.take())).collect();
        let some: Result<Vec<Outcome>, SimError> = runs
            .into_par_iter()
            .map(|(r, watching)| match watching {
                Some(observer) => simulate(scenario, r, observer),
                None => simulate(scenario, r, &mut ()),
            })
            .collect();
        outcomes.extend(some?);
        bar.step(what, outcomes.len() as u64, u64::from(replications));
    }
    Ok(outcomes)
}
