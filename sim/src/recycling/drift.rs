//! The course from a common start to the steady state.

use crate::closed_form::{Lives, down_at_least};

/// Steps per outage or jitter, whichever is shorter.
const STEPS: f64 = 32.0;
/// Most steps of a course: what is longer gets coarser steps.
const MOST_STEPS: f64 = 200_000.0;

/// Chance that a worker is down, over the time since all started together.
///
/// With `F` the distribution of lives and `d` the outage, the expected number of
/// lives that have ended by `t` solves the renewal equation `N(t) = F(t) +
/// int N(t - d - x) dF(x)` (Cox 1962, *Renewal Theory*, section 4.1), and the
/// worker is down with probability `N(t) - N(t - d)`. As workers are
/// independent, the number down at `t` is binomial. Solved step by step, with
/// errors of the second order in a step of 1/32 of an outage (or of the jitter,
/// if that is shorter), but at most 200 000 steps.
#[derive(Clone, Debug)]
pub struct Drift {
    lives: Lives,
    step: f64,
    /// `N` at the multiples of `step`, and its integral.
    ended: Vec<f64>,
    area: Vec<f64>,
}

impl Drift {
    /// The course until `horizon`, in s.
    pub fn new(lives: &Lives, horizon: f64) -> Self {
        let fine = if lives.jitter() > 0.0 { lives.jitter() } else { lives.base() };
        let fine = if lives.outage() > 0.0 { fine.min(lives.outage()) } else { fine };
        // A step must not reach past the delay of a life and an outage.
        let step = (fine / STEPS).max(horizon / MOST_STEPS).min(lives.base() + lives.outage());
        let steps = (horizon / step).ceil() as usize;
        let mut drift = Self { lives: *lives, step, ended: vec![0.0], area: vec![0.0] };
        for i in 1..=steps {
            let ended = drift.next(i as f64 * step);
            let before = drift.ended[i - 1];
            drift.area.push(drift.area[i - 1] + f64::midpoint(before, ended) * step);
            drift.ended.push(ended);
        }
        drift
    }

    /// `N(t)` from what came before.
    fn next(&self, t: f64) -> f64 {
        let (base, jitter) = (self.lives.base(), self.lives.jitter());
        let since = t - base;
        let again = since - self.lives.outage();
        if jitter == 0.0 {
            return if since < 0.0 { 0.0 } else { 1.0 + self.ended_by(again) };
        }
        let first = (since / jitter).clamp(0.0, 1.0);
        first + (self.area_to(again) - self.area_to(again - jitter)) / jitter
    }

    /// Index of the step in which `t` lies, and how far it is in, in s.
    fn place(&self, t: f64) -> (usize, f64) {
        let index = ((t / self.step) as usize).min(self.ended.len() - 1);
        (index, t - index as f64 * self.step)
    }

    fn slope(&self, index: usize) -> f64 {
        self.ended.get(index + 1).map_or(0.0, |next| (next - self.ended[index]) / self.step)
    }

    fn area_to(&self, t: f64) -> f64 {
        if t <= 0.0 {
            return 0.0;
        }
        let (i, x) = self.place(t);
        self.area[i] + x * (self.ended[i] + x * self.slope(i) / 2.0)
    }

    /// Expected number of lives of one worker that have ended by `t`, in s.
    pub fn ended_by(&self, t: f64) -> f64 {
        if t < 0.0 {
            return 0.0;
        }
        let (i, x) = self.place(t);
        // Without jitter lives end at once, not in the course of a step.
        let rise = if self.lives.jitter() > 0.0 { x * self.slope(i) } else { 0.0 };
        self.ended[i] + rise
    }

    /// Chance that a worker is down at `t`, in s, not after the horizon.
    pub fn down_at(&self, t: f64) -> f64 {
        (self.ended_by(t) - self.ended_by(t - self.lives.outage())).clamp(0.0, 1.0)
    }

    /// Chance that a worker is down at the worst moment so far.
    pub fn worst(&self) -> f64 {
        let times = (0..self.ended.len()).map(|i| i as f64 * self.step);
        times.map(|t| self.down_at(t)).fold(0.0, f64::max)
    }

    /// Share of the time between `begin` and `end`, in s, that `k` or more
    /// workers are down.
    pub fn share_at_least(&self, k: u32, begin: f64, end: f64) -> f64 {
        let steps = ((end - begin) / self.step).ceil().max(1.0);
        let width = (end - begin) / steps;
        let chance = |i: usize| {
            let down = self.down_at(begin + (i as f64 + 0.5) * width);
            down_at_least(self.lives.workers(), down, k)
        };
        (0..steps as usize).map(chance).sum::<f64>() / steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift(base: f64, jitter: f64, outage: f64, horizon: f64) -> (Lives, Drift) {
        let lives = Lives::new(10, base, jitter, outage).unwrap();
        (lives, Drift::new(&lives, horizon))
    }

    #[test]
    fn the_first_generation_is_a_window_over_the_lives() {
        let (lives, drift) = drift(100.0, 20.0, 5.0, 250.0);
        for (t, expected) in
            [(99.0, 0.0), (102.0, 0.1), (105.0, 0.25), (113.0, 0.25), (122.0, 0.15), (126.0, 0.0)]
        {
            assert!((drift.down_at(t) - expected).abs() < 1e-3, "{t}: {}", drift.down_at(t));
        }
        assert!((drift.worst() - lives.down_at_worst()).abs() < 1e-9);
        // The second is the sum of two lives: a triangle from 205 to 245, at its
        // peak 1/20 per second.
        let peak = drift.down_at(227.5);
        assert!((peak - (0.25 - 2.5 * 2.5 / 400.0)).abs() < 1e-3, "{peak}");
    }

    #[test]
    fn it_ends_in_the_steady_state() {
        for (base, jitter, outage) in [(30.0, 30.0, 5.0), (10.0, 40.0, 10.0), (50.0, 25.0, 1.0)] {
            let (lives, drift) = drift(base, jitter, outage, 60.0 * (base + jitter));
            for share in [0.9, 0.95, 0.99] {
                let down = drift.down_at(share * 60.0 * (base + jitter));
                assert!((down / lives.down() - 1.0).abs() < 2e-3, "{down} {}", lives.down());
            }
        }
    }

    /// Lives from nearly 0: the rate of ends grows as `exp(t / J) / J` while no
    /// life can have reached the end of the jitter.
    #[test]
    fn overlapping_generations_add_up() {
        let (lives, drift) = drift(1e-6, 100.0, 1.0, 300.0);
        assert!(drift.worst() > 2.4 * lives.down_at_worst() && drift.worst() < 2.72 * 0.01);
    }

    #[test]
    fn no_later_moment_is_worse_unless_generations_overlap() {
        for (base, jitter, outage) in [(10.0, 10.0, 3.0), (10.0, 13.0, 3.0), (40.0, 7.0, 2.0)] {
            let (lives, drift) = drift(base, jitter, outage, 40.0 * (base + jitter));
            let (worst, first) = (drift.worst(), lives.down_at_worst());
            assert!((worst / first - 1.0).abs() < 1e-4, "{base} {jitter}: {worst} {first}");
        }
    }

    #[test]
    fn without_jitter_everything_repeats() {
        let (_, drift) = drift(30.0, 0.0, 10.0, 400.0);
        for cycle in 0..9 {
            let t = 40.0 * f64::from(cycle);
            assert_eq!((drift.down_at(t + 25.0), drift.down_at(t + 35.0)), (0.0, 1.0));
        }
        let share = drift.share_at_least(10, 80.0, 240.0);
        assert!((share - 0.25).abs() < 0.01, "{share}");
    }
}
