//! `planner lock-probe`.

use std::path::PathBuf;

use clap::Args;

use super::common::{HostArgs, OutputArgs};

/// Hold the model of the interpreter lock against the lock
///
/// On each interpreter found, measures what a thread loses that sleeps, makes a
/// system call or uses a pipe beside 1, 2 and 4 spinning threads, at switch
/// intervals of 5 and 1 ms; then simulates the same and shows both. Takes about
/// 40 s per interpreter with little else running; each is shown as it lands.
#[derive(Args, Clone, Debug)]
pub struct LockProbeArgs {
    /// Interpreter to measure, repeatable [default: the newest with the lock and
    /// the newest without]
    #[arg(long, value_name = "FILE")]
    pub python: Vec<PathBuf>,
    /// The newest of each version
    #[arg(long, conflicts_with = "python")]
    pub all: bool,
    /// Repeats of each cell, 3 or more for an interval
    #[arg(long, value_name = "R", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(2..=100))]
    pub repeats: u32,
    /// Folder for raw blocks, written as they land [default: not kept]
    #[arg(long, value_name = "DIR")]
    pub raw: Option<PathBuf>,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}
