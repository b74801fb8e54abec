//! Recycled workers: how many are down at once, and what that costs.

use statrs::function::beta::beta_reg;

use super::{ClosedFormError, at_least_one, positive};

/// Chance that `k` or more of `workers` are down, if each is with probability
/// `down` and none knows of the others: the tail of the binomial distribution,
/// as an incomplete beta function (Abramowitz and Stegun 26.5.24).
pub fn down_at_least(workers: u32, down: f64, k: u32) -> f64 {
    match k {
        0 => 1.0,
        _ if k > workers || down <= 0.0 => 0.0,
        _ if down >= 1.0 => 1.0,
        _ => beta_reg(f64::from(k), f64::from(workers - k + 1), down),
    }
}

/// The largest probability of each worker being down with which `k` or more are
/// down with probability `chance` at most: the inverse of [`down_at_least`],
/// from below.
pub fn most_down(workers: u32, k: u32, chance: f64) -> f64 {
    let allowed = |down: f64| down_at_least(workers, down, k) <= chance;
    if allowed(1.0) {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    // Halves the exponent first, so that tiny answers keep their digits.
    for _ in 0..200 {
        let middle = if low == 0.0 { high * 0.01 } else { f64::midpoint(low, high) };
        let end = if allowed(middle) { &mut low } else { &mut high };
        *end = middle;
    }
    low
}

/// Workers that live for `base` to `base + jitter`, each length as likely, and
/// are then down for `outage` until their successor is ready. Lives are
/// independent: a TTL or a number of requests that come at an even pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lives {
    workers: u32,
    base: f64,
    jitter: f64,
    outage: f64,
}

/// What a leak comes to in one worker, in the leak's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sawtooth {
    /// When the longest life ends: never more.
    pub most: f64,
    /// Average over the time that the worker is up.
    pub mean: f64,
}

impl Lives {
    /// Times in seconds; `jitter` and `outage` may be 0.
    ///
    /// # Errors
    /// There is no worker, or a time that no life can have.
    pub fn new(workers: u32, base: f64, jitter: f64, outage: f64) -> Result<Self, ClosedFormError> {
        let not_negative = |what, value: f64| {
            if value == 0.0 { Ok(value) } else { positive(what, value) }
        };
        Ok(Self {
            workers: at_least_one("number of workers", workers)?,
            base: positive("length of a life", base)?,
            jitter: not_negative("jitter", jitter)?,
            outage: not_negative("length of an outage", outage)?,
        })
    }

    /// Number of workers.
    pub fn workers(&self) -> u32 {
        self.workers
    }

    /// Shortest life, in s.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Longest life less the shortest, in s.
    pub fn jitter(&self) -> f64 {
        self.jitter
    }

    /// Length of an outage, in s.
    pub fn outage(&self) -> f64 {
        self.outage
    }

    /// Mean life, in s.
    pub fn mean_life(&self) -> f64 {
        self.base + self.jitter / 2.0
    }

    /// Mean time from one start to the next, in s.
    pub fn cycle(&self) -> f64 {
        self.mean_life() + self.outage
    }

    /// Share of time that a worker is down in the long run, which is the share
    /// of worker time lost: `outage / (life + outage)`, whatever the
    /// distribution of lives with that mean (alternating renewal process; Cox
    /// 1962, *Renewal Theory*, section 7.2).
    pub fn down(&self) -> f64 {
        self.outage / self.cycle()
    }

    /// Restarts of the pool per hour.
    pub fn restarts_per_hour(&self) -> f64 {
        f64::from(self.workers) * 3_600.0 / self.cycle()
    }

    /// Chance of `k` or more down at once in the long run, when the workers have
    /// forgotten that they started together. They never do without jitter.
    pub fn down_at_least(&self, k: u32) -> f64 {
        down_at_least(self.workers, self.down(), k)
    }

    /// Chance that a worker is down at the worst moment of its first generation,
    /// if all started together: the lives that end within one outage of each
    /// other, `min(1, outage / jitter)`.
    ///
    /// While the jitter is at most `base + outage`, generations do not overlap
    /// before they have spread, and no later moment is worse.
    pub fn down_at_worst(&self) -> f64 {
        if self.outage == 0.0 { 0.0 } else { (self.outage / self.jitter).min(1.0) }
    }

    /// Chance of `k` or more down at that moment.
    pub fn worst_at_least(&self, k: u32) -> f64 {
        down_at_least(self.workers, self.down_at_worst(), k)
    }

    /// Chance that `k` or more are down at once at *some* moment of the first
    /// generation after a common start: that many of `n` uniform points fall
    /// into one window of width `w = outage / jitter` (scan statistic).
    ///
    /// Exact for two (all spacings exceed the window, `(1 - (n - 1) w)^n`) and for
    /// more than half of the workers at `w <= 1/2` (Naus 1965); for the rest the
    /// approximation of Wallenstein and Neff (1987), good where the chance is
    /// small.
    pub fn ever_at_least(&self, k: u32) -> f64 {
        let (n, w) = (f64::from(self.workers), self.down_at_worst());
        match k {
            _ if k > self.workers || w == 0.0 => f64::from(k == 0),
            0 | 1 => 1.0,
            _ if w >= 1.0 => 1.0,
            2 => 1.0 - (1.0 - (n - 1.0) * w).max(0.0).powf(n),
            _ => {
                let (this, beyond) =
                    (down_at_least(self.workers, w, k), down_at_least(self.workers, w, k + 1));
                let exactly = this - beyond;
                ((f64::from(k) / w - n - 1.0) * exactly + 2.0 * this).clamp(this, 1.0)
            }
        }
    }

