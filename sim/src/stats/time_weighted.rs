//! Time average of a count.

use crate::kernel::SimTime;

/// A count that is constant between changes, and its integral over time.
/// Integers throughout, so that conservation laws can be checked exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeWeighted {
    value: u64,
    since: SimTime,
    /// Integral from `from` to `since` [count x ns].
    integral: u128,
    from: SimTime,
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

    /// Forgets everything before `now` but the present count.
    pub fn reset(&mut self, now: SimTime) {
        *self = Self { value: self.value, since: now, integral: 0, from: now };
    }

    /// Integral from the last reset to `now` [count x ns].
    #[inline]
    pub fn integral_at(&self, now: SimTime) -> u128 {
        debug_assert!(now >= self.since, "time went backwards");
        self.integral + u128::from(now.since(self.since).0) * u128::from(self.value)
    }

    /// Mean from the last reset to `now`; the present count if no time passed.
    pub fn mean_at(&self, now: SimTime) -> f64 {
        match now.since(self.from).0 {
            0 => self.value as f64,
            length => self.integral_at(now) as f64 / length as f64,
        }
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
        assert_eq!(level.mean_at(SimTime(100)), 1.2);
    }

    #[test]
    fn a_reset_keeps_the_present_count() {
        let mut level = TimeWeighted::default();
        level.set(SimTime(10), 100);
        level.set(SimTime(20), 4);
        level.reset(SimTime(30));
        assert_eq!(level.mean_at(SimTime(30)), 4.0);
        level.set(SimTime(40), 0);
        assert_eq!(level.mean_at(SimTime(50)), 2.0);
    }

    #[test]
    fn does_not_overflow_in_centuries() {
        let mut level = TimeWeighted::default();
        level.set(SimTime::ZERO, u64::MAX);
        assert_eq!(level.mean_at(SimTime::NEVER), u64::MAX as f64);
    }
}
