//! One thing to simulate: a workload on a host in a pool, for so long, from
//! this seed.

use crate::host::Host;
use crate::kernel::{SimDuration, SimTime};
use crate::pool::{Deployment, PoolConfig, Split, WHOLE};
use crate::workload::Workload;

/// Everything that determines a replication, but for its number.
#[derive(Clone, Copy, Debug)]
pub struct Scenario<'a> {
    /// What arrives and what it does.
    pub workload: &'a Workload,
    /// Where it runs.
    pub host: &'a Host,
    /// In which pools; at least one.
    pub pools: &'a [PoolConfig],
    /// Which pool serves what.
    pub split: &'a Split,
    /// How threads share the cores.
    pub cpu: CpuModel,
    /// What else runs on the cores.
    pub background: &'a [Background],
    /// How fast each core is as time goes on, with [`CpuModel::FairQuanta`]; all
    /// the same without.
    pub course: Option<&'a Course>,
    /// Are the workers up when the load begins?
    pub start: Start,
    /// Requests per replication (a batch or a replay may have fewer).
    pub requests: u64,
    /// Seed of the requests and of what befalls workers; a replication is a stream
    /// of it.
    pub seed: u64,
    /// Seed of what the machine does by chance, under the same requests: how late
    /// threads wake, on which core, and who gets a lock. Usually the same as `seed`.
    pub machine_seed: u64,
    /// Hard limits.
    pub limits: Limits,
}

/// A thread of another process: it works, sleeps, and works again, whatever the
/// pools do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Background {
    /// When its first turn begins.
    pub first: SimDuration,
    /// From the end of one turn to the next.
    pub sleep: SimDuration,
    /// CPU time of a turn.
    pub work: SimDuration,
}

/// What was seen of the speed of each core of a machine that is shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Of each core, by time.
    pub cores: Vec<Vec<Look>>,
    /// How long a core keeps one speed, on average.
    pub stay: SimDuration,
}

/// How much longer work takes on a core at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// When.
    pub at: SimTime,
    /// Time of bytecode, over its usual time.
    pub bytecode: f64,
    /// Time of native code, over its usual time.
    pub native: f64,
}

impl Look {
    /// All work takes its usual time.
    pub const USUAL: Self = Self { at: SimTime::ZERO, bytecode: 1.0, native: 1.0 };
}

/// How threads share the cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CpuModel {
    /// All runnable threads advance at the same rate.
    #[default]
    ProcessorSharing,
    /// Whole slices in turn, with wake-up pre-emption.
    FairQuanta,
}

/// Are the workers up when the load begins?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Ready at time zero.
    #[default]
    Warm,
    /// Starting at time zero; requests queue meanwhile.
    Cold,
}

/// Limits on one replication. Each ends the run with an error that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most events.
    pub events: u64,
    /// Most requests in the system at once (each takes about 200 bytes).
    pub in_system: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 20_000_000_000, in_system: 4_000_000 }
    }
}

impl<'a> Scenario<'a> {
    /// `pool` under `workload` on `host`: warm, processor sharing, default limits.
    pub fn new(
        workload: &'a Workload,
        host: &'a Host,
        pool: &'a PoolConfig,
        requests: u64,
        seed: u64,
    ) -> Self {
        Self {
            workload,
            host,
            pools: std::slice::from_ref(pool),
            split: &WHOLE,
            cpu: CpuModel::default(),
            background: &[],
            course: None,
            start: Start::default(),
            requests,
            seed,
            machine_seed: seed,
            limits: Limits::default(),
        }
    }

    /// As `new`, for several pools that share the host.
    pub fn of(
        workload: &'a Workload,
        host: &'a Host,
        deployment: &'a Deployment,
        requests: u64,
        seed: u64,
    ) -> Self {
        let (pools, split) = (&deployment.pools[..], &deployment.split);
        Self { pools, split, ..Self::new(workload, host, &deployment.pools[0], requests, seed) }
    }
}
