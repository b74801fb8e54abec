//! What workers gain with age, and when that fills the memory.
//!
//! A worker leaks, by requests or by the hour, and a forked one makes pages of
//! its parent its own as it serves, fewer with each request. Replacing it gives
//! all of that back. What the parent keeps is another matter: no worker's end
//! frees it, and a worker that is forked later starts with it.

use crate::host::Host;
use crate::pool::Dispatcher;
use crate::search::Assessed;
use crate::search::judge::completed;
use crate::search::memory::memory_limit;
use crate::workload::{Arrivals, Retention, Workload};

use super::causes::Need;

/// Longest time that is looked at, in s: a year.
const LONGEST: f64 = 365.0 * 86_400.0;
/// So many times as long a memory may last without what workers gain, and still
/// be said to be the parent's.
const ALONE: f64 = 1.1;
/// Halvings of it until the answer is exact enough: to a millisecond.
const HALVINGS: u32 = 35;

/// The memory of a whole deployment as it ages, in bytes and s.
#[derive(Clone, Debug)]
pub(super) struct Growth {
    /// What is left of the memory beside workers that have just started.
    room: f64,
    /// Workers of each pool, and what they gain.
    pools: Vec<(f64, Need)>,
    /// Bytes per second that the parent keeps.
    parent: f64,
}

impl Growth {
    /// Of `choice`, whose pools need `needs`.
    pub(super) fn of(workload: &Workload, host: &Host, choice: &Assessed, needs: &[Need]) -> Self {
        let deployment = &choice.deployment;
        let workers = |pool: usize| f64::from(deployment.pools[pool].profile.workers);
        let outcomes = &choice.summary.outcomes;
        let mean = |sum: f64| sum / outcomes.len().max(1) as f64;
        // What the run has seen of it is part of its peak.
        let seen = needs.iter().enumerate().map(|(pool, need)| {
            let served = outcomes.iter().map(|o| completed(&deployment.split, pool, o) as f64);
            workers(pool) * need.sharing.unshared(mean(served.sum()) / workers(pool))
        });
        let kept = kept(workload, choice);
        let completed = outcomes.iter().map(|outcome| outcome.counts.completed as f64);
        let own = kept * mean(completed.sum());
        let fresh = choice.summary.peak_pss.point - seen.sum::<f64>() - own;
        Self {
            room: memory_limit(workload, host).0 as f64 - fresh,
            pools: needs.iter().enumerate().map(|(i, need)| (workers(i), *need)).collect(),
            parent: kept * choice.summary.throughput.point,
        }
    }

    /// Bytes per second that the parent keeps.
    pub(super) fn parent(&self) -> f64 {
        self.parent
    }

    /// Does the memory last hardly longer if no worker gains anything?
    pub(super) fn is_the_parents(&self) -> bool {
        let alone = Self { pools: Vec::new(), ..self.clone() };
        self.parent > 0.0 && alone.fills() <= ALONE * self.fills()
    }

    /// What is held more after `age` s than at the start, in bytes.
    fn gained(&self, age: f64) -> f64 {
        let workers = self.pools.iter().map(|(workers, need)| workers * need.gained(age));
        workers.sum::<f64>() + self.parent * age
    }

    /// Age at which the memory is full, in s; infinite if it never is.
    pub(super) fn fills(&self) -> f64 {
        if self.gained(0.0) >= self.room {
            return 0.0;
        }
        let (mut fits, mut full) = (0.0, LONGEST);
        if self.gained(full) <= self.room {
            return f64::INFINITY;
        }
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(fits, full);
            match self.gained(middle) <= self.room {
                true => fits = middle,
                false => full = middle,
            }
        }
        fits
    }
}

impl Need {
    /// What one worker holds more `age` s after its start, in bytes.
    fn gained(&self, age: f64) -> f64 {
        self.pace * age + self.sharing.unshared(self.rate * age)
    }
}

/// Bytes of each result that the parent keeps under a load that goes on.
fn kept(workload: &Workload, choice: &Assessed) -> f64 {
    let ends = matches!(workload.arrivals, Arrivals::Batch { .. } | Arrivals::Replay { .. });
    let mut pools = choice.deployment.pools.iter();
    let parent = pools.any(|pool| pool.dispatcher == Dispatcher::Python);
    if ends || !parent || workload.service.results == Retention::Dropped {
        return 0.0;
    }
    workload.classes.iter().map(|class| class.share * class.response_bytes as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recycling::Leak;
    use crate::search::sharing::Sharing;

    fn need(pace: f64, rate: f64, sharing: Sharing) -> Need {
        Need { leak: Leak::default(), rate, pace, life: f64::INFINITY, sharing, futile: false }
    }

    #[test]
    fn a_leak_fills_in_proportion() {
        let growth = Growth {
            room: 1e6,
            pools: vec![(4.0, need(10.0, 1.0, Sharing::none()))],
            parent: 60.0,
        };
        assert!((growth.fills() - 1e4).abs() < 1e-2, "{}", growth.fills());
        assert!(!growth.is_the_parents());
        assert!(Growth { parent: 1000.0, ..growth.clone() }.is_the_parents());
        assert!(!Growth { parent: 0.0, ..growth }.is_the_parents());
    }

    #[test]
    fn pages_made_private_come_to_an_end() {
        // Half of 1000 bytes become private, half of the rest with each request.
        let sharing = Sharing::of_worker(500.0, 0.5);
        let growth =
            |room| Growth { room, pools: vec![(2.0, need(0.0, 0.1, sharing))], parent: 0.0 };
        assert_eq!(growth(1000.0).fills(), f64::INFINITY);
        // 2 x 500 (1 - 0.5^n) = 750 after two requests, at one in ten seconds.
        assert!((growth(750.0).fills() - 20.0).abs() < 1e-2, "{}", growth(750.0).fills());
        assert_eq!(growth(0.0).fills(), 0.0);
    }
}
