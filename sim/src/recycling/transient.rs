//! The course after a common start, simulated.

use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

use super::question::Rule;
use crate::closed_form::Lives;
use crate::kernel::{Purpose, Streams};
use crate::stats::{Estimate, pooled_share};

/// Restarts to simulate in all: some 0.1 s of work.
const RESTARTS: u64 = 2_000_000;
/// Replications, whatever the size of the pool.
const FEWEST: u64 = 40;
const MOST: u64 = 1_000;

/// One generation of workers after a common start: the time from half a cycle
/// before its outages, on average, to half a cycle after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Generation {
    /// The first is 1.
    pub number: u32,
    /// Share of the time that too few workers are up.
    pub short: Estimate,
    /// Chance that too few are up at some moment.
    pub ever: Estimate,
    /// Most workers down at once.
    pub most_down: Estimate,
}

/// The course of `generations` generations.
#[derive(Clone, Debug, PartialEq)]
pub struct Transient {
    /// In order.
    pub generations: Vec<Generation>,
}

/// What one replication saw of one generation.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Time with too few up, in s.
    short: f64,
    most_down: u32,
}

impl Transient {
    /// Simulates the renewal processes of all workers, each on its own: a life
    /// by `rule` with `jitter` (in ns of a TTL, else in requests), an outage, a
    /// life, an outage. `lives` is the same at an even pace; with `too_many` or
    /// more workers down, too few are up.
    ///
    /// One seed gives one answer, whatever the number of threads.
    pub fn simulate(
        rule: &Rule,
        jitter: u64,
        lives: &Lives,
        too_many: u32,
        generations: u32,
        seed: u64,
    ) -> Self {
        let streams = Streams::new("recycling", seed);
        let restarts = u64::from(lives.workers()) * u64::from(generations);
        let replications = (RESTARTS / restarts.max(1)).clamp(FEWEST, MOST) as u32;
        let course = Course { rule, jitter, lives, too_many, generations };
        let seen: Vec<Vec<Seen>> = (0..replications)
            .into_par_iter()
            .map(|replication| course.run(streams.stream(Purpose::Lives, replication)))
            .collect();
        let generation = |number: usize| {
            let of = |value: fn(&Seen) -> f64| -> Vec<f64> {
                seen.iter().map(|run| value(&run[number])).collect()
            };
            let shares: Vec<f64> =
                of(|seen| seen.short).iter().map(|s| s / lives.cycle()).collect();
            let ever: Vec<(u64, u64)> =
                seen.iter().map(|run| (u64::from(run[number].most_down >= too_many), 1)).collect();
            Generation {
                number: number as u32 + 1,
                short: Estimate::from_samples(&shares),
                ever: pooled_share(&ever),
                most_down: Estimate::from_samples(&of(|seen| f64::from(seen.most_down))),
            }
        };
        Self { generations: (0..generations as usize).map(generation).collect() }
    }

    /// When generation `number` (from 1) begins and ends, in s.
    pub fn window(lives: &Lives, number: u32) -> (f64, f64) {
        let middle = f64::from(number) * lives.cycle() - lives.outage() / 2.0;
        (middle - lives.cycle() / 2.0, middle + lives.cycle() / 2.0)
    }
}

/// One replication's task.
struct Course<'a> {
    rule: &'a Rule,
    jitter: u64,
    lives: &'a Lives,
    too_many: u32,
    generations: u32,
}

