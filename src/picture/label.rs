//! Names of columns as names of axes.

use plots::{AxisLabel, Quantity, Spacing};

/// Largest value over smallest from which on an axis is logarithmic.
const WIDE: f64 = 20.0;

/// Stems of figures and how people call them.
const NAMES: [(&str, &str); 13] = [
    ("throughput", "throughput"),
    ("arrivals", "arrival rate"),
    ("peak_pss", "peak PSS"),
    ("peak_rss", "peak RSS"),
    ("idle_pss", "idle PSS"),
    ("startup", "start-up time"),
    ("mean", "mean latency"),
    ("wait", "mean wait"),
    ("p50", "p50 latency"),
    ("p95", "p95 latency"),
    ("p99", "p99 latency"),
    ("failures", "failed requests"),
    ("in_system", "requests in the system"),
];

/// Endings of columns and what they count.
const UNITS: [(&str, Quantity); 4] = [
    ("_per_s", Quantity::PerSecond),
    ("_s", Quantity::Seconds),
    ("_bytes", Quantity::Bytes),
    ("_share", Quantity::Share),
];

/// Is `column` the rate of an arrival process?
pub fn is_load(column: &str) -> bool {
    column.starts_with("workload.arrivals.") && column.ends_with("rate_per_s")
}

/// What `column` counts, and its name without the unit.
pub fn parts(column: &str) -> (String, Quantity) {
    if is_load(column) {
        return ("offered load".to_owned(), Quantity::PerSecond);
    }
    for (stem, name) in NAMES {
        let Some(rest) = column.strip_prefix(stem) else { continue };
        for (unit, quantity) in UNITS {
            match rest.strip_prefix(unit) {
                Some("") => return (name.to_owned(), quantity),
                Some(class) if class.starts_with('_') => {
                    return (format!("{name} of {}", &class[1..]), quantity);
                }
                _ => {}
            }
        }
        if rest.is_empty() {
            return (name.to_owned(), Quantity::Plain);
        }
    }
    let own = column.strip_prefix("workload.").unwrap_or(column);
    for (unit, quantity) in UNITS {
        if let Some(stem) = own.strip_suffix(unit) {
            return (stem.replace('_', " "), quantity);
        }
    }
    (own.replace('_', " "), Quantity::Plain)
}

/// The axis of `column` over `values`.
pub fn axis(column: &str, values: &[f64]) -> AxisLabel {
    let (name, quantity) = parts(column);
    AxisLabel::new(name, quantity, spacing(values))
}

/// Logarithmic if the values are far apart, else from zero.
pub fn spacing(values: &[f64]) -> Spacing {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
    if low > 0.0 && high > WIDE * low { Spacing::Logarithmic } else { Spacing::FromZero }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_readable_names_and_their_units() {
        let name = |column: &str, name: &str, quantity| {
            assert_eq!(parts(column), (name.to_owned(), quantity), "{column}");
        };
        name("p99_s", "p99 latency", Quantity::Seconds);
        name("p99_s_echo", "p99 latency of echo", Quantity::Seconds);
        name("throughput_per_s", "throughput", Quantity::PerSecond);
        name("peak_pss_bytes", "peak PSS", Quantity::Bytes);
        name("failures_share_echo", "failed requests of echo", Quantity::Share);
        name("workload.arrivals.poisson.rate_per_s", "offered load", Quantity::PerSecond);
        name("host.cpu.wake_latency_s", "host.cpu.wake latency", Quantity::Seconds);
        name("workload.class.echo.share", "class.echo.share", Quantity::Plain);
        name("workers", "workers", Quantity::Plain);
    }

    #[test]
    fn only_values_far_apart_need_ratios() {
        assert_eq!(spacing(&[1.0, 10.0]), Spacing::FromZero);
        assert_eq!(spacing(&[1.0, 100.0, f64::NAN]), Spacing::Logarithmic);
        assert_eq!(spacing(&[0.0, 100.0]), Spacing::FromZero);
    }
}
