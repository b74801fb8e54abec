//! Which of a pool's options the real pool has.

use sim::kernel::SimDuration;
use sim::pool::{
    Dispatcher, Drain, Lifecycle, Ordering, PoolConfig, PoolKind, Prefetch, Split, WorkerChoice,
};

use crate::run::{Plan, RunError};

/// The kinds that run here.
pub(crate) const KINDS: [PoolKind; 3] =
    [PoolKind::GrpcProcess, PoolKind::GrpcThread, PoolKind::GrpcThreadSerial];

/// Can the pools of `plan` be run as they are configured?
pub(crate) fn check(plan: &Plan<'_>) -> Result<(), RunError> {
    let kind = plan.spec.pool.kind;
    let refuse = |kind, why: &str| Err(RunError::Options { kind, why: why.to_owned() });
    let Some(deployment) = &plan.spec.pool.deployment else {
        return match KINDS.contains(&kind) {
            true => refuse(kind, "it has no configuration; make it with `PoolSpec::deployed`"),
            false => Ok(()),
        };
    };
    if let Some(other) = deployment.pools.iter().find(|pool| !KINDS.contains(&pool.kind)) {
        return refuse(other.kind, "it is no gRPC pool, and only those can be deployed together");
    }
    let pools = deployment.pools.len();
    let routed = match &deployment.split {
        Split::Whole => pools == 1,
        Split::ByClass(route) => {
            let known = route.iter().all(|pool| (*pool as usize) < pools);
            known && route.len() == plan.workload.classes.len()
        }
        Split::ByStage => false,
    };
    if !routed {
        let why = "not every class has one pool; name the pool of each with `Deployment::hybrid`";
        return refuse(kind, why);
    }
    match deployment.pools.iter().find_map(|pool| Some((pool.kind, unknown(pool)?))) {
        Some((kind, why)) => refuse(kind, why),
        None => Ok(()),
    }
}

/// The first option that a gRPC pool does not have.
fn unknown(pool: &PoolConfig) -> Option<&'static str> {
    let choices = [WorkerChoice::FirstFit, WorkerChoice::LeastBusy, WorkerChoice::SharedQueue];
    let Lifecycle { ttl_jitter, max_requests_jitter, check_every, heartbeat, .. } = pool.lifecycle;
    let found = [
        (pool.profile.workers == 0 || pool.slots() == 0, "it has no slots; give it a worker"),
        (pool.start_batch == Some(0), "batches of no workers never start any; use at least 1"),
        (
            !choices.contains(&pool.choice),
            "its manager has one queue; choose first-fit, least-busy or shared-queue",
        ),
        (pool.dispatcher != Dispatcher::Native, "its dispatcher is native; set it so"),
        (pool.prefetch != Prefetch::Beyond(0), "it sends to free slots only: no prefetch"),
        (pool.bundling.is_some(), "it sends requests one by one: no bundles"),
        (pool.ordering != Ordering::Unordered, "it keeps no order by key; leave that out"),
        (pool.max_in_flight.is_some(), "its limit is `queue_cap`; leave `max_in_flight` out"),
        (
            ttl_jitter > SimDuration::ZERO || max_requests_jitter > 0,
            "its recycling has no jitter; leave that out",
        ),
        (
            pool.lifecycle.recycles() && check_every.is_none_or(|every| every.0 == 0),
            "it recycles at ticks; set `check_every`",
        ),
        (
            pool.lifecycle.start_first || pool.lifecycle.drain != Drain::Drop,
            "its workers stop before their successors start and drop what they have",
        ),
        (pool.lifecycle.kill_after.is_some(), "it does not limit the time of a request"),
        (
            heartbeat.is_some_and(|it| it.every.0 == 0 || it.misses == 0),
            "heartbeats need a spacing and at least one miss",
        ),
    ];
    found.into_iter().find(|(is, _)| *is).map(|(_, why)| why)
}
