//! `planner import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use imports::{ArrivalModel, Format, Unit};
use sim::input::{parse_rate, parse_share};
use sim::kernel::SimDuration;

use super::common;
use super::pool::positive_time;

/// Most requests that the observed server can have had in service.
const MAX_SLOTS: i64 = 1_000_000;

/// Make a workload file from logs and results of load tests
///
/// Reads access logs, tables of requests (CSV, Parquet), Prometheus histograms
/// and result files of Locust, k6 and wrk, gzipped or not; fits arrivals and
/// service times, says how good the fits are and what had to be assumed, and
/// writes a workload file that `planner recommend` takes at once.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// Files, all of one format: pieces of a log, or two scrapes of a histogram
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub meaning: MeaningArgs,
    #[command(flatten)]
    pub writing: WritingArgs,
}

/// How the files are read.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reading")]
pub struct ReadingArgs {
    /// Format of the files [default: told from their content]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub from: Option<FormatArg>,
    /// Format of an access log: nginx, nginx-common, apache, apache-common, or as
    /// the server is configured, like '$msec "$request" $status $request_time'
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Column that says when a request came [default: by usual names]
    #[arg(long, value_name = "COLUMN")]
    pub start: Option<String>,
    /// Column that says how long it took [default: by usual names]
    #[arg(long, value_name = "COLUMN")]
    pub duration: Option<String>,
    /// Column that says what it was [default: by usual names]
    #[arg(long, value_name = "COLUMN")]
    pub class: Option<String>,
    /// Unit of that duration [default: as the column's name ends]
    #[arg(long, value_enum)]
    pub unit: Option<UnitArg>,
    /// Share of lines that may be of another form
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    pub max_unparsed: f64,
    /// Most classes; the least busy ones become one
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=64))]
    pub max_classes: u32,
}

/// What the files do not say.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What the files do not say")]
pub struct MeaningArgs {
    /// Share of each duration that is on a core, like 30% [assumed: 50%]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub cpu_share: Option<f64>,
    /// Share of that with the interpreter lock held [assumed: 100%]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub lock_share: Option<f64>,
    /// Requests that the server could have in service at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_SLOTS))]
    pub slots: Option<u32>,
    /// Rate of a summary that has none, like 50/s
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<f64>,
    /// Time between two scrapes, like 60s [default: by their time stamps]
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub apart: Option<SimDuration>,
    /// Model of the arrivals [default: the one that fits best]
    #[arg(long, value_enum, value_name = "MODEL")]
    pub arrivals: Option<ArrivalArg>,
    /// Take all durations as service times, also those at high load
    #[arg(long)]
    pub all_load: bool,
}

/// What is written.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct WritingArgs {
    /// Workload file to write
    #[arg(long, value_name = "FILE", default_value = "workload.toml")]
    pub out: PathBuf,
    /// Overwrite files that exist
    #[arg(long)]
    pub force: bool,
    /// Name of the workload
    #[arg(long, default_value = "imported", value_parser = name)]
    pub name: String,
    /// Write the recorded requests as a trace that can be replayed
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Most requests of that trace
    #[arg(long, value_name = "N", default_value_t = 100_000,
          value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    pub trace_requests: u32,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = common::Format::Text)]
    pub format: common::Format,
    /// Seed of samples and bootstrap; one seed, one answer
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Form of what is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// Common or combined log with a duration
    AccessLog,
    /// One row per request
    Csv,
    /// One row per request
    Parquet,
    /// Text exposition with a histogram
    Prometheus,
    /// Locust's _stats.csv
    LocustStats,
    /// Locust's _stats_history.csv
    LocustHistory,
    /// k6 run --out json=FILE
    K6Points,
    /// k6 run --summary-export=FILE
    K6Summary,
    /// Output of wrk --latency or wrk2
    Wrk,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::AccessLog => Self::AccessLog,
            FormatArg::Csv => Self::Csv,
            FormatArg::Parquet => Self::Parquet,
            FormatArg::Prometheus => Self::Prometheus,
            FormatArg::LocustStats => Self::LocustStats,
            FormatArg::LocustHistory => Self::LocustHistory,
            FormatArg::K6Points => Self::K6Points,
            FormatArg::K6Summary => Self::K6Summary,
            FormatArg::Wrk => Self::Wrk,
        }
    }
}

/// Unit of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnitArg {
    /// Seconds
    S,
    /// Milliseconds
    Ms,
    /// Microseconds
    Us,
    /// Nanoseconds
    Ns,
}

impl From<UnitArg> for Unit {
    fn from(unit: UnitArg) -> Self {
        match unit {
            UnitArg::S => Self::Seconds,
            UnitArg::Ms => Self::Millis,
            UnitArg::Us => Self::Micros,
            UnitArg::Ns => Self::Nanos,
        }
    }
}

/// Model of the arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArrivalArg {
    /// Exponential gaps
    Poisson,
    /// Gamma-distributed gaps
    Gamma,
    /// Equal gaps
    Deterministic,
    /// Two rates in turn
    OnOff,
    /// A rate that changes over time
    Varying,
    /// The recorded requests; needs --trace
    Replay,
    /// Clients that wait for each reply
    Closed,
}

impl From<ArrivalArg> for ArrivalModel {
    fn from(model: ArrivalArg) -> Self {
        match model {
            ArrivalArg::Poisson => Self::Poisson,
            ArrivalArg::Gamma => Self::Gamma,
            ArrivalArg::Deterministic => Self::Deterministic,
            ArrivalArg::OnOff => Self::OnOff,
            ArrivalArg::Varying => Self::Varying,
            ArrivalArg::Replay => Self::Replay,
            ArrivalArg::Closed => Self::Closed,
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    parse_share(text).map_err(|error| error.to_string())
}

fn rate(text: &str) -> Result<f64, String> {
    match parse_rate(text) {
        Ok(rate) if rate > 0.0 => Ok(rate),
        Ok(_) => Err("a workload in which nothing arrives needs no pool".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn name(text: &str) -> Result<String, String> {
    let letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(letter) {
        return Ok(text.to_owned());
    }
    Err("write 1 to 64 letters, digits, `-`, `_` and `.`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_can_be_forced_by_the_name_that_answers_give_it() {
        let names: Vec<String> = FormatArg::value_variants()
            .iter()
            .filter_map(|arg| Some(arg.to_possible_value()?.get_name().to_owned()))
            .collect();
        assert_eq!(names, Format::ALL.map(|format| format.name().to_owned()));
        for (arg, format) in FormatArg::value_variants().iter().zip(Format::ALL) {
            assert_eq!(Format::from(*arg), format);
        }
    }

    #[test]
    fn shares_rates_and_names_are_checked() {
        assert_eq!(share("30%"), Ok(0.3));
        assert!(share("130%").is_err() && rate("0/s").is_err() && rate("5").is_err());
        assert!(name("a b").is_err() && name("").is_err() && name(&"a".repeat(65)).is_err());
    }
}
