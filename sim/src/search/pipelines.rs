//! Candidates for a workload with stages: an executor for each stage that has
//! none of its own.
//!
//! Sizes follow by Little's law from what a stage keeps in use at the rate that
//! the cores and the given stages allow; the operational bounds keep the
//! product of the stages small.

use crate::host::Host;
use crate::pool::{Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod};
use crate::search::bounds::Bounds;
use crate::search::candidates::{blas_levels, parallel, peak_rate};
use crate::search::constraints::broken;
use crate::search::demand::{Demand, part};
use crate::search::memory::fits;
use crate::search::memory::memory_limit;
use crate::search::ruling::{Kind, Ruling};
use crate::search::units::number;
use crate::search::variants::product;
use crate::workload::{Arrivals, PythonVersion, Stage, Workload};

/// Pipelines that are simulated at most.
const MOST: usize = 64;
/// Slots of an open stage over those that it keeps in use, by the number of
/// open stages: their product is what is tried.
const ROOM: [&[f64]; 3] = [&[0.5, 1.0, 1.5, 3.0], &[1.0, 2.0], &[1.5]];

/// Pipelines to race, and why the others are not.
#[derive(Clone, Debug)]
pub(super) struct Pipelines {
    pub(super) kept: Vec<Deployment>,
    /// By hard constraints.
    pub(super) broken: Vec<Ruling>,
    /// By operational bounds.
    pub(super) slow: Vec<Ruling>,
    /// No candidate can carry the load.
    pub(super) hopeless: bool,
}

/// Every pipeline of `workload` worth racing on `host`.
pub(super) fn pipelines(workload: &Workload, host: &Host) -> Pipelines {
    let mut possible: Vec<Deployment> = Vec::new();
    let mut rulings = Vec::new();
    for pipeline in candidates(workload, host) {
        match ruled_out(workload, host, &pipeline) {
            Some(ruling) => rulings.push(ruling),
            None => possible.push(pipeline),
        }
    }
    let (kept, slow) = fastest(workload, host, possible);
    let needed = served(workload);
    let carries = |one| Bounds::of_deployment(workload, host, one).throughput() > needed;
    let hopeless = needed > 0.0 && !kept.iter().any(carries);
    Pipelines { kept, broken: rulings, slow, hopeless }
}

/// Requests per second that must be served in the long run.
fn served(workload: &Workload) -> f64 {
    let offered = match &workload.arrivals {
        Arrivals::Replay { .. } => 0.0,
        other => other.offered_rate().unwrap_or(0.0),
    };
    let failed = workload.objective.failures.unwrap_or(0.0);
    (offered * (1.0 - failed)).max(workload.objective.throughput.unwrap_or(0.0))
}

fn ruled_out(workload: &Workload, host: &Host, pipeline: &Deployment) -> Option<Ruling> {
    let stages = workload.stages.iter().zip(&pipeline.pools);
    let mut rulings = stages.filter_map(|(stage, pool)| {
        let Ruling { what, kind, reason, distance } = broken(workload, host, pool)?;
        Some(Ruling { what: format!("stage `{}`: {what}", stage.name), kind, reason, distance })
    });
    rulings.next().or_else(|| {
        let (limit, whose) = memory_limit(workload, host);
        let limit = crate::search::units::bytes(limit as f64);
        (!fits(workload, host, pipeline)).then(|| {
            let reason = format!(
                "With all stages idle it has more worker processes than the workload allows, or \
                 more memory than {whose} ({limit})."
            );
            Ruling::new("pipelines", Kind::Memory, reason)
        })
    })
}

/// The `MOST` that the operational bounds allow most, of equals the smallest.
fn fastest(
    workload: &Workload,
    host: &Host,
    possible: Vec<Deployment>,
) -> (Vec<Deployment>, Vec<Ruling>) {
    let bound = |one: &Deployment| Bounds::of_deployment(workload, host, one).throughput();
    let mut rated: Vec<(f64, Deployment)> =
        possible.into_iter().map(|one| (bound(&one), one)).collect();
    rated.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.slots().cmp(&b.1.slots())));
    let out = rated.split_off(rated.len().min(MOST));
    let ruling = |(bound, pipeline): (f64, Deployment)| {
        let reason = format!(
            "Even the best of them, {pipeline}, could serve at most {} requests/s by the \
             operational bounds; {MOST} others could serve more, or as many with fewer slots.",
            number(bound)
        );
        Ruling { distance: -bound, ..Ruling::new("pipelines", Kind::Capacity, reason) }
    };
    (rated.into_iter().map(|(_, one)| one).collect(), out.into_iter().map(ruling).collect())
}

