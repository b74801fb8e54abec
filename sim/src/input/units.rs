//! Numbers with units: `300us`, `1.5 s`, `1 KiB`, `1000/s`, `70 %`.

use crate::input::suggest::{closest, list};
use crate::kernel::SimDuration;

/// Longest duration that a file may state: a week, and no sum of a request's
/// segments passes the range of `SimDuration`.
pub const MAX_DURATION: SimDuration = SimDuration(168 * 3_600_000_000_000);
/// Largest size that a file may state [bytes]: 16 TiB, and the sizes of every
/// slot of the largest pool add up in a `u64`.
pub const MAX_BYTES: u64 = 1 << 44;
/// Highest rate that a file may state [requests/s]: one every 100 ns.
pub const MAX_RATE: f64 = 1e7;

/// Nanoseconds per unit; the first entry of each size is how it is written.
const TIME_UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("µs", 1_000),
];
/// Bytes per unit.
const SIZE_UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
];
/// Seconds per unit of a rate's denominator.
const RATE_UNITS: &[(&str, f64)] = &[("s", 1.0), ("min", 60.0), ("h", 3600.0)];

/// A number with a unit could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct UnitError {
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// A duration: `300us`, `1.5 s`, `1h`. Rounded to the nanosecond.
///
/// # Errors
/// No number, no or an unknown unit, negative, over `MAX_DURATION`, or above
/// zero and under a nanosecond.
pub fn parse_duration(text: &str) -> Result<SimDuration, UnitError> {
    let shape = "write a number with ns, us, ms, s, min or h, like \"5 ms\"";
    scaled(text, TIME_UNITS, shape, MAX_DURATION.0, "168 h").map(SimDuration)
}

/// A size in bytes: `512 B`, `24 MB` (10^6), `1 KiB` (2^10).
///
/// # Errors
/// No number, no or an unknown unit, negative, over `MAX_BYTES`, or above zero
/// and under a byte.
pub fn parse_bytes(text: &str) -> Result<u64, UnitError> {
    let shape = "write a number with B, kB, MB, GB, KiB, MiB or GiB, like \"24 MB\"";
    scaled(text, SIZE_UNITS, shape, MAX_BYTES, "16 TiB")
}

/// A rate in requests per second: `1000/s`, `60/min`, `5/h`. May be zero.
///
/// # Errors
/// No number, no or an unknown unit, negative, or over `MAX_RATE`.
pub fn parse_rate(text: &str) -> Result<f64, UnitError> {
    let shape = "write a number per s, min or h, like \"100/s\"";
    let (number, unit) = split(text, shape)?;
    let Some(unit) = unit.strip_prefix('/').map(str::trim_start) else {
        return Err(fault(format!("`{}` is not per unit of time", shown(text)), shape));
    };
    let seconds = find_unit(text, unit, RATE_UNITS, shape)?;
    let rate = number_of(text, number, shape)? / seconds;
    if rate > MAX_RATE {
        return Err(fault(format!("`{}` is more than 10000000/s", shown(text)), shape));
    }
    Ok(rate)
}

/// A share from 0 to 1: `0.7`, `70 %`.
///
/// # Errors
/// No number, an unknown unit, negative, or over 1.
pub fn parse_share(text: &str) -> Result<f64, UnitError> {
    let shape = "write a share from 0 to 1, like 0.7 or \"70 %\"";
    let (number, unit) = split(text, shape)?;
    let scale = match unit {
        "" => 1.0,
        "%" => 100.0,
        _ => return Err(fault(format!("`{}` is no share", shown(text)), shape)),
    };
    let share = number_of(text, number, shape)? / scale;
    if share > 1.0 {
        return Err(fault(format!("`{}` is more than the whole", shown(text)), shape));
    }
    Ok(share)
}

