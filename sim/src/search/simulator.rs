//! Runs many candidates on the same requests.

use rayon::prelude::*;

use crate::experiment::{CpuModel, Outcome, Scenario, SimError, Start, simulate};
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::SearchOptions;
use crate::workload::Workload;

/// What a run is for. Each purpose has a seed of its own: a figure that was
/// picked for being good is too good, so nothing that was used for picking is
/// used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Dropping candidates.
    Search = 1,
    /// Choosing among the finalists.
    Selection = 2,
    /// Figures that are shown.
    Report = 3,
    /// Holding the answer against what might be otherwise.
    WhatIf = 4,
}

impl Purpose {
    /// Its seed, far from that of the others (the finaliser of SplitMix64).
    pub(super) fn seed(self, seed: u64) -> u64 {
        let mut z = seed.wrapping_add((self as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Replications to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Runs {
    pub(super) purpose: Purpose,
    /// First replication.
    pub(super) from: u32,
    /// How many.
    pub(super) replications: u32,
    /// Requests in each.
    pub(super) requests: u64,
}

/// Simulates candidates and counts the requests that it took.
pub(super) struct Simulator<'a> {
    workload: &'a Workload,
    host: &'a Host,
    cpu: CpuModel,
    seed: u64,
    /// Requests simulated so far.
    pub(super) spent: u64,
    /// Calendar events that they took.
    pub(super) events: u64,
}

impl<'a> Simulator<'a> {
    pub(super) fn new(workload: &'a Workload, host: &'a Host, cpu: CpuModel, seed: u64) -> Self {
        Self { workload, host, cpu, seed, spent: 0, events: 0 }
    }

    /// Requests that `options` allow in all, by the events that requests took
    /// so far.
    pub(super) fn affordable(&self, options: &SearchOptions) -> u64 {
        let density = self.events as f64 / self.spent.max(1) as f64;
        options.budget.min((options.events as f64 / density.max(1.0)) as u64)
    }

    /// Simulates `runs` for each of `deployments`: replication i of each serves
    /// the same requests. The result is in order, whatever the number of
    /// threads.
    pub(super) fn run(
        &mut self,
        deployments: &[&Deployment],
        runs: Runs,
    ) -> Result<Vec<Vec<Outcome>>, SimError> {
        let replications = runs.replications as usize;
        let seed = runs.purpose.seed(self.seed);
        let outcomes: Vec<Result<Outcome, SimError>> = (0..deployments.len() * replications)
            .into_par_iter()
            .map(|i| {
                let scenario = Scenario {
                    cpu: self.cpu,
                    ..Scenario::of(
                        self.workload,
                        self.host,
                        deployments[i / replications],
                        runs.requests,
                        seed,
                    )
                };
                simulate(&scenario, runs.from + (i % replications) as u32, &mut ())
            })
            .collect();
        let outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>, SimError>>()?;
        self.spent += outcomes.iter().map(|outcome| outcome.counts.arrived).sum::<u64>();
        self.events += outcomes.iter().map(|outcome| outcome.events).sum::<u64>();
        Ok(outcomes.chunks(replications.max(1)).map(<[Outcome]>::to_vec).collect())
    }

    /// Time until each of `deployments` is ready from a cold start without load, in s.
    /// Nothing in it is random.
    pub(super) fn startup(&self, deployments: &[&Deployment]) -> Result<Vec<f64>, SimError> {
        let times: Vec<Result<f64, SimError>> = deployments
            .par_iter()
            .map(|deployment| {
                let scenario = Scenario {
                    cpu: self.cpu,
                    start: Start::Cold,
                    ..Scenario::of(self.workload, self.host, deployment, 0, self.seed)
                };
                Ok(simulate(&scenario, 0, &mut ())?.ready_at.as_secs())
            })
            .collect();
        times.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::testing::{cpu_bound, python};

    #[test]
    fn purposes_have_seeds_of_their_own() {
        for seed in [0, 1, 2, u64::MAX] {
            let [a, b, c] =
                [Purpose::Search, Purpose::Selection, Purpose::Report].map(|p| p.seed(seed));
            assert!(a != b && b != c && a != c && a != seed);
        }
    }

    #[test]
    fn every_candidate_gets_the_same_requests() {
        let workload = cpu_bound(100.0, SimDuration::MILLISECOND);
        let host = Host::ideal(4);
        let pool = |text: &str| {
            Deployment::from(PoolConfig::new(&workload, text.parse().unwrap(), python("3.12")))
        };
        let (small, large) = (pool("process:1"), pool("process:4"));
        let mut simulator = Simulator::new(&workload, &host, CpuModel::default(), 1);
        let runs = Runs { purpose: Purpose::Search, from: 3, replications: 2, requests: 200 };
        let outcomes = simulator.run(&[&small, &large, &small], runs).unwrap();
        assert_eq!(simulator.spent, 3 * 2 * 200);
        assert_eq!(outcomes[0], outcomes[2]);
        assert_ne!(outcomes[0][0], outcomes[0][1]);
        let alone = Runs { from: 4, replications: 1, ..runs };
        assert_eq!(simulator.run(&[&large], alone).unwrap()[0][0], outcomes[1][1]);
    }
}
