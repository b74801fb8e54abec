//! Arguments that several commands share, and their units.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sim::experiment::CpuModel;
use sim::input::{parse_bytes, parse_share};

/// Most cores that a host can be given.
const MAX_CORES: i64 = 1024;

/// Which host to predict for.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Host")]
pub struct HostArgs {
    /// Calibration of the host [default: the built-in 8-core reference host]
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
    /// Refuse a calibration of another machine than this one
    #[arg(long)]
    pub here: bool,
    /// Predict for that many physical cores instead
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_CORES))]
    pub cores: Option<u32>,
    /// Predict for that much memory instead, like 32GiB
    #[arg(long, value_name = "SIZE", value_parser = memory, allow_hyphen_values = true)]
    pub memory: Option<u64>,
    /// Predict under a cgroup quota of that many CPUs, like 0.5
    #[arg(long, value_name = "CPUS", value_parser = cpus)]
    pub quota: Option<f64>,
}

/// Where the answer goes, and in which form.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the answer to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, at most 80 columns
    Text,
    /// For programs; docs/json.md describes it
    Json,
}

/// How threads share the cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scheduler {
    /// All runnable threads advance at the same rate: fast, right for means
    #[default]
    ProcessorSharing,
    /// Whole slices in turn, as Linux does: slower, for short tails
    FairQuanta,
}

impl From<Scheduler> for CpuModel {
    fn from(scheduler: Scheduler) -> Self {
        match scheduler {
            Scheduler::ProcessorSharing => Self::ProcessorSharing,
            Scheduler::FairQuanta => Self::FairQuanta,
        }
    }
}

fn memory(text: &str) -> Result<u64, String> {
    match parse_bytes(text) {
        Ok(0) => Err("no pool runs in no memory".to_owned()),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(error.to_string()),
    }
}

fn cpus(text: &str) -> Result<f64, String> {
    let cpus = text.parse::<f64>().ok().filter(|cpus| (0.01..=MAX_CORES as f64).contains(cpus));
    cpus.ok_or_else(|| format!("write a number of CPUs from 0.01 to {MAX_CORES}, like 0.5"))
}

/// A relative half-width: `0.05` or `5%`.
pub fn precision(text: &str) -> Result<f64, String> {
    match parse_share(text) {
        Ok(share) if (0.001..=0.5).contains(&share) => Ok(share),
        Ok(_) => Err("write a share from 0.1% to 50%".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shares_need_their_units_and_ranges() {
        assert_eq!(memory("32GiB"), Ok(32 << 30));
        assert_eq!(cpus("0.5"), Ok(0.5));
        assert_eq!(precision("5%"), Ok(0.05));
        for text in ["", "0 B", "32", "-1 GiB", "NaN"] {
            assert!(memory(text).is_err(), "{text}");
        }
        for text in ["", "0", "-1", "NaN", "inf", "1e9"] {
            assert!(cpus(text).is_err(), "{text}");
        }
        for text in ["", "0", "60 %", "-5 %", "NaN"] {
            assert!(precision(text).is_err(), "{text}");
        }
    }
}
