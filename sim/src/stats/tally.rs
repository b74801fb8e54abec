//! Mean, variance and range of a stream of numbers.

/// Mean, variance and range of a stream of numbers (Welford 1962; merged as in
/// Chan, Golub and LeVeque 1979).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    count: u64,
    mean: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
    min: f64,
    max: f64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Tally {
    /// Counts `value` in.
    #[inline]
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Counts in everything that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let apart = other.mean - self.mean;
        self.count += other.count;
        self.mean += apart * b / (a + b);
        self.squares += other.squares + apart * apart * a * b / (a + b);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; NaN without any.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean }
    }

    /// Variance of the population they were drawn from; NaN for fewer than two.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }

    /// Standard error of the mean of independent numbers; NaN for fewer than two.
    pub fn standard_error(&self) -> f64 {
        (self.variance() / self.count as f64).sqrt()
    }

    /// Smallest; infinite without any.
    pub fn min(&self) -> f64 {
        self.min
    }

    /// Largest; negative infinite without any.
    pub fn max(&self) -> f64 {
        self.max
    }
}

impl FromIterator<f64> for Tally {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut tally = Self::default();
        values.into_iter().for_each(|value| tally.push(value));
        tally
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The third of NIST's certified sets for univariate summaries, `NumAcc3`:
    /// mean 1000000.2, standard deviation 0.1. Naive sums of squares lose it.
    #[test]
    fn keeps_its_digits_far_from_zero() {
        let wave = (0..1000).map(|i| if i % 2 == 0 { 1_000_000.1 } else { 1_000_000.3 });
        let tally: Tally = std::iter::once(1_000_000.2).chain(wave).collect();
        assert!((tally.mean() - 1_000_000.2).abs() < 1e-8);
        assert!((tally.variance().sqrt() - 0.1).abs() < 1e-8);
    }

    #[test]
    fn nothing_has_no_mean() {
        let tally = Tally::default();
        assert!(tally.mean().is_nan() && tally.variance().is_nan());
        assert!(tally.min() > tally.max());
    }

    proptest! {
        #[test]
        fn merging_is_counting_on(
            a in prop::collection::vec(-1e6..1e6, 0..40),
            b in prop::collection::vec(-1e6..1e6, 2..40),
        ) {
            let mut merged: Tally = a.iter().copied().collect();
            merged.merge(&b.iter().copied().collect());
            let whole: Tally = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(merged.count(), whole.count());
            prop_assert_eq!((merged.min(), merged.max()), (whole.min(), whole.max()));
            prop_assert!((merged.mean() - whole.mean()).abs() < 1e-6);
            prop_assert!((merged.variance() / whole.variance() - 1.0).abs() < 1e-9);
        }
    }
}
