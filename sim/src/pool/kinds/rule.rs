//! By which rules a pool replaces its workers, and a check that it has those
//! that a workload asks for.

use crate::kernel::SimDuration;
use crate::pool::{Lifecycle, PoolKind};
use crate::workload::PythonVersion;

/// One rule of a [`Lifecycle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A longest life.
    Ttl,
    /// A random part of it.
    TtlJitter,
    /// A number of requests.
    MaxRequests,
    /// A random part of it.
    MaxRequestsJitter,
    /// A limit on the memory of a worker.
    MemoryLimit,
    /// A limit on the time of one request, after which the worker is killed.
    KillAfter,
    /// Pings that a hung worker does not answer.
    Heartbeat,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Ttl,
        Self::TtlJitter,
        Self::MaxRequests,
        Self::MaxRequestsJitter,
        Self::MemoryLimit,
        Self::KillAfter,
        Self::Heartbeat,
    ];

    /// The field that asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ttl => "ttl",
            Self::TtlJitter => "ttl_jitter",
            Self::MaxRequests => "max_requests",
            Self::MaxRequestsJitter => "max_requests_jitter",
            Self::MemoryLimit => "memory_limit",
            Self::KillAfter => "kill_after",
            Self::Heartbeat => "heartbeat",
        }
    }

    /// Does `lifecycle` ask for it?
    pub fn is_asked_by(self, lifecycle: &Lifecycle) -> bool {
        match self {
            Self::Ttl => lifecycle.ttl.is_some(),
            Self::TtlJitter => lifecycle.ttl_jitter > SimDuration::ZERO,
            Self::MaxRequests => lifecycle.max_requests.is_some(),
            Self::MaxRequestsJitter => lifecycle.max_requests_jitter > 0,
            Self::MemoryLimit => lifecycle.memory_limit.is_some(),
            Self::KillAfter => lifecycle.kill_after.is_some(),
            Self::Heartbeat => lifecycle.heartbeat.is_some(),
        }
    }
}

/// Has `kind` every rule that `lifecycle` asks for?
pub(super) fn check(
    kind: PoolKind,
    lifecycle: &Lifecycle,
    python: PythonVersion,
) -> Result<(), String> {
    let has = |kind: PoolKind, rule: Rule| kind.mechanics().rules(python).contains(&rule);
    let missing =
        Rule::ALL.into_iter().find(|&rule| rule.is_asked_by(lifecycle) && !has(kind, rule));
    let Some(rule) = missing else {
        return Ok(());
    };
    let others: Vec<&str> =
        PoolKind::ALL.into_iter().filter(|&other| has(other, rule)).map(PoolKind::name).collect();
    Err(format!(
        "{kind} has no {} on Python {python}; leave it out, or take one that has: {}",
        rule.name(),
        others.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Heartbeat;

    #[test]
    fn a_pool_without_the_rule_says_who_has_it() {
        let python = "3.12".parse().unwrap();
        let asks = Lifecycle { max_requests: Some(1000), ..Lifecycle::default() };
        let why = check(PoolKind::ThreadPoolExecutor, &asks, python).unwrap_err();
        assert!(why.contains("thread-pool-executor has no max_requests"), "{why}");
        assert!(why.contains("gunicorn-sync") && why.contains("celery-prefork"), "{why}");
        assert!(!why.contains("gevent-pool"), "{why}");
        assert_eq!(check(PoolKind::GunicornSync, &asks, python), Ok(()));
        assert_eq!(check(PoolKind::ThreadPoolExecutor, &Lifecycle::default(), python), Ok(()));
    }

    #[test]
    fn the_shape_without_a_product_has_every_rule() {
        let second = SimDuration::SECOND;
        let everything = Lifecycle {
            ttl: Some(second),
            ttl_jitter: second,
            max_requests: Some(1),
            max_requests_jitter: 1,
            memory_limit: Some(1),
            kill_after: Some(second),
            heartbeat: Some(Heartbeat { every: second, timeout: second, misses: 1 }),
            ..Lifecycle::default()
        };
        assert!(Rule::ALL.into_iter().all(|rule| rule.is_asked_by(&everything)));
        let python = "3.12".parse().unwrap();
        assert_eq!(check(PoolKind::Generic, &everything, python), Ok(()));
        assert!(check(PoolKind::GunicornSync, &everything, python).is_err());
    }
}
