//! Which of a pool's options the real server has.

use sim::kernel::SimDuration;
use sim::pool::{Drain, Lifecycle, Ordering, PoolConfig, PoolKind, Split, StartMethod};

use crate::run::{Plan, RunError};

/// Workers of Celery, which Python runs.
pub(crate) const CELERY: [PoolKind; 2] = [PoolKind::CeleryPrefork, PoolKind::CeleryThreads];

/// The kinds that run here.
pub(crate) const HTTP: [PoolKind; 4] = [
    PoolKind::GunicornSync,
    PoolKind::GunicornGthread,
    PoolKind::GunicornGevent,
    PoolKind::Uvicorn,
];

/// The one pool of `plan`.
pub(super) fn pool<'a>(plan: &'a Plan<'_>) -> Result<&'a PoolConfig, RunError> {
    let kind = plan.spec.pool.kind;
    let refuse = |why: &str| RunError::Options { kind, why: why.to_owned() };
    let Some(deployment) = &plan.spec.pool.deployment else {
        return Err(refuse("it has no configuration; make it with `PoolSpec::deployed`"));
    };
    match (&deployment.pools[..], &deployment.split) {
        ([pool], Split::Whole) if HTTP.contains(&pool.kind) => Ok(pool),
        _ => Err(refuse("a server is run alone, not beside another pool")),
    }
}

/// Can the server of `plan` be run as it is configured?
pub(crate) fn check(plan: &Plan<'_>) -> Result<(), RunError> {
    let pool = pool(plan)?;
    let kind = pool.kind;
    match unknown(pool) {
        Some(why) => Err(RunError::Options { kind, why: why.to_owned() }),
        None => Ok(()),
    }
}

/// The first option that the server does not have.
fn unknown(pool: &PoolConfig) -> Option<&'static str> {
    let life = &pool.lifecycle;
    let usual = PoolConfig { lifecycle: Lifecycle::default(), ..pool.clone() };
    let gunicorn = pool.kind != PoolKind::Uvicorn;
    let found = [
        (pool.slots() == 0, "it has no slots; give it a worker"),
        (
            usual.max_in_flight.is_some() || usual.ordering != Ordering::Unordered,
            "it takes what comes, in no order of keys; leave that out",
        ),
        (usual.bundling.is_some(), "it serves requests one by one: no bundles"),
        (usual.queue_timeout.is_some(), "nothing limits how long a connection waits; leave it out"),
        (
            gunicorn && !matches!(pool.start_method, StartMethod::Fork | StartMethod::Forkserver),
            "gunicorn forks its workers: fork with --preload, forkserver without",
        ),
        (
            life.ttl.is_some() || life.memory_limit.is_some() || life.heartbeat.is_some(),
            "it replaces workers by requests served only",
        ),
        (life.start_first, "its workers stop before their successors start"),
        (life.kill_after.is_some_and(|limit| !is_seconds(limit)), "--timeout counts whole seconds"),
        (
            matches!(life.drain, Drain::Within(limit) if !is_seconds(limit)),
            "--graceful-timeout counts whole seconds",
        ),
        (life.drain == Drain::Drop, "its workers finish what they have"),
        (
            !gunicorn && life.recycles() && pool.profile.workers == 1,
            "one uvicorn worker ends with its requests and nobody starts another; give it two",
        ),
    ];
    found.into_iter().find(|(is, _)| *is).map(|(_, why)| why)
}

fn is_seconds(time: SimDuration) -> bool {
    time.0 > 0 && time.0.is_multiple_of(SimDuration::SECOND.0)
}
