//! The second decision, once the pools are chosen: when their workers are
//! replaced.
//!
//! Asked of each pool for which something calls for it: a leak that would fill
//! the memory within a day, a rule that the workload states, requests that crash
//! or hang, or workers that must be up. The number of requests follows from the
//! memory, the jitter from the chance of too many restarts at once, both by
//! formula ([`crate::recycling`]); what the rule does to requests is simulated
//! where a run can be long enough to see it.

mod causes;
mod growth;
mod radius;
mod rule;

use crate::experiment::{BlastRadius, SimError};
use crate::host::Host;
use crate::pool::Lifecycle;
use crate::recycling::Answer;
use crate::search::{Assessed, SearchOptions};
use crate::workload::Workload;

use causes::Needs;
use radius::Trials;

/// What calls for replacing the workers of a pool, and by which rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Recycling {
    /// The pool's place in the choice.
    pub pool: usize,
    /// What calls for it, in full sentences.
    pub why: String,
    /// The rule, or why there is none.
    pub rule: Result<RecyclingRule, String>,
}

/// A rule, and what it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct RecyclingRule {
    /// The life cycle with it.
    pub lifecycle: Lifecycle,
    /// Workers that must be up.
    pub up: u32,
    /// Least chance of that, at any moment after a common start.
    pub probability: f64,
    /// Is that the objective's, or the usual all but one?
    pub stated: bool,
    /// From when a worker takes no more requests until its successor does, on
    /// idle cores, in s.
    pub outage: f64,
    /// Share of the choice's slots that one replacement takes.
    pub blast_radius: f64,
    /// Requests per worker and second by which lives are counted.
    pub rate: f64,
    /// What the formulas say.
    pub answer: Answer,
    /// What the rule does to requests, paired with workers that live for ever;
    /// or why that was not simulated.
    pub simulated: Result<BlastRadius, String>,
}

