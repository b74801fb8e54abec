//! Sojourn times of a run, kept whole.
#![allow(missing_docs)]
use crate::experiment::ClassOutcome;
use crate::kernel::{SimDuration, SimTime};
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUpRule {
    None,
    Mser5,
}
#[derive(Debug)]
pub struct SojournSeries {
    records: Vec<(usize, u64, u64)>,
    failed: Vec<u64>,
}
#[derive(Debug)]
pub struct ObservedSojourns {
    pub warm_up: u64,
    pub warm_up_ends: SimTime,
    pub stationary: bool,
    pub classes: Vec<ClassOutcome>,
    pub all: ClassOutcome,
}
impl SojournSeries {
    pub fn new(classes: usize, _rule: WarmUpRule) -> Self {
        Self { records: vec![], failed: vec![0; classes] }
    }
    pub fn push(&mut self, class: usize, _f: SimTime, s: SimDuration, w: SimDuration) {
        self.records.push((class, s.0, w.0));
    }
    pub fn push_failed(&mut self, class: usize, _f: SimTime) {
        self.failed[class] += 1;
    }
    pub fn finish(self) -> ObservedSojourns {
        let of = |pick: &dyn Fn(usize) -> bool, failed: u64| {
            let mut v: Vec<u64> = self.records.iter().filter(|r| pick(r.0)).map(|r| r.1).collect();
            let wait: f64 = self.records.iter().filter(|r| pick(r.0)).map(|r| r.2 as f64).sum();
            v.sort_unstable();
            let n = v.len().max(1) as f64;
            let q = |p: f64| {
                v.get(((n * p) as usize).min(v.len().saturating_sub(1))).copied().unwrap_or(0)
                    as f64
                    * 1e-9
            };
            ClassOutcome {
                completed: v.len() as u64,
                failed,
                mean: v.iter().map(|x| *x as f64).sum::<f64>() / n * 1e-9,
                mean_wait: wait / n * 1e-9,
                quantiles: [q(0.5), q(0.95), q(0.99)],
            }
        };
        let classes = (0..self.failed.len()).map(|c| of(&|x| x == c, self.failed[c])).collect();
        ObservedSojourns {
            warm_up: 0,
            warm_up_ends: SimTime::ZERO,
            stationary: true,
            classes,
            all: of(&|_| true, self.failed.iter().sum()),
        }
    }
}
