//! Quantiles of durations in bounded memory.

use hdrhistogram::Histogram;

/// Values that are kept one by one; with more, a histogram takes over.
const EXACT: usize = 1_000_000;
/// The histogram's precision: a relative error under 0.1 %.
const DIGITS: u8 = 3;
/// The histogram's range in nanoseconds: 146 years, in 430 KiB.
const LONGEST: u64 = 1 << 62;

/// Quantiles of durations in nanoseconds: exact up to a million values (or
/// fewer, if so asked), beyond that to three significant digits. Memory does not
/// grow with the number of values after that.
#[derive(Clone, Debug)]
pub struct Quantiles {
    store: Store,
    exact: usize,
}

#[derive(Clone, Debug)]
enum Store {
    Values(Vec<u64>),
    Histogram(Box<Histogram<u64>>),
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::exact_up_to(EXACT)
    }
}

impl Quantiles {
    /// Keeps at most `values` one by one, and never more than a million.
    pub fn exact_up_to(values: usize) -> Self {
        Self { store: Store::Values(Vec::new()), exact: values.min(EXACT) }
    }

    /// Counts in a duration of `ns` nanoseconds.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        match &mut self.store {
            Store::Values(values) if values.len() < self.exact => values.push(ns),
            Store::Values(_) => {
                self.summarise();
                self.record(ns);
            }
            Store::Histogram(histogram) => histogram.saturating_record(ns),
        }
    }

    /// Counts in everything that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        match &other.store {
            Store::Values(values) => values.iter().for_each(|&ns| self.record(ns)),
            Store::Histogram(theirs) => {
                self.summarise();
                if let Store::Histogram(ours) = &mut self.store {
                    for step in theirs.iter_recorded() {
                        ours.saturating_record_n(step.value_iterated_to(), step.count_at_value());
                    }
                }
            }
        }
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        match &self.store {
            Store::Values(values) => values.len() as u64,
            Store::Histogram(histogram) => histogram.len(),
        }
    }

    /// The smallest value, in nanoseconds, that at least a share `p` (0 to 1) of
    /// all do not exceed; `None` without any. Reorders, hence `&mut`.
    pub fn quantile(&mut self, p: f64) -> Option<u64> {
        match &mut self.store {
            Store::Values(values) => {
                let rank = (p * values.len() as f64).ceil() as usize;
                let last = values.len().checked_sub(1)?;
                let index = rank.saturating_sub(1).min(last);
                Some(*values.select_nth_unstable(index).1)
            }
            Store::Histogram(histogram) => Some(histogram.value_at_quantile(p)),
        }
    }

    /// Pours the values into a histogram.
    fn summarise(&mut self) {
        if let Store::Values(values) = &self.store {
            let mut histogram = Histogram::new_with_bounds(1, LONGEST, DIGITS)
                .expect("three digits from 1 ns to 146 years is a valid range");
            values.iter().for_each(|&ns| histogram.saturating_record(ns));
            self.store = Store::Histogram(Box::new(histogram));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(exact: usize, values: impl IntoIterator<Item = u64>) -> Quantiles {
        let mut quantiles = Quantiles::exact_up_to(exact);
        values.into_iter().for_each(|ns| quantiles.record(ns));
        quantiles
    }

    /// A scrambled 1..=n.
    fn scrambled(n: u64) -> impl Iterator<Item = u64> {
        (0..n).map(move |i| i * 7_919 % n + 1)
    }

    #[test]
    fn exact_by_the_inverse_of_the_distribution_function() {
        let mut quantiles = filled(1_000, scrambled(100));
        for (p, expected) in [(0.0, 1), (0.01, 1), (0.5, 50), (0.505, 51), (0.99, 99), (1.0, 100)] {
            assert_eq!(quantiles.quantile(p), Some(expected), "{p}");
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Quantiles::default().quantile(0.5), None);
    }

    #[test]
    fn three_digits_beyond_the_exact_range() {
        let mut quantiles = filled(1_000, scrambled(1_000_000));
        assert_eq!(quantiles.count(), 1_000_000);
        for p in [0.5, 0.95, 0.99] {
            let got = quantiles.quantile(p).unwrap() as f64;
            assert!((got / (p * 1e6) - 1.0).abs() < 1e-3, "{p}: {got}");
        }
    }

    #[test]
    fn extremes_fit() {
        let mut quantiles = filled(1, [0, 0, u64::MAX]);
        assert_eq!(quantiles.count(), 3);
        assert!(quantiles.quantile(1.0).unwrap() >= LONGEST);
    }

    #[test]
    fn merging_is_counting_on() {
        for (ours, theirs) in [(1_000, 1_000), (10, 1_000), (1_000, 10), (10, 10)] {
            let mut merged = filled(ours, 1..=100);
            merged.merge(&filled(theirs, 101..=300));
            assert_eq!(merged.count(), 300);
            assert_eq!(merged.quantile(0.5), Some(150), "{ours} {theirs}");
        }
    }
}