/// Every combination of runtime, BLAS threads, start method and executors.
fn candidates(workload: &Workload, host: &Host) -> Vec<Deployment> {
    let mut all: Vec<Deployment> = Vec::new();
    for &python in &workload.runtime.python {
        for executors in product(&open_stages(workload, host, python)) {
            let made = Deployment::pipeline(workload, &executors, python, host.logical_cpus());
            let Ok(made) = made else { continue };
            for blas_threads in blas_levels(workload, host) {
                for method in StartMethod::ALL {
                    let one = started(workload, &made, method, blas_threads);
                    if let Some(one) = one.filter(|one| !all.contains(one)) {
                        all.push(one);
                    }
                }
            }
        }
    }
    all
}

/// `pipeline` with its processes started by `method` where the stage does not
/// say how, and `blas_threads` where a stage can use them; `None` if an executor
/// cannot.
fn started(
    workload: &Workload,
    pipeline: &Deployment,
    method: StartMethod,
    blas_threads: u32,
) -> Option<Deployment> {
    let mut pipeline = pipeline.clone();
    for (i, (stage, pool)) in workload.stages.iter().zip(&mut pipeline.pools).enumerate() {
        if parallel(&part(workload, &Split::ByStage, i)) {
            pool.blas_threads = blas_threads;
        }
        if pool.in_parent() || stage.start_method.is_some() {
            continue;
        }
        if !pool.kind.mechanics().start_methods(workload, pool.python).contains(&method) {
            return None;
        }
        pool.start_method = method;
    }
    Some(pipeline)
}

/// What each stage without an executor of its own may get.
fn open_stages(workload: &Workload, host: &Host, python: PythonVersion) -> Vec<Vec<Profile>> {
    let open = |stage: &Stage| stage.profile.is_none();
    let count = workload.stages.iter().filter(|stage| open(stage)).count();
    let room = ROOM[count.clamp(1, ROOM.len()) - 1];
    let busy = busy_slots(workload, host, python);
    let stages = workload.stages.iter().zip(busy).filter(|(stage, _)| open(stage));
    stages.map(|(_, busy)| profiles(workload, host, busy, room)).collect()
}

/// Threads of the parent and processes that have `room` for `busy` requests at
/// once, and as many as there are cores.
fn profiles(workload: &Workload, host: &Host, busy: f64, room: &[f64]) -> Vec<Profile> {
    let at_once = match &workload.arrivals {
        Arrivals::Closed { clients, .. } => u64::from(*clients),
        Arrivals::Batch { requests } => *requests,
        Arrivals::Replay { rows } => rows.len() as u64,
        _ => u64::MAX,
    };
    let most = at_once.clamp(1, 1024) as u32;
    let needed = room.iter().map(|room| (busy * room).ceil().clamp(1.0, f64::from(most)) as u32);
    let mut sizes: Vec<u32> = needed.chain([host.cores.min(most)]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let named = &workload.service.pools;
    let allowed = |kind| named.is_empty() || named.contains(&kind);
    let mut all = Vec::new();
    if allowed(PoolKind::ThreadPoolExecutor) {
        all.extend(sizes.iter().map(|&n| Profile::threads(1, n)));
    }
    if allowed(PoolKind::ProcessPoolExecutor) {
        all.extend(sizes.iter().map(|&n| Profile::processes(n)));
    }
    all
}

/// Requests that each stage has in service on average at the highest rate that
/// the load, the cores and the stages with an executor allow.
fn busy_slots(workload: &Workload, host: &Host, python: PythonVersion) -> Vec<f64> {
    let alone = |stage: &Stage| {
        let profile = stage.profile.unwrap_or(Profile::processes(1));
        PoolConfig::new(workload, profile, python)
    };
    let pools = workload.stages.iter().map(alone).collect();
    let deployment = Deployment { pools, split: Split::ByStage };
    let demands = Demand::of_deployment(workload, host, &deployment);
    let cores: f64 = demands.iter().map(|(_, demand)| demand.cores).sum();
    let given = workload.stages.iter().zip(&demands).filter(|(stage, _)| stage.profile.is_some());
    let stages = given.map(|(_, (pool, demand))| pool.profile.slots() as f64 / demand.slot);
    let asked = match &workload.arrivals {
        Arrivals::Closed { .. } | Arrivals::Batch { .. } | Arrivals::Replay { .. } => f64::INFINITY,
        open => peak_rate(open),
    };
    let rate = stages.fold(asked.min(host.usable_cpus() / cores), f64::min);
    demands.iter().map(|(_, demand)| rate * demand.slot).collect()
}
