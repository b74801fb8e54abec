//! `planner plot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sim::input::parse_share;

/// Draw a table of `planner sweep` or a time line of `planner simulate`
///
/// Writes an SVG that reads without colour: every line has its own dash, marker
/// and label, bands are 95 % intervals.
#[derive(Args, Clone, Debug)]
pub struct PlotArgs {
    /// Table to draw, .csv or .parquet
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// What to show [default: by what is varied]
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Column along the horizontal axis [default: by what is varied]
    #[arg(long, value_name = "COLUMN")]
    pub x: Option<String>,
    /// Column along the vertical axis, for lines also several [default: by kind]
    #[arg(long, value_name = "COLUMN")]
    pub y: Vec<String>,
    /// Column whose values become lines of their own, or who can win [default:
    /// everything else that is varied]
    #[arg(long, value_name = "COLUMN")]
    pub by: Option<String>,
    /// Column that decides who wins [default: p99_s]
    #[arg(long, value_name = "COLUMN")]
    pub best: Option<String>,
    /// Cells that fail a larger share of requests count as overloaded
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = failures)]
    pub failures: f64,
    /// Picture to write
    #[arg(long, value_name = "FILE.svg")]
    pub out: PathBuf,
    /// Title [default: none]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
}

fn failures(text: &str) -> Result<f64, String> {
    parse_share(text).map_err(|error| error.to_string())
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Latency against load
    Latency,
    /// Throughput against workers
    Throughput,
    /// Two objectives, the best trade-offs marked
    Frontier,
    /// Who wins, over two inputs
    Winners,
    /// Memory over time, from a time line
    Memory,
    /// Workers up and slots busy over time, from a time line
    Timeline,
}
