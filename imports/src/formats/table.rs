//! Tables with one row per request: CSV and Parquet.

use std::borrow::Cow;

use csv::StringRecord;
use sim::input::{InputError, closest, list};
use tables::Column;

use crate::log::{Found, Log};
use crate::options::{Options, Unit};
use crate::source::Source;
use crate::stamp::Clock;

/// Largest Parquet file: it is read as a whole.
const MAX_PARQUET_BYTES: u64 = 1 << 30;
/// Names of the column that says when, without their unit.
const START: &[&str] = &[
    "start",
    "start_time",
    "started",
    "started_at",
    "timestamp",
    "time_stamp",
    "time",
    "ts",
    "at",
    "received",
    "received_at",
    "begin",
    "arrival",
    "datetime",
    "date",
];
/// Names of the column that says how long.
const DURATION: &[&str] = &[
    "duration",
    "latency",
    "elapsed",
    "response_time",
    "request_time",
    "service_time",
    "runtime",
    "took",
    "time_taken",
    "rt",
];
/// Names of the column that says what.
const CLASS: &[&str] =
    &["class", "name", "endpoint", "route", "task", "label", "path", "url", "operation", "method"];
/// Endings of names that are units.
const UNITS: &[(&str, Unit)] = &[
    ("_seconds", Unit::Seconds),
    ("_secs", Unit::Seconds),
    ("_sec", Unit::Seconds),
    ("_s", Unit::Seconds),
    ("_millis", Unit::Millis),
    ("_msec", Unit::Millis),
    ("_ms", Unit::Millis),
    ("_micros", Unit::Micros),
    ("_usec", Unit::Micros),
    ("_us", Unit::Micros),
    ("_nanos", Unit::Nanos),
    ("_ns", Unit::Nanos),
];

/// Where in a row the three values stand.
#[derive(Debug)]
struct Layout {
    start: usize,
    duration: usize,
    class: Option<usize>,
    unit: Unit,
}

/// Reads comma-separated values into `log`.
pub(crate) fn read_csv(
    source: &Source,
    options: &Options,
    log: &mut Log,
    clock: &mut Clock,
) -> Result<(), InputError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source.open()?);
    let headers = reader.headers().map_err(|error| source.error(error.to_string()))?.clone();
    let names: Vec<&str> = headers.iter().collect();
    let layout = layout(source, options, &names)?;
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = record.position().map_or(0, csv::Position::line);
                let cell = |index: usize| record.get(index).unwrap_or_default();
                let row = Cells {
                    start: cell(layout.start).into(),
                    duration: cell(layout.duration).into(),
                    class: layout.class.map_or("", cell).into(),
                };
                if let Err(what) = take(log, clock, &row, layout.unit) {
                    let text = record.iter().collect::<Vec<_>>().join(",");
                    log.unparsed(line, || source.line_error(line, &text, 0..text.len(), what));
                }
            }
            Err(error) if error.is_io_error() => return Err(source.error(error.to_string())),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                log.unparsed(line, || source.error(error.to_string()));
            }
        }
        log.check_soon(options.max_unparsed)?;
    }
}

/// Reads a Parquet file into `log`.
pub(crate) fn read_parquet(
    source: &Source,
    options: &Options,
    log: &mut Log,
    clock: &mut Clock,
) -> Result<(), InputError> {
    let size = std::fs::metadata(&source.path).map_or(0, |data| data.len());
    if size > MAX_PARQUET_BYTES {
        return Err(source
            .error(format!("a Parquet file of more than {} MiB", MAX_PARQUET_BYTES >> 20))
            .with_help("cut it, or write the three columns as CSV, which is read row by row"));
    }
    let table = tables::read(&source.path).map_err(|error| source.error(error.to_string()))?;
    let names: Vec<&str> = table.names().collect();
    let layout = layout(source, options, &names)?;
    let columns: Vec<&Column> = table.columns().map(|(_, column)| column).collect();
    for row in 0..table.rows() {
        let cell = |index: usize| Cow::from(columns[index].text(row));
        let cells = Cells {
            start: cell(layout.start),
            duration: cell(layout.duration),
            class: layout.class.map_or(Cow::from(""), cell),
        };
        if let Err(what) = take(log, clock, &cells, layout.unit) {
            let number = row as u64 + 1;
            log.unparsed(number, || source.error(format!("row {number}: {what}")));
        }
        log.check_soon(options.max_unparsed)?;
    }
    Ok(())
}

/// The three values of a row as text.
struct Cells<'a> {
    start: Cow<'a, str>,
    duration: Cow<'a, str>,
    class: Cow<'a, str>,
}