/// `duration` in the largest unit that keeps every digit: `5 ms`, `1500 us`.
/// `parse_duration` reads it back unchanged.
pub fn format_duration(duration: SimDuration) -> String {
    exact(duration.0, &[("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)], "ns")
}

/// `bytes` in the largest unit that keeps every digit: `24 MB`, `1 KiB`.
/// `parse_bytes` reads it back unchanged.
pub fn format_bytes(bytes: u64) -> String {
    let units = [
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("kB", 1_000),
    ];
    exact(bytes, &units, "B")
}

fn exact(value: u64, units: &[(&str, u64)], smallest: &str) -> String {
    match units.iter().find(|(_, scale)| value != 0 && value.is_multiple_of(*scale)) {
        Some((unit, scale)) => format!("{} {unit}", value / scale),
        None => format!("{value} {smallest}"),
    }
}

/// `text` as a whole number of the smallest unit, at most `most` of them.
fn scaled(
    text: &str,
    units: &[(&str, u64)],
    shape: &str,
    most: u64,
    most_shown: &str,
) -> Result<u64, UnitError> {
    let (number, unit) = split(text, shape)?;
    let scale = find_unit(text, unit, units, shape)?;
    let too_large = || fault(format!("`{}` is more than {most_shown}", shown(text)), shape);
    // Whole numbers never pass through floating point, so every one is exact.
    if number.bytes().all(|byte| byte.is_ascii_digit()) {
        let value = number.parse::<u64>().ok().and_then(|whole| whole.checked_mul(scale));
        return value.filter(|value| *value <= most).ok_or_else(too_large);
    }
    let value = number_of(text, number, shape)? * scale as f64;
    if value > most as f64 {
        return Err(too_large());
    }
    let rounded = value.round() as u64;
    if rounded == 0 && value > 0.0 {
        let smallest = units[0].0;
        return Err(fault(format!("`{}` is less than 1 {smallest}", shown(text)), shape));
    }
    Ok(rounded)
}

/// Number and unit of `text`, both trimmed.
fn split<'a>(text: &'a str, shape: &str) -> Result<(&'a str, &'a str), UnitError> {
    let trimmed = text.trim();
    let end = number_length(trimmed);
    if end == 0 {
        let message = match trimmed {
            "" => "an empty string is no number".to_owned(),
            _ => format!("`{}` does not start with a number", shown(text)),
        };
        return Err(fault(message, shape));
    }
    Ok((&trimmed[..end], trimmed[end..].trim_start()))
}

/// Bytes of the decimal number that `text` starts with: sign, digits, point,
/// exponent. An `e` counts only before digits, so that no unit loses its own.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let signed = |at: usize| usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let mut end = signed(0);
    let whole = digits(end);
    end += whole;
    let mut found = whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        found += fraction;
        end += 1 + fraction;
    }
    if found == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = signed(end + 1);
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

/// `number` as a finite value of at least zero.
fn number_of(text: &str, number: &str, shape: &str) -> Result<f64, UnitError> {
    match number.parse::<f64>() {
        Ok(value) if value.is_sign_negative() && value != 0.0 => {
            Err(fault(format!("`{}` is negative", shown(text)), shape))
        }
        Ok(value) if value.is_finite() => Ok(value.abs()),
        Ok(_) => Err(fault(format!("`{}` is too large", shown(text)), shape)),
        Err(_) => Err(fault(format!("`{}` is no number", shown(text)), shape)),
    }
}

fn find_unit<T: Copy>(
    text: &str,
    unit: &str,
    units: &[(&str, T)],
    shape: &str,
) -> Result<T, UnitError> {
    if let Some((_, scale)) = units.iter().find(|(name, _)| *name == unit) {
        return Ok(*scale);
    }
    if unit.is_empty() {
        return Err(fault(format!("`{}` has no unit", shown(text)), shape));
    }
    let names = || units.iter().map(|(name, _)| *name);
    let folded = names().find(|name| name.eq_ignore_ascii_case(unit));
    let help = match folded.or_else(|| closest(unit, names())) {
        Some(name) => format!("did you mean {}? {shape}", list([name])),
        None => shape.to_owned(),
    };
    Err(fault(format!("`{}` has no known unit", shown(text)), &help))
}

fn fault(message: String, help: &str) -> UnitError {
    UnitError { message, help: help.to_owned() }
}

/// `text` as it may stand in a message: short and printable.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
#[path = "units_tests.rs"]
mod tests;