    /// How much in step the workers still are after so many lives: 1 when all
    /// restart together, 0 when restarts are spread evenly. The modulus of the
    /// mean phase, `|sin(x) / x|^g` with `x = pi jitter / cycle`.
    pub fn in_step(&self, generations: u32) -> f64 {
        let x = std::f64::consts::PI * self.jitter / self.cycle();
        if x == 0.0 { 1.0 } else { (x.sin() / x).abs().powf(f64::from(generations)) }
    }

    /// What a leak of `per_second` comes to in a worker.
    pub fn sawtooth(&self, per_second: f64) -> Sawtooth {
        let mean = self.mean_life();
        // At a random moment a life is E[L^2] / E[L] long and half over.
        let square = mean * mean + self.jitter * self.jitter / 12.0;
        Sawtooth {
            most: per_second * (self.base + self.jitter),
            mean: per_second * square / (2.0 * mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by adding up terms.
    fn summed(n: u32, p: f64, k: u32) -> f64 {
        let term = |i: u32| {
            let ways: f64 = (0..i).map(|j| f64::from(n - j) / f64::from(j + 1)).product();
            ways * p.powi(i as i32) * (1.0 - p).powi((n - i) as i32)
        };
        (k..=n).map(term).sum()
    }

    #[test]
    fn tails_are_sums_of_binomial_terms() {
        for n in [1, 2, 7, 40] {
            for p in [1e-6, 0.01, 0.3, 0.9] {
                for k in 1..=n {
                    let (tail, sum) = (down_at_least(n, p, k), summed(n, p, k));
                    assert!((tail / sum - 1.0).abs() < 1e-9, "{n} {p} {k}: {tail} {sum}");
                }
            }
        }
        assert_eq!([0, 1, 4].map(|k| down_at_least(3, 0.0, k)), [1.0, 0.0, 0.0]);
        assert_eq!([0, 3, 4].map(|k| down_at_least(3, 1.0, k)), [1.0, 1.0, 0.0]);
    }

    #[test]
    fn the_inverse_is_one_from_below() {
        for (n, k) in [(1, 1), (8, 2), (100, 30), (4_096, 1)] {
            for chance in [1e-9, 0.001, 0.5, 0.999] {
                let down = most_down(n, k, chance);
                let back = down_at_least(n, down, k);
                assert!(back <= chance && back > chance * (1.0 - 1e-6), "{n} {k} {chance}: {back}");
            }
        }
        assert_eq!((most_down(8, 0, 0.5), most_down(8, 9, 0.0)), (0.0, 1.0));
        assert!(most_down(8, 1, 0.0) < 1e-300);
    }

    /// Every 30 s, 5 to 10 s: 14 to 25 % of worker time.
    #[test]
    fn outages_cost_their_share_of_the_cycle() {
        let lost = |outage| Lives::new(8, 30.0, 0.0, outage).unwrap().down();
        assert!((lost(5.0) - 5.0 / 35.0).abs() < 1e-12);
        assert!((lost(10.0) - 0.25).abs() < 1e-12);
        let lives = Lives::new(100, 1_750.0, 100.0, 0.0).unwrap();
        assert_eq!((lives.restarts_per_hour(), lives.down()), (200.0, 0.0));
        assert_eq!((lives.worst_at_least(1), lives.ever_at_least(2)), (0.0, 0.0));
    }

    #[test]
    fn without_jitter_all_go_together_and_stay_in_step() {
        let lives = Lives::new(100, 1_800.0, 0.0, 5.0).unwrap();
        assert_eq!((lives.worst_at_least(100), lives.ever_at_least(100)), (1.0, 1.0));
        assert_eq!(lives.in_step(1_000), 1.0);
        let spread = Lives::new(100, 1_800.0, 600.0, 5.0).unwrap();
        assert!(spread.in_step(1) > 0.8 && spread.in_step(100) < 1e-5);
        assert!(spread.down_at_least(5) < spread.worst_at_least(5));
    }

    #[test]
    fn scan_statistics_by_hand() {
        // Two points closer than w: 2w - w^2. Three within w: 3w^2 - 2w^3.
        let lives = |n| Lives::new(n, 10.0, 10.0, 2.0).unwrap();
        assert!((lives(2).ever_at_least(2) - 0.36).abs() < 1e-12);
        assert!((lives(3).ever_at_least(3) - (3.0 * 0.04 - 2.0 * 0.008)).abs() < 1e-12);
        assert!((lives(3).ever_at_least(2) - (1.0 - 0.6f64.powi(3))).abs() < 1e-12);
    }

    #[test]
    fn a_leak_is_a_sawtooth() {
        let even = Lives::new(1, 100.0, 0.0, 1.0).unwrap().sawtooth(3.0);
        assert_eq!((even.most, even.mean), (300.0, 150.0));
        let uneven = Lives::new(1, 0.001, 200.0, 1.0).unwrap().sawtooth(3.0);
        // Lives from 0 to 200: half of E[L^2] / E[L] = 400/3.
        assert!((uneven.mean - 200.0).abs() < 0.01 && (uneven.most - 600.0).abs() < 0.01);
    }

    #[test]
    fn impossible_lives_are_refused() {
        for (n, base, jitter, outage) in
            [(0, 1.0, 0.0, 1.0), (1, 0.0, 0.0, 1.0), (1, 1.0, -1.0, 1.0), (1, 1.0, 0.0, f64::NAN)]
        {
            assert!(Lives::new(n, base, jitter, outage).is_err());
        }
    }
}
