//! Quantiles from a distribution function.

/// The `x >= 0` at which the non-decreasing `cdf` reaches `p`, to a relative
/// 1e-12, given any positive length of its scale. Infinite for `p >= 1`.
pub(super) fn quantile(cdf: impl Fn(f64) -> f64, p: f64, scale: f64) -> f64 {
    if p >= 1.0 {
        return f64::INFINITY;
    }
    if cdf(0.0) >= p {
        return 0.0;
    }
    let mut high = scale;
    while cdf(high) < p && high.is_finite() {
        high *= 2.0;
    }
    let mut low = 0.0;
    while high - low > 1e-12 * high {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if cdf(middle) < p { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverts_the_exponential_distribution() {
        let cdf = |x: f64| -f64::exp_m1(-x);
        for (p, expected) in [(0.5, 2f64.ln()), (0.99, 100f64.ln())] {
            for scale in [1e-6, 1.0, 1e6] {
                assert!((quantile(cdf, p, scale) / expected - 1.0).abs() < 1e-9);
            }
        }
        assert_eq!(quantile(cdf, 1.0, 1.0), f64::INFINITY);
        assert_eq!(quantile(cdf, 0.0, 1.0), 0.0);
    }
}
