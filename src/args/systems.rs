//! `planner systems`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::common::Format;

/// Run published systems and hold predictions against them
///
/// Installs the real packages into environments of their own, runs the variants
/// that their documents measured, fits the model to those that are marked and
/// predicts all others. Every run is kept in --out as it lands: repeat the
/// command to go on after an interruption.
#[derive(Args, Clone, Debug)]
pub struct SystemsArgs {
    /// Which of them [default: all]
    #[arg(value_enum)]
    pub system: Option<SystemArg>,
    /// The few variants that show most, twice each
    #[arg(long)]
    pub quick: bool,
    /// Runs of each variant [default: 3, with --quick 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: Option<u32>,
    /// Calibration of this machine
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
    /// Interpreter to run [default: the newest CPython that the system runs on]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Folder for runs
    #[arg(long, value_name = "DIR", default_value = "planner-systems")]
    pub out: PathBuf,
    /// Folder for files of measurements, as `planner audit` reads them
    #[arg(long, value_name = "DIR")]
    pub measured: Option<PathBuf>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// A published system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SystemArg {
    /// tadween-core: a pipeline of three stages, and the memory of results
    Tadween,
    /// pyrallel-consumer: keyed messages of a topic
    Pyrallel,
    /// Five pools of Python, gevent and eventlet
    Pools,
}
