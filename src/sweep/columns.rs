//! Columns for what is varied: numbers in base units where all values are
//! quantities of one kind, else text.

use sim::input::{parse_bytes, parse_duration, parse_rate, parse_share};
use tables::{Kind, Value};
use toml_edit::Value as Toml;

use super::axis::plain;

/// One axis as a column.
#[derive(Clone, Debug)]
pub struct AxisColumn {
    pub name: String,
    pub reading: Reading,
}

/// How the values of an axis are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Flag,
    Integer,
    Number,
    PerSecond,
    Seconds,
    Bytes,
    NanosecondsPerByte,
    Text,
}

impl Reading {
    /// The most telling first; everything reads as text.
    const ALL: [Self; 8] = [
        Self::Flag,
        Self::Integer,
        Self::Number,
        Self::PerSecond,
        Self::Seconds,
        Self::Bytes,
        Self::NanosecondsPerByte,
        Self::Text,
    ];

    fn suffix(self) -> &'static str {
        match self {
            Self::PerSecond => "_per_s",
            Self::Seconds => "_s",
            Self::Bytes => "_bytes",
            Self::NanosecondsPerByte => "_ns_per_byte",
            Self::Flag | Self::Integer | Self::Number | Self::Text => "",
        }
    }

    pub fn kind(self) -> Kind {
        match self {
            Self::Flag => Kind::Flag,
            Self::Integer => Kind::Integer,
            Self::Text => Kind::Text,
            _ => Kind::Number,
        }
    }

    /// `value` so read, if it can be.
    pub fn read(self, value: &Toml) -> Option<Value> {
        let text = value.as_str();
        let number = match self {
            Self::Flag => return value.as_bool().map(Value::Flag),
            Self::Integer => return value.as_integer().map(Value::Integer),
            Self::Text => return Some(Value::Text(plain(value))),
            Self::Number => match value.as_integer() {
                Some(integer) => integer as f64,
                None => value.as_float().or_else(|| parse_share(text?).ok())?,
            },
            Self::PerSecond => parse_rate(text?).ok()?,
            Self::Seconds => parse_duration(text?).ok()?.as_secs(),
            Self::Bytes => parse_bytes(text?).ok()? as f64,
            Self::NanosecondsPerByte => text?.strip_suffix("ns/B")?.trim().parse().ok()?,
        };
        Some(Value::Number(number)).filter(|_| number.is_finite())
    }
}

impl AxisColumn {
    /// The column of the axis `path` with these values.
    pub fn new<'a>(path: &str, values: impl Iterator<Item = &'a Toml> + Clone) -> Self {
        let fits = |reading: &Reading| values.clone().all(|value| reading.read(value).is_some());
        let reading = Reading::ALL.into_iter().find(fits).unwrap_or(Reading::Text);
        Self { name: format!("{path}{}", reading.suffix()), reading }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(list: &str) -> (String, Value) {
        let axis = super::super::from_argument(&format!("x={list}")).unwrap();
        let column = AxisColumn::new("x", axis.settings.iter().map(|setting| &setting.value));
        (column.name, column.reading.read(&axis.settings[0].value).unwrap())
    }

    #[test]
    fn quantities_of_one_kind_become_numbers_in_base_units() {
        let number = |name: &str, value| (name.to_owned(), Value::Number(value));
        assert_eq!(column("60/min,2/s"), number("x_per_s", 1.0));
        assert_eq!(column("5 ms,1 s"), number("x_s", 0.005));
        assert_eq!(column("1 KiB,0 B"), number("x_bytes", 1024.0));
        assert_eq!(column("0.3 ns/B"), number("x_ns_per_byte", 0.3));
        assert_eq!(column("70 %,0.5,1"), number("x", 0.7));
        assert_eq!(column("3,4"), ("x".to_owned(), Value::Integer(3)));
        assert_eq!(column("true"), ("x".to_owned(), Value::Flag(true)));
    }

    #[test]
    fn mixed_values_stay_text() {
        assert_eq!(column("5 ms,1 KiB"), ("x".to_owned(), Value::Text("5 ms".to_owned())));
        assert_eq!(column("fifo"), ("x".to_owned(), Value::Text("fifo".to_owned())));
        assert_eq!(column("inf").1, Value::Text("inf".to_owned()));
    }
}
