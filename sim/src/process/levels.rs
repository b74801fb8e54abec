//! How long a level lasted: its quantiles over time.

/// Two levels that agree in their first so many bits count as one, the highest
/// of them: at most 0.2 % too much.
const BITS: u32 = 10;
const HALF: u64 = 1 << (BITS - 1);
/// Steps into which a level that drifts is cut.
const MOST_STEPS: u64 = 256;

/// Time spent at each level, by classes of levels that are alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    /// The class of the first of `time`.
    first: usize,
    /// Time in each class, in ns. Only the classes that occurred and those
    /// between them are kept: of all possible ones that is a small part.
    time: Vec<u64>,
}

impl Levels {
    /// The level was `level` for `ns`.
    #[inline]
    pub(super) fn record(&mut self, level: u64, ns: u64) {
        let class = class_of(level);
        match self.time.get_mut(class.wrapping_sub(self.first)) {
            Some(time) => *time += ns,
            None => self.open(class, ns),
        }
    }

    /// Records in a class that is not kept yet.
    #[cold]
    fn open(&mut self, class: usize, ns: u64) {
        if self.time.is_empty() {
            self.first = class;
        }
        if class < self.first {
            let missing = self.first - class;
            self.time.splice(..0, std::iter::repeat_n(0, missing));
            self.first = class;
        }
        let place = class - self.first;
        if place >= self.time.len() {
            self.time.resize(place + 1, 0);
        }
        self.time[place] += ns;
    }

    /// The level went evenly from one value up to another in `ns`.
    pub(super) fn record_ramp(&mut self, from: u64, to: u64, ns: u64) {
        let rise = to.saturating_sub(from);
        let steps = (rise / (from / (2 * HALF)).max(1)).clamp(1, MOST_STEPS);
        let part =
            |of: u64, step: u64| (u128::from(of) * u128::from(step) / u128::from(steps)) as u64;
        for step in 0..steps {
            let middle = from + part(rise, step).midpoint(part(rise, step + 1));
            self.record(middle, part(ns, step + 1) - part(ns, step));
        }
    }

    /// The level that is not exceeded for a share `p` of the time; 0 if no time
    /// has passed.
    pub(super) fn quantile(&self, p: f64) -> u64 {
        let total: u128 = self.time.iter().map(|ns| u128::from(*ns)).sum();
        let wanted = ((p * total as f64).ceil() as u128).clamp(1, total.max(1));
        let mut so_far = 0u128;
        for (class, ns) in self.time.iter().enumerate() {
            so_far += u128::from(*ns);
            if so_far >= wanted {
                return top_of((self.first + class) as u64);
            }
        }
        0
    }
}

#[inline]
fn class_of(level: u64) -> usize {
    let shift = (u64::BITS - level.leading_zeros()).saturating_sub(BITS);
    (u64::from(shift) * HALF + (level >> shift)) as usize
}

/// The highest level of a class.
fn top_of(class: u64) -> u64 {
    let shift = (class / HALF).saturating_sub(1);
    ((class - shift * HALF) << shift) + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_in_order_without_gaps_and_narrow() {
        for level in (0..5_000).chain((12..64).flat_map(|bit| {
            let power = 1u64 << bit;
            [power - 1, power, power + 1, power + power / 3]
        })) {
            let class = class_of(level) as u64;
            let above = top_of(class) - level;
            assert!(above as f64 <= 0.002 * level as f64, "{level}: {above}");
            let next = class_of(level + 1) as u64;
            assert!(next == class || next == class + 1, "{level}");
        }
    }

    #[test]
    fn quantiles_weigh_by_time_not_by_number() {
        let mut levels = Levels::default();
        (0..1_000).for_each(|_| levels.record(5, 1));
        levels.record(7, 9_000);
        assert_eq!([0.05, 0.1, 0.11, 0.99].map(|p| levels.quantile(p)), [5, 5, 7, 7]);
        assert_eq!(Levels::default().quantile(0.5), 0);
    }

    #[test]
    fn levels_may_come_in_any_order() {
        let mut levels = Levels::default();
        for level in [1 << 30, 0, u64::MAX, 1 << 20, 1 << 30] {
            levels.record(level, 1);
        }
        let found = [0.2, 0.4, 0.6, 0.8, 1.0].map(|p| levels.quantile(p));
        let (mib, gib) = (top_of(class_of(1 << 20) as u64), top_of(class_of(1 << 30) as u64));
        assert_eq!(found, [0, mib, gib, gib, u64::MAX]);
    }

    #[test]
    fn a_drift_spends_its_time_evenly() {
        let mut levels = Levels::default();
        levels.record_ramp(1_000_000, 3_000_000, 1_000_003);
        for p in [0.01, 0.5, 0.95, 0.99] {
            let expected = 1e6 + p * 2e6;
            let error = levels.quantile(p) as f64 / expected - 1.0;
            assert!(error.abs() < 0.005, "{p}: {error}");
        }
        assert_eq!(levels.time.iter().sum::<u64>(), 1_000_003);
    }
}
