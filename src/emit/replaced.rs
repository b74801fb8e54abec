//! When workers are replaced, as far as the product has a rule for it.

use serde::Serialize;
use sim::kernel::SimDuration;
use sim::pool::{Lifecycle, PoolConfig, Rule};
use sim::search::{Recycling, RecyclingRule};

use super::facts::Setting;
use super::fit::Fitted;
use crate::render::units::Unit;

/// The rules; none that the product does not have.
#[derive(Debug, Serialize)]
pub struct Replaced {
    /// Requests of a life.
    pub max_requests: Setting<Option<u64>>,
    /// Random part of it.
    pub jitter: Setting<Option<u64>>,
    /// Longest life, in s.
    pub ttl: Setting<Option<u64>>,
    /// Resident set of one worker, in MiB.
    pub memory_mib: Setting<Option<u64>>,
}

impl Replaced {
    /// Those of the pool at `number` in the chosen deployment.
    pub fn of(number: usize, fitted: &Fitted<'_>) -> Self {
        let pool = &fitted.choice().deployment.pools[number];
        let recycling = fitted.recommendation.recycling.iter().find(|one| one.pool == number);
        let rule = recycling.and_then(|found| found.rule.as_ref().ok());
        let lifecycle = rule.map_or(&pool.lifecycle, |rule| &rule.lifecycle);
        let has = |rule| pool.kind.mechanics().rules(pool.python).contains(&rule);
        let lives = why(pool, recycling);
        Self {
            max_requests: Setting::new(
                lifecycle.max_requests.filter(|_| has(Rule::MaxRequests)),
                lives.clone(),
            ),
            jitter: jitter(pool, lifecycle, rule, has(Rule::MaxRequestsJitter)),
            ttl: Setting::new(lifecycle.ttl.filter(|_| has(Rule::Ttl)).map(whole_seconds), lives),
            memory_mib: memory(lifecycle, has(Rule::MemoryLimit)),
        }
    }
}

fn whole_seconds(time: SimDuration) -> u64 {
    time.0.div_ceil(1_000_000_000)
}

fn why(pool: &PoolConfig, recycling: Option<&Recycling>) -> String {
    match recycling {
        Some(Recycling { why, rule: Ok(rule), .. }) => format!("{why}{}", leak(rule)),
        Some(Recycling { why, rule: Err(none), .. }) => format!("{why} No rule: {none}"),
        None if pool.lifecycle.recycles() => "As the workload says.".to_owned(),
        None => {
            "Nothing calls for replacing workers: no leak fills the memory within a day.".to_owned()
        }
    }
}

fn leak(rule: &RecyclingRule) -> String {
    rule.answer.leak.map_or(String::new(), |leak| {
        format!(" With this rule a worker leaks at most {}.", Unit::Bytes.show(leak.most))
    })
}

fn jitter(
    pool: &PoolConfig,
    lifecycle: &Lifecycle,
    rule: Option<&RecyclingRule>,
    has: bool,
) -> Setting<Option<u64>> {
    if lifecycle.max_requests.is_none() {
        return Setting::new(None, "No rule, no jitter.");
    }
    if !has {
        let why = format!(
            "{} has no jitter: workers that start together and serve alike go together.",
            pool.kind
        );
        return Setting::new(None, why);
    }
    let why = rule.map_or("As the workload says.".to_owned(), |rule| {
        format!(
            "The smallest jitter with which at least {} of {} workers are up, at any moment with \
             {}, by formula; a replacement takes {} of the slots for {}.",
            rule.up,
            pool.profile.workers,
            Unit::Share.show(rule.probability),
            Unit::Share.show(rule.blast_radius),
            Unit::Seconds.show(rule.outage)
        )
    });
    Setting::new(Some(lifecycle.max_requests_jitter), why)
}

fn memory(lifecycle: &Lifecycle, has: bool) -> Setting<Option<u64>> {
    let limit = lifecycle.memory_limit.filter(|_| has);
    let why = match limit {
        Some(_) => "As the workload says: a worker above it is replaced after its request.",
        None => "The workload states no limit for a single worker.",
    };
    Setting::new(limit.map(|bytes| bytes.div_ceil(1 << 20)), why)
}
