//! What is kept of the requests of one class.

use crate::experiment::ClassOutcome;
use crate::kernel::SimDuration;
use crate::stats::Quantiles;
use crate::workload::Quantile;

/// Sums in integers, so that classes add up to the whole exactly.
#[derive(Clone, Debug)]
pub(super) struct ClassTally {
    failed: u64,
    /// Sums in nanoseconds.
    sojourn: u128,
    wait: u128,
    quantiles: Quantiles,
}

impl ClassTally {
    /// Keeps at most `exact` sojourn times one by one.
    pub(super) fn new(exact: usize) -> Self {
        Self { failed: 0, sojourn: 0, wait: 0, quantiles: Quantiles::exact_up_to(exact) }
    }

    #[inline]
    pub(super) fn completed(&mut self, sojourn: SimDuration, wait: SimDuration) {
        self.sojourn += u128::from(sojourn.0);
        self.wait += u128::from(wait.0);
        self.quantiles.record(sojourn.0);
    }

    #[inline]
    pub(super) fn failed(&mut self) {
        self.failed += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.failed += other.failed;
        self.sojourn += other.sojourn;
        self.wait += other.wait;
        self.quantiles.merge(&other.quantiles);
    }

    /// All times are 0 if nothing was completed.
    pub(super) fn outcome(mut self) -> ClassOutcome {
        let completed = self.quantiles.count();
        let mean = |ns: u128| ns as f64 * 1e-9 / completed.max(1) as f64;
        ClassOutcome {
            completed,
            failed: self.failed,
            mean: mean(self.sojourn),
            mean_wait: mean(self.wait),
            quantiles: Quantile::ALL.map(|q| {
                let ns = self.quantiles.quantile(q.probability()).unwrap_or(0);
                SimDuration(ns).as_secs()
            }),
        }
    }
}
