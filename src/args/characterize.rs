//! `planner characterize`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use sim::input::{parse_bytes, parse_duration, parse_rate, parse_share};

use super::common::Format;

/// Longest that a call may be given.
const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// Measure a callable and write the workload class that it amounts to
///
/// Runs package.module:function in child processes with limits on time and memory:
/// alone, beside threads that spin, with more BLAS threads, in a forked child, on a
/// free-threaded build. Says how much of it holds the interpreter lock, how often
/// it loses it, what it waits, keeps and leaks, and writes a class that `planner
/// recommend` takes at once. About 20 s for a callable of 10 ms.
#[derive(Args, Clone, Debug)]
pub struct CharacterizeArgs {
    /// The callable, as package.module:function, seen from this folder
    #[arg(value_name = "MODULE:NAME")]
    pub target: String,
    /// What stands between the parentheses of a call, like '1, size=2'; sees the
    /// names of the module and of --setup
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub args: String,
    /// Python statements that come first; they see the names of the module
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    pub setup: String,
    /// Interpreter to run [default: that of the active virtual environment, else
    /// the newest CPython with the lock]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Also have 1 to 4 threads and processes call it for real, and hold the
    /// prediction against that
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub writing: WritingArgs,
}

/// What it may use.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Longest for set-up and the first call
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = timeout)]
    pub timeout: Duration,
    /// Most address space of a process [default: half of the memory that is free]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
}

/// What is written where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct WritingArgs {
    /// Workload file to write [default: the function's name, .toml]
    #[arg(long, value_name = "FILE", conflicts_with = "into")]
    pub out: Option<PathBuf>,
    /// Workload file to add the class to; the shares of the others make room
    #[arg(long, value_name = "FILE")]
    pub into: Option<PathBuf>,
    /// Share of all requests with --into [default: as much as any other class]
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "into")]
    pub share: Option<f64>,
    /// Name of the class [default: the function's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Rate of its requests [assumed: what keeps the cores half busy]
    #[arg(long, value_name = "RATE", value_parser = rate, conflicts_with = "into")]
    pub rate: Option<f64>,
    /// Overwrite a file that exists
    #[arg(long)]
    pub force: bool,
    /// Calibration for --check [default: the built-in reference host]
    #[arg(long, value_name = "FILE", requires = "check")]
    pub calibration: Option<PathBuf>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

fn timeout(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text).map_err(|error| error.to_string())?;
    let duration = Duration::from_nanos(duration.0);
    match duration {
        Duration::ZERO => Err("write a time above 0, like 20s".to_owned()),
        long if long > MAX_TIMEOUT => Err("write at most 1 h".to_owned()),
        duration => Ok(duration),
    }
}

fn memory(text: &str) -> Result<u64, String> {
    match parse_bytes(text) {
        Ok(bytes) if bytes >= 1 << 27 => Ok(bytes),
        Ok(_) => Err("an interpreter alone needs 128 MiB of address space".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match parse_share(text) {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        Ok(_) => Err("write a share above 0 and below 100%".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    parse_rate(text).map_err(|error| error.to_string())
}
