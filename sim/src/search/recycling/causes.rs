//! What calls for replacing workers.

use crate::host::Host;
use crate::pool::{Deployment, Split};
use crate::recycling::Leak;
use crate::search::Assessed;
use crate::search::constraints::memory_limit;
use crate::search::units::{bytes, number};
use crate::workload::{RequestClass, Workload};

/// Time that a deployment must last without filling the memory, in s.
const DAY: f64 = 86_400.0;

/// Every pool's need.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    pub(super) pools: Vec<Need>,
    /// Time until leaks fill the memory, in s; infinite without any.
    fills: f64,
}

/// What leaks in a pool, and for how long it may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) leak: Leak,
    /// Requests per worker, in 1/s.
    pub(super) rate: f64,
    /// Bytes that one worker leaks per second.
    pub(super) pace: f64,
    /// Longest life of a worker at which the leaks of all pools together fit
    /// into the memory, in s.
    pub(super) life: f64,
}

impl Needs {
    pub(super) fn of(workload: &Workload, host: &Host, choice: &Assessed) -> Self {
        let deployment = &choice.deployment;
        let throughput = choice.summary.throughput.point;
        let mut pools: Vec<Need> = (0..deployment.pools.len())
            .map(|pool| Need::of(workload, deployment, pool, throughput))
            .collect();
        let workers = |pool: usize| f64::from(deployment.pools[pool].profile.workers);
        let pace: f64 = pools.iter().enumerate().map(|(i, need)| need.pace * workers(i)).sum();
        let room = memory_limit(workload, host).0 as f64 - choice.summary.peak_pss.point;
        let fills = if pace > 0.0 { (room / pace).max(0.0) } else { f64::INFINITY };
        pools.iter_mut().for_each(|need| need.life = fills);
        Self { pools, fills }
    }

    /// What calls for replacing the workers of `pool`, if anything does.
    pub(super) fn why(
        &self,
        workload: &Workload,
        deployment: &Deployment,
        pool: usize,
    ) -> Option<String> {
        let mut why = Vec::new();
        let pace = self.pools[pool].pace;
        if pace > 0.0 && self.fills < DAY {
            why.push(format!(
                "Each worker leaks {} an hour: without recycling the memory is full after {:.1} \
                 hours.",
                bytes(pace * 3600.0),
                self.fills / 3600.0
            ));
        }
        if deployment.pools[pool].lifecycle.recycles() {
            why.push("The workload states a rule by which workers are replaced.".to_owned());
        }
        why.extend(faults(workload, deployment, pool));
        if why.is_empty()
            && let Some(keep) = workload.objective.keep_up
        {
            why.push(format!(
                "The objective asks for {} % of the workers up.",
                number(100.0 * keep.share)
            ));
        }
        (!why.is_empty()).then(|| why.join(" "))
    }
}

impl Need {
    fn of(workload: &Workload, deployment: &Deployment, pool: usize, throughput: f64) -> Self {
        let served = || served(workload, deployment, pool);
        let share: f64 = served().map(|class| class.share).sum();
        let leaked: f64 = served().map(|class| class.share * class.leak_bytes as f64).sum();
        let per_request = if share > 0.0 { leaked / share } else { 0.0 };
        let per_hour = workload.runtime.leak_per_hour;
        let rate = throughput * share / f64::from(deployment.pools[pool].profile.workers);
        Self {
            leak: Leak { per_request: per_request.ceil() as u64, per_hour },
            rate,
            pace: rate * per_request + per_hour as f64 / 3600.0,
            life: f64::INFINITY,
        }
    }
}

/// Classes that pass through `pool`.
fn served<'w>(
    workload: &'w Workload,
    deployment: &'w Deployment,
    pool: usize,
) -> impl Iterator<Item = &'w RequestClass> {
    let here = move |class: usize| match &deployment.split {
        Split::Whole | Split::ByStage => true,
        Split::ByClass(pools) => pools[class] as usize == pool,
    };
    workload.classes.iter().enumerate().filter(move |(i, _)| here(*i)).map(|(_, class)| class)
}

/// What crashes or hangs, and what a rule can and cannot do about it.
fn faults(workload: &Workload, deployment: &Deployment, pool: usize) -> Vec<String> {
    let slots = deployment.pools[pool].slots_per_worker();
    let mut said = Vec::new();
    let crash = served(workload, deployment, pool).any(|class| class.crash > 0.0);
    if crash || workload.runtime.crash_every.is_some() {
        said.push(format!(
            "Workers crash, and up to {slots} request{} in service go{} with each: no rule of age \
             prevents that, as a new worker crashes as often as an old one; fewer slots per worker \
             lose less.",
            if slots == 1 { "" } else { "s" },
            if slots == 1 { "es" } else { "" },
        ));
    }
    if served(workload, deployment, pool).any(|class| class.hang > 0.0) {
        let lifecycle = &deployment.pools[pool].lifecycle;
        let watched = lifecycle.kill_after.is_some() || lifecycle.heartbeat.is_some();
        said.push(format!(
            "Requests hang and hold their slot: {}.",
            if watched {
                "the workload's time limit or heartbeat ends that, and takes the other requests \
                 of the worker along"
            } else {
                "only a time limit (`kill_after`) or a heartbeat ends that in time"
            }
        ));
    }
    said
}
