//! Prediction intervals from hosts whose parameters are drawn from their ranges.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use sim::host::{End, Host};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::Prediction;

/// Chance of either end. The ends are 95 % limits, 1.96 standard deviations
/// away: with this chance each, the three values have a normal's variance.
const END: f64 = 0.13;
/// Probability of the interval's upper end.
const UPPER: f64 = 0.975;

/// `host` with every parameter at its best value or an end of its range, drawn
/// independently.
pub(super) fn drawn(host: &Host, seed: u64, draw: u32) -> Host {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(draw));
    let mut drawn = host.clone();
    for parameter in host.parameters() {
        let chance: f64 = rng.random();
        if chance < END {
            drawn = drawn.at_end(&parameter.name, End::Low);
        } else if chance < 2.0 * END {
            drawn = drawn.at_end(&parameter.name, End::High);
        }
    }
    drawn
}

/// The mean of `best` with the interval in which one more draw would lie. Of
/// logarithms, since effects multiply; a figure that may be 0 gets its extremes.
pub(super) fn prediction(best: &[f64], drawn: &[f64]) -> Option<Prediction> {
    if best.is_empty() || drawn.len() < 2 {
        return None;
    }
    let point = best.iter().sum::<f64>() / best.len() as f64;
    let extremes =
        drawn.iter().fold((point, point), |(low, high), value| (value.min(low), value.max(high)));
    if point <= 0.0 || extremes.0 <= 0.0 {
        return Some(Prediction { point, low: extremes.0, high: extremes.1 });
    }
    let n = drawn.len() as f64;
    let logs: Vec<f64> = drawn.iter().map(|value| (value / point).ln()).collect();
    // About the best value's logarithm, which is 0: a mean elsewhere widens it.
    let variance = logs.iter().map(|log| log * log).sum::<f64>() / (n - 1.0);
    let student = StudentsT::new(0.0, 1.0, n - 1.0).ok()?;
    let half = student.inverse_cdf(UPPER) * (variance * (1.0 + 1.0 / n)).sqrt();
    Some(Prediction { point, low: point * (-half).exp(), high: point * half.exp() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::kernel::SimDuration;

    #[test]
    fn no_range_no_interval_and_a_wider_range_a_wider_one() {
        let exact = prediction(&[2.0], &[2.0; 10]).unwrap();
        assert_eq!((exact.low, exact.high), (2.0, 2.0));
        let wide = prediction(&[2.0], &[1.0, 4.0, 2.0]).unwrap();
        assert!(wide.low < 1.0 && wide.high > 4.0, "{wide:?}");
        assert_eq!(prediction(&[2.0], &[]), None);
        assert_eq!(prediction(&[0.0], &[0.0, 1.0]).unwrap().high, 1.0);
    }

    #[test]
    fn draws_repeat_and_stay_inside_the_ranges() {
        let mut host = Host::ideal(4);
        host.cpu.wake_latency.high = SimDuration::MILLISECOND;
        let values: Vec<u64> =
            (0..50).map(|draw| drawn(&host, 7, draw).cpu.wake_latency.value.0).collect();
        assert!(values.contains(&0) && values.contains(&1_000_000), "{values:?}");
        assert_eq!(drawn(&host, 7, 3), drawn(&host, 7, 3));
    }
}
