//! Sojourn times of a run, less its warm-up, in memory that does not grow with
//! the run.

use crate::experiment::ClassOutcome;
use crate::kernel::{SimDuration, SimTime};
use crate::stats::class_tally::ClassTally;
use crate::stats::warm_up::mser5;

/// Requests after which the warm-up is first looked for.
const FIRST_LOOK: usize = 20_000;
/// Requests after which it is looked for one last time.
const LAST_LOOK: usize = 1_000_000;
/// Sojourn times kept one by one, all classes together.
const EXACT: usize = 1_000_000;

/// What to drop from the front of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUpRule {
    /// Nothing: a finite load is all there is.
    None,
    /// As [`mser5`] says.
    Mser5,
}

/// Collects the sojourn times of one run in order of completion.
///
/// The first 20 000 requests are held back and searched for the end of the
/// warm-up. If they are not stationary, twice as many are, up to a million. What
/// follows goes straight into sums and quantiles.
#[derive(Clone, Debug)]
pub struct SojournSeries {
    classes: Vec<ClassTally>,
    /// Held back until the warm-up is known; `None` once it is.
    held: Option<Vec<Entry>>,
    next_look: usize,
    warm_up: u64,
    warm_up_ends: SimTime,
    stationary: bool,
}

/// A request whose fate is sealed.
#[derive(Clone, Copy, Debug)]
struct Entry {
    finished: SimTime,
    /// Sojourn and wait; `None` if it failed.
    times: Option<(SimDuration, SimDuration)>,
    class: usize,
}

/// Sojourn times of one run, less its warm-up.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedSojourns {
    /// Requests dropped from the front, failed ones included.
    pub warm_up: u64,
    /// When the last of them was finished; zero if none was dropped.
    pub warm_up_ends: SimTime,
    /// Is what remains stationary? Taken for granted without a rule.
    pub stationary: bool,
    /// One entry per class. All times are 0 if nothing was completed.
    pub classes: Vec<ClassOutcome>,
    /// All classes together.
    pub all: ClassOutcome,
}

impl SojournSeries {
    /// For a workload of so many classes.
    pub fn new(classes: usize, rule: WarmUpRule) -> Self {
        let exact = EXACT / classes.max(1);
        Self {
            classes: vec![ClassTally::new(exact); classes],
            held: (rule == WarmUpRule::Mser5).then(Vec::new),
            next_look: FIRST_LOOK,
            warm_up: 0,
            warm_up_ends: SimTime::ZERO,
            stationary: true,
        }
    }

    /// A request of `class` was served at `finished`, in order of that.
    ///
    /// # Panics
    /// If there is no such class.
    #[inline]
    pub fn push(
        &mut self,
        class: usize,
        finished: SimTime,
        sojourn: SimDuration,
        wait: SimDuration,
    ) {
        match self.held {
            None => self.classes[class].completed(sojourn, wait),
            Some(_) => self.hold(Entry { finished, times: Some((sojourn, wait)), class }),
        }
    }

    /// A request of `class` was rejected or given up at `finished`.
    ///
    /// # Panics
    /// If there is no such class.
    #[inline]
    pub fn push_failed(&mut self, class: usize, finished: SimTime) {
        match self.held {
            None => self.classes[class].failed(),
            Some(_) => self.hold(Entry { finished, times: None, class }),
        }
    }

    #[inline]
    fn hold(&mut self, entry: Entry) {
        let Some(held) = &mut self.held else { return };
        held.push(entry);
        if held.len() >= self.next_look {
            self.look(self.next_look >= LAST_LOOK);
        }
    }

    /// Looks for the end of the warm-up; takes no for an answer if `last`.
    fn look(&mut self, last: bool) {
        let Some(held) = &self.held else { return };
        let served: Vec<f64> =
            held.iter().filter_map(|e| e.times).map(|(sojourn, _)| sojourn.as_secs()).collect();
        let found = mser5(&served);
        if !found.stationary && !last {
            self.next_look = (2 * self.next_look).min(LAST_LOOK);
            return;
        }
        let entries = self.held.take().unwrap_or_default();
        let (dropped, kept) = entries.split_at(length_of_served(&entries, found.truncate));
        self.stationary = found.stationary;
        self.warm_up = dropped.len() as u64;
        self.warm_up_ends = dropped.last().map_or(SimTime::ZERO, |e| e.finished);
        for entry in kept {
            match entry.times {
                Some((sojourn, wait)) => self.classes[entry.class].completed(sojourn, wait),
                None => self.classes[entry.class].failed(),
            }
        }
    }

    /// Ends the series. A run that was too short for the first look is searched
    /// now.
    pub fn finish(mut self) -> ObservedSojourns {
        self.look(true);
        let mut all = ClassTally::new(EXACT);
        self.classes.iter().for_each(|class| all.merge(class));
        ObservedSojourns {
            warm_up: self.warm_up,
            warm_up_ends: self.warm_up_ends,
            stationary: self.stationary,
            classes: self.classes.into_iter().map(ClassTally::outcome).collect(),
            all: all.outcome(),
        }
    }
}

