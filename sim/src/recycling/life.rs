//! Can a worker serve at all before its rule replaces it?

use crate::host::Host;
use crate::kernel::SimDuration;
use crate::pool::{PoolConfig, StartMethod};
use crate::process::{MemoryPlan, StartPlan};
use crate::search::units::bytes;
use crate::workload::Workload;

/// Checks that the workers of `pool` have a life between their start and their
/// end by rule.
///
/// # Errors
/// A worker's time to live is not longer than its start on an idle host, or it
/// starts with more memory than its limit, as children of a grown parent do. The
/// text names both figures and what to change.
pub fn check_life(workload: &Workload, host: &Host, pool: &PoolConfig) -> Result<(), String> {
    if pool.shares_parent() {
        return Ok(());
    }
    if let Some(ttl) = pool.lifecycle.ttl {
        let start = start_time(workload, host, pool);
        if ttl <= start {
            return Err(format!(
                "a worker of {pool} would live for {ttl}, and takes {start} to start on `{}`; raise \
                 its TTL well above that, so that workers mostly serve",
                host.name
            ));
        }
    }
    let Some(limit) = pool.lifecycle.memory_limit else { return Ok(()) };
    let plan = MemoryPlan::new(host, &workload.runtime, pool);
    let born =
        plan.libraries.saturating_add(plan.worker_private).saturating_add(plan.worker_shared);
    if born <= limit {
        return Ok(());
    }
    let advice = match pool.start_method {
        StartMethod::Fork if workload.runtime.parent_bytes > 0 => {
            "most of it its parent's: fork before the parent grows, start by forkserver or spawn, \
             or raise the limit"
        }
        _ => "raise the limit",
    };
    Err(format!(
        "a worker of {pool} starts with {} resident, above its memory limit of {}, and would be \
         replaced for ever; {advice}",
        bytes(born as f64),
        bytes(limit as f64)
    ))
}

/// From the launch of a worker of `pool` until it serves, on an idle host.
pub fn start_time(workload: &Workload, host: &Host, pool: &PoolConfig) -> SimDuration {
    let plan = StartPlan::new(host, &workload.runtime, pool);
    SimDuration(((plan.launch + plan.child) / host.cpu.speed.value) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Parameter;
    use crate::workload::Arrivals;

    const MIB: u64 = 1 << 20;

    fn host() -> Host {
        let mut host = Host::ideal(4);
        host.memory.interpreter = Parameter::exactly(10 * MIB);
        host.start.exec = Parameter::exactly(SimDuration(10_000_000));
        host.start.interpreter = Parameter::exactly(SimDuration(40_000_000));
        host
    }

    fn workload() -> Workload {
        let mut workload = Workload::new("life", Arrivals::Poisson { rate: 1.0 }, Vec::new());
        workload.runtime.import_time = SimDuration(150_000_000);
        workload.runtime.import_bytes = 50 * MIB;
        workload
    }

    fn pool(workload: &Workload, profile: &str, start_method: StartMethod) -> PoolConfig {
        let profile = profile.parse().unwrap();
        let pool = PoolConfig::new(workload, profile, "3.12".parse().unwrap());
        PoolConfig { start_method, ..pool }
    }

    #[test]
    fn a_life_is_longer_than_a_start() {
        let (workload, host) = (workload(), host());
        let check = |start_method, ttl| {
            let mut pool = pool(&workload, "process:2", start_method);
            pool.lifecycle.ttl = Some(SimDuration(ttl));
            check_life(&workload, &host, &pool)
        };
        let why = check(StartMethod::Spawn, 200_000_000).unwrap_err();
        assert!(why.contains("would live for 200 ms") && why.contains("takes 200 ms"), "{why}");
        assert!(why.contains("raise its TTL"), "{why}");
        assert_eq!(check(StartMethod::Spawn, 200_000_001), Ok(()));
        // A forked child has nothing to import.
        assert_eq!(check(StartMethod::Fork, 200_000_000), Ok(()));
    }

    #[test]
    fn children_of_a_grown_parent_start_above_their_limit() {
        let (mut workload, host) = (workload(), host());
        workload.runtime.parent_bytes = 500 * MIB;
        let check = |start_method, limit| {
            let mut pool = pool(&workload, "process:2", start_method);
            pool.lifecycle.memory_limit = Some(limit);
            check_life(&workload, &host, &pool)
        };
        let why = check(StartMethod::Fork, 200 * MIB).unwrap_err();
        assert!(why.contains("560 MiB") && why.contains("200 MiB"), "{why}");
        assert!(why.contains("fork before the parent grows"), "{why}");
        assert_eq!(check(StartMethod::Fork, 560 * MIB), Ok(()));
        assert_eq!(check(StartMethod::Spawn, 200 * MIB), Ok(()));
        assert!(check(StartMethod::Spawn, 59 * MIB).unwrap_err().ends_with("raise the limit"));
    }

    #[test]
    fn threads_of_the_parent_are_never_replaced() {
        let (mut workload, host) = (workload(), host());
        workload.service.dispatcher = crate::pool::Dispatcher::Python;
        let mut pool = pool(&workload, "threads:4", StartMethod::Fork);
        pool.lifecycle.ttl = Some(SimDuration(1));
        assert_eq!(check_life(&workload, &host, &pool), Ok(()));
    }
}
