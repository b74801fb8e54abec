//! The end of the ledger, and that it balances.

use super::ledger::Ledger;
use crate::experiment::MemoryOutcome;
use crate::kernel::{SimDuration, SimTime};

impl Ledger {
    /// Ends the ledger. `in_service`: requests in service on live workers;
    /// `oom_kills`: workers killed for memory.
    ///
    /// # Panics
    /// If the totals are not the sum of their parts, or other requests are in
    /// service than started and did not end.
    pub(crate) fn close(&mut self, now: SimTime, in_service: u64, oom_kills: u64) -> MemoryOutcome {
        self.totals.advance(now);
        self.assert_balanced(now);
        let present: u64 = self.workers.iter().map(|worker| u64::from(worker.in_service)).sum();
        assert_eq!(present, in_service, "memory ledger: requests in service");
        let workers = 0..self.workers.len() as u32;
        let worst = workers.map(|worker| self.rss_of(now, worker)).max().unwrap_or(0);
        let [pss_quantiles, rss_quantiles] = self.totals.quantiles();
        let swaps = self.swaps && self.swap_bytes > 0;
        MemoryOutcome {
            peak_pss: self.totals.peak.pss,
            peak_rss: self.totals.peak.rss,
            idle_pss: self.idle_pss,
            over_limit_at: self.totals.over_limit_at,
            pss_quantiles,
            rss_quantiles,
            worst_worker_rss: self.worst_worker_rss.max(worst),
            oom_kills,
            swapping: if swaps { self.totals.time_over_limit() } else { SimDuration::ZERO },
        }
    }

    /// Checks the sums as often as keeps its cost per event constant.
    #[cfg(debug_assertions)]
    pub(super) fn check_now_and_then(&mut self, now: SimTime) {
        if self.until_check == 0 {
            self.until_check = self.workers.len() / 4;
            self.assert_balanced(now);
        } else {
            self.until_check -= 1;
        }
    }

    /// # Panics
    /// If the totals are not the sum of their parts.
    pub(super) fn assert_balanced(&self, now: SimTime) {
        let mut parts = self.mapped_libraries();
        let mut age = 0;
        for parent in &self.parents {
            parts.pss += parent.own();
            parts.rss += parent.own();
        }
        for (holding, pool) in self.workers.iter().zip(&self.pool_of_worker) {
            let sizes = holding.sizes();
            parts.pss += sizes.pss;
            parts.rss += sizes.rss;
            if holding.live && self.pools[*pool as usize].leaks {
                age += u128::from(now.since(holding.ready_at).0);
            }
        }
        self.totals.must_be(now, parts, age);
    }
}
