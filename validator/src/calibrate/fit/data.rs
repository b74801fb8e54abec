//! Observations by round, probe and quantity, without the launches that do not
//! count.

use std::collections::{BTreeMap, BTreeSet};

use super::super::figure::{Figure, median};
use super::super::observation::{Observation, SPIN_AFTER, SPIN_BEFORE, is_steady};

/// What is fitted.
#[derive(Debug)]
pub(super) struct Data {
    rounds: Vec<Round>,
    /// Launches thrown away because the speed of the host changed meanwhile.
    pub(super) rejected: usize,
    /// All launches.
    pub(super) launches: usize,
}

/// One round: (x, value) of each probe's quantities, as they came.
#[derive(Debug, Default)]
pub(super) struct Round {
    of: BTreeMap<(String, String), Vec<(f64, f64)>>,
    /// Time of a step of bytecode around every launch, in ns.
    spins: Vec<f64>,
}

impl Data {
    pub(super) fn new(observations: &[Observation]) -> Self {
        let mut runs: BTreeMap<u32, Vec<&Observation>> = BTreeMap::new();
        for observation in observations {
            runs.entry(observation.run).or_default().push(observation);
        }
        let mut rounds: BTreeMap<u32, Round> = BTreeMap::new();
        let mut rejected = 0;
        for run in runs.values() {
            let steady = is_steady(run.iter().copied());
            rejected += usize::from(!steady);
            let round = rounds.entry(run[0].round).or_default();
            for observation in run {
                let Observation { quantity, x, value, .. } = observation;
                if quantity == SPIN_BEFORE || quantity == SPIN_AFTER {
                    round.spins.push(*value);
                } else if steady {
                    let key = (observation.probe.clone(), quantity.clone());
                    round.of.entry(key).or_default().push((*x, *value));
                }
            }
        }
        Self { rounds: rounds.into_values().collect(), rejected, launches: runs.len() }
    }

    /// Rounds of which anything is there.
    pub(super) fn rounds(&self) -> usize {
        self.rounds.len()
    }

    /// The figure of what `of` makes of each round; none if of no round.
    pub(super) fn figure(&self, of: impl Fn(&Round) -> Option<f64>) -> Option<Figure> {
        Figure::of_rounds(&self.of_each(of))
    }

    /// The same of a spread, which is one of logarithms.
    pub(super) fn spread(&self, of: impl Fn(&Round) -> Option<f64>) -> Option<Figure> {
        Figure::of_logarithms(&self.of_each(of))
    }

    fn of_each(&self, of: impl Fn(&Round) -> Option<f64>) -> Vec<f64> {
        self.rounds.iter().filter_map(of).filter(|value| value.is_finite()).collect()
    }

    /// The figure of the medians of one quantity.
    pub(super) fn medians(&self, probe: &str, quantity: &str) -> Option<Figure> {
        self.figure(|round| round.median(probe, quantity))
    }

    /// How fast each round was, over the median of all.
    pub(super) fn speed(&self) -> Option<Figure> {
        let usual = self.figure(|round| median(round.spins.iter().copied()))?.value;
        self.figure(|round| Some(usual / median(round.spins.iter().copied())?))
    }
}

impl Round {
    fn values(&self, probe: &str, quantity: &str) -> &[(f64, f64)] {
        let key = (probe.to_owned(), quantity.to_owned());
        self.of.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Median over all settings.
    pub(super) fn median(&self, probe: &str, quantity: &str) -> Option<f64> {
        median(self.values(probe, quantity).iter().map(|(_, value)| *value))
    }

    /// Mean over all settings.
    pub(super) fn mean(&self, probe: &str, quantity: &str) -> Option<f64> {
        let values = self.values(probe, quantity);
        let sum: f64 = values.iter().map(|(_, value)| value).sum();
        (!values.is_empty()).then(|| sum / values.len() as f64)
    }

    /// Median at the setting `x`.
    pub(super) fn at(&self, probe: &str, quantity: &str, x: f64) -> Option<f64> {
        let values = self.values(probe, quantity).iter();
        median(values.filter(|(at, _)| *at == x).map(|(_, value)| *value))
    }

    /// (setting, median at it), ascending.
    pub(super) fn points(&self, probe: &str, quantity: &str) -> Vec<(f64, f64)> {
        let values = self.values(probe, quantity);
        let settings: BTreeSet<u64> = values.iter().map(|(x, _)| x.to_bits()).collect();
        // Settings are not negative, so their bits order as they do.
        let settings = settings.into_iter().map(f64::from_bits);
        settings.filter_map(|x| Some((x, self.at(probe, quantity, x)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sayings;
    use super::*;

    #[test]
    fn launches_with_a_change_of_speed_do_not_count() {
        let mut sayings = Sayings::default();
        for round in 0..3 {
            sayings.launch(round, "probe", 100.0, 105.0, &[("time", 0.0, 7.0)]);
            sayings.launch(round, "probe", 100.0, 200.0, &[("time", 0.0, 14.0)]);
        }
        let data = Data::new(&sayings.all);
        assert_eq!((data.rounds(), data.rejected), (3, 3));
        let figure = data.medians("probe", "time").unwrap();
        assert_eq!((figure.value, figure.low, figure.high), (7.0, 7.0, 7.0));
    }

    #[test]
    fn the_speed_is_that_of_the_spins() {
        let mut sayings = Sayings::default();
        for (round, spin) in [(0, 100.0), (1, 125.0), (2, 80.0)] {
            sayings.launch(round, "probe", spin, spin, &[]);
        }
        let speed = Data::new(&sayings.all).speed().unwrap();
        assert_eq!(speed.value, 1.0);
        assert!(speed.low < 0.8 && speed.high > 1.25, "{speed:?}");
    }

    #[test]
    fn settings_are_told_apart() {
        let mut sayings = Sayings::default();
        sayings.launch(0, "p", 1.0, 1.0, &[("q", 2.0, 5.0), ("q", 1.0, 3.0), ("q", 2.0, 7.0)]);
        let data = Data::new(&sayings.all);
        assert_eq!(data.rounds[0].points("p", "q"), [(1.0, 3.0), (2.0, 6.0)]);
        assert_eq!(data.rounds[0].at("p", "q", 3.0), None);
    }
}
