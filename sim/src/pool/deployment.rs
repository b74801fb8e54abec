//! What is deployed on a host: one pool, or several that share it.

use std::fmt;

use crate::pool::PoolConfig;

/// Pools on one host and what each of them serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// At least one.
    pub pools: Vec<PoolConfig>,
    /// Which pool serves what.
    pub split: Split,
}

/// Which pool serves what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// The one pool serves everything; of a pipeline, stage after stage.
    #[default]
    Whole,
    /// Hybrid: class `i` of the workload goes to pool `self.0[i]`.
    ByClass(Vec<u32>),
    /// Pipeline: stage `i` of the workload runs in pool `i`.
    ByStage,
}

/// What a scenario with one pool refers to.
pub(crate) static WHOLE: Split = Split::Whole;

impl Split {
    /// The pool that serves `stage` of a request of `class`.
    #[inline]
    pub fn pool(&self, class: usize, stage: u32) -> usize {
        match self {
            Self::Whole => 0,
            Self::ByClass(pools) => pools[class] as usize,
            Self::ByStage => stage as usize,
        }
    }
}

impl Deployment {
    /// Worker processes of all pools.
    pub fn workers(&self) -> u32 {
        self.pools.iter().map(|pool| pool.profile.workers).sum()
    }

    /// Slots of all pools.
    pub fn slots(&self) -> u64 {
        self.pools.iter().map(PoolConfig::slots).sum()
    }
}

impl From<PoolConfig> for Deployment {
    fn from(pool: PoolConfig) -> Self {
        Self { pools: vec![pool], split: Split::Whole }
    }
}

impl fmt::Display for Deployment {
    /// The pools, joined by ` + `. The kind of a stage's executor follows from its
    /// profile and is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.split {
            Split::ByStage => PoolConfig::shape,
            Split::Whole | Split::ByClass(_) => PoolConfig::to_string,
        };
        let pools: Vec<String> = self.pools.iter().map(name).collect();
        f.pad(&pools.join(" + "))
    }
}
