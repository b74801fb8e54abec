//! `planner lock-probe`.

use std::path::PathBuf;

use clap::Args;

use super::common::{HostArgs, OutputArgs};

/// Hold the model of the interpreter lock against the lock
///
/// On each interpreter found, measures what a thread loses that sleeps, makes a
/// system call or uses a pipe beside 1, 2 and 4 spinning threads, at switch
/// intervals of 5 and 1 ms; then simulates the same and shows both. Takes about
/// 40 s per interpreter with little else running.
#[derive(Args, Clone, Debug)]
pub struct LockProbeArgs {
    /// Interpreter to measure, repeatable [default: the newest of each version]
    #[arg(long, value_name = "FILE")]
    pub python: Vec<PathBuf>,
    /// Repeats of each cell, 3 or more for an interval
    #[arg(long, value_name = "R", default_value_t = 6,
          value_parser = clap::value_parser!(u32).range(2..=100))]
    pub repeats: u32,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}
