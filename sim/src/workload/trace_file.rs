//! Traces as CSV: `at_ns,class,segments_ns`, one request per line, and a fourth
//! column `key` if requests have keys.
//!
//! `segments_ns` holds the time of each segment of the class, separated by
//! spaces; empty, the times are drawn from the class. Nothing is quoted, since
//! no class name contains a comma. Read line by line, so that a large file
//! costs no more memory than its rows.

use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;
use std::sync::Arc;

use crate::input::{
    Fault, InputError, InputKind, MAX_DURATION, Source, closest, list, open_regular, shown,
};
use crate::kernel::{SimDuration, SimTime};
use crate::workload::{KeySpace, RequestClass, TraceRow, Workload};

/// Most rows of a trace.
pub const MAX_TRACE_ROWS: usize = 10_000_000;
/// Largest trace file, in bytes.
pub const MAX_TRACE_BYTES: u64 = 1 << 30;
/// Latest time of a trace: 366 days after its start.
pub const MAX_TRACE_SPAN: SimDuration = SimDuration(366 * 86_400 * 1_000_000_000);
/// Longest line, in bytes: every segment of the largest class, with room.
const MAX_LINE_BYTES: usize = 1 << 16;
const HEADER: &str = "at_ns,class,segments_ns";
const KEYED_HEADER: &str = "at_ns,class,segments_ns,key";

/// What the rows of a trace refer to.
#[derive(Clone, Copy)]
struct Known<'a> {
    classes: &'a [RequestClass],
    keys: Option<KeySpace>,
}

/// Reads the trace at `path`, whose rows name `classes` and, if there are any,
/// `keys`.
///
/// # Errors
/// The file cannot be read, is too large, or a line breaks the format: the
/// first such line.
pub fn read_trace(
    path: &Path,
    classes: &[RequestClass],
    keys: Option<KeySpace>,
) -> Result<Vec<TraceRow>, Box<InputError>> {
    let known = Known { classes, keys };
    let file = open_regular(InputKind::Workload, path, MAX_TRACE_BYTES)?;
    let whole = |message: String| {
        let error = InputError::whole_file(InputKind::Workload, path, message);
        Box::new(error.with_help(known.shape()))
    };
    let mut reader = BufReader::new(file.take(MAX_TRACE_BYTES));
    let mut line = Vec::new();
    let mut rows: Vec<TraceRow> = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = (&mut reader).take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line);
        if read.map_err(|error| whole(format!("this trace cannot be read: {error}")))? == 0 {
            break;
        }
        number += 1;
        let at_fault = |fault| line_error(path, &line, number, fault);
        let text = line_text(&line, known).map_err(at_fault)?;
        if number == 1 {
            check_header(text, known).map_err(at_fault)?;
            continue;
        }
        if rows.len() == MAX_TRACE_ROWS {
            let message = format!("the trace has more than {MAX_TRACE_ROWS} rows");
            return Err(at_fault(
                Fault::new(0..text.len(), message).help("cut it before this row"),
            ));
        }
        let before = rows.last().map_or(SimTime::ZERO, |row| row.at);
        rows.push(row(text, known, before).map_err(at_fault)?);
    }
    if rows.is_empty() {
        return Err(whole("this trace has no requests".to_owned()));
    }
    Ok(rows)
}

impl Known<'_> {
    /// Columns of each line.
    fn columns(self) -> usize {
        if self.keys.is_some() { 4 } else { 3 }
    }

    fn header(self) -> &'static str {
        if self.keys.is_some() { KEYED_HEADER } else { HEADER }
    }

    /// What a line looks like.
    fn shape(self) -> &'static str {
        if self.keys.is_some() {
            "write at_ns,class,segments_ns,key, like 1500000,echo,300000 2000000,17"
        } else {
            "write at_ns,class,segments_ns, like 1500000,echo,300000 2000000"
        }
    }
}