impl Course<'_> {
    fn run(&self, mut rng: ChaCha8Rng) -> Vec<Seen> {
        let mut seen = vec![Seen::default(); self.generations as usize];
        let (mut since, mut down) = (0.0, 0i32);
        for (at, change) in self.changes(&mut rng) {
            self.see(&mut seen, since, at, down as u32);
            (since, down) = (at, down + change);
        }
        seen
    }

    /// Outages of all workers up to the horizon: +1 when one begins, -1 when it
    /// ends; at one moment ends first.
    fn changes(&self, rng: &mut ChaCha8Rng) -> Vec<(f64, i32)> {
        let horizon = Transient::window(self.lives, self.generations).1;
        let mut changes = Vec::new();
        if self.lives.outage() == 0.0 {
            return changes;
        }
        for _ in 0..self.lives.workers() {
            let mut now = self.rule.draw(self.jitter, rng);
            while now < horizon {
                let up = now + self.lives.outage();
                changes.extend([(now, 1), (up, -1)]);
                now = up + self.rule.draw(self.jitter, rng);
            }
        }
        changes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        changes
    }

    /// `down` workers were down from `begin` to `end`.
    fn see(&self, seen: &mut [Seen], begin: f64, end: f64, down: u32) {
        if down == 0 || begin >= end {
            return;
        }
        let cycle = self.lives.cycle();
        let start = Transient::window(self.lives, 1).0;
        let first = ((begin - start) / cycle).max(0.0) as usize;
        for (i, seen) in seen.iter_mut().enumerate().skip(first) {
            let opens = start + i as f64 * cycle;
            let length = end.min(opens + cycle) - begin.max(opens);
            if opens >= end {
                break;
            }
            if length > 0.0 {
                seen.most_down = seen.most_down.max(down);
                seen.short += if down >= self.too_many { length } else { 0.0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::recycling::Drift;

    /// 99.9 % rather than 95 %: many comparisons are made.
    fn holds(estimate: &Estimate, expected: f64) -> bool {
        let reach = 1.7 * estimate.half_width() + 1e-12;
        (estimate.point - expected).abs() <= reach
    }

    fn course(workers: u32, base: f64, jitter: f64, outage: f64) -> (Rule, u64, Lives) {
        let rule = Rule::Ttl { base: SimDuration::from_secs(base) };
        let jitter = SimDuration::from_secs(jitter).0;
        (rule, jitter, rule.lives(workers, jitter, SimDuration::from_secs(outage)).unwrap())
    }

    #[test]
    fn every_generation_agrees_with_the_renewal_equation() {
        for (workers, base, jitter, outage, too_many) in
            [(8, 100.0, 40.0, 10.0, 3), (20, 30.0, 25.0, 5.0, 6), (3, 50.0, 10.0, 4.0, 2)]
        {
            let (rule, jitter, lives) = course(workers, base, jitter, outage);
            let transient = Transient::simulate(&rule, jitter, &lives, too_many, 8, 7);
            let drift = Drift::new(&lives, Transient::window(&lives, 8).1);
            for generation in &transient.generations {
                let (begin, end) = Transient::window(&lives, generation.number);
                let expected = drift.share_at_least(too_many, begin, end);
                assert!(holds(&generation.short, expected), "{expected}: {generation:?}");
                assert!(generation.short.relative_half_width() < 0.5, "{generation:?}");
            }
        }
    }

    #[test]
    fn late_generations_are_independent() {
        let (rule, jitter, lives) = course(10, 30.0, 30.0, 5.0);
        let transient = Transient::simulate(&rule, jitter, &lives, 3, 40, 7);
        let late = transient.generations[39].short;
        assert!(holds(&late, lives.down_at_least(3)), "{} {late:?}", lives.down_at_least(3));
        assert!(transient.generations[0].short.low > 0.0);
    }

    #[test]
    fn the_first_generation_meets_the_scan_statistic() {
        for (workers, too_many) in [(5, 2), (5, 3), (5, 5), (12, 2), (12, 7)] {
            let (rule, jitter, lives) = course(workers, 100.0, 50.0, 12.0);
            let transient = Transient::simulate(&rule, jitter, &lives, too_many, 1, 3);
            let (ever, expected) = (transient.generations[0].ever, lives.ever_at_least(too_many));
            assert!(holds(&ever, expected), "{workers} {too_many}: {expected} {ever:?}");
        }
    }

    #[test]
    fn one_ttl_without_jitter_expires_together_for_ever() {
        let (rule, jitter, lives) = course(100, 1_800.0, 0.0, 5.0);
        let transient = Transient::simulate(&rule, jitter, &lives, 100, 5, 1);
        for generation in &transient.generations {
            assert_eq!((generation.ever.point, generation.most_down.point), (1.0, 100.0));
            assert!((generation.short.point - 5.0 / 1_805.0).abs() < 1e-9);
        }
    }

    #[test]
    fn requests_at_an_uneven_pace_spread_more_than_at_an_even_one() {
        let outage = SimDuration::from_secs(2.0);
        let short = |cv| {
            let rule = Rule::MaxRequests { base: 1_000, rate: 10.0, cv };
            let lives = rule.lives(16, 50, outage).unwrap();
            Transient::simulate(&rule, 50, &lives, 8, 2, 5).generations[0].short
        };
        let (even, poisson) = (short(0.0), short(1.0));
        assert!(poisson.high < even.low, "{even:?} {poisson:?}");
        let rule = Rule::MaxRequests { base: 1_000, rate: 10.0, cv: 0.0 };
        let lives = rule.lives(16, 50, outage).unwrap();
        let (begin, end) = Transient::window(&lives, 1);
        let expected = Drift::new(&lives, end).share_at_least(8, begin, end);
        assert!(holds(&even, expected), "{expected} {even:?}");
    }
}
