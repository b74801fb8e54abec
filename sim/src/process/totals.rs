//! Sums over all processes and their course in time: peaks, quantiles, when the
//! host's memory was passed, how long memory was swapped out.

use super::holding::Sizes;
use super::levels::Levels;
use crate::kernel::{SimDuration, SimTime};
use crate::workload::Quantile;

const HOUR: u128 = 3_600_000_000_000;

/// What live workers leak with time: `rate` times the sum of their ages. No
/// event is needed for it, and it is exact at any time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimeLeak {
    ///, in bytes per hour and worker
    rate: u64,
    live: u64,
    /// Sum of the times at which the live ones were ready, in ns.
    born: u128,
}

impl TimeLeak {
    pub(super) fn new(rate: u64) -> Self {
        Self { rate, ..Self::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.rate > 0
    }

    fn age(&self, now: SimTime) -> u128 {
        u128::from(self.live) * u128::from(now.0) - self.born
    }

    #[inline]
    fn bytes(&self, now: SimTime) -> u64 {
        if self.rate == 0 { 0 } else { self.of_age(self.age(now)) }
    }

    fn of_age(&self, age: u128) -> u64 {
        u64::try_from(age * u128::from(self.rate) / HOUR).unwrap_or(u64::MAX)
    }

    /// Of one worker.
    #[inline]
    pub(super) fn of_worker(&self, ready_at: SimTime, now: SimTime) -> u64 {
        if self.rate == 0 { 0 } else { self.of_age(u128::from(now.since(ready_at).0)) }
    }

    pub(super) fn begins(&mut self, now: SimTime) {
        self.live += 1;
        self.born += u128::from(now.0);
    }

    pub(super) fn ends(&mut self, ready_at: SimTime) {
        self.live -= 1;
        self.born -= u128::from(ready_at.0);
    }

    /// When it is more than `room`, if nobody comes or goes; it must grow.
    fn passes(&self, room: u64) -> SimTime {
        let age = ((u128::from(room) + 1) * HOUR).div_ceil(u128::from(self.rate));
        let at = (age + self.born).div_ceil(u128::from(self.live));
        SimTime(u64::try_from(at).unwrap_or(u64::MAX))
    }
}

/// Running totals, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    /// Without what leaks with time.
    sizes: Sizes,
    pub(super) leak: TimeLeak,
    /// Until when the course is recorded.
    since: SimTime,
    limit: u64,
    pub(super) peak: Sizes,
    pub(super) over_limit_at: Option<SimTime>,
    /// Time spent over the limit.
    over_limit: SimDuration,
    pss: Levels,
    rss: Levels,
}

impl Totals {
    pub(super) fn new(limit: u64, leak_per_hour: u64) -> Self {
        Self {
            sizes: Sizes::default(),
            leak: TimeLeak::new(leak_per_hour),
            since: SimTime::ZERO,
            limit,
            peak: Sizes::default(),
            over_limit_at: None,
            over_limit: SimDuration::ZERO,
            pss: Levels::default(),
            rss: Levels::default(),
        }
    }

    /// Totals at `now`, not before the last change.
    #[inline]
    pub(super) fn at(&self, now: SimTime) -> Sizes {
        let leaked = self.leak.bytes(now);
        Sizes {
            pss: self.sizes.pss.saturating_add(leaked),
            rss: self.sizes.rss.saturating_add(leaked),
        }
    }

    /// Records the course up to `now`. To be called before any change.
    #[inline]
    pub(super) fn advance(&mut self, now: SimTime) {
        debug_assert!(now >= self.since, "time went backwards");
        let ns = now.since(self.since).0;
        if ns == 0 {
            return;
        }
        if self.leak.rate == 0 || self.leak.live == 0 {
            self.pss.record(self.sizes.pss, ns);
            self.rss.record(self.sizes.rss, ns);
            if self.sizes.pss > self.limit {
                self.over_limit += SimDuration(ns);
            }
        } else {
            self.drift(now, ns);
        }
        self.since = now;
    }

    /// As `advance`, while memory leaks.
    fn drift(&mut self, now: SimTime, ns: u64) {
        let (from, to) = (self.at(self.since), self.at(now));
        self.pss.record_ramp(from.pss, to.pss, ns);
        self.rss.record_ramp(from.rss, to.rss, ns);
        self.reach(to);
        if to.pss > self.limit {
            let passed = match self.limit.checked_sub(self.sizes.pss) {
                Some(room) if from.pss <= self.limit => self.leak.passes(room),
                _ => self.since,
            };
            self.over_limit += now.since(passed);
            self.over_limit_at.get_or_insert(passed);
        }
    }

