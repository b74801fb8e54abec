//! Shares of requests.

use crate::stats::Estimate;

/// 97.5 % point of the standard normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Share of events among trials, one (events, trials) per replication.
///
/// The point is the pooled share. The interval covers both Student's, over the
/// shares of the replications (events cluster within one), and Wilson's (1927)
/// on the pooled counts, which is what keeps a zero in every replication from
/// passing as certainty: no failure in 10 000 requests is 0 to 0.04 %.
/// Without trials the share is [`Estimate::unknown`].
pub fn pooled_share(counts: &[(u64, u64)]) -> Estimate {
    let events: u64 = counts.iter().map(|c| c.0).sum();
    let trials: u64 = counts.iter().map(|c| c.1).sum();
    if trials == 0 {
        return Estimate::unknown();
    }
    let shares: Vec<f64> =
        counts.iter().filter(|c| c.1 > 0).map(|&(e, t)| e as f64 / t as f64).collect();
    let between = Estimate::from_samples(&shares);
    let (low, high) = wilson(events as f64, trials as f64);
    Estimate {
        point: events as f64 / trials as f64,
        low: low.min(between.low).max(0.0),
        high: high.max(between.high).min(1.0),
        n: between.n,
    }
}

/// Wilson's score interval at 95 %.
fn wilson(events: f64, trials: f64) -> (f64, f64) {
    let z2 = NORMAL_975 * NORMAL_975;
    let centre = events + z2 / 2.0;
    let spread = (z2 / 4.0 + events * (trials - events) / trials).sqrt() * NORMAL_975;
    ((centre - spread) / (trials + z2), (centre + spread) / (trials + z2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe (1998), Statistics in Medicine 17, table I, score method.
    #[test]
    fn wilson_matches_newcombe() {
        for (events, trials, low, high) in [
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
            (0.0, 20.0, 0.0000, 0.1611),
            (1.0, 29.0, 0.0061, 0.1718),
        ] {
            let interval = wilson(events, trials);
            assert!((interval.0 - low).abs() < 5e-5, "{interval:?}");
            assert!((interval.1 - high).abs() < 5e-5, "{interval:?}");
        }
    }

    #[test]
    fn no_failure_seen_is_not_none_possible() {
        let share = pooled_share(&[(0, 5_000), (0, 5_000)]);
        assert_eq!((share.point, share.low, share.n), (0.0, 0.0, 2));
        assert!(share.high > 3e-4 && share.high < 4e-4);
    }

    #[test]
    fn clustered_failures_widen_the_interval() {
        let even = pooled_share(&[(100, 1_000); 4]);
        let clustered = pooled_share(&[(0, 1_000), (0, 1_000), (0, 1_000), (400, 1_000)]);
        assert_eq!(even.point, clustered.point);
        assert!(clustered.half_width() > 5.0 * even.half_width());
        assert!(clustered.low >= 0.0 && clustered.high <= 1.0);
    }

    #[test]
    fn nothing_tried_is_unknown() {
        assert!(!pooled_share(&[]).is_known());
        assert!(!pooled_share(&[(0, 0)]).is_known());
        assert_eq!(pooled_share(&[(0, 0), (1, 1)]).n, 1);
    }
}