fn take(log: &mut Log, clock: &mut Clock, row: &Cells<'_>, unit: Unit) -> Result<(), String> {
    let Some(start) = clock.any(&row.start) else {
        return Err(format!("`{}` is no time", row.start));
    };
    let text = row.duration.trim();
    if text.is_empty() || text == "-" {
        log.counts.lines += 1;
        log.counts.untimed += 1;
        return Ok(());
    }
    let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) else {
        return Err(format!("`{text}` is no duration"));
    };
    let duration = (value * unit.nanos()).round() as i64;
    let class = if row.class.is_empty() { "request" } else { &row.class };
    log.push(Found { start, duration, class, bytes: 0, failed: false, stamp: start });
    Ok(())
}

/// `Response Time (ms)` and `responseTime_ms` are `response_time_ms`.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    for c in name.trim().trim_start_matches('\u{feff}').chars() {
        if c.is_ascii_uppercase() && plain.ends_with(|last: char| last.is_ascii_lowercase()) {
            plain.push('_');
        }
        match c {
            c if c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            _ if plain.ends_with('_') || plain.is_empty() => {}
            _ => plain.push('_'),
        }
    }
    plain.trim_end_matches('_').to_owned()
}

fn unit_of(plain: &str) -> (&str, Option<Unit>) {
    let found = UNITS.iter().find_map(|(end, unit)| Some((plain.strip_suffix(end)?, *unit)));
    found.map_or((plain, None), |(name, unit)| (name, Some(unit)))
}

fn layout(source: &Source, options: &Options, names: &[&str]) -> Result<Layout, InputError> {
    let columns = &options.columns;
    let find = |asked: &Option<String>, known: &[&str]| match asked {
        Some(name) => named(source, names, name).map(Some),
        None => {
            let is = |index: &usize, known: &str| unit_of(&plain(names[*index])).0 == known;
            let mut found =
                known.iter().filter_map(|known| (0..names.len()).find(|index| is(index, known)));
            Ok(found.next())
        }
    };
    let missing = |what: &str, flag: &str| {
        let shown = list(names.iter().copied());
        source
            .error(format!("no column says {what}; the columns are {shown}"))
            .with_help(format!("name it with {flag} COLUMN"))
    };
    let start = find(&columns.start, START)?;
    let start = start.ok_or_else(|| missing("when a request came", "--start"))?;
    let duration = find(&columns.duration, DURATION)?;
    let duration = duration.ok_or_else(|| missing("how long it took", "--duration"))?;
    let class = find(&columns.class, CLASS)?;
    let unit = columns.unit.or(unit_of(&plain(names[duration])).1);
    let unit = unit.ok_or_else(|| {
        source
            .error(format!("in which unit is `{}`?", names[duration].trim()))
            .with_help("name it, like --unit ms, or end the column's name in _s, _ms, _us or _ns")
    })?;
    Ok(Layout { start, duration, class, unit })
}

fn named(source: &Source, names: &[&str], wanted: &str) -> Result<usize, InputError> {
    let place = names.iter().position(|name| name.trim() == wanted);
    place.ok_or_else(|| {
        let help = match closest(wanted, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the columns are {}", list(names.iter().copied())),
        };
        source.error(format!("there is no column `{wanted}`")).with_help(help)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::options::Columns;
    use crate::source::source;

    fn of(names: &[&str], columns: Columns) -> Result<Layout, InputError> {
        let options = Options { columns, ..Options::default() };
        layout(&source(Path::new("t.csv")), &options, names)
    }

    #[test]
    fn columns_are_found_by_usual_names_with_their_unit() {
        for (names, unit) in [
            (["timestamp", "latency_ms", "endpoint"], Unit::Millis),
            (["startTime", "Response Time (s)", "Name"], Unit::Seconds),
            (["at_ns", "duration_us", "class"], Unit::Micros),
        ] {
            let found = of(&names, Columns::default()).unwrap();
            assert_eq!((found.start, found.duration, found.class), (0, 1, Some(2)), "{names:?}");
            assert_eq!(found.unit, unit);
        }
    }

    #[test]
    fn what_is_not_found_or_has_no_unit_is_asked_for() {
        let named = |unit| Columns { unit, ..Columns::default() };
        let message = |names: &[&str]| of(names, named(None)).unwrap_err().to_string();
        assert!(message(&["timestamp", "elapsed"]).contains("in which unit is `elapsed`"));
        assert!(message(&["timestamp", "x"]).contains("--duration"));
        assert!(message(&["x", "elapsed"]).contains("--start"));
        assert!(of(&["timestamp", "elapsed"], named(Some(Unit::Millis))).is_ok());
        let columns = Columns { start: Some("tmestamp".to_owned()), ..named(Some(Unit::Millis)) };
        let error = of(&["timestamp", "elapsed"], columns).unwrap_err();
        assert_eq!(error.help.as_deref(), Some("did you mean `timestamp`?"));
    }
}
