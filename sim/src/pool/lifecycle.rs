//! When a worker is replaced, and how.

use crate::kernel::SimDuration;

/// The rules by which workers are recycled, watched and restarted. The default
/// has none: workers live for ever and a dead one is started again at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lifecycle {
    /// Longest life of a worker, from when it is ready.
    pub ttl: Option<SimDuration>,
    /// Up to so much is added to the life of each worker, uniformly.
    pub ttl_jitter: SimDuration,
    /// Requests after which a worker is replaced.
    pub max_requests: Option<u64>,
    /// Up to so many are added to that, uniformly, anew for each life.
    pub max_requests_jitter: u64,
    /// Resident set size above which a worker is replaced, in bytes.
    pub memory_limit: Option<u64>,
    /// Spacing of the checks of the rules above; `None`: after each request
    /// (and when a TTL runs out).
    pub check_every: Option<SimDuration>,
    /// Does the new worker start before the old one goes?
    pub start_first: bool,
    /// What becomes of the requests of a worker that is replaced.
    pub drain: Drain,
    /// A request in service for so long gets its worker killed.
    pub kill_after: Option<SimDuration>,
    /// How a hung worker is found out.
    pub heartbeat: Option<Heartbeat>,
    /// Pause before a worker that died is started again.
    pub back_off: Backoff,
}

/// What becomes of the requests of a worker that is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drain {
    /// They are finished first.
    #[default]
    Finish,
    /// They are given so long, then lost.
    Within(SimDuration),
    /// They are lost.
    Drop,
}

/// Pings to a worker. One that hangs is killed after `misses` of them went
/// unanswered for `timeout` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Spacing.
    pub every: SimDuration,
    /// Longest wait for the answer.
    pub timeout: SimDuration,
    /// Unanswered in a row before the worker is killed; at least 1.
    pub misses: u32,
}

/// Exponential back-off: `first`, then `factor` times longer for each death in
/// a row, at most `most`. A life of `most` or longer begins anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// First pause.
    pub first: SimDuration,
    /// Growth, at least 1.
    pub factor: f64,
    /// Longest pause.
    pub most: SimDuration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: SimDuration::ZERO, factor: 1.0, most: SimDuration::ZERO }
    }
}

impl Lifecycle {
    /// Is any worker ever replaced by rule?
    pub fn recycles(&self) -> bool {
        self.ttl.is_some() || self.max_requests.is_some() || self.memory_limit.is_some()
    }
}