/// What calls for replacing workers of `choice`, pool by pool, and the requests
/// that it took to find out.
pub(super) fn recycling(
    workload: &Workload,
    host: &Host,
    choice: &Assessed,
    options: &SearchOptions,
) -> Result<(Vec<Recycling>, u64), SimError> {
    let needs = Needs::of(workload, host, choice);
    let mut trials = Trials::new(workload, host, choice, options);
    let mut found = Vec::new();
    for (pool, need) in needs.pools.iter().enumerate() {
        let Some(why) = needs.why(workload, &choice.deployment, pool) else { continue };
        let mut rule = need.rule(workload, host, &choice.deployment, pool, options.seed);
        if let Ok(rule) = &mut rule {
            rule.simulated = trials.radius(pool, rule)?;
        }
        found.push(Recycling { pool, why, rule });
    }
    Ok((found, trials.spent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Scenario, replicate};
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::pool::{Deployment, Dispatcher, PoolConfig, Split, StartMethod};
    use crate::search::assess::assess;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::{KeepUp, Retention};

    fn host() -> Host {
        let mut host = Host::ideal(4);
        host.memory_bytes = 4 << 30;
        host.memory.interpreter = Parameter::exactly(10 << 20);
        host.start.stop = Parameter::exactly(SimDuration(500_000_000));
        host.start.child = Parameter::exactly(SimDuration(500_000_000));
        host
    }

    fn leaking(per_request: u64) -> Workload {
        let mut workload = cpu_bound(100.0, SimDuration(10_000_000));
        workload.classes[0].leak_bytes = per_request;
        workload
    }

    fn decided(workload: &Workload, profile: &str) -> Option<Recycling> {
        let host = host();
        let pool = PoolConfig::new(workload, profile.parse().unwrap(), python("3.12"));
        decided_for(workload, &host, &pool.into()).pop()
    }

    fn decided_for(workload: &Workload, host: &Host, deployment: &Deployment) -> Vec<Recycling> {
        let scenario = Scenario::of(workload, host, deployment, 2000, 1);
        let outcomes = replicate(&scenario, 0..4).unwrap();
        let choice = assess(workload, host, deployment, outcomes, 1.0);
        recycling(workload, host, &choice, &SearchOptions::default()).unwrap().0
    }

    #[test]
    fn each_pool_of_a_hybrid_has_a_rule_of_its_own_and_leaks_fit_together() {
        let mut workload = leaking(4096);
        let mut second = workload.classes[0].clone();
        (second.name, second.leak_bytes) = ("second".to_owned(), 8192);
        workload.classes.push(second);
        workload.classes.iter_mut().for_each(|class| class.share = 0.5);
        let pool =
            |profile: &str| PoolConfig::new(&workload, profile.parse().unwrap(), python("3.12"));
        let pools = vec![pool("process:4"), pool("process:2")];
        let deployment = Deployment { pools, split: Split::ByClass(vec![0, 1]) };
        let found = decided_for(&workload, &host(), &deployment);
        assert_eq!(found.iter().map(|one| one.pool).collect::<Vec<_>>(), [0, 1]);
        let rules: Vec<&RecyclingRule> =
            found.iter().map(|one| one.rule.as_ref().unwrap()).collect();
        // The same load on half as many workers: lives of as long, twice the requests.
        let requests = |rule: &RecyclingRule| rule.lifecycle.max_requests.unwrap() as f64;
        assert!((requests(rules[1]) / requests(rules[0]) - 2.0).abs() < 0.01);
        assert!((rules[0].blast_radius - 1.0 / 6.0).abs() < 1e-9);
        let most = |rule: &RecyclingRule, workers: f64| workers * rule.answer.leak.unwrap().most;
        assert!(most(rules[0], 4.0) + most(rules[1], 2.0) < f64::from(u32::MAX));
    }

    #[test]
    fn a_rule_whose_lives_are_short_is_simulated() {
        let mut workload = leaking(0);
        workload.service.lifecycle.max_requests = Some(1500);
        workload.arrivals = crate::workload::Arrivals::Poisson { rate: 150.0 };
        let rule = decided(&workload, "process:2").unwrap().rule.unwrap();
        let extra = rule.simulated.unwrap().extra_mean;
        // One of two workers is away for a second now and then, and the other alone
        // serves 100/s of the 150/s: a queue builds up.
        assert!(extra.low > 0.0 && extra.high < 1.0, "{extra:?}");
        workload.service.lifecycle.max_requests = Some(10_000_000);
        let rule = decided(&workload, "process:2").unwrap().rule.unwrap();
        assert!(rule.simulated.unwrap_err().contains("planner simulate --requests"));
    }

    #[test]
    fn crashes_and_workers_that_must_be_up_are_spoken_of_and_get_no_rule() {
        let mut workload = leaking(0);
        workload.objective.keep_up = Some(KeepUp { share: 0.75, probability: 0.999 });
        let found = decided(&workload, "process:8").unwrap();
        assert!(found.why.contains("asks for 75 %"), "{}", found.why);
        assert!(found.rule.unwrap_err().contains("none is to be replaced"));
        workload.classes[0].crash = 0.001;
        let found = decided(&workload, "thread:2x4").unwrap();
        assert!(found.why.contains("up to 4 requests in service go with each"), "{}", found.why);
        assert!(found.rule.is_err());
    }

    #[test]
    fn a_leak_that_lasts_the_day_calls_for_nothing() {
        assert_eq!(decided(&leaking(0), "process:8"), None);
        // 100/s of 100 B are 864 MB a day.
        assert_eq!(decided(&leaking(100), "process:8"), None);
    }

    #[test]
    fn a_leak_that_fills_the_memory_is_bounded_and_restarts_are_spread() {
        let mut workload = leaking(4096);
        workload.objective.keep_up = Some(KeepUp { share: 0.75, probability: 0.999 });
        let found = decided(&workload, "process:8").unwrap();
        assert!(found.why.contains("without recycling the memory is full"), "{}", found.why);
        let rule = found.rule.unwrap();
        assert_eq!((rule.up, rule.stated, rule.blast_radius), (6, true, 0.125));
        let (base, jitter) =
            (rule.lifecycle.max_requests.unwrap(), rule.lifecycle.max_requests_jitter);
        assert!(0 < jitter && jitter <= base);
        // Eight workers at the end of the longest life still fit.
        let most = 8.0 * 4096.0 * (base + jitter) as f64;
        assert!(most < f64::from(u32::MAX), "{most}");
        assert!(rule.answer.lives.worst_at_least(3) <= 0.001);
        assert!((rule.outage - 1.0).abs() < 1e-9);
    }

    #[test]
    fn workers_forked_from_a_grown_parent_are_replaced_before_they_own_it() {
        let mut workload = leaking(0);
        workload.runtime.parent_bytes = 1 << 30;
        let mut host = host();
        host.memory.cow_plateau = Parameter::exactly(0.5);
        host.memory.cow_requests = Parameter::exactly(1000.0);
        let pool = PoolConfig::new(&workload, "process:8".parse().unwrap(), python("3.12"));
        let found = decided_for(&workload, &host, &pool.clone().into()).pop().unwrap();
        assert!(found.why.contains("of its parent's pages its own"), "{}", found.why);
        let lifecycle = found.rule.unwrap().lifecycle;
        // Beside the parent there are 3 GiB for eight workers, who would take four.
        let longest = (lifecycle.max_requests.unwrap() + lifecycle.max_requests_jitter) as f64;
        let own = 8.0 * 0.5 * (1.0 - (-longest / 1000.0).exp());
        assert!(0.5 < own && own <= 3.0, "{lifecycle:?}");
        // Spawned workers share nothing.
        let pool = PoolConfig { start_method: StartMethod::Spawn, ..pool };
        assert_eq!(decided_for(&workload, &host, &pool.into()), []);
    }

    #[test]
    fn no_rule_for_workers_frees_what_the_parent_keeps() {
        let mut workload = leaking(0);
        workload.service.dispatcher = Dispatcher::Python;
        workload.service.results = Retention::Kept;
        workload.classes[0].response_bytes = 100 << 10;
        let found = decided(&workload, "process:2").unwrap();
        let said = ["GiB of results an hour", "starts with: the memory is full after 7."];
        assert!(said.iter().all(|said| found.why.contains(said)), "{}", found.why);
        assert!(found.rule.unwrap_err().contains("drop results once they are used"));
    }

    #[test]
    fn a_stated_rule_gets_its_jitter() {
        let mut workload = leaking(0);
        workload.service.lifecycle.ttl = Some(SimDuration::from_secs(1800.0));
        let rule = decided(&workload, "process:8").unwrap().rule.unwrap();
        assert_eq!(rule.lifecycle.ttl, workload.service.lifecycle.ttl);
        assert!(!rule.lifecycle.ttl_jitter.is_zero() && !rule.stated);
        workload.service.lifecycle.ttl = Some(SimDuration::from_secs(2.0));
        let none = decided(&workload, "process:8").unwrap().rule.unwrap_err();
        assert!(none.contains("live"), "{none}");
    }

    #[test]
    fn the_parent_itself_cannot_be_replaced() {
        let mut workload = leaking(1 << 20);
        workload.service.dispatcher = Dispatcher::Python;
        let none = decided(&workload, "threads:8").unwrap().rule.unwrap_err();
        assert!(none.contains("parent's own process"), "{none}");
    }
}
