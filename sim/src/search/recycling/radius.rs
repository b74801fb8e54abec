//! What a rule does to requests: the same requests, once with the rule and once
//! with workers that live for ever.

use crate::experiment::{
    BlastRadius, CpuModel, Outcome, Scenario, SimError, replicate, undisturbed,
};
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::simulator::Purpose;
use crate::search::{Assessed, SearchOptions};
use crate::workload::{Trace, Workload};

use super::RecyclingRule;

/// Replications of either.
const REPLICATIONS: u32 = 6;
/// Calendar events that both may take for one pool, about.
const EVENTS: f64 = 3_000_000.0;

/// Runs rules of one choice.
pub(super) struct Trials<'a> {
    workload: &'a Workload,
    host: &'a Host,
    deployment: &'a Deployment,
    throughput: f64,
    /// Calendar events per request.
    density: f64,
    cpu: CpuModel,
    seed: u64,
    /// Requests simulated so far.
    pub(super) spent: u64,
}

impl<'a> Trials<'a> {
    pub(super) fn new(
        workload: &'a Workload,
        host: &'a Host,
        choice: &'a Assessed,
        options: &SearchOptions,
    ) -> Self {
        let outcomes = &choice.summary.outcomes;
        let events: u64 = outcomes.iter().map(|outcome| outcome.events).sum();
        let requests: u64 = outcomes.iter().map(|outcome| outcome.counts.arrived).sum();
        Self {
            workload,
            host,
            deployment: &choice.deployment,
            throughput: choice.summary.throughput.point,
            density: events as f64 / requests.max(1) as f64,
            cpu: options.cpu,
            seed: Purpose::Report.seed(options.seed),
            spent: 0,
        }
    }

    /// The blast radius of `rule` in `pool`, or why no run can show it.
    pub(super) fn radius(
        &mut self,
        pool: usize,
        rule: &RecyclingRule,
    ) -> Result<Result<BlastRadius, String>, SimError> {
        // Every worker's first life and the outage that ends it.
        let seconds = rule.answer.lives.base() + rule.answer.lives.jitter() + rule.outage;
        let needed = (self.throughput * seconds).ceil();
        let runs = f64::from(2 * REPLICATIONS);
        let affordable = EVENTS / self.density.max(1.0) / runs;
        let offered = Trace::rows(self.workload).map_or(f64::INFINITY, |rows| rows as f64);
        if !needed.is_finite() || needed > affordable.min(offered) {
            return Ok(Err(format!(
                "a worker's life takes {needed:.0} requests of the whole service, and a run here \
                 has {:.0} at most; `planner simulate --requests {needed:.0}` with this rule shows it",
                affordable.min(offered)
            )));
        }
        let mut recycled = self.deployment.clone();
        recycled.pools[pool].lifecycle = rule.lifecycle;
        let (calm, forever) = undisturbed(self.workload, &recycled);
        let requests = needed as u64;
        let disturbed = match self.run(self.workload, &recycled, requests) {
            Err(SimError::Impossible(why)) => return Ok(Err(why)),
            outcomes => outcomes?,
        };
        let undisturbed = self.run(&calm, &forever, requests)?;
        Ok(Ok(BlastRadius::of(&disturbed, &undisturbed)))
    }

    fn run(
        &mut self,
        workload: &Workload,
        deployment: &Deployment,
        requests: u64,
    ) -> Result<Vec<Outcome>, SimError> {
        let scenario = Scenario {
            cpu: self.cpu,
            ..Scenario::of(workload, self.host, deployment, requests, self.seed)
        };
        let outcomes = replicate(&scenario, 0..REPLICATIONS)?;
        self.spent += outcomes.iter().map(|outcome| outcome.counts.arrived).sum::<u64>();
        Ok(outcomes)
    }
}
