//! The pool whose workers are to be recycled, from a workload or from numbers.

use sim::experiment::{CpuModel, Scenario, SimError};
use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{Deployment, Dispatcher, Lifecycle, PoolConfig, Profile, StartMethod};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

/// Requests that a plain worker without a stated rate serves in a life.
const REQUESTS_PER_LIFE: f64 = 100.0;

/// One pool, and how it is simulated.
#[derive(Clone, Debug)]
pub struct Case {
    pub workload: Workload,
    pub host: Host,
    pub pool: PoolConfig,
    pub cpu: CpuModel,
    pub replications: u32,
    pub seed: u64,
    /// The length of an outage, if it was stated.
    pub outage: Option<SimDuration>,
    /// Requests per second and worker, if they were stated.
    pub rate: Option<f64>,
}

impl Case {
    /// `pool` of `workload` on `host`.
    ///
    /// # Errors
    /// There are several pools, or all requests come at once.
    pub fn of(workload: Workload, host: Host, deployment: Deployment) -> Result<Self, SimError> {
        let refuse = |why: String| Err(SimError::Impossible(why));
        if matches!(workload.arrivals, Arrivals::Batch { .. }) {
            return refuse(format!(
                "the requests of `{}` come all at once, so nothing goes on while workers restart; \
                 say at which rate they come, in [arrivals]",
                workload.name
            ));
        }
        let [pool] = &deployment.pools[..] else {
            return refuse(format!(
                "{} pools restart by rules of their own; ask for one at a time",
                deployment.pools.len()
            ));
        };
        let (cpu, pool) = (CpuModel::default(), pool.clone());
        let (outage, rate) = (None, None);
        Ok(Self { workload, host, pool, cpu, replications: 1, seed: 1, outage, rate })
    }

    /// Workers that are down for `outage` per restart and serve `rate` requests
    /// per second each, and nothing else: no core, lock or memory is scarce.
    ///
    /// `life` is how long they live, about.
    pub fn plain(workers: u32, outage: SimDuration, rate: Option<f64>, life: SimDuration) -> Self {
        let each = rate.unwrap_or(REQUESTS_PER_LIFE / life.as_secs());
        let instant = Distribution::Constant(SimDuration(1));
        let class = RequestClass::new("any", 1.0, vec![Segment::new(SegmentKind::Wait, instant)]);
        let arrivals = Arrivals::Poisson { rate: each * f64::from(workers) };
        let mut workload = Workload::new("plain", arrivals, vec![class]);
        workload.service.dispatcher = Dispatcher::Native;
        let mut host = Host::ideal(1);
        host.start.stop = Parameter::exactly(outage);
        let python = workload.runtime.python[0];
        let pool = PoolConfig::new(&workload, Profile::processes(workers), python);
        let pool = PoolConfig { start_method: StartMethod::Spawn, ..pool };
        let (cpu, outage) = (CpuModel::default(), Some(outage));
        Self { workload, host, pool, cpu, replications: 1, seed: 1, outage, rate }
    }

    /// Workers of the pool.
    pub fn workers(&self) -> u32 {
        self.pool.profile.workers
    }

    /// So many requests of it; workers all start at once.
    pub fn scenario(&self, requests: u64) -> Scenario<'_> {
        let scenario = Scenario::new(&self.workload, &self.host, &self.pool, requests, self.seed);
        Scenario { cpu: self.cpu, ..scenario }
    }

    /// The same with the rule of `rule` in the place of any other rule; how
    /// workers go and are watched stays.
    ///
    /// # Errors
    /// The pool has no such rule; the text says which pools have it.
    pub fn with(&self, rule: Lifecycle) -> Result<Self, SimError> {
        let mut workload = self.workload.clone();
        workload.service.lifecycle = ruled(self.workload.service.lifecycle, rule);
        let (profile, python) = (self.pool.profile, self.pool.python);
        let cpus = self.host.logical_cpus();
        PoolConfig::of_kind(self.pool.kind, &workload, profile, python, cpus)
            .map_err(SimError::Impossible)?;
        Ok(self.forced(rule))
    }

    /// As [`Case::with`], whether the pool has such a rule or not.
    pub fn forced(&self, rule: Lifecycle) -> Self {
        let mut case = self.clone();
        case.pool.lifecycle = ruled(self.pool.lifecycle, rule);
        case
    }
}

fn ruled(lifecycle: Lifecycle, rule: Lifecycle) -> Lifecycle {
    Lifecycle {
        ttl: rule.ttl,
        ttl_jitter: rule.ttl_jitter,
        max_requests: rule.max_requests,
        max_requests_jitter: rule.max_requests_jitter,
        memory_limit: None,
        ..lifecycle
    }
}
