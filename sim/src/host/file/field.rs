//! What a key of a calibration table can hold, read and written by one description.

use std::fmt::Display;

use crate::host::parameters::Uncertain;
use crate::host::{Origin, Parameter, WakeOrder};
use crate::input::{
    Fault, Keys, MAX_BYTES, Reported, Section, Value, bytes, duration, format_bytes,
    format_duration, number, one_of, shown, text,
};
use crate::kernel::SimDuration;

pub(super) const PARAMETER: Keys =
    Keys { table: "a parameter", keys: &["value", "low", "high", "origin", "note", "fit_error"] };

/// A fit that is off by more than this explains nothing.
const MAX_FIT_ERROR: f64 = 1e6;

const ORIGINS: [Origin; 3] = [Origin::Measured, Origin::Published, Origin::Assumed];
const WAKE_ORDERS: [(&str, WakeOrder); 4] = [
    ("random", WakeOrder::Random),
    ("fifo", WakeOrder::Fifo),
    ("requeue", WakeOrder::Requeue),
    ("lifo", WakeOrder::Lifo),
];

/// A key's value: how it is read, and how it is written so that it reads back.
pub(super) trait Field {
    type Value;
    fn read(&self, section: &Section<'_>, key: &str) -> Result<Self::Value, Reported>;
    fn written(&self, value: &Self::Value) -> String;
    /// The value as a number with a range, if it is one.
    fn uncertain<'v>(&self, value: &'v mut Self::Value) -> Option<&'v mut dyn Uncertain>;
}

/// A physical quantity: its unit and the range that makes sense.
pub(super) trait Quantity {
    type Value: Copy + PartialOrd + Display;
    fn read(&self, value: &Value<'_>) -> Result<Self::Value, Fault>;
    fn written(&self, value: Self::Value) -> String;
}

/// A duration from `.0` to `.1`.
pub(super) struct Time(pub(super) SimDuration, pub(super) SimDuration);
/// A number from `.0` to `.1`.
pub(super) struct Number(pub(super) f64, pub(super) f64);
/// A size in bytes.
pub(super) struct Size;
/// Nanoseconds per byte, at most `.0`.
pub(super) struct PerByte(pub(super) f64);
/// Which waiter of a lock is woken.
pub(super) struct Order;

impl Quantity for Time {
    type Value = SimDuration;

    fn read(&self, value: &Value<'_>) -> Result<SimDuration, Fault> {
        match duration(value)? {
            time if (self.0..=self.1).contains(&time) => Ok(time),
            time => Err(Fault::new(value.span(), format!("{time} is out of range")).help(format!(
                "write {} to {}",
                format_duration(self.0),
                format_duration(self.1)
            ))),
        }
    }

    fn written(&self, value: SimDuration) -> String {
        format!("\"{}\"", format_duration(value))
    }
}

impl Quantity for Number {
    type Value = f64;

    fn read(&self, value: &Value<'_>) -> Result<f64, Fault> {
        number(value, self.0, self.1)
    }

    fn written(&self, value: f64) -> String {
        format!("{value:?}")
    }
}

impl Quantity for Size {
    type Value = u64;

    fn read(&self, value: &Value<'_>) -> Result<u64, Fault> {
        bytes(value)
    }

    fn written(&self, value: u64) -> String {
        debug_assert!(value <= MAX_BYTES, "{value} bytes cannot be read back");
        format!("\"{}\"", format_bytes(value))
    }
}

impl Quantity for PerByte {
    type Value = f64;

    fn read(&self, value: &Value<'_>) -> Result<f64, Fault> {
        let written = text(value)?;
        let digits = written.trim().strip_suffix("ns/B").map(str::trim);
        match digits.and_then(|digits| digits.parse::<f64>().ok()) {
            Some(cost) if (0.0..=self.0).contains(&cost) => Ok(cost),
            _ => Err(Fault::new(value.span(), format!("`{}` is no time per byte", shown(written)))
                .help(format!("write 0 to {} nanoseconds per byte, like \"0.3 ns/B\"", self.0))),
        }
    }

    fn written(&self, value: f64) -> String {
        format!("\"{value:?} ns/B\"")
    }
}

impl Field for Order {
    type Value = WakeOrder;

    fn read(&self, section: &Section<'_>, key: &str) -> Result<WakeOrder, Reported> {
        section.required(key, |value| one_of(value, &WAKE_ORDERS))
    }

    fn written(&self, value: &WakeOrder) -> String {
        let name = WAKE_ORDERS.iter().find(|(_, order)| order == value).map(|(name, _)| *name);
        quoted(name.unwrap_or_default())
    }

    fn uncertain<'v>(&self, _value: &'v mut WakeOrder) -> Option<&'v mut dyn Uncertain> {
        None
    }
}

impl<Q: Quantity> Field for Q
where
    Parameter<Q::Value>: Uncertain,
    Q::Value: 'static,
{
    type Value = Parameter<Q::Value>;

    fn read(&self, section: &Section<'_>, key: &str) -> Result<Self::Value, Reported> {
        let Some(table) = section.table(key, &PARAMETER)? else {
            return Err(section.missing(key));
        };
        let value = table.required("value", |value| Quantity::read(self, value));
        let low = table.required("low", |value| Quantity::read(self, value));
        let high = table.required("high", |value| Quantity::read(self, value));
        let (origin, note) = (origin(&table), note(&table));
        let fit_error = table.optional("fit_error", |value| number(value, 0.0, MAX_FIT_ERROR));
        let (value, low, high) = (value?, low?, high?);
        if !(low <= value && value <= high) {
            let message = format!("`{key}` is {value}, outside its own range {low} to {high}");
            return Err(section.fail(section.span_of(key), message, "widen low or high"));
        }
        Ok(Parameter { value, low, high, origin: origin?, note: note?, fit_error: fit_error? })
    }

    fn written(&self, parameter: &Self::Value) -> String {
        let Parameter { value, low, high, origin, note, fit_error } = parameter;
        let fit_error = fit_error.map_or(String::new(), |e| format!(", fit_error = {e:?}"));
        format!(
            "{{ value = {}, low = {}, high = {}, origin = \"{}\", note = {}{fit_error} }}",
            Quantity::written(self, *value),
            Quantity::written(self, *low),
            Quantity::written(self, *high),
            origin.name(),
            quoted(note),
        )
    }

    fn uncertain<'v>(&self, value: &'v mut Self::Value) -> Option<&'v mut dyn Uncertain> {
        Some(value)
    }
}

/// Where the numbers of `table` come from.
pub(super) fn origin(table: &Section<'_>) -> Result<Origin, Reported> {
    table.required("origin", |value| one_of(value, &ORIGINS.map(|o| (o.name(), o))))
}

/// What is said of them; not empty.
pub(super) fn note(table: &Section<'_>) -> Result<String, Reported> {
    table.required("note", |value| match text(value)?.trim() {
        "" => Err(Fault::new(value.span(), "an empty note explains nothing")
            .help("name the source or the method in a few words")),
        note => Ok(note.to_owned()),
    })
}

/// `text` as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
