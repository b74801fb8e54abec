//! What calls for replacing workers.

use crate::host::Host;
use crate::pool::{Deployment, Split};
use crate::recycling::Leak;
use crate::search::Assessed;
use crate::search::sharing::Sharing;
use crate::search::units::{bytes, number};
use crate::workload::{RequestClass, Workload};

use super::growth::Growth;

/// Time that a deployment must last without filling the memory, in s.
const DAY: f64 = 86_400.0;

/// Share of the other gains from which on pages made private are spoken of.
const NOTABLE: f64 = 0.1;

/// Every pool's need.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    pub(super) pools: Vec<Need>,
    /// Time until the memory is full, in s; infinite if it never is.
    fills: f64,
    /// Bytes per second that the parent keeps.
    parent: f64,
}

/// What the workers of a pool gain with age, and for how long they may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) leak: Leak,
    /// Requests per worker, in 1/s.
    pub(super) rate: f64,
    /// Bytes that one worker leaks per second.
    pub(super) pace: f64,
    /// Pages that a forked worker makes its own.
    pub(super) sharing: Sharing,
    /// Longest life of a worker at which what all pools gain fits into the
    /// memory, in s; infinite if any does.
    pub(super) life: f64,
    /// What the parent keeps fills the memory, whatever becomes of workers.
    pub(super) futile: bool,
}

impl Needs {
    pub(super) fn of(workload: &Workload, host: &Host, choice: &Assessed) -> Self {
        let deployment = &choice.deployment;
        let throughput = choice.summary.throughput.point;
        let mut pools: Vec<Need> = (0..deployment.pools.len())
            .map(|pool| Need::of(workload, host, deployment, pool, throughput))
            .collect();
        let growth = Growth::of(workload, host, choice, &pools);
        let fills = growth.fills();
        let futile = growth.is_the_parents();
        pools.iter_mut().for_each(|need| (need.life, need.futile) = (fills, futile));
        let parent = growth.parent();
        Self { pools, fills, parent }
    }

    /// What calls for replacing the workers of `pool`, if anything does.
    pub(super) fn why(
        &self,
        workload: &Workload,
        deployment: &Deployment,
        pool: usize,
    ) -> Option<String> {
        let mut why = self.full(pool);
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

    /// What fills the memory within a day, if anything does.
    fn full(&self, pool: usize) -> Vec<String> {
        let need = &self.pools[pool];
        let mut what = Vec::new();
        if need.pace > 0.0 {
            what.push(format!("Each worker leaks {} an hour", bytes(need.pace * 3600.0)));
        }
        let unshared = need.sharing.unshared(need.rate * self.fills);
        if unshared > NOTABLE * (need.pace + self.parent) * self.fills {
            what.push(format!(
                "Each worker makes {} of its parent's pages its own as it serves",
                bytes(need.sharing.plateau())
            ));
        }
        if self.parent > 0.0 {
            what.push(format!(
                "The parent keeps {} of results an hour, which no worker's end frees and every \
                 worker forked later starts with",
                bytes(self.parent * 3600.0)
            ));
        }
        if what.is_empty() || self.fills >= DAY {
            return Vec::new();
        }
        let how = if need.futile { "" } else { "without recycling " };
        let full = format!("{how}the memory is full after {}", lasting(self.fills));
        vec![format!("{}: {full}.", what.join(". "))]
    }
}

/// `2.5 hours`, `40.0 minutes`, `12.0 s`.
fn lasting(secs: f64) -> String {
    match secs {
        s if s >= 3600.0 => format!("{:.1} hours", s / 3600.0),
        s if s >= 60.0 => format!("{:.1} minutes", s / 60.0),
        s => format!("{s:.1} s"),
    }
}

impl Need {
    fn of(
        workload: &Workload,
        host: &Host,
        deployment: &Deployment,
        pool: usize,
        throughput: f64,
    ) -> Self {
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
            sharing: Sharing::of(workload, host, &deployment.pools[pool]),
            life: f64::INFINITY,
            futile: false,
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
