//! The figures that are compared, taken from an observed and from a simulated
//! run by the same function.

use serde::{Deserialize, Serialize};
pub use sim::host::Figure;

/// Fewest requests from which a 99 % point is taken.
const FOR_P99: usize = 200;
/// Fewest requests from which a 95 % point is taken.
const FOR_P95: usize = 40;

/// Largest median absolute error of `figure` that counts as right, as a share; none
/// for figures that are shown only.
pub fn tolerance(figure: Figure) -> Option<f64> {
    match figure {
        Figure::Throughput | Figure::PeakPss => Some(0.06),
        Figure::Mean => Some(0.08),
        Figure::P99 => Some(0.15),
        Figure::StartUp => Some(0.12),
        Figure::P50 | Figure::P95 => None,
    }
}

/// One value for each of [`Figure::ALL`]; none where there is nothing to take
/// it from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures([Option<f64>; 7]);

/// A request that was served, in ns of any one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// When it should have been sent.
    pub due: u64,
    /// When its answer was there.
    pub answered: u64,
}

impl Figures {
    /// Of the requests `served`, in any order, of the sums of PSS seen
    /// meanwhile, in bytes, and of the start-up time, in s.
    pub fn of(
        served: &[Served],
        pss: impl IntoIterator<Item = u64>,
        start_up: Option<f64>,
    ) -> Self {
        let mut times: Vec<u64> =
            served.iter().map(|request| request.answered.saturating_sub(request.due)).collect();
        times.sort_unstable();
        let seconds = |ns: u64| ns as f64 / 1e9;
        let first = served.iter().map(|request| request.due).min();
        let last = served.iter().map(|request| request.answered).max();
        let span = first.zip(last).map(|(first, last)| seconds(last.saturating_sub(first)));
        let total: u128 = times.iter().map(|&ns| u128::from(ns)).sum();
        let mean = (!times.is_empty()).then(|| total as f64 / times.len() as f64 / 1e9);
        let quantile = |share, fewest| {
            (times.len() >= fewest).then(|| nearest_rank(&times, share)).flatten().map(seconds)
        };
        Self([
            span.filter(|span| *span > 0.0).map(|span| times.len() as f64 / span),
            mean,
            quantile(0.50, 1),
            quantile(0.95, FOR_P95),
            quantile(0.99, FOR_P99),
            pss.into_iter().max().map(|bytes| bytes as f64),
            start_up,
        ])
    }

    /// `value` of each figure.
    pub fn from_fn(value: impl FnMut(Figure) -> Option<f64>) -> Self {
        Self(Figure::ALL.map(value))
    }

    /// The value of `figure`.
    pub fn get(&self, figure: Figure) -> Option<f64> {
        self.0[figure as usize]
    }

    /// These with another start-up time, in s.
    #[must_use]
    pub fn with_start_up(mut self, seconds: Option<f64>) -> Self {
        self.0[Figure::StartUp as usize] = seconds;
        self
    }
}

/// The smallest value that at least `share` of `sorted` does not exceed.
fn nearest_rank(sorted: &[u64], share: f64) -> Option<u64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(count: u64) -> Vec<Served> {
        // Due every 10 ms; request i takes i + 1 ms.
        let one =
            |i: u64| Served { due: i * 10_000_000, answered: i * 10_000_000 + (i + 1) * 1_000_000 };
        (0..count).map(one).collect()
    }

    #[test]
    fn figures_of_known_requests() {
        let figures = Figures::of(&served(200), [3, 7, 5], Some(0.25));
        let close = |figure, expected: f64| {
            let value: f64 = figures.get(figure).unwrap();
            assert!((value - expected).abs() < 1e-12, "{figure:?}: {value}");
        };
        // The last of 200 is due at 1.99 s and takes 200 ms.
        close(Figure::Throughput, 200.0 / 2.19);
        close(Figure::Mean, 0.1005);
        close(Figure::P50, 0.100);
        close(Figure::P95, 0.190);
        close(Figure::P99, 0.198);
        close(Figure::PeakPss, 7.0);
        close(Figure::StartUp, 0.25);
    }

    #[test]
    fn order_and_origin_do_not_matter() {
        let forward = served(300);
        let later = |one: &Served| Served { due: one.due + 77, answered: one.answered + 77 };
        let backward: Vec<Served> = forward.iter().rev().map(later).collect();
        assert_eq!(Figures::of(&forward, [1], None), Figures::of(&backward, [1], None));
    }

    #[test]
    fn too_few_requests_have_no_tail() {
        let few = Figures::of(&served(39), [], None);
        let known: Vec<bool> = Figure::ALL.map(|figure| few.get(figure).is_some()).to_vec();
        assert_eq!(known, [true, true, true, false, false, false, false]);
        assert_eq!(Figures::of(&served(199), [], None).get(Figure::P99), None);
        assert_eq!(Figures::of(&[], [], None), Figures::default());
    }
}
