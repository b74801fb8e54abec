//! What one worker holds, from when it is ready until it is gone.

use crate::kernel::SimTime;

/// No process holds more: the address space of one on x86-64 and ARM64 Linux.
const ADDRESS_SPACE: u64 = 1 << 47;

/// Proportional and resident size, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) pss: u64,
    pub(super) rss: u64,
}

/// What a request of one class does to the worker of one pool, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Footprint {
    /// Held while it is in service.
    pub(super) working: u64,
    /// What the allocator does not give back of it.
    pub(super) kept: u64,
    /// Lost for good.
    pub(super) leak: u64,
    /// The result, if an idle slot keeps its last one.
    pub(super) result: Option<u64>,
}

/// The pages of one worker, without what it leaks with time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Holding {
    pub(super) ready_at: SimTime,
    pub(super) live: bool,
    pub(super) in_service: u32,
    /// Private when ready.
    base: u64,
    /// Libraries and its parent's pages: in RSS only.
    mapped: u64,
    /// Pages that end up un-shared, and those that are.
    plateau: f64,
    unshared: f64,
    /// Working sets of the requests in service, and the part of them that the
    /// allocator will not give back.
    working: u64,
    keeping: u64,
    /// High-water mark of `keeping`: free for the next request, not for others.
    kept: u64,
    leaked: u64,
    /// Last results of idle slots, the last to stop on top: it is the first to
    /// go on. A slot drops its result when it takes the next request.
    results: Vec<u64>,
    results_sum: u64,
    /// Highest resident size so far, without what leaks with time.
    pub(super) top_rss: u64,
}

impl Footprint {
    /// Does it leave no trace?
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Holding {
    /// A fresh process with `base` bytes of its own and `mapped` of others, of
    /// which it will un-share `plateau`.
    pub(super) fn begin(&mut self, now: SimTime, base: u64, mapped: u64, plateau: f64) {
        // The results' allocation is worth keeping.
        let mut results = std::mem::take(&mut self.results);
        results.clear();
        *self =
            Self { ready_at: now, live: true, base, mapped, plateau, results, ..Self::default() };
    }

    /// The process is gone, and everything with it.
    pub(super) fn end(&mut self) {
        self.begin(SimTime::ZERO, 0, 0, 0.0);
        self.live = false;
    }

    /// Has it pages to un-share?
    #[inline]
    pub(super) fn shares(&self) -> bool {
        self.unshared < self.plateau
    }

    /// Sizes now.
    #[inline]
    pub(super) fn sizes(&self) -> Sizes {
        let heap = self.working.max(self.kept);
        let own = self.base + heap + self.leaked + self.results_sum;
        Sizes { pss: own + self.unshared as u64, rss: own + self.mapped }
    }

    #[inline]
    pub(super) fn request_starts(&mut self, request: &Footprint) {
        self.in_service += 1;
        self.working += request.working;
        self.keeping += request.kept;
        self.kept = self.kept.max(self.keeping);
        if let Some(result) = self.results.pop() {
            self.results_sum -= result;
        }
    }

    /// `unshares`: share of the shared pages left that are written to.
    #[inline]
    pub(super) fn request_ends(&mut self, request: &Footprint, unshares: f64) {
        self.in_service -= 1;
        self.working -= request.working;
        self.keeping -= request.kept;
        self.leaked = (self.leaked + request.leak).min(ADDRESS_SPACE);
        if let Some(result) = request.result {
            self.results.push(result);
            self.results_sum += result;
        }
        if self.shares() {
            self.unshared += (self.plateau - self.unshared) * unshares;
            if self.plateau - self.unshared < 1.0 {
                // Not a byte is left: what follows leaves no trace.
                self.unshared = self.plateau;
            }
        }
    }
}

/// Pages of a parent process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ParentPages {
    /// Interpreter, imports and what it had before.
    pub(super) base: u64,
    /// Results kept since: children forked later share them.
    pub(super) results: u64,
    /// Payloads on their way.
    pub(super) payload: u64,
}

impl ParentPages {
    pub(super) fn own(&self) -> u64 {
        self.base + self.results + self.payload
    }

    /// What a child gets.
    pub(super) fn inherited(&self) -> u64 {
        self.base + self.results
    }

    pub(super) fn keep(&mut self, result: u64) {
        self.results = self.results.saturating_add(result).min(ADDRESS_SPACE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(plateau: f64) -> Holding {
        let mut holding = Holding::default();
        holding.begin(SimTime(5), 1_000, 300, plateau);
        holding
    }

    #[test]
    fn the_next_request_uses_what_the_allocator_kept() {
        let mut holding = ready(0.0);
        let large = Footprint { working: 100, kept: 40, ..Footprint::default() };
        let small = Footprint { working: 10, kept: 0, ..Footprint::default() };
        let pss = |holding: &Holding| holding.sizes().pss - 1_000;
        holding.request_starts(&large);
        assert_eq!(pss(&holding), 100);
        holding.request_ends(&large, 0.0);
        assert_eq!(pss(&holding), 40);
        holding.request_starts(&small);
        assert_eq!(pss(&holding), 40);
        holding.request_starts(&large);
        assert_eq!(pss(&holding), 110);
        holding.request_starts(&large);
        holding.request_ends(&large, 0.0);
        holding.request_ends(&large, 0.0);
        holding.request_ends(&small, 0.0);
        // Two at once left two shares.
        assert_eq!(pss(&holding), 80);
    }

    #[test]
    fn every_slot_that_was_used_keeps_one_result() {
        let mut holding = ready(0.0);
        let request = |result| Footprint { result: Some(result), ..Footprint::default() };
        let pss = |holding: &Holding| holding.sizes().pss - 1_000;
        for _ in 0..3 {
            holding.request_starts(&request(7));
        }
        for _ in 0..3 {
            holding.request_ends(&request(7), 0.0);
        }
        assert_eq!(pss(&holding), 21);
        holding.request_starts(&request(9));
        assert_eq!(pss(&holding), 14);
        holding.request_ends(&request(9), 0.0);
        assert_eq!(pss(&holding), 23);
    }

    #[test]
    fn unsharing_shows_in_pss_and_leaks_in_both() {
        let mut holding = ready(200.0);
        let request = Footprint { leak: 3, ..Footprint::default() };
        holding.request_starts(&request);
        holding.request_ends(&request, 0.5);
        assert_eq!(holding.sizes(), Sizes { pss: 1_103, rss: 1_303 });
        holding.end();
        assert_eq!(holding.sizes(), Sizes::default());
    }
}
