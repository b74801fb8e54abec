//! `planner sweep`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::common::{HostArgs, Scheduler};
use super::plot::Kind;
use super::pool::PoolArgs;
use crate::sweep::{Mode, Shard};

/// Simulate many variants of a workload, a host or a pool into one table
///
/// Every --vary names something in the workload, the calibration or the pool,
/// and its values; every combination of them becomes a row of CSV or Parquet
/// with all figures and their intervals. All rows serve the same random
/// requests, so differences between them are those of what was varied. An
/// interrupted sweep goes on where it stopped when it is started again.
/// docs/sweep.md describes the columns.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SweepArgs {
    /// Workload file
    #[arg(long, value_name = "FILE")]
    pub workload: PathBuf,
    /// What to vary: workload.KEY..., host.KEY..., profile, pool, python,
    /// start_method, blas_threads or choice, with a list or range of values;
    /// profile.NAME and so on for the pool of one class or stage
    #[arg(long, value_name = "PATH=VALUES")]
    pub vary: Vec<String>,
    /// File with the same content: `mode` and a table `vary`
    #[arg(long, value_name = "FILE.toml")]
    pub plan: Option<PathBuf>,
    /// How values are combined [default: grid]
    #[arg(long, value_enum)]
    pub mode: Option<ModeArg>,
    /// Table to write, .csv or .parquet [default: CSV to standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Run one part of the sweep only, like 2/4; rows of all parts in their
    /// order are those of the whole
    #[arg(long, value_name = "I/N", default_value = "1/1", hide_default_value = true)]
    pub shard: Shard,
    #[command(flatten)]
    pub pool: PoolArgs,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub run: SweepRunArgs,
    #[command(flatten)]
    pub plot: SweepPlotArgs,
}

const EXAMPLES: &str = "\
Lists and ranges:
  200/s,400/s       two values
  process:1..16     in steps of one
  0.1..0.9:5        five values in equal steps
  100/s..1600/s*5   five values in equal ratios

Examples:
  planner sweep --workload w.toml --profile process:8 --out load.csv \\
      --vary 'workload.arrivals.poisson.rate=100/s..800/s:8'
  planner sweep --workload w.toml --out pools.parquet \\
      --vary profile=process:1..16,threads:16 --vary python=3.12,3.13t
  planner sweep --workload w.toml --out hybrid.csv \\
      --profile echo=threads:8,matmul=process:4 --vary profile.matmul=process:2..8
  planner sweep --workload w.toml --profile process:8 --out host.csv \\
      --mode one-at-a-time --vary host.cores=2,4,8 \\
      --vary 'host.cpu.wake_latency=20us,50us,200us'";

/// How values are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Every combination; the last --vary changes fastest
    Grid,
    /// The base, then each --vary alone
    OneAtATime,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Grid => Self::Grid,
            ModeArg::OneAtATime => Self::OneAtATime,
        }
    }
}

/// How long, how often, from where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Run")]
pub struct SweepRunArgs {
    /// Requests per replication
    #[arg(long, value_name = "N", default_value_t = 4_000,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub requests: u64,
    /// Independent replications per cell; 2 or more give intervals
    #[arg(long, value_name = "R", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub replications: u32,
    /// Start the workers when the load begins, not before
    #[arg(long)]
    pub cold: bool,
    /// How threads share the cores
    #[arg(long, value_enum, default_value_t)]
    pub scheduler: Scheduler,
    /// Seed of all randomness, the same for every cell
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// A picture of the table.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Picture")]
pub struct SweepPlotArgs {
    /// Draw the table as well; `planner plot` has more choices
    #[arg(long, value_enum, value_name = "KIND", requires = "plot_out")]
    pub plot: Option<Kind>,
    /// Picture to write [default kind: by what is varied]
    #[arg(long, value_name = "FILE.svg")]
    pub plot_out: Option<PathBuf>,
}
