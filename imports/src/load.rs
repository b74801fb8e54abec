//! What load did to the durations: how many requests were under way when each
//! came, and whether those that came to an idle server were faster.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::Serialize;
use sim::stats::Estimate;

use crate::fit::distance::rounded;
use crate::fit::service::Sample;
use crate::log::{Log, Row};
use crate::options::Options;
use crate::reservoir::Reservoir;

/// Durations of a class that are fitted.
const SAMPLED: usize = 100_000;
/// Requests of a class that came at low load, below which they say too little.
const MIN_LOW: usize = 200;
/// Low load: the share of the requests that found the fewest others under way.
const LOW_SHARE: f64 = 0.2;
/// Load is low only if it is at most that share of the mean.
const LOW_OF_MEAN: f64 = 0.5;
/// A stretch that is surely above this is taken out.
const STRETCHED: f64 = 1.05;
/// A clock's step matters from that share of the median on.
const COARSE: f64 = 0.01;

/// How busy the observed server was.
#[derive(Clone, Debug, Serialize)]
pub struct Load {
    /// Mean number of requests under way: the durations' sum over the time.
    pub mean_in_system: f64,
    /// Slots that the server had, if somebody said.
    pub slots: Option<u32>,
    /// Requests under way over slots: above 1 some were waiting.
    pub per_slot: Option<f64>,
    /// Requests that found at most so many others under way came at low load;
    /// null if the load hardly varies.
    pub low_up_to: Option<u32>,
}

/// How much longer requests took at the load that was, than at low load.
#[derive(Clone, Debug, Serialize)]
pub struct Stretch {
    /// Median of all over the median at low load, with its interval.
    pub ratio: Estimate,
    /// Requests that came at low load.
    pub low: u64,
    /// Is the fit that of the low load?
    pub used: bool,
}

/// The load, and what each class's service times are taken from.
pub(crate) struct Observed {
    pub(crate) load: Load,
    pub(crate) classes: Vec<(Option<Sample>, Option<Stretch>)>,
}

pub(crate) fn observe(log: &Log, span: f64, options: &Options) -> Observed {
    let found = found(&log.rows);
    let busy: f64 = log.rows.iter().map(|row| row.duration as f64 / 1e9).sum();
    let mean_in_system = busy / span;
    let low_up_to = low_load(&found, options.slots);
    let per_slot = options.slots.map(|slots| mean_in_system / f64::from(slots));
    let load = Load { mean_in_system, slots: options.slots, per_slot, low_up_to };
    let samples = log.classes.iter().enumerate().map(|(class, _)| {
        let all = sample(log, &found, class, u32::MAX, options.seed);
        let low = low_up_to.and_then(|most| sample(log, &found, class, most, options.seed));
        choose(all, low, options.all_load)
    });
    Observed { classes: samples.collect(), load }
}

/// How many others were under way when each request came.
fn found(rows: &[Row]) -> Vec<u32> {
    let mut ends: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        while ends.peek().is_some_and(|Reverse(end)| *end <= row.start) {
            ends.pop();
        }
        counts.push(ends.len() as u32);
        ends.push(Reverse(row.start.saturating_add(row.duration as i64)));
    }
    counts
}

/// Most others that a request may find at low load. With known slots: one of
/// them was free.
fn low_load(found: &[u32], slots: Option<u32>) -> Option<u32> {
    if let Some(slots) = slots {
        return slots.checked_sub(1);
    }
    let mut sorted = found.to_vec();
    sorted.sort_unstable();
    let low = *sorted.get((LOW_SHARE * sorted.len() as f64) as usize)?;
    let mean = sorted.iter().map(|n| f64::from(*n)).sum::<f64>() / sorted.len() as f64;
    (f64::from(low) <= LOW_OF_MEAN * mean).then_some(low)
}

/// Durations, in s, of the requests of `class` that found at most `most` others.
fn sample(log: &Log, found: &[u32], class: usize, most: u32, seed: u64) -> Option<Sample> {
    let mut kept = Reservoir::new(SAMPLED, seed);
    let (mut step, mut positive) = (1_000_000_000, false);
    for (row, found) in log.rows.iter().zip(found) {
        if usize::from(row.class) != class || row.failed || *found > most {
            continue;
        }
        kept.push(row.duration);
        positive |= row.duration > 0;
        while row.duration % step != 0 {
            step /= 10;
        }
    }
    if kept.seen() < 2 || !positive {
        return None;
    }
    let step = step as f64 / 1e9;
    let seconds = |ns: u64| rounded(ns as f64 / 1e9, step);
    let mut sorted: Vec<f64> = kept.into_kept().into_iter().map(seconds).collect();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let step = if step < COARSE * median { 0.0 } else { step };
    Some(Sample::Values { sorted, step })
}

/// Those at low load if they were surely faster; what is slower at low load
/// (cold caches) is not the load's doing.
fn choose(
    all: Option<Sample>,
    low: Option<Sample>,
    all_load: bool,
) -> (Option<Sample>, Option<Stretch>) {
    let (Some(all), Some(low)) = (all.clone(), low) else { return (all, None) };
    let (slow, fast) = (all.quantile_estimate(0.5), low.quantile_estimate(0.5));
    let ratio = Estimate {
        point: slow.point / fast.point,
        low: slow.low / fast.high,
        high: slow.high / fast.low.max(f64::MIN_POSITIVE),
        n: low.n() as u32,
    };
    let enough = low.n() >= MIN_LOW as f64;
    let used = enough && !all_load && ratio.low > STRETCHED;
    let stretch = Stretch { ratio, low: low.n() as u64, used };
    (Some(if used { low } else { all }), enough.then_some(stretch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Found;

    fn row(start: i64, duration: u64) -> Row {
        Row { start, duration, class: 0, failed: false }
    }

    #[test]
    fn counts_those_under_way_and_littles_law_holds() {
        let rows = [row(0, 10), row(5, 10), row(10, 1), row(30, 1)];
        assert_eq!(found(&rows), [0, 1, 1, 0]);
    }

    #[test]
    fn queueing_is_taken_out_where_the_load_varies() {
        // One server of 10 ms: alone a second apart, then in bursts of five.
        let ms = 1_000_000;
        let alone = (0..500).map(|i| row(i * 1000 * ms, 10 * ms as u64));
        let from = 500 * 1000 * ms;
        let bursts =
            (0..2000).map(|i| row(from + i / 5 * 1000 * ms, (10 * (1 + i % 5) * ms) as u64));
        let mut log = Log::default();
        for Row { start, duration, .. } in alone.chain(bursts) {
            let duration = duration as i64;
            log.push(Found { start, duration, class: "a", stamp: start, ..Found::default() });
        }
        let options = Options { slots: Some(1), ..Options::default() };
        let observed = observe(&log, 900.0, &options);
        let (sample, stretch) = &observed.classes[0];
        assert!(stretch.as_ref().unwrap().used, "{stretch:?}");
        assert!((sample.as_ref().unwrap().mean().point - 0.010).abs() < 1e-9);
        let all = observe(&log, 900.0, &Options { all_load: true, ..options });
        assert!(all.classes[0].0.as_ref().unwrap().mean().point > 0.02);
    }
}
