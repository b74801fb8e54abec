//! `planner servers`.

use std::path::PathBuf;

use clap::Args;
use sim::pool::PoolKind;

use super::common::Format;

/// Measure what gunicorn, uvicorn and Celery cost on this machine
///
/// Starts each of them with one worker, sends requests that do nothing, and adds
/// the CPU time per request and per byte, and what the server's own processes
/// take, to a calibration, with the range from run to run. `planner recommend`
/// and `planner validate --set servers` predict with that. Takes about five
/// seconds for each server and round; leave the machine alone meanwhile.
#[derive(Args, Clone, Debug)]
pub struct ServersArgs {
    /// Calibration of this machine to add to
    #[arg(long, value_name = "FILE")]
    pub calibration: PathBuf,
    /// Calibration to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace a calibration that is there
    #[arg(long)]
    pub force: bool,
    /// Only this server, repeatable [default: all]
    #[arg(long, value_name = "POOL")]
    pub only: Vec<PoolKind>,
    /// Runs of each server; three or more tell how much figures change
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Interpreter to run [default: that of the active virtual environment, else
    /// the newest CPython with the lock]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Form of the answer on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
