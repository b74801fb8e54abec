//! Who takes part in a race.

use crate::experiment::SimError;
use crate::pool::{Deployment, PoolConfig};
use crate::search::judge::Standing;
use crate::search::simulator::Simulator;
use crate::workload::Workload;

/// A candidate in the race.
#[derive(Clone, Debug)]
pub(super) struct Entrant {
    pub(super) deployment: Deployment,
    /// Time until ready, in s; 0 if no limit asks for it.
    pub(super) startup: f64,
    /// Place of its runtime in the workload's list.
    pub(super) preference: usize,
    /// In the last stage that it took part in.
    pub(super) standing: Standing,
    /// Its worst p99 there, over its limit if it has one.
    pub(super) tail: f64,
    /// That stage.
    pub(super) stage: usize,
}

impl Entrant {
    /// Less memory, then the runtime listed earlier, then fewer processes, then
    /// fewer threads.
    pub(super) fn cheaper(&self, other: &Self) -> std::cmp::Ordering {
        self.standing.pss.total_cmp(&other.standing.pss).then_with(|| self.plainer(other))
    }

    /// As `cheaper`, without the memory.
    pub(super) fn plainer(&self, other: &Self) -> std::cmp::Ordering {
        let threads = |e: &Self| {
            let pools = e.deployment.pools.iter();
            pools.map(|pool| pool.profile.slots() * u64::from(pool.blas_threads)).sum::<u64>()
        };
        self.preference
            .cmp(&other.preference)
            .then(self.deployment.workers().cmp(&other.deployment.workers()))
            .then(threads(self).cmp(&threads(other)))
    }
}

/// `deployments` at the start.
pub(super) fn entrants(
    simulator: &Simulator<'_>,
    workload: &Workload,
    deployments: Vec<Deployment>,
) -> Result<Vec<Entrant>, SimError> {
    let startups = match workload.objective.startup {
        Some(_) => simulator.startup(&deployments.iter().collect::<Vec<_>>())?,
        None => vec![0.0; deployments.len()],
    };
    let listed = &workload.runtime.python;
    let place = |pool: &PoolConfig| listed.iter().position(|&python| python == pool.python);
    let enter = |(deployment, startup): (Deployment, f64)| Entrant {
        preference: place(&deployment.pools[0]).unwrap_or(0),
        deployment,
        startup,
        standing: Standing::default(),
        tail: f64::INFINITY,
        stage: 0,
    };
    Ok(deployments.into_iter().zip(startups).map(enter).collect())
}
