//! A cgroup's CPU quota: so much CPU time per period, then nothing until the
//! next one.

use crate::host::Quota;
use crate::kernel::{SimDuration, SimTime};

/// CPU bandwidth control of one cgroup.
#[derive(Clone, Debug)]
pub(super) struct Bandwidth {
    per_period: f64,
    period: SimDuration,
    period_ends: SimTime,
    left: f64,
    settled_at: SimTime,
    running: u32,
}

impl Bandwidth {
    pub(super) fn new(quota: Quota) -> Self {
        let per_period = quota.cpus * quota.period.0 as f64;
        Self {
            per_period,
            period: quota.period,
            period_ends: SimTime(quota.period.0),
            left: per_period,
            settled_at: SimTime::ZERO,
            running: 0,
        }
    }

    /// Charges the running threads up to `now`, which is not past
    /// `next_change()`, and refills at the end of a period.
    pub(super) fn settle(&mut self, now: SimTime) {
        let used = now.since(self.settled_at).0 as f64 * f64::from(self.running);
        self.left = (self.left - used).max(0.0);
        self.settled_at = now;
        if now >= self.period_ends {
            // Unused time is not carried over.
            self.left = self.per_period;
            let periods = now.0 / self.period.0 + 1;
            self.period_ends = SimTime(periods.saturating_mul(self.period.0));
        }
        // Less than a nanosecond for each is none.
        if self.left < f64::from(self.running.max(1)) {
            self.left = 0.0;
        }
    }

    /// Sets how many threads run from now on; none do while throttled.
    pub(super) fn set_running(&mut self, wanted: u32) -> bool {
        self.running = if self.left > 0.0 { wanted } else { 0 };
        self.left > 0.0
    }

    /// When the quota runs out or comes back; never while nothing wants to run.
    pub(super) fn next_change(&self, wanted: u32) -> SimTime {
        if wanted == 0 {
            return SimTime::NEVER;
        }
        if self.running == 0 {
            return self.period_ends;
        }
        let lasts = (self.left / f64::from(self.running)).ceil() as u64;
        SimTime(self.settled_at.0.saturating_add(lasts)).min(self.period_ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cpu_runs_half_of_each_period() {
        let quota = Quota { cpus: 0.5, period: SimDuration(100) };
        let mut bandwidth = Bandwidth::new(quota);
        bandwidth.settle(SimTime(0));
        assert!(bandwidth.set_running(1));
        assert_eq!(bandwidth.next_change(1), SimTime(50));
        bandwidth.settle(SimTime(50));
        assert!(!bandwidth.set_running(1));
        assert_eq!(bandwidth.next_change(1), SimTime(100));
        bandwidth.settle(SimTime(100));
        assert!(bandwidth.set_running(1));
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let quota = Quota { cpus: 0.5, period: SimDuration(100) };
        let mut bandwidth = Bandwidth::new(quota);
        assert_eq!(bandwidth.next_change(0), SimTime::NEVER);
        bandwidth.settle(SimTime(1030));
        assert!(bandwidth.set_running(2));
        assert_eq!(bandwidth.next_change(2), SimTime(1055));
    }
}
