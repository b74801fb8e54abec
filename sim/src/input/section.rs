//! One table of a document, its keys known beforehand.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::input::quantity::{Fault, Value, wrong_type};
use crate::input::reader::{Keys, Reader, Reported};
use crate::input::suggest::{closest, list};
use crate::input::units::shown;

/// A table whose unknown keys have been reported.
pub struct Section<'a> {
    /// Knows what was found wrong.
    pub reader: &'a Reader,
    keys: &'static Keys,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    /// Known keys that an unknown one probably stands for. Saying that they
    /// are missing as well would report one slip twice.
    misspelt: Vec<(&'static str, Reported)>,
}

impl<'a> Section<'a> {
    /// `value` as the table that `keys` describes. An unknown key is reported,
    /// and the known ones can still be read.
    pub fn open(
        reader: &'a Reader,
        value: &'a Value<'a>,
        keys: &'static Keys,
    ) -> Result<Self, Reported> {
        let DeValue::Table(table) = value.get_ref() else {
            let wanted = format!("a table {}", keys.table);
            return Err(reader.report(
                wrong_type(value, &wanted)
                    .help(format!("its keys are {}", list(keys.keys.iter().copied()))),
            ));
        };
        let mut section = Self { reader, keys, table, span: value.span(), misspelt: Vec::new() };
        section.report_unknown_keys();
        Ok(section)
    }

    fn report_unknown_keys(&mut self) {
        for key in self.table.keys() {
            let known = || self.keys.keys.iter().copied();
            if known().any(|name| name == key.get_ref().as_ref()) {
                continue;
            }
            let all = format!("known here: {}", list(known()));
            let near = closest(key.get_ref(), known());
            let help = match near {
                Some(name) => format!("did you mean `{name}`? {all}"),
                None => all,
            };
            let message = format!("unknown key `{}` in {}", shown(key.get_ref()), self.keys.table);
            let fault = Fault::new(key.span(), message).label("not a key of this table");
            let reported = self.reader.report(fault.help(help));
            if let Some(name) = near.filter(|name| !self.table.contains_key(*name)) {
                self.misspelt.push((name, reported));
            }
        }
    }

    /// The report of a key that probably stands for one of `options`.
    fn misspelt(&self, options: &[&str]) -> Option<Reported> {
        let stands_for = |(name, _): &&(&str, Reported)| options.contains(name);
        self.misspelt.iter().find(stands_for).map(|(_, reported)| *reported)
    }

    /// The value of `key`, unparsed.
    pub fn value(&self, key: &str) -> Option<&'a Value<'a>> {
        debug_assert!(self.keys.keys.contains(&key), "{key} is not listed for {}", self.keys.table);
        self.table.get(key)
    }

    /// Where to point for `key`: its value, or the table if it is missing.
    pub fn span_of(&self, key: &str) -> Range<usize> {
        self.value(key).map_or_else(|| self.span.clone(), Value::span)
    }

    /// The value of `key`, if it is there.
    pub fn optional<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&'a Value<'a>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Reported> {
        self.value(key).map(|value| self.reader.check(parse(value))).transpose()
    }

    /// The value of `key`, or `default`.
    pub fn or<T>(
        &self,
        key: &str,
        default: T,
        parse: impl FnOnce(&'a Value<'a>) -> Result<T, Fault>,
    ) -> Result<T, Reported> {
        Ok(self.optional(key, parse)?.unwrap_or(default))
    }

    /// The value of `key`, which has to be there.
    pub fn required<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&'a Value<'a>) -> Result<T, Fault>,
    ) -> Result<T, Reported> {
        match self.optional(key, parse)? {
            Some(value) => Ok(value),
            None => Err(self.missing(key)),
        }
    }

    /// The table under `key`, if it is there.
    pub fn table(&self, key: &str, keys: &'static Keys) -> Result<Option<Section<'a>>, Reported> {
        self.value(key).map(|value| Section::open(self.reader, value, keys)).transpose()
    }

    /// The one key of `options` that is there, with its value.
    pub fn exactly_one(
        &self,
        what: &str,
        options: &[&'static str],
    ) -> Result<(&'static str, &'a Value<'a>), Reported> {
        let found: Vec<_> =
            options.iter().filter_map(|key| self.value(key).map(|value| (*key, value))).collect();
        match found.as_slice() {
            [only] => Ok(*only),
            [] => Err(self.misspelt(options).unwrap_or_else(|| {
                self.fail(
                    self.span.clone(),
                    format!("{} names no {what}", self.keys.table),
                    format!("write one of {}", list(options.iter().copied())),
                )
            })),
            [(first, _), (second, value), ..] => Err(self.fail(
                value.span(),
                format!("{} has both `{first}` and `{second}`", self.keys.table),
                format!("keep one: each has exactly one {what}"),
            )),
        }
    }

    /// Reports that `key` is missing.
    pub fn missing(&self, key: &str) -> Reported {
        self.misspelt(&[key]).unwrap_or_else(|| {
            let message = format!("{} has no `{key}`", self.keys.table);
            self.fail(self.span.clone(), message, format!("add `{key} = ...`"))
        })
    }

    /// Reports that the table `key` is missing.
    pub fn missing_table(&self, key: &str, example: &str) -> Reported {
        self.misspelt(&[key]).unwrap_or_else(|| {
            let message = format!("{} has no [{key}]", self.keys.table);
            self.fail(self.span.clone(), message, format!("add it, {example}"))
        })
    }

    /// Reports `message` at `span`.
    pub fn fail(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Reported {
        self.reader.report(Fault::new(span, message).help(help))
    }
}
