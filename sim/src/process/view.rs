//! What the engine asks the ledger.

use super::holding::Sizes;
use super::ledger::Ledger;
use super::lineage::Origin;
use crate::kernel::SimTime;

impl Ledger {
    /// Resident set size of the process that `worker` is, or lives in; 0 if it
    /// is not there.
    pub(crate) fn rss_of(&self, now: SimTime, worker: u32) -> u64 {
        if !self.workers[worker as usize].live {
            return 0;
        }
        let own = match self.pool_of(worker).origin {
            Origin::Inside(parent) => {
                let guests = self.guests[parent].iter();
                let rss = guests.map(|guest| self.private_rss(now, *guest));
                rss.fold(self.parents[parent].own(), u64::saturating_add)
            }
            Origin::Forked(_) | Origin::Fresh => self.private_rss(now, worker),
        };
        own.saturating_add(self.libraries)
    }

    /// Without libraries and, for a thread pool, without its process.
    fn private_rss(&self, now: SimTime, worker: u32) -> u64 {
        let holding = &self.workers[worker as usize];
        let leaks = holding.live && self.pool_of(worker).leaks;
        let leaked = if leaks { self.totals.leak.of_worker(holding.ready_at, now) } else { 0 };
        holding.sizes().rss.saturating_add(leaked)
    }

    /// Processes that are there, parents included.
    pub(crate) fn processes(&self) -> u64 {
        self.processes
    }

    /// Proportional and resident totals.
    pub(crate) fn totals(&self, now: SimTime) -> (u64, u64) {
        let Sizes { pss, rss } = self.totals.at(now);
        (pss, rss)
    }

    /// PSS beyond the host's memory.
    #[inline]
    pub(crate) fn over_limit(&self, now: SimTime) -> u64 {
        self.totals.beyond(now)
    }

    /// PSS beyond the host's memory and, where the kernel may swap, its swap
    /// space: somebody must be killed.
    #[inline]
    pub(crate) fn out_of_memory(&self, now: SimTime) -> u64 {
        let swap = if self.swaps { self.swap_bytes } else { 0 };
        self.over_limit(now).saturating_sub(swap)
    }

    /// The live worker with the largest resident set: the kernel's first choice
    /// for a kill. The first of several equals.
    pub(crate) fn largest_worker(&self, now: SimTime) -> Option<u32> {
        let live = (0..self.workers.len() as u32).filter(|w| self.workers[*w as usize].live);
        live.max_by_key(|worker| (self.rss_of(now, *worker), std::cmp::Reverse(*worker)))
    }

    /// How many times as long all work on the cores takes while memory is
    /// swapped out: 1 plus the slow-down times what is out over what is in.
    #[inline]
    pub(crate) fn swap_factor(&self, now: SimTime) -> f64 {
        let out = self.over_limit(now).min(self.swap_bytes);
        if out == 0 || !self.swaps {
            return 1.0;
        }
        1.0 + self.swap_slowdown * out as f64 / self.memory_bytes.max(1) as f64
    }
}
