//! Numbers for people: three digits, the unit that fits, the interval beside.

use sim::stats::Estimate;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time, in s.
    Seconds,
    /// Memory, in bytes.
    Bytes,
    /// Requests per second.
    PerSecond,
    /// Events per hour.
    PerHour,
    /// Share of a whole, shown in percent.
    Share,
    /// One figure over another.
    Ratio,
    /// Requests.
    Requests,
}

/// A unit as written, and what it is worth.
struct Scale {
    name: &'static str,
    worth: f64,
}

impl Unit {
    /// The largest unit in which `value` is at least 1.
    fn scale(self, value: f64) -> Scale {
        const TIME: &[(&str, f64)] = &[(" s", 1.0), (" ms", 1e-3), (" us", 1e-6), (" ns", 1e-9)];
        const SIZE: &[(&str, f64)] =
            &[(" GiB", 1_073_741_824.0), (" MiB", 1_048_576.0), (" KiB", 1024.0), (" B", 1.0)];
        let scales = match self {
            Self::Seconds => TIME,
            Self::Bytes => SIZE,
            Self::PerSecond => &[("/s", 1.0)],
            Self::PerHour => &[("/h", 1.0)],
            Self::Share => &[(" %", 0.01)],
            Self::Ratio => &[("x", 1.0)],
            Self::Requests => &[("", 1.0)],
        };
        let fits = scales.iter().find(|(_, worth)| value.abs() >= *worth);
        // Zero in the first unit, and what is less than the last in the last.
        let (name, worth) = *fits.or(scales.last().filter(|_| value != 0.0)).unwrap_or(&scales[0]);
        Scale { name, worth }
    }

    /// `12.3 ms`; `unknown` if it is not a number.
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return "unknown".to_owned();
        }
        let scale = self.scale(value);
        let scaled = value / scale.worth;
        format!("{scaled:.*}{}", decimals(scaled), scale.name)
    }

    /// `12.3 ms [11.9, 12.7]`: all three in the unit of the first, with as
    /// many decimals as it or as the interval needs.
    pub fn estimate(self, estimate: &Estimate) -> String {
        if !estimate.point.is_finite() {
            return "unknown".to_owned();
        }
        if !(estimate.low.is_finite() && estimate.high.is_finite()) {
            return format!("{} (no interval)", self.show(estimate.point));
        }
        if estimate.low == estimate.high {
            return self.show(estimate.point);
        }
        format!("{} {}", self.show(estimate.point), self.interval(estimate))
    }

    /// `[11.9, 12.7]`, in the unit of the point and with its decimals; empty if
    /// there is no interval.
    pub fn interval(self, estimate: &Estimate) -> String {
        let Estimate { point, low, high, .. } = *estimate;
        if !(point.is_finite() && low.is_finite() && high.is_finite()) || low == high {
            return String::new();
        }
        let scale = self.scale(point);
        let [point, low, high] = [point, low, high].map(|value| value / scale.worth);
        let digits = decimals(point);
        format!("[{low:.digits$}, {high:.digits$}]")
    }
}

/// Decimals for three significant digits.
fn decimals(value: f64) -> usize {
    match value.abs() {
        v if v >= 99.95 || v == 0.0 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.9995 => 2,
        v if v >= 0.09995 => 3,
        _ => 4,
    }
}

/// `1 worker`, `2 workers`.
pub fn count(number: impl Into<u64>, noun: &str) -> String {
    match number.into() {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_three_digits_in_the_unit_that_fits() {
        assert_eq!(Unit::Seconds.show(0.0123), "12.3 ms");
        assert_eq!(Unit::Seconds.show(0.0), "0 s");
        assert_eq!(Unit::Seconds.show(754.0), "754 s");
        assert_eq!(Unit::Bytes.show(1.5 * 1024.0 * 1024.0), "1.50 MiB");
        assert_eq!(Unit::PerSecond.show(40.04), "40.0/s");
        assert_eq!(Unit::Share.show(0.512), "51.2 %");
        assert_eq!(Unit::Share.show(0.0004), "0.0400 %");
        assert_eq!(Unit::Requests.show(3.0), "3.00");
        assert_eq!(Unit::Ratio.show(f64::INFINITY), "unknown");
    }

    #[test]
    fn an_interval_shares_the_unit_of_its_point() {
        let estimate = Estimate { point: 0.000_998, low: 0.000_981, high: 0.001_015, n: 10 };
        assert_eq!(Unit::Seconds.estimate(&estimate), "998 us [981, 1015]");
        let single = Estimate { point: 2.0, low: f64::NEG_INFINITY, high: f64::INFINITY, n: 1 };
        assert_eq!(Unit::Seconds.estimate(&single), "2.00 s (no interval)");
        let unknown = Estimate { point: f64::NAN, low: 0.0, high: 1.0, n: 0 };
        assert_eq!(Unit::Seconds.estimate(&unknown), "unknown");
    }

    #[test]
    fn counts_agree_in_number() {
        assert_eq!(count(1_u32, "worker"), "1 worker");
        assert_eq!(count(0_u32, "worker"), "0 workers");
    }
}