    #[inline]
    fn reach(&mut self, sizes: Sizes) {
        self.peak.pss = self.peak.pss.max(sizes.pss);
        self.peak.rss = self.peak.rss.max(sizes.rss);
    }

    /// A part has changed from one size to another.
    #[inline]
    pub(super) fn replace(&mut self, now: SimTime, before: Sizes, after: Sizes) {
        if before == after {
            return;
        }
        self.advance(now);
        self.sizes.pss = self.sizes.pss - before.pss + after.pss;
        self.sizes.rss = self.sizes.rss - before.rss + after.rss;
        let total = self.at(now);
        self.reach(total);
        if total.pss > self.limit && self.over_limit_at.is_none() {
            self.over_limit_at = Some(now);
        }
    }

    /// PSS beyond the limit.
    #[inline]
    pub(super) fn beyond(&self, now: SimTime) -> u64 {
        self.at(now).pss.saturating_sub(self.limit)
    }

    pub(super) fn time_over_limit(&self) -> SimDuration {
        self.over_limit
    }

    /// Quantiles over the recorded time, PSS and RSS, as in `Quantile::ALL`.
    pub(super) fn quantiles(&self) -> [[u64; 3]; 2] {
        let quantiles = |levels: &Levels, peak: u64| {
            // A level is known to 0.2 %; none is above the peak.
            Quantile::ALL.map(|q| levels.quantile(q.probability()).min(peak))
        };
        [quantiles(&self.pss, self.peak.pss), quantiles(&self.rss, self.peak.rss)]
    }

    /// # Panics
    /// If the totals are not the sums of `parts`, whose ages sum to `age`.
    pub(super) fn must_be(&self, now: SimTime, parts: Sizes, age: u128) {
        assert_eq!(self.sizes, parts, "memory ledger out of balance");
        assert_eq!(self.leak.age(now), age, "memory ledger: ages out of balance");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_NS: u64 = HOUR as u64;

    fn sizes(bytes: u64) -> Sizes {
        Sizes { pss: bytes, rss: bytes }
    }

    #[test]
    fn a_leak_passes_the_limit_between_events() {
        let mut totals = Totals::new(1_500, 1_000);
        totals.replace(SimTime::ZERO, sizes(0), sizes(1_000));
        totals.leak.begins(SimTime::ZERO);
        assert_eq!(totals.at(SimTime(HOUR_NS / 4)).pss, 1_250);
        totals.advance(SimTime(2 * HOUR_NS));
        // More than 500 bytes: the 501st is there after 0.501 h.
        assert_eq!(totals.over_limit_at, Some(SimTime(501 * HOUR_NS / 1_000)));
        assert_eq!(totals.time_over_limit(), SimDuration(1_499 * HOUR_NS / 1_000));
        assert_eq!((totals.peak, totals.beyond(SimTime(2 * HOUR_NS))), (sizes(3_000), 1_500));
        let [pss, rss] = totals.quantiles();
        assert_eq!(pss, rss);
        for (got, expected) in pss.iter().zip([2_000.0, 2_900.0, 2_980.0]) {
            assert!((*got as f64 / expected - 1.0).abs() < 0.01, "{got}");
        }
    }

    #[test]
    fn who_goes_takes_the_leak_along() {
        let mut totals = Totals::new(u64::MAX, 3_600);
        let second = |n: u64| SimTime(n * 1_000_000_000);
        totals.leak.begins(second(0));
        totals.advance(second(10));
        totals.leak.begins(second(10));
        assert_eq!(totals.at(second(30)).pss, 30 + 20);
        totals.advance(second(30));
        totals.leak.ends(second(0));
        assert_eq!(totals.at(second(30)).pss, 20);
        totals.leak.ends(second(10));
        assert_eq!((totals.at(second(40)), totals.peak), (sizes(0), sizes(50)));
    }

    #[test]
    fn levels_without_a_leak_count_for_their_time() {
        let mut totals = Totals::new(20, 0);
        totals.replace(SimTime(0), sizes(0), sizes(10));
        totals.replace(SimTime(90), sizes(10), sizes(30));
        totals.replace(SimTime(97), sizes(30), sizes(5));
        totals.advance(SimTime(100));
        assert_eq!(totals.quantiles()[0], [10, 30, 30]);
        assert_eq!(totals.time_over_limit(), SimDuration(7));
        assert_eq!(totals.over_limit_at, Some(SimTime(90)));
    }
}
