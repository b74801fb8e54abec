//! When requests came, on a clock without its ticks and its holes.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

use super::EQUAL_CV;
use crate::log::Row;

/// A hole is longer than so many times the longest gap of a Poisson process,
/// and than so many s.
const HOLE_FACTOR: f64 = 3.0;
const SHORTEST_HOLE: f64 = 60.0;
/// Rounds in which the mean gap and what counts as a hole settle.
const ROUNDS: usize = 20;

/// Arrivals in s since the first, in order.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    pub(crate) times: Vec<f64>,
    /// Index of the row that each is of.
    pub(crate) rows: Vec<u32>,
    /// What the log's clock counts in, in s.
    pub(crate) tick: f64,
    /// Holes in the log, closed up to a mean gap each.
    pub(crate) holes: u64,
    /// The longest of them, in s.
    pub(crate) longest_hole: f64,
}

impl Timeline {
    /// Of `rows` in order of start, whose stamps are multiples of `tick_ns`:
    /// each is spread evenly over its tick.
    pub(crate) fn new(rows: &[Row], tick_ns: i64, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let first = rows.first().map_or(0, |row| row.start);
        // Equal gaps are multiples of something whatever the clock counts in.
        let tick_ns = if equal_gaps(rows) { 1 } else { tick_ns };
        let spread = if tick_ns > 1 { tick_ns as f64 } else { 0.0 };
        let mut at = |(row, index): (&Row, u32)| {
            let inside: f64 = rng.random();
            (((row.start - first) as f64 + spread * inside) / 1e9, index)
        };
        let mut placed: Vec<(f64, u32)> = rows.iter().zip(0..).map(&mut at).collect();
        placed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let origin = placed.first().map_or(0.0, |(at, _)| *at);
        let (times, rows) = placed.into_iter().map(|(at, row)| (at - origin, row)).unzip();
        let tick = tick_ns as f64 / 1e9;
        let mut timeline = Self { times, rows, tick, holes: 0, longest_hole: 0.0 };
        timeline.close_holes();
        timeline
    }

    /// From the first arrival to the last, in s.
    pub(crate) fn span(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    /// Times between arrivals, in s, none of them 0.
    pub(crate) fn gaps(&self) -> Vec<f64> {
        self.times.windows(2).map(|pair| (pair[1] - pair[0]).max(1e-9)).collect()
    }

    /// Nobody knows whether nothing came or nothing was logged; that so long
    /// nothing came is the less likely.
    fn close_holes(&mut self) {
        let gaps = self.gaps();
        if gaps.len() < 10 {
            return;
        }
        let (mut most, mut mean) = (f64::INFINITY, 0.0);
        for _ in 0..ROUNDS {
            let (sum, n) = gaps
                .iter()
                .filter(|gap| **gap <= most)
                .fold((0.0, 0.0), |(sum, n): (f64, f64), gap| (sum + gap, n + 1.0));
            mean = sum / n.max(1.0);
            let next = (HOLE_FACTOR * mean * (n.ln() + 5.0)).max(SHORTEST_HOLE);
            if next == most {
                break;
            }
            most = next;
        }
        let mut cut = 0.0;
        for (index, gap) in gaps.iter().enumerate() {
            if *gap > most {
                self.holes += 1;
                self.longest_hole = self.longest_hole.max(*gap);
                cut += gap - mean;
            }
            self.times[index + 1] -= cut;
        }
    }
}

/// Do the gaps vary by less than what counts as equal?
fn equal_gaps(rows: &[Row]) -> bool {
    let gaps = rows.windows(2).map(|pair| (pair[1].start - pair[0].start) as f64);
    let tally: sim::stats::Tally = gaps.collect();
    rows.len() > 2 && tally.variance().sqrt() < EQUAL_CV * tally.mean()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(starts: impl Iterator<Item = i64>) -> Vec<Row> {
        starts.map(|start| Row { start, duration: 1, class: 0, failed: false }).collect()
    }

    #[test]
    fn a_hole_is_closed_and_counted_and_the_rate_stays() {
        let second = 1_000_000_000;
        let starts = (0..500).chain(7700..8200).map(|s| s * second);
        let timeline = Timeline::new(&rows(starts), 1, 1);
        assert_eq!((timeline.holes, timeline.longest_hole), (1, 7201.0));
        assert!((timeline.span() - 999.0).abs() < 1e-6, "{}", timeline.span());
        assert!(timeline.gaps().iter().all(|gap| (gap - 1.0).abs() < 1e-6));
    }

    #[test]
    fn ticks_are_filled_evenly() {
        let second = 1_000_000_000;
        let starts = (0..10_000).map(|i| i / 10 * second);
        let timeline = Timeline::new(&rows(starts), second, 1);
        let small = timeline.gaps().iter().filter(|gap| **gap < 0.1).count();
        // Of a Poisson process 63 % of the gaps are below the mean.
        assert!((6000..6600).contains(&small), "{small}");
        assert_eq!(timeline.holes, 0);
    }
}
