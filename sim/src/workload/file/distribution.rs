//! Distributions of durations: a string, or a table that names one.

use std::sync::Arc;

use super::arrivals::CV_RANGE;
use super::{Context, keys};
use crate::input::{
    Fault, InputError, InputKind, Reported, Section, Source, Value, duration, elements, number,
    parse_duration, positive_duration, read_limited, text,
};
use crate::kernel::SimDuration;
use crate::workload::distribution::Distribution;

/// Most values of an empirical distribution.
pub const MAX_EMPIRICAL: usize = 1_000_000;
/// Largest file of such values, in bytes.
const MAX_EMPIRICAL_BYTES: u64 = 64 << 20;
/// Largest ratio of p99 to median. Beyond it the mean of a lognormal is made
/// by values that no finite run draws.
const MAX_LOGNORMAL_RATIO: f64 = 1000.0;

/// A distribution with a mean above zero.
pub(super) fn distribution<'a>(
    context: Context<'a>,
    value: &'a Value<'a>,
) -> Result<Distribution, Reported> {
    let read = distribution_or_zero(context, value)?;
    match read {
        Distribution::Constant(SimDuration::ZERO) => Err(context.reader.report(
            Fault::new(value.span(), "a segment of no time does nothing").help("leave it out"),
        )),
        other => Ok(other),
    }
}

/// A distribution, or a constant zero.
pub(super) fn distribution_or_zero<'a>(
    context: Context<'a>,
    value: &'a Value<'a>,
) -> Result<Distribution, Reported> {
    if !value.get_ref().is_table() {
        return Ok(Distribution::Constant(
            context.reader.check(duration(value).map_err(or_table))?,
        ));
    }
    let section = Section::open(context.reader, value, &keys::DISTRIBUTION)?;
    let (kind, value) = section.exactly_one("distribution", keys::DISTRIBUTION_KINDS)?;
    let open = |keys| Section::open(context.reader, value, keys);
    match kind {
        "exponential" => {
            let mean = open(&keys::EXPONENTIAL)?.required("mean", positive_duration)?;
            Ok(Distribution::Exponential { mean })
        }
        "gamma" => gamma(&open(&keys::GAMMA)?),
        "lognormal" => lognormal(&open(&keys::LOGNORMAL)?),
        _ => empirical(context, &open(&keys::EMPIRICAL)?),
    }
}

fn or_table(fault: Fault) -> Fault {
    let also = "a distribution is a table, like { exponential = { mean = \"5 ms\" } }";
    Fault { notes: vec![also.to_owned()], ..fault }
}

fn gamma(section: &Section<'_>) -> Result<Distribution, Reported> {
    let mean = section.required("mean", positive_duration);
    let cv = section.required("cv", |value| number(value, CV_RANGE.0, CV_RANGE.1));
    Ok(Distribution::Gamma { mean: mean?, cv: cv? })
}

fn lognormal(section: &Section<'_>) -> Result<Distribution, Reported> {
    let median = section.required("median", positive_duration);
    let p99 = section.required("p99", positive_duration);
    let (median, p99) = (median?, p99?);
    let ratio = p99.0 as f64 / median.0 as f64;
    if ratio > 1.0 && ratio <= MAX_LOGNORMAL_RATIO {
        return Ok(Distribution::Lognormal { median, p99 });
    }
    Err(section.fail(
        section.span_of("p99"),
        format!("p99 is {ratio:.3} times the median"),
        format!("it must be above the median and at most {MAX_LOGNORMAL_RATIO} times as long"),
    ))
}

fn empirical<'a>(context: Context<'a>, section: &Section<'a>) -> Result<Distribution, Reported> {
    let (source, value) = section.exactly_one("source of values", keys::EMPIRICAL_SOURCES)?;
    let values = if source == "values" {
        context.reader.check(listed(value))?
    } else {
        let path = context.base_dir.join(context.reader.check(text(value))?);
        let text = read_limited(InputKind::Workload, &path, MAX_EMPIRICAL_BYTES);
        text.and_then(|text| lines(&Source::new(InputKind::Workload, &path, &text)))
            .map_err(|error| context.reader.report_elsewhere(*error))?
    };
    if values.iter().all(|value| value.is_zero()) {
        let message = "an empirical distribution needs a value above zero";
        return Err(section.fail(value.span(), message, "add the durations that were observed"));
    }
    Ok(Distribution::Empirical(Arc::from(values)))
}

fn listed(value: &Value<'_>) -> Result<Vec<SimDuration>, Fault> {
    elements(value, MAX_EMPIRICAL)?.iter().map(duration).collect()
}

/// One duration per line; empty lines and lines that start with `#` are skipped.
fn lines(source: &Source) -> Result<Vec<SimDuration>, Box<InputError>> {
    let mut values = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let (message, help) = match parse_duration(content) {
            Ok(value) if values.len() < MAX_EMPIRICAL => {
                values.push(value);
                continue;
            }
            Ok(_) => (format!("more than {MAX_EMPIRICAL} values"), "draw a sample".to_owned()),
            Err(error) => (error.message, error.help),
        };
        let at = Source { text: Arc::from(line), first_line: index + 1, ..source.clone() };
        return Err(Box::new(at.error(Fault::new(0..line.len(), message).help(help))));
    }
    Ok(values)
}
