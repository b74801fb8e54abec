//! Single TOML values: each function takes one, or says what is wrong with it.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use crate::input::suggest::{closest, list};
use crate::input::units::{UnitError, parse_bytes, parse_duration, parse_rate, parse_share, shown};
use crate::kernel::SimDuration;

/// Lowest rate, in requests/s: at one an hour a million requests still take less
/// time than `SimTime` can tell.
pub(crate) const MIN_RATE: f64 = 1.0 / 3600.0;

/// A TOML value and where it stands.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// What is wrong at some bytes of a text that is known from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which bytes.
    pub span: Range<usize>,
    /// One sentence without a full stop.
    pub message: String,
    /// A few words for the caret.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// What else to know.
    pub notes: Vec<String>,
}

impl Fault {
    /// `message` about the bytes of `span`.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: None, help: None, notes: Vec::new() }
    }

    /// With words for the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

fn unit_fault(span: Range<usize>, error: UnitError) -> Fault {
    Fault::new(span, error.message).help(error.help)
}

/// The value's type is not what the key needs.
pub(crate) fn wrong_type(value: &Value<'_>, wanted: &str) -> Fault {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Fault::new(value.span(), format!("expected {wanted}, found {found}"))
        .label(format!("expected {wanted}"))
        .help(format!("write {wanted}"))
}

/// A string.
pub fn text<'v>(value: &'v Value<'_>) -> Result<&'v str, Fault> {
    value.get_ref().as_str().ok_or_else(|| wrong_type(value, "a string"))
}

/// `true` or `false`.
pub(crate) fn boolean(value: &Value<'_>) -> Result<bool, Fault> {
    value
        .get_ref()
        .as_bool()
        .ok_or_else(|| wrong_type(value, "true or false").help("write it without quotes"))
}

/// A string with a unit; a bare number is told which unit it may lack.
fn with_unit<T>(
    value: &Value<'_>,
    wanted: &str,
    example: &str,
    parse: impl Fn(&str) -> Result<T, UnitError>,
) -> Result<T, Fault> {
    match value.get_ref() {
        DeValue::String(text) => parse(text).map_err(|error| unit_fault(value.span(), error)),
        DeValue::Integer(_) | DeValue::Float(_) => {
            let number = number_text(value).unwrap_or_default();
            Err(Fault::new(value.span(), format!("`{}` has no unit", shown(number)))
                .label(format!("expected {wanted}"))
                .help(format!("write it in quotes with its unit, like \"{example}\"")))
        }
        _ => Err(wrong_type(value, wanted).help(format!("write it like \"{example}\""))),
    }
}

/// A duration, possibly zero.
pub(crate) fn duration(value: &Value<'_>) -> Result<SimDuration, Fault> {
    with_unit(value, "a duration", "5 ms", parse_duration)
}

/// A duration above zero.
pub fn positive_duration(value: &Value<'_>) -> Result<SimDuration, Fault> {
    match duration(value)? {
        SimDuration::ZERO => Err(Fault::new(value.span(), "this duration must be above zero")
            .help("leave the key out if it does not apply")),
        above => Ok(above),
    }
}

/// A size in bytes, possibly zero.
pub(crate) fn bytes(value: &Value<'_>) -> Result<u64, Fault> {
    with_unit(value, "a size", "24 MB", parse_bytes)
}

/// A rate above zero, in requests/s.
pub(crate) fn rate(value: &Value<'_>) -> Result<f64, Fault> {
    let rate = with_unit(value, "a rate", "100/s", parse_rate)?;
    if rate < MIN_RATE {
        return Err(Fault::new(value.span(), "this rate must be at least 1/h")
            .help("for a fixed number of requests use [arrivals.batch]"));
    }
    Ok(rate)
}

/// A rate, possibly zero, in requests/s.
pub(crate) fn rate_or_zero(value: &Value<'_>) -> Result<f64, Fault> {
    with_unit(value, "a rate", "100/s", parse_rate)
}

