//! What the real systems did: results of the validator for single claims.
//!
//! ```toml
//! [measured]
//! document = "tadween-benchmarks"   # name of the file of claims
//! host = "dev-2core"                # calibration of the machine
//! date = "2026-11-21"
//! command = "planner validate ..."
//!
//! [[result]]
//! claim = "t1-makespan"
//! value = "51.2 s"                  # median of the repeats
//! low = "50.8 s"                    # 95 % interval
//! high = "52.0 s"
//! repeats = 5
//! differs = ""                      # what was not as the document says
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use sim::input::InputError;
use toml::Spanned;

use crate::document::Document;
use crate::figure::Figure;
use crate::source::{Source, read, toml_error};

/// Largest file of results, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// One claim, measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Median of the repeats.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Runs behind it.
    pub repeats: u32,
    /// What was not as the document says; empty if nothing.
    pub differs: String,
    /// On which host.
    pub host: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    measured: Head,
    #[serde(default)]
    result: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    document: Spanned<String>,
    host: String,
    #[serde(rename = "date")]
    _date: String,
    #[serde(rename = "command")]
    _command: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    claim: Spanned<String>,
    value: Spanned<String>,
    low: Spanned<String>,
    high: Spanned<String>,
    repeats: u32,
    #[serde(default)]
    differs: String,
}

/// The results for `document` in the file at `path`, by claim; none if there is
/// no such file.
///
/// # Errors
/// The file breaks its format, is of another document, or names no claim.
pub fn load(
    path: &Path,
    document: &Document,
) -> Result<BTreeMap<String, Measured>, Vec<InputError>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = read(path, MAX_BYTES)?;
    parse(&text, path, document)
}

/// As [`load`], of a text.
///
/// # Errors
/// As for [`load`].
pub fn parse(
    text: &str,
    path: &Path,
    document: &Document,
) -> Result<BTreeMap<String, Measured>, Vec<InputError>> {
    let source = Source::new(path, text);
    let file: File = toml::from_str(text).map_err(|error| toml_error(&source, &error))?;
    let name = &file.measured.document;
    if *name.get_ref() != document.name {
        let message = format!("these are results of another document, not of `{}`", document.name);
        return Err(vec![source.error(name.span(), message, "name the file after its document")]);
    }
    let (mut results, mut errors) = (BTreeMap::new(), Vec::new());
    for row in file.result {
        match result(&row, &file.measured.host, document) {
            Ok(measured) => {
                results.insert(row.claim.into_inner(), measured);
            }
            Err((span, message)) => {
                let help = "a result has the unit of its claim, and low <= value <= high";
                errors.push(source.error(span, message, help));
            }
        }
    }
    if errors.is_empty() { Ok(results) } else { Err(errors) }
}

fn result(
    row: &Row,
    host: &str,
    document: &Document,
) -> Result<Measured, (std::ops::Range<usize>, String)> {
    let claim = document.claim(row.claim.get_ref());
    let claim = claim.ok_or((row.claim.span(), "there is no such claim".to_owned()))?;
    let read = |text: &Spanned<String>| match Figure::parse(text.get_ref()) {
        Ok(figure) if figure.dimension == claim.quantity.dimension() => Ok(figure.value),
        Ok(_) => Err((text.span(), format!("this is no {}", claim.quantity.name()))),
        Err(error) => Err((text.span(), error.message)),
    };
    let (value, low, high) = (read(&row.value)?, read(&row.low)?, read(&row.high)?);
    if !(low..=high).contains(&value) {
        return Err((row.value.span(), "the value lies outside its interval".to_owned()));
    }
    let (repeats, differs) = (row.repeats, row.differs.clone());
    Ok(Measured { value, low, high, repeats, differs, host: host.to_owned() })
}
