//! How fast each core is as time goes on: neighbours of a shared machine slow it
//! down, by turns and each core by itself.
//!
//! What was seen of a core comes now and then; what it did between two looks is
//! not known, only how long it keeps a speed. So it takes up the speed of one of
//! the looks about that time, keeps it for an exponential time, and takes up
//! another: the slow waves are those that were seen, the fast ones are as many.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::experiment::{Course, Look};
use crate::kernel::SimTime;

/// Looks about an instant, of which one is taken.
const ABOUT: usize = 8;

/// The speeds that the cores have now.
#[derive(Debug)]
pub(super) struct Pace {
    course: Course,
    chance: ChaCha8Rng,
    cores: Vec<Held>,
}

/// What a core keeps, and until when.
#[derive(Clone, Copy, Debug)]
struct Held {
    look: Look,
    until: SimTime,
}

impl Pace {
    /// Of `cores` cores; those that nobody looked at keep their speed.
    pub(super) fn new(course: &Course, cores: usize, chance: ChaCha8Rng) -> Self {
        let seen = |core: usize| course.cores.get(core).is_some_and(|looks| !looks.is_empty());
        let until = |core| if seen(core) { SimTime::ZERO } else { SimTime::NEVER };
        let held = |core| Held { look: Look::USUAL, until: until(core) };
        Self { course: course.clone(), chance, cores: (0..cores).map(held).collect() }
    }

    /// What `core` shows from now on, until `until(core)`.
    pub(super) fn at(&mut self, now: SimTime, core: usize) -> Look {
        if self.cores[core].until <= now {
            let looks = &self.course.cores[core];
            let after = looks.partition_point(|look| look.at < now);
            let first = after.saturating_sub(ABOUT / 2).min(looks.len().saturating_sub(ABOUT));
            let about = &looks[first..looks.len().min(first + ABOUT)];
            let look = about[self.chance.random_range(0..about.len())];
            // The time to the next change forgets how long there was none.
            let gap = -(1.0 - self.chance.random::<f64>()).ln() * self.course.stay.0 as f64;
            let until = SimTime(now.0.saturating_add(gap as u64).saturating_add(1));
            self.cores[core] = Held { look, until };
        }
        self.cores[core].look
    }

    /// When `core` may change its speed.
    pub(super) fn until(&self, core: usize) -> SimTime {
        self.cores[core].until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Purpose, SimDuration, Streams};

    fn pace(looks: Vec<Look>) -> Pace {
        let course = Course { cores: vec![looks], stay: SimDuration(10) };
        Pace::new(&course, 2, Streams::new("pace", 1).stream(Purpose::Pace, 0))
    }

    fn look(at: u64, bytecode: f64) -> Look {
        Look { at: SimTime(at), bytecode, native: 1.0 }
    }

    #[test]
    fn a_core_that_nobody_looked_at_keeps_its_speed() {
        let mut pace = pace(vec![look(0, 2.0)]);
        assert_eq!(pace.at(SimTime(7), 1), Look::USUAL);
        assert_eq!(pace.until(1), SimTime::NEVER);
        assert_eq!(pace.at(SimTime(7), 0).bytecode, 2.0);
    }

    #[test]
    fn speeds_are_those_seen_about_that_time_for_the_share_that_they_were_seen() {
        // Fast and slow by turns at first, slow only later.
        let early = (0..100).map(|at| look(at * 50, if at % 2 == 0 { 0.5 } else { 1.5 }));
        let late = (100..200).map(|at| look(at * 50, 3.0));
        let mut pace = pace(early.chain(late).collect());
        let mut seen: Vec<f64> = Vec::new();
        for now in 0..4_000 {
            seen.push(pace.at(SimTime(now), 0).bytecode);
        }
        let mean = seen.iter().sum::<f64>() / seen.len() as f64;
        assert!((mean - 1.0).abs() < 0.1, "{mean}");
        assert!((6_000..9_000).all(|now| pace.at(SimTime(now), 0).bytecode == 3.0));
    }

    #[test]
    fn it_stays_as_long_as_it_is_said_to() {
        let mut pace = pace(vec![look(0, 1.0), look(1, 2.0)]);
        let mut changes = 0;
        let mut now = SimTime::ZERO;
        while now < SimTime(100_000) {
            pace.at(now, 0);
            now = pace.until(0);
            changes += 1;
        }
        assert!((9_000..11_000).contains(&changes), "{changes}");
    }
}
