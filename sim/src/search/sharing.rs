//! Memory in the long run, from a run too short to see it.
//!
//! Forked workers share their parent's pages and un-share them request by
//! request. A race of a few hundred requests would find every fork cheap.

use crate::host::Host;
use crate::pool::PoolConfig;
use crate::process::MemoryPlan;
use crate::workload::Workload;

/// How the pages of a pool's workers become private.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sharing {
    /// PSS of the idle pool before the first request, in bytes.
    idle: f64,
    workers: f64,
    /// Pages that one worker un-shares in the end, in bytes.
    plateau: f64,
    /// Share of what is left of it that one request un-shares.
    step: f64,
}

impl Sharing {
    pub(super) fn of(workload: &Workload, host: &Host, pool: &PoolConfig) -> Self {
        let plan = MemoryPlan::new(host, &workload.runtime, pool);
        Self {
            idle: plan.idle_pss(pool.profile.workers) as f64,
            workers: f64::from(pool.profile.workers),
            plateau: plan.cow_plateau * plan.worker_shared as f64,
            step: plan.cow_step,
        }
    }

    /// What one worker that served `requests` has un-shared, in bytes.
    pub(super) fn unshared(&self, requests: f64) -> f64 {
        self.plateau * (1.0 - (1.0 - self.step).powf(requests))
    }

    /// What one worker un-shares in the end, in bytes.
    pub(super) fn plateau(&self) -> f64 {
        self.plateau
    }

    /// PSS of the idle pool when every worker has un-shared what it ever will,
    /// in bytes.
    pub(super) fn settled(&self) -> f64 {
        self.idle + self.workers * self.plateau
    }

    /// What a run of `completed` requests left shared and a run that never ends
    /// would not, in bytes: by so much is its peak PSS too low. Requests are
    /// taken to be spread evenly over the workers.
    pub(super) fn still_shared(&self, completed: u64) -> f64 {
        let each = completed as f64 / self.workers;
        self.workers * self.plateau * (1.0 - self.step).powf(each)
    }
}

#[cfg(test)]
impl Sharing {
    /// Nothing is shared.
    pub(super) fn none() -> Self {
        Self::of_worker(0.0, 0.0)
    }

    /// One worker that un-shares `plateau` bytes in the end, `step` of what is
    /// left of it with each request.
    pub(super) fn of_worker(plateau: f64, step: f64) -> Self {
        Self { idle: 0.0, workers: 1.0, plateau, step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Scenario, simulate};
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};

    #[test]
    fn a_short_run_foretells_the_memory_of_a_long_one() {
        let mut host = Host::ideal(4);
        host.memory.interpreter = Parameter::exactly(100 << 20);
        host.memory.cow_plateau = Parameter::exactly(0.4);
        host.memory.cow_requests = Parameter::exactly(300.0);
        let mut workload = cpu_bound(200.0, SimDuration(10_000_000));
        workload.classes[0].working_set_bytes = 5 << 20;
        let pool = PoolConfig::new(&workload, "process:4".parse().unwrap(), python("3.12"));
        let sharing = Sharing::of(&workload, &host, &pool);
        let run = |requests| {
            let scenario = Scenario::new(&workload, &host, &pool, requests, 1);
            simulate(&scenario, 0, &mut ()).unwrap()
        };
        let (short, long) = (run(400), run(20_000));
        let seen = long.memory.peak_pss as f64;
        assert!((short.memory.peak_pss as f64) < 0.7 * seen);
        let left = sharing.still_shared(short.counts.completed);
        let foretold = short.memory.peak_pss as f64 + left;
        assert!((foretold / seen - 1.0).abs() < 0.02, "{foretold} {seen}");
    }
}
