//! Counts in equal windows: how the rate changes, and how bursty it is.

use sim::stats::Estimate;

/// Arrivals per window in the mean, and bounds of the number of windows.
const PER_WINDOW: f64 = 50.0;
const MIN_WINDOWS: f64 = 10.0;
const MAX_WINDOWS: f64 = 400.0;
/// Most stretches of constant rate.
const MAX_STRETCHES: usize = 24;
/// Windows from which the interval of the rate comes.
const BATCHES: usize = 20;

/// A stretch of constant rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stretch {
    /// When it begins, in s.
    pub(crate) from: f64,
    /// When it ends, in s.
    pub(crate) to: f64,
    /// In arrivals/s.
    pub(crate) rate: f64,
}

/// How many of `times` lie in each of `windows` equal parts of `span`.
pub(crate) fn counts(times: &[f64], span: f64, windows: usize) -> Vec<f64> {
    let mut counts = vec![0.0; windows];
    for at in times {
        let window = (at / span * windows as f64) as usize;
        counts[window.min(windows - 1)] += 1.0;
    }
    counts
}

/// Rate of the arrivals, with the interval that the means of twenty parts give:
/// bursts widen it as they should.
pub(crate) fn rate(times: &[f64], span: f64) -> Estimate {
    let n = times.len().saturating_sub(1) as f64;
    if n < 3.0 * BATCHES as f64 {
        let half = 1.96 * n.sqrt();
        let per = |count: f64| count.max(0.0) / span;
        return Estimate { point: per(n), low: per(n - half), high: per(n + half), n: n as u32 };
    }
    let width = span / BATCHES as f64;
    let rates: Vec<f64> = counts(times, span, BATCHES).iter().map(|n| n / width).collect();
    let batches = Estimate::from_samples(&rates);
    // Where it begins and ends is known to an arrival at best.
    let half = batches.half_width().max(1.0 / span);
    let point = n / span;
    Estimate { point, low: (point - half).max(0.0), high: point + half, n: n as u32 }
}

/// Variance over mean of the counts in windows of `width` s: 1 for Poisson at a
/// constant rate; none with too few windows.
pub(crate) fn dispersion(times: &[f64], span: f64, width: f64) -> Option<f64> {
    let windows = (span / width) as usize;
    if !(20..=10_000_000).contains(&windows) {
        return None;
    }
    let tally: sim::stats::Tally = counts(times, span, windows).into_iter().collect();
    Some(tally.variance() / tally.mean())
}

/// Stretches of constant rate that a Poisson process is likeliest to have had:
/// optimal partitioning, each change at the price of Schwarz's criterion.
pub(crate) fn stretches(times: &[f64], span: f64) -> Vec<Stretch> {
    let windows = (times.len() as f64 / PER_WINDOW).clamp(MIN_WINDOWS, MAX_WINDOWS) as usize;
    let width = span / windows as f64;
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(counts(times, span, windows).into_iter().scan(0.0, |sum, n| {
            *sum += n;
            Some(*sum)
        }))
        .collect();
    // Two parameters each: where, and the rate.
    let price = 2.0 * (windows as f64).ln();
    let rate = |from: usize, to: usize| (sums[to] - sums[from]) / ((to - from) as f64 * width);
    let gain = |from: usize, to: usize| {
        let n = sums[to] - sums[from];
        if n > 0.0 { n * rate(from, to).ln() } else { 0.0 }
    };
    let mut best = vec![0.0; windows + 1];
    let mut cut = vec![0; windows + 1];
    for to in 1..=windows {
        let options = (0..to).map(|from| (best[from] + gain(from, to) - price, from));
        if let Some((value, from)) = options.max_by(|a, b| a.0.total_cmp(&b.0)) {
            (best[to], cut[to]) = (value, from);
        }
    }
    let mut ends = vec![windows];
    while let Some(&to) = ends.last()
        && to > 0
    {
        ends.push(cut[to]);
    }
    ends.reverse();
    let mut ends = merged(ends, &gain);
    ends.dedup();
    ends.windows(2)
        .map(|pair| Stretch {
            from: pair[0] as f64 * width,
            to: pair[1] as f64 * width,
            rate: rate(pair[0], pair[1]),
        })
        .collect()
}

/// Takes away the changes that explain least until there are few enough.
fn merged(mut ends: Vec<usize>, gain: &impl Fn(usize, usize) -> f64) -> Vec<usize> {
    while ends.len() > MAX_STRETCHES + 1 {
        let loss = |i: &usize| {
            let (a, b, c) = (ends[*i - 1], ends[*i], ends[*i + 1]);
            gain(a, b) + gain(b, c) - gain(a, c)
        };
        let inner = 1..ends.len() - 1;
        let Some(least) = inner.min_by(|i, j| loss(i).total_cmp(&loss(j))) else { break };
        ends.remove(least);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rates[i]` arrivals in second `i`, evenly spaced.
    fn times(rates: &[u32]) -> Vec<f64> {
        let second = |(second, rate): (usize, &u32)| {
            let rate = *rate;
            (0..rate).map(move |i| second as f64 + f64::from(i) / f64::from(rate))
        };
        rates.iter().enumerate().flat_map(second).collect()
    }

    #[test]
    fn changes_of_the_rate_are_found_and_no_others() {
        let rates = [vec![100; 30], vec![200; 40], vec![50; 30]].concat();
        let found = stretches(&times(&rates), 100.0);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!((found[1].from - 30.0).abs() < 1.0 && (found[1].to - 70.0).abs() < 1.0);
        assert!((found[1].rate - 200.0).abs() < 4.0);
        assert_eq!(stretches(&times(&[100; 100]), 100.0).len(), 1);
    }

    #[test]
    fn however_wild_it_is_there_are_few_stretches_and_no_arrival_is_lost() {
        let rates: Vec<u32> = (0..300).map(|i| if i % 2 == 0 { 300 } else { 20 }).collect();
        let all = times(&rates);
        let found = stretches(&all, 300.0);
        assert!(found.len() <= MAX_STRETCHES);
        let area: f64 = found.iter().map(|s| (s.to - s.from) * s.rate).sum();
        assert!((area - all.len() as f64).abs() < 1e-6);
    }

    #[test]
    fn even_arrivals_have_no_dispersion_and_a_narrow_rate() {
        let all = times(&[100; 100]);
        assert!(dispersion(&all, 100.0, 1.0).unwrap() < 0.1);
        let rate = rate(&all, 100.0);
        assert!(rate.contains(100.0) && rate.half_width() < 1.0, "{rate:?}");
    }
}
