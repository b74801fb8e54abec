//! `planner validate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sim::pool::{PoolKind, Profile};
use validator::validate::Set;
use validator::validate::random::MOST_CELLS;

use super::common::Format;

/// Run real pools and hold the predictions against them
///
/// Serves the same requests in a real pool and in the simulation, and compares
/// throughput, latency, memory and start-up, each beside the difference of two
/// runs of the same pool. Every run is kept in --out as it lands: repeat the
/// command to go on after an interruption.
#[derive(Args, Clone, Debug)]
pub struct ValidateArgs {
    /// Calibration of this machine
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
    /// Files of cells [default: a set that ships]
    #[arg(long, value_name = "FILE", conflicts_with = "set")]
    pub cells: Vec<PathBuf>,
    /// Cells that ship
    #[arg(long, value_enum, default_value_t)]
    pub set: SetArg,
    /// Ask instead how good decisions are: run whole grids of pools, and hold
    /// what is recommended, and what rules of thumb pick, against the best
    #[arg(long, conflicts_with_all = ["cells", "set", "workload"])]
    pub decision: bool,
    /// The few cells that show most, twice each; with --decision four workloads
    #[arg(long)]
    pub quick: bool,
    /// Runs of each cell [default: 3, with --quick 2 unless --decision]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: Option<u32>,
    /// Starts of the pool in each run, of which the median counts; gRPC pools
    /// and servers are started once [default: 5, with --quick 3, with
    /// --decision 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub starts: Option<u32>,
    /// Only cells with this in their name, effect or pool
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Measure how far the model itself is off, and write FILE: the calibration,
    /// with intervals that hold what these cells showed; of --set random or
    /// development only
    #[arg(long, value_name = "FILE", conflicts_with_all = ["decision", "workload"])]
    pub discrepancy: Option<PathBuf>,
    /// Draws of the calibration's parameters for the prediction intervals
    #[arg(long, value_name = "N", default_value_t = 32,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub draws: u32,
    /// Seed of the requests, and of the cells of --set random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Cells to draw for --set random [default: 60]
    #[arg(long, value_name = "N", conflicts_with_all = ["cells", "workload", "decision"],
          value_parser = clap::value_parser!(u64).range(1..=MOST_CELLS))]
    pub count: Option<u64>,
    /// Print the cells instead of running them
    #[arg(long, conflicts_with = "decision")]
    pub list: bool,
    /// Print --set random as a file of cells instead of running it
    #[arg(long, conflicts_with_all = ["cells", "workload", "decision", "list", "only", "quick"])]
    pub print_set: bool,
    /// Interpreter to run [default: that of the active virtual environment, else
    /// the newest CPython with the lock]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    #[command(flatten)]
    pub own: OwnArgs,
    /// Folder for runs, tables and pictures
    #[arg(long, value_name = "DIR", default_value = "planner-validation")]
    pub out: PathBuf,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// A cell of your own.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Your own workload")]
pub struct OwnArgs {
    /// Workload file to run instead of cells that ship
    #[arg(long, value_name = "FILE", requires = "profile", conflicts_with_all = ["cells", "set"])]
    pub workload: Option<PathBuf>,
    /// Size of the pool, like process:4, threads:8 or async:1x50
    #[arg(long, requires = "workload")]
    pub profile: Option<Profile>,
    /// The pool [default: process-pool-executor, thread-pool-executor or asyncio]
    #[arg(long, value_name = "KIND", requires = "workload")]
    pub pool: Option<PoolKind>,
    /// Requests of one run
    #[arg(long, value_name = "N", default_value_t = 400,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub requests: u64,
}

/// Cells that ship.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SetArg {
    /// Never used for fitting or for making the model
    #[default]
    HeldOut,
    /// What the model may be held against while it is made
    Development,
    /// Two cores and more workers, predicted from a calibration of one core
    Extrapolation,
    /// Kept back, to be used once
    Reserve,
    /// Workers behind gRPC
    Grpc,
    /// gunicorn, uvicorn and Celery behind clients over loopback
    Servers,
    /// Drawn by --seed: nobody has looked at them
    Random,
}

impl From<SetArg> for Set {
    fn from(set: SetArg) -> Self {
        match set {
            SetArg::HeldOut => Self::HeldOut,
            SetArg::Development => Self::Development,
            SetArg::Extrapolation => Self::Extrapolation,
            SetArg::Reserve => Self::Reserve,
            SetArg::Grpc => Self::Grpc,
            SetArg::Servers => Self::Servers,
            SetArg::Random => Self::Random,
        }
    }
}
