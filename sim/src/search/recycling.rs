//! The second decision, once the pool is chosen: when its workers are replaced.
//!
//! Asked only if something calls for it: a leak that would fill the memory
//! within a day, a rule that the workload states, or workers that must be up.
//! The number of requests follows from the memory, the jitter from the chance
//! of too many restarts at once, both by formula ([`crate::recycling`]).

use crate::host::Host;
use crate::kernel::SimDuration;
use crate::pool::{Lifecycle, PoolConfig};
use crate::process::StartPlan;
use crate::recycling::{Answer, Leak, Question, Rule, keep_up};
use crate::search::Assessed;
use crate::search::constraints::memory_limit;
use crate::search::frontier::blast_radius;
use crate::search::units::bytes;
use crate::workload::Workload;

/// Time that a pool must last without filling the memory, in s.
const DAY: f64 = 86_400.0;
/// If the objective does not say who must be up: all but one, so often.
const USUAL: f64 = 0.99;

/// What calls for replacing workers, and by which rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Recycling {
    /// What calls for it, a full sentence.
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
    /// Share of the slots that one replacement takes.
    pub blast_radius: f64,
    /// Requests per worker and second by which lives are counted.
    pub rate: f64,
    /// What the formulas say.
    pub answer: Answer,
}

/// Looks whether anything calls for replacing the workers of `choice`.
pub(super) fn recycling(
    workload: &Workload,
    host: &Host,
    choice: &Assessed,
    seed: u64,
) -> Option<Recycling> {
    let need = Need::of(workload, host, choice);
    let why = need.why(workload)?;
    Some(Recycling { why, rule: need.rule(workload, host, choice, seed) })
}

/// What leaks, and how much room there is for it.
#[derive(Clone, Copy, Debug)]
struct Need {
    leak: Leak,
    /// Requests per worker, in 1/s.
    rate: f64,
    /// Bytes that one worker leaks per second.
    pace: f64,
    /// Memory left for leaks in each worker, in bytes.
    room: f64,
}

impl Need {
    fn of(workload: &Workload, host: &Host, choice: &Assessed) -> Self {
        let workers = f64::from(choice.deployment.workers());
        let per_request: f64 =
            workload.classes.iter().map(|class| class.share * class.leak_bytes as f64).sum();
        let per_hour = workload.runtime.leak_per_hour;
        let rate = choice.summary.throughput.point / workers;
        let limit = memory_limit(workload, host).0 as f64;
        Self {
            leak: Leak { per_request: per_request.ceil() as u64, per_hour },
            rate,
            pace: rate * per_request + per_hour as f64 / 3600.0,
            room: (limit - choice.summary.peak_pss.point) / workers,
        }
    }

    fn why(&self, workload: &Workload) -> Option<String> {
        let fills = self.room / self.pace;
        if self.pace > 0.0 && fills < DAY {
            return Some(format!(
                "Each worker leaks {} an hour: without recycling the memory is full after {:.1} \
                 hours.",
                bytes(self.pace * 3600.0),
                fills.max(0.0) / 3600.0
            ));
        }
        if workload.service.lifecycle.recycles() {
            return Some("The workload states a rule by which workers are replaced.".to_owned());
        }
        None
    }

    fn rule(
        &self,
        workload: &Workload,
        host: &Host,
        choice: &Assessed,
        seed: u64,
    ) -> Result<RecyclingRule, String> {
        let [pool] = &choice.deployment.pools[..] else {
            return Err(
                "Rules are found for one pool, and the choice has several: find one for each, \
                        with its part of the memory."
                    .to_owned(),
            );
        };
        if pool.shares_parent() {
            return Err(format!(
                "{} lives in the parent's own process, which cannot be replaced without it: \
                 restart the service, or take a pool of processes.",
                pool.profile
            ));
        }
        let workers = pool.profile.workers;
        let (up, probability) = match workload.objective.keep_up {
            Some(keep) => ((keep.share * f64::from(workers)).ceil() as u32, keep.probability),
            None => (workers - 1, USUAL),
        };
        let outage = outage(workload, host, pool);
        let rule = self.base(workload)?;
        let leak = match rule {
            // A life that is counted in time leaks in time.
            Rule::Ttl { .. } => {
                Leak { per_request: 0, per_hour: (self.pace * 3600.0).ceil() as u64 }
            }
            Rule::MaxRequests { .. } => self.leak,
        };
        let question = Question {
            workers,
            up,
            probability,
            rule,
            outage: SimDuration::from_secs(outage),
            leak,
            seed,
        };
        let answer = keep_up(&question).map_err(|error| format!("{error}."))?;
        Ok(RecyclingRule {
            lifecycle: Lifecycle {
                ttl: answer.lifecycle.ttl,
                ttl_jitter: answer.lifecycle.ttl_jitter,
                max_requests: answer.lifecycle.max_requests,
                max_requests_jitter: answer.lifecycle.max_requests_jitter,
                ..workload.service.lifecycle
            },
            up,
            probability,
            stated: workload.objective.keep_up.is_some(),
            outage,
            blast_radius: blast_radius(&choice.deployment),
            rate: self.rate,
            answer,
        })
    }

    /// The rule without its jitter: the stated one, or as many requests as the
    /// memory bears if the jitter is as long again.
    fn base(&self, workload: &Workload) -> Result<Rule, String> {
        let requests = |base| Rule::MaxRequests { base, rate: self.rate, cv: 1.0 };
        let stated = workload.service.lifecycle;
        if let Some(base) = stated.max_requests {
            return Ok(requests(base));
        }
        if let Some(base) = stated.ttl {
            return Ok(Rule::Ttl { base });
        }
        let life = self.room / (2.0 * self.pace);
        let base = (life * self.rate).floor();
        if base >= 1.0 {
            return Ok(requests(base as u64));
        }
        Err("The memory leaves no room for what even one request leaks: take fewer workers or \
             more memory."
            .to_owned())
    }
}

/// From the stop of a worker until its successor serves, on idle cores, in s.
fn outage(workload: &Workload, host: &Host, pool: &PoolConfig) -> f64 {
    let plan = StartPlan::new(host, &workload.runtime, pool);
    let start = (plan.launch + plan.child) * 1e-9;
    if pool.lifecycle.start_first { 0.0 } else { host.start.stop.value.as_secs() + start }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Scenario, replicate};
    use crate::host::Parameter;
    use crate::pool::Dispatcher;
    use crate::search::assess::assess;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::KeepUp;

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
        let scenario = Scenario::new(workload, &host, &pool, 2000, 1);
        let choice =
            assess(workload, &host, &pool.clone().into(), replicate(&scenario, 0..4).unwrap(), 1.0);
        recycling(workload, &host, &choice, 1)
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
