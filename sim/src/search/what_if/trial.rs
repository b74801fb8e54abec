//! Short runs of a few pools in a situation that may differ from the stated
//! one, all on the same requests.

use crate::experiment::{CpuModel, Outcome, SimError};
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::SearchOptions;
use crate::search::judge::{Judge, Standing};
use crate::search::lengths::first_requests;
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::workload::Workload;

/// Replications of a trial: the fewest whose paired intervals are of use.
const REPLICATIONS: u32 = 4;
/// Replications where the choice's own figures are held against themselves.
const ALONE: u32 = 8;
/// Fewest requests of a replication.
const FEWEST: u64 = 200;
/// Pools beside the choice that are tried.
const RIVALS: usize = 3;
/// As many where a request takes more than so many calendar events.
const FEW_RIVALS: usize = 1;
const HEAVY: f64 = 30.0;

/// The choice and its rivals, and how they are tried.
#[derive(Clone, Debug)]
pub(in crate::search) struct Contest {
    /// The choice first.
    pub(in crate::search) pools: Vec<Deployment>,
    pub(super) indifference: f64,
    cpu: CpuModel,
    seed: u64,
    /// Calendar events per request, about.
    density: f64,
}

/// What the pools did.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// Of each pool, in order.
    pub(super) outcomes: Vec<Vec<Outcome>>,
    /// Time until each is ready, in s; 0 if no limit asks for it.
    pub(super) startups: Vec<f64>,
    pub(super) standings: Vec<Standing>,
    /// Requests simulated.
    pub(super) requests: u64,
}

/// What would be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    /// The choice, unless another is clearly better.
    pub(super) pool: usize,
    /// Does it keep every limit?
    pub(super) keeps: bool,
}

impl Contest {
    /// `choice` against the first of `others`; `density` is the number of
    /// calendar events that a request takes, about.
    pub(in crate::search) fn new(
        choice: &Deployment,
        others: impl Iterator<Item = Deployment>,
        options: &SearchOptions,
        density: f64,
    ) -> Self {
        let rivals = if density > HEAVY { FEW_RIVALS } else { RIVALS };
        Self {
            pools: std::iter::once(choice.clone()).chain(others.take(rivals)).collect(),
            indifference: options.indifference,
            cpu: options.cpu,
            seed: options.seed,
            density: density.max(1.0),
        }
    }

    /// Runs of which `trials` of all pools take about `events` calendar events.
    pub(super) fn runs(&self, workload: &Workload, trials: u64, events: u64) -> Runs {
        let replications = trials * self.pools.len() as u64 * u64::from(REPLICATIONS);
        let affordable = (events as f64 / self.density) as u64 / replications.max(1);
        Runs {
            purpose: Purpose::WhatIf,
            from: 0,
            replications: REPLICATIONS,
            requests: (2 * first_requests(workload)).min(affordable.max(FEWEST)),
        }
    }

    /// The choice alone, and runs of which `trials` take about `events` calendar
    /// events.
    pub(super) fn alone(&self, workload: &Workload, trials: u64, events: u64) -> (Self, Runs) {
        let pools = self.pools[..1].to_vec();
        let alone = Self { pools, ..self.clone() };
        let runs = alone.runs(workload, trials * u64::from(ALONE / REPLICATIONS), events);
        (alone, Runs { replications: ALONE, ..runs })
    }

    /// Pool `pool` alone, tried as beside the others.
    pub(super) fn only(&self, pool: usize) -> Self {
        Self { pools: vec![self.pools[pool].clone()], ..self.clone() }
    }

    /// One short replication, to see whether anything changes at all.
    pub(super) fn probe(&self) -> Runs {
        Runs { purpose: Purpose::WhatIf, from: 0, replications: 1, requests: FEWEST }
    }

    /// For runs of the caller's own.
    pub(super) fn simulator<'a>(&self, workload: &'a Workload, host: &'a Host) -> Simulator<'a> {
        Simulator::new(workload, host, self.cpu, self.seed)
    }

    /// All pools under `workload` on `host`.
    pub(super) fn attempt(
        &self,
        workload: &Workload,
        host: &Host,
        runs: Runs,
    ) -> Result<Trial, SimError> {
        let mut simulator = self.simulator(workload, host);
        let pools: Vec<&Deployment> = self.pools.iter().collect();
        let outcomes = simulator.run(&pools, runs)?;
        let startups = match workload.objective.startup {
            Some(_) => simulator.startup(&pools)?,
            None => vec![0.0; pools.len()],
        };
        let standings = self.judged(workload, host, &outcomes, &startups);
        Ok(Trial { outcomes, startups, standings, requests: simulator.spent })
    }

    /// As `attempt`, but only of the pools that `changed`: the others do what
    /// they did in `base`.
    pub(super) fn again(
        &self,
        workload: &Workload,
        host: &Host,
        runs: Runs,
        base: &Trial,
        changed: &[bool],
    ) -> Result<Trial, SimError> {
        let Trial { mut outcomes, mut startups, .. } = base.clone();
        let mut requests = 0;
        for pool in (0..self.pools.len()).filter(|&pool| changed[pool]) {
            let mut trial = self.only(pool).attempt(workload, host, runs)?;
            outcomes[pool] = trial.outcomes.swap_remove(0);
            startups[pool] = trial.startups[0];
            requests += trial.requests;
        }
        let standings = self.judged(workload, host, &outcomes, &startups);
        Ok(Trial { outcomes, startups, standings, requests })
    }

    /// Time until each pool is ready on `host`, in s.
    pub(super) fn startups(&self, workload: &Workload, host: &Host) -> Result<Vec<f64>, SimError> {
        let pools: Vec<&Deployment> = self.pools.iter().collect();
        self.simulator(workload, host).startup(&pools)
    }

    /// Standings of outcomes that are there, by another objective or memory.
    pub(super) fn judged(
        &self,
        workload: &Workload,
        host: &Host,
        outcomes: &[Vec<Outcome>],
        startups: &[f64],
    ) -> Vec<Standing> {
        let judge = Judge::new(workload, host);
        let each = self.pools.iter().zip(outcomes).zip(startups);
        each.map(|((pool, runs), startup)| judge.standing(pool, runs, *startup)).collect()
    }

    /// The choice, unless another keeps the limits that it breaks or is clearly
    /// better by more than what does not matter.
    pub(super) fn pick(&self, standings: &[Standing]) -> Pick {
        let best = (0..standings.len()).min_by(|&a, &b| standings[a].compare(&standings[b]));
        let best = best.unwrap_or(0);
        let keeps = |pool: usize| standings[pool].mean_excess() == 0.0;
        let beaten = keeps(best) && !keeps(0)
            || standings[0].clearly_worse(&standings[best], self.indifference);
        let pool = if beaten { best } else { 0 };
        Pick { pool, keeps: keeps(pool) }
    }
}
