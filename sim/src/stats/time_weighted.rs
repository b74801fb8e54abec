//! Time integral of a count.

use crate::kernel::SimTime;

/// A count that is constant between changes, and its integral over time.
/// Integers throughout, so that conservation laws can be checked exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeWeighted {
    value: u64,
    since: SimTime,
    /// Integral from time zero to `since` [count x ns].
    integral: u128,
}

impl TimeWeighted {
    /// The count is `value` from `now` on.
    ///
    /// # Panics
    /// In debug builds, if time goes backwards.
    #[inline]
    pub fn set(&mut self, now: SimTime, value: u64) {
        self.integral = self.integral_at(now);
        self.since = now;
        self.value = value;
    }

    /// One more from `now` on.
    #[inline]
    pub fn up(&mut self, now: SimTime) {
        self.set(now, self.value + 1);
    }

    /// One fewer from `now` on.
    ///
    /// # Panics
    /// In debug builds, if the count is 0 already.
    #[inline]
    pub fn down(&mut self, now: SimTime) {
        self.set(now, self.value - 1);
    }

    /// The count at present.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Integral from time zero to `now` [count x ns]. The mean between two instants
    /// is the difference of their integrals over the time between them.
    #[inline]
    pub fn integral_at(&self, now: SimTime) -> u128 {
        debug_assert!(now >= self.since, "time went backwards");
        self.integral + u128::from(now.since(self.since).0) * u128::from(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_a_staircase() {
        let mut level = TimeWeighted::default();
        level.up(SimTime(10));
        level.up(SimTime(20));
        level.down(SimTime(50));
        // 0 for 10, 1 for 10, 2 for 30, 1 for 50.
        assert_eq!(level.integral_at(SimTime(100)), 10 + 60 + 50);
        assert_eq!(level.value(), 1);
    }

    #[test]
    fn asking_changes_nothing() {
        let mut level = TimeWeighted::default();
        level.set(SimTime(10), 4);
        assert_eq!(level.integral_at(SimTime(20)), 40);
        assert_eq!(level.integral_at(SimTime(15)), 20);
        level.set(SimTime(30), 0);
        assert_eq!(level.integral_at(SimTime(90)), 80);
    }

    #[test]
    fn does_not_overflow_in_centuries() {
        let mut level = TimeWeighted::default();
        level.set(SimTime::ZERO, u64::MAX);
        let all = u128::from(u64::MAX);
        assert_eq!(level.integral_at(SimTime::NEVER), all * all);
    }
}
