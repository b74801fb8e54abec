//! `planner recommend`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sim::workload::Goal;

use crate::emit::Wanted;

use super::common::{HostArgs, OutputArgs, Scheduler, precision};

/// Find the best pool for a workload on a host
///
/// Searches the profiles that the workload allows, races them on the same
/// simulated requests, and prints the choice, why, and how sure it is.
#[derive(Args, Clone, Debug)]
pub struct RecommendArgs {
    /// Workload file; `planner init` writes one to start from
    #[arg(long, value_name = "FILE")]
    pub workload: PathBuf,
    /// What to optimise [default: what the workload says]
    #[arg(long, value_enum)]
    pub goal: Option<GoalArg>,
    /// Wanted half-width of the p99 intervals, like 5%; effort grows with its
    /// inverse square
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = precision)]
    pub precision: f64,
    /// How threads share the cores
    #[arg(long, value_enum, default_value_t)]
    pub scheduler: Scheduler,
    /// Seed of all randomness; one seed, one answer
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Write the configuration of a product and a script that checks the
    /// prediction there: gunicorn, uvicorn, celery, concurrent.futures,
    /// multiprocessing, asyncio, snakepit, systemd or kubernetes; into the
    /// answer, or into a folder or file. May be repeated
    #[arg(long, value_name = "TARGET[=PATH]")]
    pub emit: Vec<Wanted>,
    /// Overwrite emitted files that exist
    #[arg(long, requires = "emit")]
    pub force: bool,
    /// Write the answer as one HTML file as well, with figures, to show others
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What to optimise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GoalArg {
    /// Lowest latency, against its limits if there are any
    Latency,
    /// Highest throughput
    Throughput,
    /// Least memory that meets every limit
    Memory,
}

impl From<GoalArg> for Goal {
    fn from(goal: GoalArg) -> Self {
        match goal {
            GoalArg::Latency => Self::Latency,
            GoalArg::Throughput => Self::Throughput,
            GoalArg::Memory => Self::Memory,
        }
    }
}