/// A share above 0 and at most 1, as a number or with `%`.
pub(crate) fn share(value: &Value<'_>) -> Result<f64, Fault> {
    let share = match value.get_ref() {
        DeValue::String(text) => parse_share(text),
        DeValue::Integer(_) | DeValue::Float(_) => {
            parse_share(number_text(value).unwrap_or_default())
        }
        _ => return Err(wrong_type(value, "a share").help("write 0.7 or \"70 %\"")),
    };
    match share.map_err(|error| unit_fault(value.span(), error))? {
        0.0 => Err(Fault::new(value.span(), "this share must be above zero")
            .help("leave it out if it does not apply")),
        above => Ok(above),
    }
}

/// A number from `low` to `high`.
pub(crate) fn number(value: &Value<'_>, low: f64, high: f64) -> Result<f64, Fault> {
    let wanted = format!("a number from {low} to {high}");
    let text = number_text(value).ok_or_else(|| wrong_type(value, &wanted))?;
    match text.parse::<f64>() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(Fault::new(value.span(), format!("`{}` is not {wanted}", shown(text)))
            .help(format!("write {wanted}"))),
    }
}

/// A whole number from 1 to `most`.
pub fn count_up_to(value: &Value<'_>, most: u64) -> Result<u64, Fault> {
    count_between(value, 1, most)
}

/// A whole number from `least` to `most`.
pub(crate) fn count_between(value: &Value<'_>, least: u64, most: u64) -> Result<u64, Fault> {
    let wanted = format!("a whole number from {least} to {most}");
    let DeValue::Integer(number) = value.get_ref() else {
        return Err(wrong_type(value, &wanted));
    };
    match u64::from_str_radix(number.as_str(), number.radix()) {
        Ok(count) if (least..=most).contains(&count) => Ok(count),
        _ => Err(Fault::new(value.span(), format!("`{}` is not {wanted}", shown(number.as_str())))
            .help(format!("write {wanted}"))),
    }
}

/// A name: letters, digits, `-`, `_` and `.`, so that it needs no quoting in
/// tables, file names and traces.
pub fn identifier(value: &Value<'_>) -> Result<String, Fault> {
    const MOST: usize = 64;
    let name = text(value)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.chars().count() > MOST || !name.chars().all(plain) {
        return Err(Fault::new(value.span(), format!("`{}` cannot be a name", shown(name)))
            .help(format!("use 1 to {MOST} letters, digits, `-`, `_` and `.`")));
    }
    Ok(name.to_owned())
}

/// One of `options`, by name.
pub fn one_of<T: Copy>(value: &Value<'_>, options: &[(&str, T)]) -> Result<T, Fault> {
    let word = text(value)?;
    let names = || options.iter().map(|(name, _)| *name);
    options.iter().find(|(name, _)| *name == word).map(|(_, option)| *option).ok_or_else(|| {
        let known = list(names());
        let help = match closest(word, names()) {
            Some(name) => format!("did you mean `{name}`? Write {known}"),
            None => format!("write {known}"),
        };
        Fault::new(value.span(), format!("`{}` is not known here", shown(word))).help(help)
    })
}

/// The elements of a list, of which there are at most `most`.
pub fn elements<'v, 'i>(value: &'v Value<'i>, most: usize) -> Result<&'v [Value<'i>], Fault> {
    let list = value.get_ref().as_array().ok_or_else(|| wrong_type(value, "a list"))?;
    if list.len() > most {
        let message = format!("this list has {} elements, at most {most} are allowed", list.len());
        return Err(Fault::new(value.span(), message).help("shorten it"));
    }
    Ok(list)
}

/// The digits of a number, as `str::parse` takes them; `None` if it is none or
/// not decimal.
fn number_text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value.get_ref() {
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
        DeValue::Float(number) => Some(number.as_str()),
        _ => None,
    }
}