/// Writes `rows` of `workload` in the form that `read_trace` takes.
///
/// The rows of a closed load hold think times, not instants: they document
/// what was drawn but cannot be replayed.
///
/// # Errors
/// As `out`.
pub fn write_trace(
    out: &mut impl Write,
    rows: impl Iterator<Item = TraceRow>,
    workload: &Workload,
) -> io::Result<()> {
    let keyed = workload.keys.is_some();
    writeln!(out, "{}", if keyed { KEYED_HEADER } else { HEADER })?;
    for row in rows {
        write!(out, "{},{},", row.at.0, workload.classes[row.class].name)?;
        for (index, segment) in row.segments.iter().enumerate() {
            write!(out, "{}{}", if index == 0 { "" } else { " " }, segment.0)?;
        }
        if keyed {
            write!(out, ",{}", row.key)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn line_error(path: &Path, line: &[u8], number: usize, fault: Fault) -> Box<InputError> {
    let text = String::from_utf8_lossy(line);
    let source = Source {
        kind: InputKind::Workload,
        path: path.to_owned(),
        text: Arc::from(text.trim_end()),
        first_line: number,
    };
    Box::new(source.error(fault))
}

fn line_text<'a>(line: &'a [u8], known: Known<'_>) -> Result<&'a str, Fault> {
    if line.len() == MAX_LINE_BYTES && !line.ends_with(b"\n") {
        return Err(Fault::new(0..1, format!("this line is longer than {MAX_LINE_BYTES} bytes"))
            .help(known.shape()));
    }
    match std::str::from_utf8(line) {
        Ok(text) => Ok(text.strip_suffix('\n').unwrap_or(text).trim_end_matches('\r')),
        Err(error) => {
            let at = error.valid_up_to();
            Err(Fault::new(at..at + 1, "this line is not text").help("save the trace as UTF-8"))
        }
    }
}

fn check_header(text: &str, known: Known<'_>) -> Result<(), Fault> {
    let found = text.trim_start_matches('\u{feff}');
    if found == known.header() {
        return Ok(());
    }
    let (message, help) = match (found, known.keys) {
        (HEADER, Some(_)) => (
            "this trace has no keys, and the workload's requests do",
            "add the column `key`, or take [keys] out of the workload".to_owned(),
        ),
        (KEYED_HEADER, None) => (
            "this trace has keys, and the workload's requests do not",
            "add [keys] to the workload, or take the column `key` out".to_owned(),
        ),
        _ => (
            "the first line does not name the columns",
            format!("start the file with the line {}", known.header()),
        ),
    };
    Err(Fault::new(0..text.len(), message).help(help))
}

/// One line; no request comes earlier than `before`.
fn row(text: &str, known: Known<'_>, before: SimTime) -> Result<TraceRow, Fault> {
    let columns: Vec<&str> = text.splitn(known.columns() + 1, ',').collect();
    let (at_text, name, segments, key) = match (&columns[..], known.keys) {
        ([at, name, segments], None) => (*at, *name, *segments, None),
        ([at, name, segments, key], Some(keys)) => (*at, *name, *segments, Some((*key, keys))),
        _ => {
            let (expected, found) = (known.columns(), text.split(',').count());
            let message = format!("expected {expected} columns, found {found}");
            return Err(Fault::new(0..text.len(), message).help(known.shape()));
        }
    };
    let at = SimTime(nanoseconds(text, at_text, MAX_TRACE_SPAN)?);
    if at < before {
        return Err(Fault::new(0..at_text.len(), "this request comes before the one above it")
            .help("sort the rows by at_ns; the think times of a closed load cannot be replayed"));
    }
    let class = class_index(text, name, known.classes)?;
    let times = segment_times(text, segments, &known.classes[class])?;
    let key = key.map_or(Ok(0), |(digits, keys)| key_number(text, digits, keys))?;
    Ok(TraceRow { at, class, key, segments: times })
}

fn segment_times(line: &str, text: &str, class: &RequestClass) -> Result<Vec<SimDuration>, Fault> {
    let times = text
        .split_ascii_whitespace()
        .map(|segment| nanoseconds(line, segment, MAX_DURATION).map(SimDuration))
        .collect::<Result<Vec<_>, _>>()?;
    let expected = class.segments.len();
    if !times.is_empty() && times.len() != expected {
        let message = format!("`{}` has {expected} segments, found {}", class.name, times.len());
        return Err(Fault::new(place(line, text), message)
            .help("give one time per segment, repeats counted, or none to draw them"));
    }
    Ok(times)
}

fn key_number(line: &str, digits: &str, keys: KeySpace) -> Result<u64, Fault> {
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let key = digits.parse::<u64>().ok().filter(|key| whole && *key < keys.count);
    key.ok_or_else(|| {
        let message = format!("`{}` is no key", shown(digits));
        let help = format!("keys are whole numbers from 0 to {}", keys.count - 1);
        Fault::new(place(line, digits), message).help(help)
    })
}

fn class_index(line: &str, name: &str, classes: &[RequestClass]) -> Result<usize, Fault> {
    let names = || classes.iter().map(|class| class.name.as_str());
    names().position(|known| known == name).ok_or_else(|| {
        let help = match closest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the classes are {}", list(names())),
        };
        Fault::new(place(line, name), format!("there is no class `{}`", shown(name))).help(help)
    })
}

fn nanoseconds(line: &str, digits: &str, most: SimDuration) -> Result<u64, Fault> {
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let message = if !whole {
        format!("`{}` is no whole number of nanoseconds", shown(digits))
    } else {
        match digits.parse::<u64>() {
            Ok(value) if value <= most.0 => return Ok(value),
            _ => format!("`{}` ns is more than {most}", shown(digits)),
        }
    };
    Err(Fault::new(place(line, digits), message)
        .help("times are counted from the start of the trace, in whole nanoseconds"))
}

/// Where `part`, a slice of `line`, stands in it.
fn place(line: &str, part: &str) -> std::ops::Range<usize> {
    let start = part.as_ptr().addr() - line.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
#[path = "trace_file_tests.rs"]
mod tests;
