//! `planner calibrate`.

use std::path::PathBuf;

use clap::Args;

use super::common::Format;

/// Measure what CPython and Linux cost on this machine
///
/// Runs small Python programs and real pools in rounds and writes a calibration
/// that the other commands read, with the range of every parameter from round
/// to round. Raw observations are kept as they land: an interrupted calibration
/// loses none, and a repeated one adds its rounds. What cannot be measured here
/// keeps the value of the reference host, and says so. Leave the machine alone
/// meanwhile.
#[derive(Args, Clone, Debug)]
pub struct CalibrateArgs {
    /// Two rounds, under two minutes, instead of seven
    #[arg(long, conflicts_with = "rounds")]
    pub quick: bool,
    /// Rounds; three or more tell how much figures change
    #[arg(long, value_name = "N", default_value_t = 7,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Only probes with this in their name; the rest of what --raw holds stands
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Interpreter to measure [default: that of the active virtual environment, else
    /// the newest CPython with the lock]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Calibration to write [default: calibration/HOST.toml]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Folder for raw observations [default: beside the calibration]
    #[arg(long, value_name = "DIR")]
    pub raw: Option<PathBuf>,
    /// Replace a calibration that is there
    #[arg(long)]
    pub force: bool,
    /// Measure nothing: fit the raw observations in DIR again
    #[arg(long, value_name = "DIR", conflicts_with_all = ["quick", "rounds", "only", "python", "raw"])]
    pub refit: Option<PathBuf>,
    /// Form of the answer on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

impl CalibrateArgs {
    /// Rounds to run.
    pub fn rounds(&self) -> u32 {
        if self.quick { 2 } else { self.rounds }
    }
}
