//! One file per format, and which of them a file is in.

mod access;
mod k6;
mod locust;
mod prometheus;
mod table;
mod template;
mod wrk;

use sim::input::InputError;

use crate::log::Log;
use crate::options::{Format, Options};
use crate::source::Source;
use crate::stamp::Clock;
use crate::summary::Summary;

/// First bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// Who measured the durations, and what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The server, to the last byte that the client took.
    ServerToLastByte,
    /// The server.
    Server,
    /// The client, network included.
    Client,
    /// It does not say.
    Unknown,
}

/// What was read.
pub(crate) enum Content {
    /// Requests one by one.
    Requests(Log),
    /// Counts of durations.
    Summary(Summary),
}

/// What was read, and what its numbers mean.
pub(crate) struct Input {
    pub(crate) content: Content,
    pub(crate) format: Format,
    pub(crate) side: Side,
    pub(crate) assumed_utc: bool,
}

/// Reads all files; they are of one format.
pub(crate) fn read(sources: &[Source], options: &Options) -> Result<Input, InputError> {
    let first = &sources[0];
    let format = match options.from {
        Some(format) => format,
        None => told(sources, options)?,
    };
    let one = || match sources {
        [only] => Ok(only),
        [_, second, ..] => Err(second
            .error(format!("a second file of the format {}", format.name()))
            .with_help("summaries are imported one at a time")),
        [] => Err(first.error("no file")),
    };
    let mut clock = Clock::default();
    let mut side = Side::Client;
    let content = match format {
        Format::Prometheus => {
            side = Side::Server;
            Content::Summary(prometheus::read(sources, options)?)
        }
        Format::LocustStats => Content::Summary(locust::read_stats(one()?)?),
        Format::LocustHistory => Content::Summary(locust::read_history(one()?)?),
        Format::K6Summary => Content::Summary(k6::read_summary(one()?)?),
        Format::Wrk => Content::Summary(wrk::read(one()?)?),
        Format::AccessLog | Format::Csv | Format::Parquet | Format::K6Points => {
            let mut log = Log::default();
            for source in sources {
                side = requests(source, format, options, &mut log, &mut clock)?;
                log.check(options.max_unparsed)?;
            }
            log.settle(first, options.max_classes)?;
            Content::Requests(log)
        }
    };
    Ok(Input { content, format, side, assumed_utc: clock.assumed_utc })
}

fn requests(
    source: &Source,
    format: Format,
    options: &Options,
    log: &mut Log,
    clock: &mut Clock,
) -> Result<Side, InputError> {
    match format {
        Format::Csv => table::read_csv(source, options, log, clock)?,
        Format::Parquet => table::read_parquet(source, options, log, clock)?,
        Format::K6Points => {
            k6::read_points(source, options, log, clock)?;
            return Ok(Side::Client);
        }
        _ => {
            return Ok(match access::read(source, options, log, clock)? {
                access::Server::Nginx => Side::ServerToLastByte,
                access::Server::Apache => Side::Server,
            });
        }
    }
    Ok(Side::Unknown)
}

/// The one format of all files.
fn told(sources: &[Source], options: &Options) -> Result<Format, InputError> {
    let mut formats = Vec::new();
    for source in sources {
        formats.push(detect(source, options)?);
    }
    match formats.iter().position(|format| *format != formats[0]) {
        None => Ok(formats[0]),
        Some(other) => {
            let (one, two) = (formats[0].name(), formats[other].name());
            Err(sources[other]
                .error(format!("this is of the format {two}, the first file of {one}"))
                .with_help("import files of one format at a time"))
        }
    }
}

/// The format that the content is in.
fn detect(source: &Source, options: &Options) -> Result<Format, InputError> {
    let head = source.head()?;
    if head.starts_with(PARQUET) {
        return Ok(Format::Parquet);
    }
    if options.log_format.is_some() {
        return Ok(Format::AccessLog);
    }
    let text = String::from_utf8_lossy(&head);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let has = |words: &[&str]| words.iter().all(|word| text.contains(word));
    let begins = text.trim_start().starts_with('{');
    let format = if begins && has(&["\"type\":", "\"metric\":"]) {
        Format::K6Points
    } else if begins && has(&["\"metrics\"", "http_req"]) {
        Format::K6Summary
    } else if first.contains("User Count") && first.contains("Total Request Count") {
        Format::LocustHistory
    } else if first.contains("Request Count") && first.contains("Requests/s") {
        Format::LocustStats
    } else if has(&["Running ", " threads and ", " connections"]) {
        Format::Wrk
    } else if has(&["_bucket{", "le=\""]) {
        Format::Prometheus
    } else if access::usual(&text).is_some() {
        Format::AccessLog
    } else if first.contains(',') && !first.contains(" [") {
        Format::Csv
    } else {
        return Err(unknown(source, first));
    };
    Ok(format)
}

fn unknown(source: &Source, first: &str) -> InputError {
    let names = Format::ALL.map(Format::name).join(", ");
    let what = "this is of no format that can be imported";
    let error = source.line_error(1, first, 0..first.len(), what).with_help(format!(
        "if it is, name it with --from ({names}); for an access log, name its format with \
         --log-format; each line needs a duration"
    ));
    InputError { notes: Vec::new(), ..error }
}
