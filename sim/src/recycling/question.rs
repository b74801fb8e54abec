//! What is asked, and how long a worker lives by the rule.

use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, Gamma};

use crate::closed_form::{ClosedFormError, Lives};
use crate::kernel::SimDuration;

/// When a worker is replaced, but for the jitter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// When it has lived so long.
    Ttl {
        /// Shortest life.
        base: SimDuration,
    },
    /// When it has served so many requests.
    MaxRequests {
        /// Fewest requests of a life, at least 1.
        base: u64,
        /// Requests that a worker serves per second: those of the pool over its
        /// workers, or the inverse of the service time of a worker that is
        /// always busy.
        rate: f64,
        /// Standard deviation over mean of the gaps between them: 0 at an even
        /// pace, 1 for a Poisson process.
        cv: f64,
    },
}

/// Memory that a worker loses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leak {
    ///, in bytes per request
    pub per_request: u64,
    ///, in bytes per hour of a worker's life
    pub per_hour: u64,
}

/// How much jitter keeps `up` of `workers` workers up?
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Workers of the pool.
    pub workers: u32,
    /// Workers that must be up.
    pub up: u32,
    /// Least chance of that, at any moment after a common start.
    pub probability: f64,
    /// When a worker is replaced.
    pub rule: Rule,
    /// From when a worker takes no more requests until its successor does: it
    /// stops, and the successor starts.
    pub outage: SimDuration,
    /// What a worker leaks.
    pub leak: Leak,
    /// Seed of the simulated course.
    pub seed: u64,
}

impl Question {
    /// Fewest workers down that are too many.
    pub(super) fn too_many(&self) -> u32 {
        self.workers.saturating_sub(self.up) + 1
    }
}

impl Rule {
    /// Shortest life at an even pace, in s.
    pub(super) fn base_secs(&self) -> f64 {
        match *self {
            Self::Ttl { base } => base.as_secs(),
            Self::MaxRequests { base, rate, .. } => base as f64 / rate,
        }
    }

    /// Lives at an even pace with `jitter` in ns or requests.
    ///
    /// A number of requests is reached within one gap, at a phase that is each
    /// worker's own: that gap is jitter as well.
    ///
    /// # Errors
    /// A number that no life can have.
    pub(super) fn lives(
        &self,
        workers: u32,
        jitter: u64,
        outage: SimDuration,
    ) -> Result<Lives, ClosedFormError> {
        let spread = match *self {
            Self::Ttl { .. } => SimDuration(jitter).as_secs(),
            Self::MaxRequests { rate, .. } => (jitter as f64 + 1.0) / rate,
        };
        Lives::new(workers, self.base_secs(), spread, outage.as_secs())
    }

    /// The smallest jitter, in ns or requests, that spreads lives over `secs`.
    pub(super) fn jitter_for(&self, secs: f64) -> u64 {
        match *self {
            Self::Ttl { .. } => (secs * 1e9).ceil() as u64,
            Self::MaxRequests { rate, .. } => (secs * rate - 1.0).ceil().max(0.0) as u64,
        }
    }

    /// Length of one life with `jitter` in ns or requests, in s.
    pub(super) fn draw(&self, jitter: u64, rng: &mut impl Rng) -> f64 {
        match *self {
            Self::Ttl { base } => SimDuration(base.0 + rng.random_range(0..=jitter)).as_secs(),
            Self::MaxRequests { base, rate, cv } => {
                let requests = (base + rng.random_range(0..=jitter)) as f64;
                // A sum of gamma-distributed gaps is gamma-distributed.
                match Gamma::new(requests / (cv * cv), cv * cv / rate) {
                    Ok(gamma) if cv > 0.0 => gamma.sample(rng),
                    _ => (requests + rng.random::<f64>()) / rate,
                }
            }
        }
    }
}
