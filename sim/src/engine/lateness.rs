//! How late threads wake up: a core has to leave its idle state, a timer to
//! fire, and a virtual machine to get its processor back.
//!
//! The time is log-normal. Measured on machines of their own it hardly varies;
//! on shared ones the median stays and the tail grows, to tens of times the
//! median at the 99 % point, because a hypervisor gives an idle virtual
//! processor's core to others.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Exp1, StandardNormal};

use crate::host::CpuCosts;
use crate::kernel::SimDuration;

/// Draws how late each wake-up is.
#[derive(Debug)]
pub(super) struct Lateness {
    wake: Delay,
    timer: Delay,
    rng: ChaCha8Rng,
}

impl Lateness {
    pub(super) fn new(cpu: &CpuCosts, rng: ChaCha8Rng) -> Self {
        let wake = Delay { median: cpu.wake_latency.value, spread: cpu.wake_spread.value };
        Self { wake, timer: Delay::of_timers(cpu), rng }
    }

    /// From a wake-up to running.
    #[inline]
    pub(super) fn wake(&mut self) -> SimDuration {
        self.wake.draw(&mut self.rng)
    }

    /// Of `count` wake-ups, each of which follows the one before.
    pub(super) fn wakes(&mut self, count: u32) -> SimDuration {
        SimDuration((0..count).map(|_| self.wake().0).sum())
    }

    /// From the end of a timed wait to running.
    #[inline]
    pub(super) fn timer(&mut self) -> SimDuration {
        self.timer.draw(&mut self.rng)
    }

    /// How long somebody who is woken again and again, each time up to `turn` ns after
    /// the last try, needs until it is awake while a lock is free that is so for a
    /// `share` of the time, in ns.
    pub(super) fn until_luck(&mut self, turn: f64, share: f64) -> f64 {
        let each = self.wake.mean().0 as f64 + turn / 2.0;
        let drawn: f64 = self.rng.sample(Exp1);
        drawn * each / share
    }

    /// From the end of a timed wait to the wake-up, where somebody else may be
    /// awake already.
    #[inline]
    pub(super) fn slack(&mut self) -> SimDuration {
        SimDuration(self.timer().0.saturating_sub(self.wake.median.0))
    }
}

/// A log-normal time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delay {
    median: SimDuration,
    /// Standard deviation of its logarithm.
    spread: f64,
}

impl Delay {
    /// Of timed waits.
    pub(super) fn of_timers(cpu: &CpuCosts) -> Self {
        let median = cpu.timer_slack.value + cpu.wake_latency.value;
        Self { median, spread: cpu.timer_spread.value }
    }

    pub(super) fn mean(self) -> SimDuration {
        self.times((self.spread * self.spread / 2.0).exp())
    }

    #[inline]
    fn draw(self, rng: &mut ChaCha8Rng) -> SimDuration {
        if self.spread == 0.0 || self.median == SimDuration::ZERO {
            return self.median;
        }
        let normal: f64 = rng.sample(StandardNormal);
        self.times((self.spread * normal).exp())
    }

    #[inline]
    fn times(self, factor: f64) -> SimDuration {
        SimDuration((self.median.0 as f64 * factor).round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;
    use crate::host::{Host, Parameter};

    #[test]
    fn draws_have_the_median_and_mean_of_a_log_normal() {
        let mut cpu = Host::ideal(1).cpu;
        cpu.wake_latency = Parameter::exactly(SimDuration(40_000));
        cpu.timer_slack = Parameter::exactly(SimDuration(60_000));
        cpu.timer_spread = Parameter::exactly(1.2);
        let mut lateness = Lateness::new(&cpu, ChaCha8Rng::seed_from_u64(7));
        assert_eq!(lateness.wake(), SimDuration(40_000));
        let mut drawn: Vec<u64> = (0..40_001).map(|_| lateness.timer().0).collect();
        drawn.sort_unstable();
        let mean = drawn.iter().sum::<u64>() as f64 / drawn.len() as f64;
        let expected = Delay::of_timers(&cpu).mean().0 as f64;
        assert!((expected / 205_443.0 - 1.0).abs() < 1e-4, "{expected}");
        // Four standard errors of the mean, and of the median.
        assert!((mean / expected - 1.0).abs() < 0.036, "{mean}");
        assert!((drawn[20_000] as f64 / 100_000.0 - 1.0).abs() < 0.031, "{}", drawn[20_000]);
    }
}
