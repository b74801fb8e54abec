//! `planner simulate`.

use std::path::PathBuf;

use clap::Args;
use sim::kernel::SimDuration;

use super::common::{HostArgs, OutputArgs, Scheduler};
use super::pool::{LifeArgs, PoolArgs, positive_time};

/// Simulate pools under a workload
///
/// One pool, or one for each class or stage. Prints their figures with intervals
/// over the replications, what recycling and faults cost, and a time line of the
/// first replication.
#[derive(Args, Clone, Debug)]
pub struct SimulateArgs {
    /// Workload file
    #[arg(long, value_name = "FILE")]
    pub workload: PathBuf,
    #[command(flatten)]
    pub pool: PoolArgs,
    #[command(flatten)]
    pub life: LifeArgs,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub files: FileArgs,
}

/// How long, how often, from where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Requests per replication
    #[arg(long, value_name = "N", default_value_t = 20_000,
          value_parser = clap::value_parser!(u64).range(1..=MAX_REQUESTS))]
    pub requests: u64,
    /// As many requests as come in so much time, like 8h
    #[arg(long = "for", value_name = "TIME", conflicts_with = "requests",
          value_parser = positive_time)]
    pub length: Option<SimDuration>,
    /// Independent replications; 2 or more give intervals
    #[arg(long, value_name = "R", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub replications: u32,
    /// Start the workers when the load begins, not before
    #[arg(long)]
    pub cold: bool,
    /// How threads share the cores
    #[arg(long, value_enum, default_value_t)]
    pub scheduler: Scheduler,
    /// Seed of all randomness; one seed, one answer
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Most requests of a replication.
pub const MAX_REQUESTS: u64 = 1_000_000_000;

/// Files about the first replication.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Files about the first replication")]
pub struct FileArgs {
    /// Write the history of every request
    #[arg(long, value_name = "FILE.csv")]
    pub records: Option<PathBuf>,
    /// Write the pool's state at equal steps of time
    #[arg(long, value_name = "FILE.csv")]
    pub timeline: Option<PathBuf>,
    /// Draw the pool's state over time: workers up, slots busy, queue and memory
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
    /// Write the requests as drawn, to replay elsewhere
    #[arg(long, value_name = "FILE.csv")]
    pub trace_out: Option<PathBuf>,
}
