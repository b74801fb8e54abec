//! What an import is asked to do.

use sim::kernel::SimDuration;

/// Form of what is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Access log with a duration.
    AccessLog,
    /// Comma-separated values, one row per request.
    Csv,
    /// Apache Parquet, one row per request.
    Parquet,
    /// Prometheus text with a histogram.
    Prometheus,
    /// Locust's `_stats.csv`.
    LocustStats,
    /// Locust's `_stats_history.csv`.
    LocustHistory,
    /// k6's points, one JSON object a line.
    K6Points,
    /// k6's summary at the end of a test.
    K6Summary,
    /// What wrk and wrk2 print.
    Wrk,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AccessLog,
        Self::Csv,
        Self::Parquet,
        Self::Prometheus,
        Self::LocustStats,
        Self::LocustHistory,
        Self::K6Points,
        Self::K6Summary,
        Self::Wrk,
    ];

    /// For `--from` and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessLog => "access-log",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Prometheus => "prometheus",
            Self::LocustStats => "locust-stats",
            Self::LocustHistory => "locust-history",
            Self::K6Points => "k6-points",
            Self::K6Summary => "k6-summary",
            Self::Wrk => "wrk",
        }
    }
}

/// Unit of durations in tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl Unit {
    /// Nanoseconds in one.
    pub fn nanos(self) -> f64 {
        match self {
            Self::Seconds => 1e9,
            Self::Millis => 1e6,
            Self::Micros => 1e3,
            Self::Nanos => 1.0,
        }
    }
}

/// Columns of a table, by name; those that are not named are looked for.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// When a request came.
    pub start: Option<String>,
    /// How long it took.
    pub duration: Option<String>,
    /// Its class.
    pub class: Option<String>,
    /// Unit of the durations.
    pub unit: Option<Unit>,
}

/// Model of the arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArrivalModel {
    /// Exponential gaps.
    Poisson,
    /// Gamma-distributed gaps.
    Gamma,
    /// Equal gaps.
    Deterministic,
    /// Two rates in turn.
    OnOff,
    /// A rate that changes over time.
    Varying,
    /// The recorded requests themselves.
    Replay,
    /// Clients that wait for each reply.
    Closed,
}

impl ArrivalModel {
    /// As in a workload file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Gamma => "gamma",
            Self::Deterministic => "deterministic",
            Self::OnOff => "on_off",
            Self::Varying => "varying",
            Self::Replay => "replay",
            Self::Closed => "closed",
        }
    }
}

/// What a log cannot show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shares {
    /// Share of the service time on a core, 0 to 1.
    pub cpu: Option<f64>,
    /// Share of that with the interpreter lock held, 0 to 1.
    pub lock: Option<f64>,
}

/// What an import is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the workload.
    pub name: String,
    /// Form of the files; else it is told from their content.
    pub from: Option<Format>,
    /// Format of an access log, as configured or by name.
    pub log_format: Option<String>,
    /// Columns of a table.
    pub columns: Columns,
    /// Most classes, at least 1.
    pub max_classes: usize,
    /// Largest share of lines that may be of another form, 0 to 1.
    pub max_unparsed: f64,
    /// Rate, in requests/s, where the input has none.
    pub rate: Option<f64>,
    /// Time between two scrapes of a histogram.
    pub apart: Option<SimDuration>,
    /// Requests that the server which was observed could have in service.
    pub slots: Option<u32>,
    /// The split of the service time.
    pub shares: Shares,
    /// The model of the arrivals; else the best is chosen.
    pub arrivals: Option<ArrivalModel>,
    /// Are all durations service times, also those at high load?
    pub all_load: bool,
    /// Most requests of the trace.
    pub trace_rows: usize,
    /// Seed of samples and bootstrap.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "imported".to_owned(),
            from: None,
            log_format: None,
            columns: Columns::default(),
            max_classes: 8,
            max_unparsed: 0.05,
            rate: None,
            apart: None,
            slots: None,
            shares: Shares::default(),
            arrivals: None,
            all_load: false,
            trace_rows: 100_000,
            seed: 1,
        }
    }
}
