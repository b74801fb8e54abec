//! Durations of which only a summary is left: counts between edges.

/// Counts of durations between ascending edges, in s.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bins {
    /// Lower end of the first bin.
    low: f64,
    /// Upper edge and count of each bin; the last edge may be infinite.
    bins: Vec<(f64, f64)>,
}

impl Bins {
    /// Of upper edges and counts, in any order; what is not a number or not
    /// above the edge below is dropped.
    pub(crate) fn new(low: f64, mut bins: Vec<(f64, f64)>) -> Self {
        bins.retain(|(edge, count)| !edge.is_nan() && count.is_finite() && *count >= 0.0);
        bins.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut kept: Vec<(f64, f64)> = Vec::new();
        for (edge, count) in bins {
            match kept.last_mut() {
                Some(last) if last.0 >= edge => last.1 += count,
                _ => kept.push((edge, count)),
            }
        }
        let low = if low.is_finite() { low.max(0.0) } else { 0.0 };
        let low = kept.first().map_or(low, |(edge, _)| if low < *edge { low } else { 0.0 });
        Self { low, bins: kept }
    }

    /// Of `(share, duration)` points of the distribution: at most that share is
    /// as short. Beyond the last point there is no edge.
    pub(crate) fn from_quantiles(low: f64, points: &[(f64, f64)], requests: f64) -> Self {
        let mut points = points.to_vec();
        points.retain(|(share, value)| (0.0..=1.0).contains(share) && *value >= 0.0);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut bins) = (0.0, Vec::new());
        for (share, value) in points {
            bins.push((value, (share - below).max(0.0) * requests));
            below = share;
        }
        if below < 1.0 {
            bins.push((f64::INFINITY, (1.0 - below) * requests));
        }
        Self::new(low, bins)
    }

    /// Of all that is in `parts`: each bin's count spread evenly over it, on the
    /// edges of all.
    pub(crate) fn pooled(parts: &[Self]) -> Self {
        let mut edges: Vec<f64> =
            parts.iter().flat_map(|part| part.bins.iter().map(|(edge, _)| *edge)).collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let low = parts.iter().map(|part| part.low).fold(f64::INFINITY, f64::min);
        // More edges than the eye can use cost time and say nothing.
        let step = edges.len().div_ceil(MAX_EDGES).max(1);
        let last = edges.last().copied();
        let mut edges: Vec<f64> = edges.into_iter().step_by(step).collect();
        if edges.last().copied() != last {
            edges.extend(last);
        }
        let mut below = 0.0;
        let bins = edges.into_iter().map(|edge| {
            let up_to: f64 = parts.iter().map(|part| part.share_below(edge) * part.total()).sum();
            let count = (up_to - below).max(0.0);
            below = up_to;
            (edge, count)
        });
        Self::new(low, bins.collect())
    }

    /// All counts.
    pub(crate) fn total(&self) -> f64 {
        self.bins.iter().map(|(_, count)| count).sum()
    }

    /// Lower edge, upper edge and count of each bin.
    pub(crate) fn each(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let lows = std::iter::once(self.low).chain(self.bins.iter().map(|(edge, _)| *edge));
        lows.zip(&self.bins).map(|(low, (high, count))| (low, *high, *count))
    }

    /// Share of the durations up to `value`, even within each bin.
    pub(crate) fn share_below(&self, value: f64) -> f64 {
        let mut sum = 0.0;
        for (low, high, count) in self.each() {
            if value >= high {
                sum += count;
            } else {
                if value > low && high.is_finite() {
                    sum += count * (value - low) / (high - low);
                }
                break;
            }
        }
        sum / self.total().max(f64::MIN_POSITIVE)
    }

    /// The duration that `share` of all are below, even within each bin; the
    /// last edge that is known if it is beyond.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let wanted = share * self.total();
        let mut sum = 0.0;
        for (low, high, count) in self.each() {
            if sum + count >= wanted && count > 0.0 {
                let part = ((wanted - sum) / count).clamp(0.0, 1.0);
                return if high.is_finite() { low + part * (high - low) } else { low };
            }
            sum += count;
        }
        self.each().map(|(_, high, _)| high).filter(|high| high.is_finite()).fold(0.0, f64::max)
    }

    /// Mean, each bin at its middle; beyond the last edge at that edge.
    pub(crate) fn mean(&self) -> f64 {
        let middle = |low: f64, high: f64| if high.is_finite() { (low + high) / 2.0 } else { low };
        let sum: f64 = self.each().map(|(low, high, count)| middle(low, high) * count).sum();
        sum / self.total().max(f64::MIN_POSITIVE)
    }
}

/// Most edges of pooled summaries.
const MAX_EDGES: usize = 200;

/// A class of which there is a summary.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Requests, failed ones included.
    pub(crate) requests: f64,
    pub(crate) failed: f64,
    pub(crate) bins: Bins,
    /// Mean as stated, in s.
    pub(crate) mean: Option<f64>,
    /// Mean size of a response, in bytes.
    pub(crate) bytes: u64,
}

/// What a summary says of the load.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Offered {
    /// Nothing.
    Unknown,
    /// So many requests in so many s.
    Count { requests: f64, seconds: f64 },
    /// That many clients, each waiting for its reply, got so much done per s.
    Clients { clients: f64, throughput: f64, requests: f64 },
    /// Requests were sent at a constant rate, in requests/s.
    Paced { rate: f64, requests: f64 },
}

/// Everything that a summary says.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) groups: Vec<Group>,
    pub(crate) offered: Offered,
    /// What to know about it.
    pub(crate) notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_go_in_and_come_out() {
        let points = [(0.5, 1.0), (0.9, 3.0), (0.99, 8.0), (1.0, 10.0)];
        let bins = Bins::from_quantiles(0.2, &points, 1000.0);
        assert!((bins.total() - 1000.0).abs() < 1e-9);
        for (share, value) in points {
            assert!((bins.quantile(share) - value).abs() < 1e-9, "{share}");
            assert!((bins.share_below(value) - share).abs() < 1e-9, "{share}");
        }
        assert!((bins.quantile(0.25) - 0.6).abs() < 1e-9);
    }

    #[test]
    fn rounded_quantiles_that_coincide_become_one_edge() {
        let bins = Bins::from_quantiles(0.0, &[(0.5, 12.0), (0.66, 12.0), (0.9, 13.0)], 100.0);
        let found: Vec<_> = bins.each().collect();
        assert_eq!(found.len(), 3);
        assert!((found[0].2 - 66.0).abs() < 1e-9 && found[2].1.is_infinite());
        assert_eq!(bins.quantile(0.99), 13.0);
    }

    #[test]
    fn pooling_keeps_every_count() {
        let part = |scale: f64| Bins::new(0.0, vec![(scale, 10.0), (3.0 * scale, 30.0)]);
        let parts: Vec<Bins> = (1..400).map(|i| part(f64::from(i))).collect();
        let pooled = Bins::pooled(&parts);
        assert!((pooled.total() - 399.0 * 40.0).abs() < 1e-6);
        assert!(pooled.each().count() <= MAX_EDGES + 1);
        let mean = parts.iter().map(Bins::mean).sum::<f64>() / 399.0;
        assert!((pooled.mean() / mean - 1.0).abs() < 0.02);
    }
}