/// Number of entries at the front that hold `served` served requests.
fn length_of_served(entries: &[Entry], served: usize) -> usize {
    if served == 0 {
        return 0;
    }
    let is_served = entries.iter().enumerate().filter(|(_, e)| e.times.is_some());
    is_served.map(|(i, _)| i + 1).nth(served - 1).unwrap_or(entries.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes requests 1 ms apart, classes in turn, with `sojourn_us` each.
    fn run(
        rule: WarmUpRule,
        classes: usize,
        n: u64,
        sojourn_us: impl Fn(u64) -> u64,
    ) -> ObservedSojourns {
        let mut series = SojournSeries::new(classes, rule);
        for i in 0..n {
            let sojourn = SimDuration(sojourn_us(i) * 1_000);
            let wait = SimDuration(sojourn.0 / 2);
            series.push(i as usize % classes, SimTime(i * 1_000_000), sojourn, wait);
        }
        series.finish()
    }

    /// Noise without a trend: 1 to 101 us.
    fn noise(i: u64) -> u64 {
        1 + i * 7_919 % 101
    }

    #[test]
    fn without_a_rule_everything_counts() {
        let observed = run(WarmUpRule::None, 2, 1_001, |i| i);
        assert_eq!((observed.warm_up, observed.warm_up_ends), (0, SimTime::ZERO));
        assert!(observed.stationary);
        assert_eq!((observed.classes[0].completed, observed.classes[1].completed), (501, 500));
        assert!((observed.all.mean - 500e-6).abs() < 1e-12);
        assert!((observed.all.mean_wait - 250e-6).abs() < 1e-12);
        let quantiles = [500, 950, 990].map(|us| SimDuration(us * 1_000).as_secs());
        assert_eq!(observed.all.quantiles, quantiles);
    }

    #[test]
    fn a_transient_is_dropped_however_long_the_run() {
        for n in [5_000, 19_999, 20_000, 20_001, 100_000] {
            let observed =
                run(WarmUpRule::Mser5, 1, n, |i| if i < 500 { 50_000 } else { noise(i) });
            assert!(observed.stationary, "{n}");
            assert_eq!(observed.warm_up, 500, "{n}");
            assert_eq!(observed.warm_up_ends, SimTime(499_000_000));
            assert_eq!(observed.all.completed, n - 500);
            assert!((observed.all.mean - 51e-6).abs() < 1e-6);
        }
    }

    #[test]
    fn a_long_transient_is_waited_for() {
        let drifting = |i: u64| if i < 30_000 { 60_000 - i } else { noise(i) };
        let observed = run(WarmUpRule::Mser5, 1, 200_000, drifting);
        assert!(observed.stationary);
        assert!((29_000..31_000).contains(&observed.warm_up), "{}", observed.warm_up);
    }

    #[test]
    fn endless_growth_is_not_stationary_and_half_of_what_was_held_goes() {
        let observed = run(WarmUpRule::Mser5, 1, 30_000, |i| i);
        assert!(!observed.stationary);
        assert_eq!(observed.warm_up, 15_000);
    }

    #[test]
    fn failures_before_the_end_of_the_warm_up_go_with_it() {
        let mut series = SojournSeries::new(1, WarmUpRule::Mser5);
        for i in 0..2_000u64 {
            let finished = SimTime(i);
            if i % 2 == 0 {
                let sojourn = if i < 400 { 9_999 } else { noise(i) };
                series.push(0, finished, SimDuration(sojourn), SimDuration::ZERO);
            } else {
                series.push_failed(0, finished);
            }
        }
        let observed = series.finish();
        // 200 served and the 199 failed between them; the next failure counts.
        assert_eq!((observed.warm_up, observed.warm_up_ends), (399, SimTime(398)));
        assert_eq!((observed.all.completed, observed.all.failed), (800, 801));
    }

    #[test]
    fn nothing_served_gives_zeros_and_the_failures() {
        let mut series = SojournSeries::new(2, WarmUpRule::Mser5);
        (0..100).for_each(|i| series.push_failed(1, SimTime(i)));
        let observed = series.finish();
        assert!(!observed.stationary);
        assert_eq!(observed.classes[0], ClassOutcome::default());
        assert_eq!((observed.all.completed, observed.all.failed), (0, 100));
    }

    #[test]
    fn classes_add_up_to_the_whole() {
        let observed = run(WarmUpRule::Mser5, 3, 50_000, noise);
        let completed: u64 = observed.classes.iter().map(|c| c.completed).sum();
        let total: f64 = observed.classes.iter().map(|c| c.mean * c.completed as f64).sum();
        assert_eq!(completed, observed.all.completed);
        assert!((total / completed as f64 / observed.all.mean - 1.0).abs() < 1e-12);
    }
}
