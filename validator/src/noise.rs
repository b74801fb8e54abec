//! How steadily this machine computes: the same short piece of work, many
//! times, by the wall clock.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Pieces of work that are timed.
const REPEATS: usize = 200;
/// Length of one piece on an idle machine, about.
const PIECE: Duration = Duration::from_millis(1);
/// Spread over which figures measured here would not separate close candidates.
pub const NOISY_SPREAD: f64 = 0.10;

/// The spread of equal pieces of work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Noise {
    /// Median time of a piece, in s.
    pub median: f64,
    /// 95 % point over median, less one: what a neighbour or a clock change
    /// adds to one piece in twenty.
    pub spread: f64,
    /// Slowest piece over median, less one.
    pub worst: f64,
    /// Pieces timed.
    pub repeats: usize,
}

impl Noise {
    /// Would figures measured here be in doubt?
    pub fn too_noisy(self) -> bool {
        self.spread > NOISY_SPREAD
    }
}

/// Spins for about a quarter of a second on one core.
pub fn measure() -> Noise {
    let rounds = rounds_for(PIECE);
    let times = (0..REPEATS).map(|_| time(rounds)).collect();
    summarise(times)
}

/// Rounds of the loop that take about `piece`.
fn rounds_for(piece: Duration) -> u64 {
    let mut rounds = 1 << 12;
    while time(rounds) < piece.as_secs_f64() && rounds < 1 << 32 {
        rounds *= 2;
    }
    rounds
}

/// Seconds for `rounds` dependent steps, none of which touches memory.
fn time(rounds: u64) -> f64 {
    let start = Instant::now();
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
    start.elapsed().as_secs_f64()
}

fn summarise(mut times: Vec<f64>) -> Noise {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let median = at(0.5);
    Noise {
        median,
        spread: at(0.95) / median - 1.0,
        worst: at(1.0) / median - 1.0,
        repeats: times.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_relative_to_the_median() {
        let mut times = vec![1.0; 180];
        times.extend([1.5; 19]);
        times.push(4.0);
        let noise = summarise(times);
        assert_eq!(noise, Noise { median: 1.0, spread: 0.5, worst: 3.0, repeats: 200 });
        assert!(noise.too_noisy());
    }

    #[test]
    fn more_rounds_take_longer() {
        assert!(time(1 << 22) > time(1 << 10));
    }
}
