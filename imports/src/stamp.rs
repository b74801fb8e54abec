//! Time stamps as logs and tables write them.

use chrono::{DateTime, NaiveDateTime};

/// An instant, in ns since 1970, or why there is none.
pub(crate) type Instant = i64;

/// What was last read in the common log's form: neighbours share their second.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: Option<(String, Instant)>,
    /// Was a stamp without a zone taken as UTC?
    pub(crate) assumed_utc: bool,
}

impl Clock {
    /// `10/Oct/2025:13:55:36 -0700`, with or without its brackets.
    pub(crate) fn common(&mut self, text: &str) -> Option<Instant> {
        let text = text.trim_start_matches('[').trim_end_matches(']');
        if let Some((last, at)) = &self.last
            && last == text
        {
            return Some(*at);
        }
        let at = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z").ok()?;
        let at = at.timestamp_nanos_opt()?;
        self.last = Some((text.to_owned(), at));
        Some(at)
    }

    /// ISO 8601 (`2025-10-10T13:55:36.123Z`, a blank for the `T`, no zone: UTC),
    /// or a number since 1970 whose size says whether of s, ms, us or ns.
    pub(crate) fn any(&mut self, text: &str) -> Option<Instant> {
        let text = text.trim();
        if let Some(at) = number(text) {
            return Some(at);
        }
        if text.contains('/') {
            return self.common(text);
        }
        for zoned in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
            if let Ok(at) = DateTime::parse_from_str(text, zoned) {
                return at.timestamp_nanos_opt();
            }
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return at.timestamp_nanos_opt();
        }
        let text = text.trim_end_matches(" UTC");
        for local in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
            if let Ok(at) = NaiveDateTime::parse_from_str(text, local) {
                self.assumed_utc = true;
                return at.and_utc().timestamp_nanos_opt();
            }
        }
        None
    }
}

/// Whole and fractional part separately: a double has no digits for the
/// nanoseconds since 1970.
fn number(text: &str) -> Option<Instant> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 19 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    // 1e11 s is the year 5138; 1e11 ms is 1973.
    let unit: i64 = match whole {
        0..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    let part: f64 = format!("0.{fraction}0").parse().ok()?;
    whole.checked_mul(unit)?.checked_add((part * unit as f64).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_instant_is_that_instant() {
        let at = 1_760_129_736_250_000_000;
        for text in [
            "2025-10-10T20:55:36.250Z",
            "2025-10-10 20:55:36.250",
            "2025-10-10 20:55:36.25 UTC",
            "2025-10-10T13:55:36.25-07:00",
            "2025-10-10T13:55:36.25-0700",
            "1760129736.250",
            "1760129736250",
            "1760129736250000",
            "1760129736250000000",
        ] {
            assert_eq!(Clock::default().any(text), Some(at), "{text}");
        }
        let mut clock = Clock::default();
        assert_eq!(clock.common("[10/Oct/2025:13:55:36 -0700]"), Some(at - 250_000_000));
        assert_eq!(clock.common("10/Oct/2025:13:55:36 -0700"), Some(at - 250_000_000));
        assert!(!clock.assumed_utc);
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in ["", "-", "yesterday", "1.2.3", "-5", "99999999999999999999", "32/Oct/2025"] {
            assert_eq!(Clock::default().any(text), None, "{text}");
        }
    }
}
