//! A uniform sample of a stream of unknown length.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

/// Algorithm R: every value seen so far is kept with the same chance.
#[derive(Debug)]
pub(crate) struct Reservoir<T> {
    kept: Vec<T>,
    most: usize,
    seen: u64,
    rng: ChaCha8Rng,
}

impl<T> Reservoir<T> {
    /// Keeps `most` values, at least one.
    pub(crate) fn new(most: usize, seed: u64) -> Self {
        Self { kept: Vec::new(), most: most.max(1), seen: 0, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Takes note of `value`.
    pub(crate) fn push(&mut self, value: T) {
        self.seen += 1;
        if self.kept.len() < self.most {
            self.kept.push(value);
            return;
        }
        let place = self.rng.random_range(0..self.seen);
        if let Some(slot) = usize::try_from(place).ok().and_then(|place| self.kept.get_mut(place)) {
            *slot = value;
        }
    }

    /// Values seen.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// The sample.
    pub(crate) fn into_kept(self) -> Vec<T> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_and_late_values_are_as_likely() {
        let mut counts = [0_u32; 10];
        for seed in 0..4000 {
            let mut sample = Reservoir::new(3, seed);
            (0..10_usize).for_each(|value| sample.push(value));
            assert_eq!(sample.seen(), 10);
            sample.into_kept().into_iter().for_each(|value| counts[value] += 1);
        }
        // 1200 each; the standard deviation is 29.
        assert!(counts.iter().all(|count| (1080..1320).contains(count)), "{counts:?}");
    }
}
