//! A printed number: its value, its unit, and how far its digits reach.

use std::fmt;

use sim::input::{closest, list, parse_bytes, parse_duration};

/// What a figure counts. Figures of different dimensions do not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Time, in s.
    Time,
    /// Events per time, in 1/s.
    Rate,
    /// Memory, in bytes.
    Memory,
    /// Anything without a unit: counts, ratios, shares, busy cores.
    Number,
}

/// A range of values, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Range {
    /// One value.
    pub fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// Have the two a value in common? A part in a million is left to rounding.
    pub fn meets(self, other: Self) -> bool {
        let slack = 1e-6 * self.high.abs().max(other.high.abs());
        self.low <= other.high + slack && other.low <= self.high + slack
    }
}

/// A figure as somebody printed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Best value, in s, 1/s, bytes or without a unit.
    pub value: f64,
    /// What its digits allow: half a unit of the last one either way, or a tenth
    /// of the value where the text says "about".
    pub range: Range,
    /// What it counts.
    pub dimension: Dimension,
    /// As printed, with its unit.
    pub text: String,
}

/// How far "about" reaches, as a share of the value.
const ABOUT: f64 = 0.1;

const SHAPE: &str = "write a number with its unit, like \"8 ms\", \"1500/s\", \"15 GB\", \"70 %\" \
                     or \"9.4 x\", and `~` before it for \"about\"";

/// A figure could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct FigureError {
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

fn refuse<T>(message: String, help: impl Into<String>) -> Result<T, FigureError> {
    Err(FigureError { message, help: help.into() })
}

impl Figure {
    /// Reads `~12.5 ms`, `1500/s`, `600/h`, `15 GB`, `99.98 %`, `9.4 x` or `42`.
    ///
    /// # Errors
    /// No number, a negative one, or an unknown unit.
    pub fn parse(text: &str) -> Result<Self, FigureError> {
        let text = text.trim();
        let (about, rest) = match text.strip_prefix('~') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, unit) = (&rest[..end], rest[end..].trim());
        let Ok(value) = number.parse::<f64>() else {
            return refuse(format!("`{}` does not start with a number", shorten(text)), SHAPE);
        };
        let (worth, dimension) = unit_of(unit, text)?;
        let decimals = number.split_once('.').map_or(0, |(_, digits)| digits.len() as i32);
        let half = if about { ABOUT * value } else { 0.5 * 10f64.powi(-decimals) };
        let range = Range { low: (value - half).max(0.0) * worth, high: (value + half) * worth };
        if !range.high.is_finite() {
            return refuse(format!("`{}` is too large", shorten(text)), SHAPE);
        }
        Ok(Self { value: value * worth, range, dimension, text: text.to_owned() })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// What one of `unit` is worth, and what it counts.
fn unit_of(unit: &str, text: &str) -> Result<(f64, Dimension), FigureError> {
    match unit {
        "" | "x" => return Ok((1.0, Dimension::Number)),
        "%" => return Ok((0.01, Dimension::Number)),
        "/s" => return Ok((1.0, Dimension::Rate)),
        "/min" => return Ok((1.0 / 60.0, Dimension::Rate)),
        "/h" => return Ok((1.0 / 3600.0, Dimension::Rate)),
        _ => {}
    }
    let one = format!("1 {unit}");
    if let Ok(time) = parse_duration(&one) {
        return Ok((time.as_secs(), Dimension::Time));
    }
    if let Ok(bytes) = parse_bytes(&one) {
        return Ok((bytes as f64, Dimension::Memory));
    }
    let known = [
        "x", "%", "/s", "/min", "/h", "ns", "us", "ms", "s", "min", "h", "B", "kB", "MB", "GB",
        "KiB", "MiB", "GiB",
    ];
    let help = match closest(unit, known) {
        Some(unit) => format!("did you mean {}? {SHAPE}", list([unit])),
        None => SHAPE.to_owned(),
    };
    refuse(format!("`{}` has no known unit", shorten(text)), help)
}

/// `text` as it may stand in a message.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 40;
    let mut short: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        short.push_str("...");
    }
    short
}

/// `value` of `dimension` for people: three digits and the unit that fits.
pub fn show(value: f64, dimension: Dimension) -> String {
    let scales: &[(&str, f64)] = match dimension {
        Dimension::Time => &[(" h", 3600.0), (" s", 1.0), (" ms", 1e-3), (" us", 1e-6)],
        Dimension::Rate => &[("/s", 1.0), ("/h", 1.0 / 3600.0)],
        Dimension::Memory => &[(" GB", 1e9), (" MB", 1e6), (" kB", 1e3), (" B", 1.0)],
        Dimension::Number => &[("", 1.0)],
    };
    let fits = scales.iter().find(|(_, worth)| value.abs() >= *worth);
    let (unit, worth) = fits.or(scales.last()).copied().unwrap_or(("", 1.0));
    format!("{}{unit}", digits(value / worth))
}

/// Three significant digits, all digits of whole numbers.
pub fn digits(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size == 0.0 || size >= 100.0 => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        _ if size >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Figure {
        Figure::parse(text).unwrap()
    }

    #[test]
    fn units_are_si_and_digits_make_the_range() {
        assert_eq!(read("8 ms").range, Range { low: 0.0075, high: 0.0085 });
    }

    #[test]
    fn about_is_a_tenth_either_way() {
        assert_eq!(read("~50 s").range, Range { low: 45.0, high: 55.0 });
    }

    #[test]
    fn every_dimension_has_its_units() {
        for (text, value, dimension) in [
            ("600/h", 1.0 / 6.0, Dimension::Rate),
            ("15 GB", 15e9, Dimension::Memory),
            ("800 %", 8.0, Dimension::Number),
            ("9.4x", 9.4, Dimension::Number),
            ("11.25 min", 675.0, Dimension::Time),
        ] {
            let figure = read(text);
            assert!((figure.value / value - 1.0).abs() < 1e-12, "{text}: {figure:?}");
            assert_eq!(figure.dimension, dimension, "{text}");
        }
    }

    #[test]
    fn what_is_no_figure_says_what_to_write() {
        for text in ["", "-3 ms", "fast", "3 parsecs", "~", "1e400"] {
            let error = Figure::parse(text).unwrap_err();
            assert!(error.help.contains("8 ms"), "{text}: {error}");
        }
        assert!(Figure::parse("3 sec").unwrap_err().help.contains("did you mean"));
    }

    #[test]
    fn numbers_are_shown_with_three_digits() {
        assert_eq!(show(0.0123, Dimension::Time), "12.3 ms");
        assert_eq!(show(45e9, Dimension::Memory), "45 GB");
        assert_eq!(digits(9.375), "9.38");
        assert_eq!(digits(0.99), "0.99");
    }
}
