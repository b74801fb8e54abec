//! Numbers in sentences.

/// `1.5 GiB`, `340 MiB`.
pub(crate) fn bytes(value: f64) -> String {
    const STEP: f64 = 1024.0;
    let (mut value, mut unit) = (value, "B");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < STEP {
            break;
        }
        (value, unit) = (value / STEP, next);
    }
    format!("{} {unit}", number(value))
}

/// `1.2 s`, `340 ms`, `15 us`.
pub(super) fn seconds(value: f64) -> String {
    match value {
        v if v >= 1.0 => format!("{} s", number(v)),
        v if v >= 1e-3 => format!("{} ms", number(v * 1e3)),
        v => format!("{} us", number(v * 1e6)),
    }
}

/// Three significant digits, no trailing zeros.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A share as `12 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_the_fitting_unit() {
        assert_eq!(bytes(1.5 * 1024.0 * 1024.0 * 1024.0), "1.5 GiB");
        assert_eq!(bytes(340.0 * 1024.0 * 1024.0), "340 MiB");
        assert_eq!(bytes(12.0), "12 B");
        assert_eq!(seconds(1.234), "1.23 s");
        assert_eq!(seconds(0.12), "120 ms");
        assert_eq!(number(100.0), "100");
        assert_eq!(percent(0.0215), "2.15 %");
    }
}
