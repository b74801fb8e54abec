//! `planner simulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sim::pool::{MAX_THREADS, Profile, StartMethod, WorkerChoice};
use sim::workload::PythonVersion;

use super::common::{HostArgs, OutputArgs, Scheduler};

/// Simulate one profile under a workload
///
/// Prints its figures with intervals over the replications, and a time line of
/// the first.
#[derive(Args, Clone, Debug)]
pub struct SimulateArgs {
    /// Workload file
    #[arg(long, value_name = "FILE")]
    pub workload: PathBuf,
    #[command(flatten)]
    pub pool: PoolArgs,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub files: FileArgs,
}

/// Which pool.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Pool")]
pub struct PoolArgs {
    /// process:8, threads:16, thread:4x25, interpreters:8 or async:4x100
    #[arg(long)]
    pub profile: Profile,
    /// Interpreter, like 3.12 or 3.13t [default: the workload's first]
    #[arg(long, value_name = "VERSION")]
    pub python: Option<PythonVersion>,
    /// How workers start [default: the interpreter's]
    #[arg(long, value_enum)]
    pub start_method: Option<StartMethodArg>,
    /// Native threads per parallel segment
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_THREADS)))]
    pub blas_threads: u32,
    /// Which worker gets a request
    #[arg(long, value_enum, default_value_t)]
    pub choice: ChoiceArg,
}

/// How long, how often, from where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Requests per replication
    #[arg(long, value_name = "N", default_value_t = 20_000,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub requests: u64,
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
    /// Write the requests as drawn, to replay elsewhere
    #[arg(long, value_name = "FILE.csv")]
    pub trace_out: Option<PathBuf>,
}

/// How workers start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StartMethodArg {
    /// Copy of the parent; pages shared until written
    Fork,
    /// Forked from a small clean server, then imports
    Forkserver,
    /// A fresh interpreter that imports everything again
    Spawn,
}

impl From<StartMethodArg> for StartMethod {
    fn from(method: StartMethodArg) -> Self {
        match method {
            StartMethodArg::Fork => Self::Fork,
            StartMethodArg::Forkserver => Self::Forkserver,
            StartMethodArg::Spawn => Self::Spawn,
        }
    }
}

/// Which worker gets a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ChoiceArg {
    /// One queue; the worker idle longest takes the head
    #[default]
    SharedQueue,
    /// One queue; the first worker in order with a free slot
    FirstFit,
    /// A queue per worker, dealt in turn
    RoundRobin,
    /// A queue per worker; the shortest gets the next
    LeastLoaded,
}

impl From<ChoiceArg> for WorkerChoice {
    fn from(choice: ChoiceArg) -> Self {
        match choice {
            ChoiceArg::SharedQueue => Self::SharedQueue,
            ChoiceArg::FirstFit => Self::FirstFit,
            ChoiceArg::RoundRobin => Self::RoundRobin,
            ChoiceArg::LeastLoaded => Self::LeastLoaded,
        }
    }
}
