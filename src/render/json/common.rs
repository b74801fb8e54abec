//! Parts that several answers share. Times in seconds, memory in bytes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sim::experiment::{ClassSummary, Summary};
use sim::host::{Host, Origin};
use sim::pool::{Deployment, PoolConfig};
use sim::stats::{Estimate, Verdict};
use sim::workload::Workload;

use crate::render::pool::served;

/// A prediction with its 95 % interval. A number that is not known, or has no
/// interval, is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Interval {
    /// Best value.
    pub point: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Independent replications behind it; 0 if it is exact or unknown.
    pub replications: u32,
}

impl From<&Estimate> for Interval {
    fn from(estimate: &Estimate) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            point: finite(estimate.point),
            low: finite(estimate.low),
            high: finite(estimate.high),
            replications: estimate.n,
        }
    }
}

/// A pool that could be deployed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pool {
    /// Shape, as `--profile` takes it.
    pub profile: String,
    /// Worker processes.
    pub workers: u32,
    /// Requests that each can have in service.
    pub slots_per_worker: u32,
    /// Interpreter.
    pub python: String,
    /// Start method.
    pub start_method: String,
    /// Native threads per parallel segment.
    pub blas_threads: u32,
    /// Which worker gets a request.
    pub choice: String,
    /// Who hands requests out.
    pub dispatcher: String,
    /// The product, `generic` for a shape without one.
    pub kind: &'static str,
}

impl From<&PoolConfig> for Pool {
    fn from(pool: &PoolConfig) -> Self {
        Self {
            profile: pool.profile.to_string(),
            workers: pool.profile.workers,
            slots_per_worker: pool.profile.slots_per_worker(),
            python: pool.python.to_string(),
            start_method: pool.start_method.name().to_owned(),
            blas_threads: pool.blas_threads,
            choice: pool.choice.name().to_owned(),
            dispatcher: pool.dispatcher.name().to_owned(),
            kind: pool.kind.name(),
        }
    }
}

/// A pool of a deployment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Part {
    /// The pool.
    #[serde(flatten)]
    pub pool: Pool,
    /// Classes of requests that it serves; of a pipeline the stage.
    pub serves: Vec<String>,
}

/// The pools of `deployment` and what each serves.
pub fn parts(workload: &Workload, deployment: &Deployment) -> Vec<Part> {
    let serves = |pool| served(workload, deployment, pool).map(str::to_owned).collect();
    let pools = deployment.pools.iter().enumerate();
    pools.map(|(i, pool)| Part { pool: pool.into(), serves: serves(i) }).collect()
}

/// Latency of one class, in s.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Latency {
    /// Mean sojourn time.
    pub mean: Interval,
    /// Mean wait for a worker.
    pub mean_wait: Interval,
    /// Median.
    pub p50: Interval,
    /// 95 %.
    pub p95: Interval,
    /// 99 %.
    pub p99: Interval,
    /// Share of requests that failed.
    pub failures: Interval,
}

impl From<&ClassSummary> for Latency {
    fn from(class: &ClassSummary) -> Self {
        let [p50, p95, p99] = &class.quantiles;
        Self {
            mean: (&class.mean).into(),
            mean_wait: (&class.mean_wait).into(),
            p50: p50.into(),
            p95: p95.into(),
            p99: p99.into(),
            failures: (&class.failures).into(),
        }
    }
}

/// Predicted figures of a pool.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Figures {
    /// Completions per second.
    pub throughput: Interval,
    /// Arrivals per second.
    pub arrival_rate: Interval,
    /// First arrival to last completion, in s.
    pub makespan: Interval,
    /// More load than the pool can do: latencies describe the run's length.
    pub saturated: bool,
    /// Growth of the number in the system, in requests/s.
    pub growth: Interval,
    /// Latency by class name.
    pub latency: BTreeMap<String, Latency>,
    /// Share of all requests that failed.
    pub failures: Interval,
    /// Time average of the number in the system.
    pub mean_in_system: Interval,
    /// Longest queue.
    pub peak_queue: Interval,
    /// Highest sum of proportional set sizes, in bytes.
    pub peak_pss: Interval,
    /// Highest sum of resident set sizes, in bytes.
    pub peak_rss: Interval,
    /// PSS when ready and idle, in bytes.
    pub idle_pss: Interval,
    /// Replications in which the host's memory did not suffice.
    pub over_memory: u32,
    /// Share of the cores in use.
    pub cores: Interval,
    /// Share of time that the busiest interpreter lock was held.
    pub lock: Interval,
    /// Share of the slots in use.
    pub slots: Interval,
    /// Share of time that the dispatcher was busy.
    pub dispatcher: Interval,
}

impl Figures {
    /// Of `summary`, classes named as in `workload`.
    pub fn new(workload: &Workload, summary: &Summary) -> Self {
        let names = workload.classes.iter().map(|class| class.name.clone());
        Self {
            throughput: (&summary.throughput).into(),
            arrival_rate: (&summary.arrival_rate).into(),
            makespan: (&summary.makespan).into(),
            saturated: summary.saturated,
            growth: (&summary.growth).into(),
            latency: names.zip(summary.classes.iter().map(Latency::from)).collect(),
            failures: (&summary.failures).into(),
            mean_in_system: (&summary.mean_in_system).into(),
            peak_queue: (&summary.peak_queue).into(),
            peak_pss: (&summary.peak_pss).into(),
            peak_rss: (&summary.peak_rss).into(),
            idle_pss: (&summary.idle_pss).into(),
            over_memory: summary.over_memory,
            cores: (&summary.cores).into(),
            lock: (&summary.lock).into(),
            slots: (&summary.slots).into(),
            dispatcher: (&summary.dispatcher).into(),
        }
    }
}

/// The host that was predicted for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HostSize {
    /// Name of the calibration.
    pub name: String,
    /// Day of the calibration.
    pub date: String,
    /// Physical cores.
    pub cores: u32,
    /// Hardware threads per core.
    pub threads_per_core: u32,
    /// CPU quota, if limited.
    pub quota_cpus: Option<f64>,
    /// Memory, in bytes.
    pub memory: u64,
    /// Parameters measured on the host.
    pub measured: usize,
    /// Parameters taken from publications.
    pub published: usize,
    /// Parameters assumed.
    pub assumed: usize,
}

impl From<&Host> for HostSize {
    fn from(host: &Host) -> Self {
        let origins = host.origins();
        let count = |origin| origins.iter().filter(|o| **o == origin).count();
        Self {
            name: host.name.clone(),
            date: host.date.clone(),
            cores: host.cores,
            threads_per_core: host.threads_per_core,
            quota_cpus: host.quota.map(|quota| quota.cpus),
            memory: host.memory_bytes,
            measured: count(Origin::Measured),
            published: count(Origin::Published),
            assumed: count(Origin::Assumed),
        }
    }
}

/// Is a limit kept?
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The whole interval keeps it.
    Met,
    /// The whole interval breaks it.
    Missed,
    /// The limit lies inside the interval.
    NotResolved,
}

impl From<Verdict> for Kept {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Met => Self::Met,
            Verdict::Missed => Self::Missed,
            Verdict::NotResolved => Self::NotResolved,
        }
    }
}
