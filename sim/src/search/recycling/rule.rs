//! The rule by which the workers of one pool are replaced.

use crate::host::Host;
use crate::kernel::SimDuration;
use crate::pool::{Deployment, Lifecycle, PoolConfig};
use crate::recycling::{Leak, Question, Rule, keep_up, start_time};
use crate::workload::Workload;

use super::RecyclingRule;
use super::causes::Need;

/// If the objective does not say who must be up: all but one, so often.
const USUAL: f64 = 0.99;

impl Need {
    /// The rule for `pool` of `deployment`, not simulated yet.
    pub(super) fn rule(
        &self,
        workload: &Workload,
        host: &Host,
        deployment: &Deployment,
        pool: usize,
        seed: u64,
    ) -> Result<RecyclingRule, String> {
        let config = &deployment.pools[pool];
        if config.shares_parent() {
            return Err(format!(
                "{} lives in the parent's own process, which cannot be replaced without it: \
                 restart the service, or take a pool of processes.",
                config.profile
            ));
        }
        let workers = config.profile.workers;
        let (up, probability) = match workload.objective.keep_up {
            Some(keep) => ((keep.share * f64::from(workers)).ceil() as u32, keep.probability),
            None => (workers - 1, USUAL),
        };
        let outage = outage(workload, host, config);
        let rule = self.base(&config.lifecycle)?;
        let leak = match rule {
            // A life that is counted in time leaks in time.
            Rule::Ttl { .. } => {
                Leak { per_request: 0, per_hour: (self.pace * 3600.0).ceil() as u64 }
            }
            Rule::MaxRequests { .. } => self.leak,
        };
        let outage_time = SimDuration::from_secs(outage);
        let question = Question { workers, up, probability, rule, outage: outage_time, leak, seed };
        let answer = keep_up(&question).map_err(|error| format!("{error}."))?;
        let slots = f64::from(config.slots_per_worker()) / deployment.slots() as f64;
        Ok(RecyclingRule {
            lifecycle: Lifecycle {
                ttl: answer.lifecycle.ttl,
                ttl_jitter: answer.lifecycle.ttl_jitter,
                max_requests: answer.lifecycle.max_requests,
                max_requests_jitter: answer.lifecycle.max_requests_jitter,
                ..config.lifecycle
            },
            up,
            probability,
            stated: workload.objective.keep_up.is_some(),
            outage,
            blast_radius: slots,
            rate: self.rate,
            answer,
            simulated: Err("it was not asked for".to_owned()),
        })
    }

    /// The rule without its jitter: the stated one, or as many requests as the
    /// memory bears if the jitter is as long again.
    fn base(&self, stated: &Lifecycle) -> Result<Rule, String> {
        let requests = |base| Rule::MaxRequests { base, rate: self.rate, cv: 1.0 };
        if let Some(base) = stated.max_requests {
            return Ok(requests(base));
        }
        if let Some(base) = stated.ttl {
            return Ok(Rule::Ttl { base });
        }
        if stated.recycles() {
            return Err("The stated rule replaces a worker when its memory passes a limit; no \
                        jitter is to be found for that."
                .to_owned());
        }
        if self.pace == 0.0 && self.sharing.plateau() == 0.0 {
            return Err(
                "No age makes a worker worse, so none is to be replaced for its age.".to_owned()
            );
        }
        if self.futile {
            return Err("No worker's end frees what the parent keeps: drop results once they are \
                        used, or restart the whole service."
                .to_owned());
        }
        if self.life.is_infinite() {
            return Err("What workers gain with age fits into the memory, so none is to be \
                        replaced for its age."
                .to_owned());
        }
        let base = (self.life / 2.0 * self.rate).floor();
        if base >= 1.0 {
            return Ok(requests(base as u64));
        }
        Err("The memory leaves no room for what even one request adds: take fewer workers or \
             more memory."
            .to_owned())
    }
}

/// From the stop of a worker until its successor serves, on idle cores, in s.
fn outage(workload: &Workload, host: &Host, pool: &PoolConfig) -> f64 {
    match pool.lifecycle.start_first {
        true => 0.0,
        false => host.start.stop.value.as_secs() + start_time(workload, host, pool).as_secs(),
    }
}
