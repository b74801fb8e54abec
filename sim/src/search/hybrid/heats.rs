//! Short runs of many hybrids on the same requests.

use crate::experiment::SimError;
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::SearchOptions;
use crate::search::judge::{Judge, Standing};
use crate::search::lengths::first_requests;
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::workload::Workload;

/// Replications of each.
const REPLICATIONS: u32 = 4;
/// Fewest requests of one.
const FEWEST: u64 = 200;
/// Share of the budget of requests that a heat may take: one in so many.
const SHARE: u64 = 32;

/// Runs hybrids and counts them.
pub(super) struct Heats<'a> {
    simulator: Simulator<'a>,
    judge: Judge<'a>,
    /// Of one replication, if the budget allows.
    requests: u64,
    budget: u64,
    /// Hybrids so far.
    pub(super) tried: u32,
}

impl<'a> Heats<'a> {
    pub(super) fn new(workload: &'a Workload, host: &'a Host, options: &SearchOptions) -> Self {
        Self {
            simulator: Simulator::new(workload, host, options.cpu, options.seed),
            judge: Judge::new(workload, host),
            requests: first_requests(workload),
            budget: options.budget / SHARE,
            tried: 0,
        }
    }

    /// Requests simulated so far.
    pub(super) fn spent(&self) -> u64 {
        self.simulator.spent
    }

    /// Where each of `all` stands, the best first.
    pub(super) fn run(
        &mut self,
        all: Vec<Deployment>,
    ) -> Result<Vec<(Standing, Deployment)>, SimError> {
        self.tried += all.len() as u32;
        let deployments: Vec<&Deployment> = all.iter().collect();
        let replications = all.len() as u64 * u64::from(REPLICATIONS);
        let affordable = self.budget / replications.max(1);
        let runs = Runs {
            purpose: Purpose::Search,
            from: 0,
            replications: REPLICATIONS,
            requests: self.requests.min(affordable.max(FEWEST)),
        };
        let outcomes = self.simulator.run(&deployments, runs)?;
        let startups = self.simulator.startup(&deployments)?;
        let mut order: Vec<(Standing, Deployment)> = all
            .into_iter()
            .zip(outcomes.iter().zip(startups))
            .map(|(one, (outcomes, startup))| (self.judge.standing(&one, outcomes, startup), one))
            .collect();
        order.sort_by(|a, b| a.0.compare(&b.0));
        Ok(order)
    }
}

/// Sorts, the best first; but first of all the one that needs the least memory
/// among those that are as good as the best. How its workers start and how many
/// BLAS threads they have often shows in the memory alone.
pub(super) fn leanest_first(order: &mut [(Standing, Deployment)], indifference: f64) {
    order.sort_by(|a, b| a.0.compare(&b.0));
    let Some((best, _)) = order.first() else { return };
    let as_good = order.iter().enumerate().filter(|(_, (one, _))| one.within(best, indifference));
    let leanest = as_good.min_by(|(_, (a, _)), (_, (b, _))| a.pss.total_cmp(&b.pss));
    if let Some((place, _)) = leanest {
        order[..=place].rotate_right(1);
    }
}
