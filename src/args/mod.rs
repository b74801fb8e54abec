//! The command line as it is written. `--help` is made from these types.

mod audit;
mod calibrate;
mod characterize;
mod common;
mod doctor;
mod import;
mod init;
mod lock_probe;
mod plot;
mod pool;
mod recommend;
mod recycling;
mod servers;
mod shell;
mod simulate;
mod sweep;
mod systems;
mod validate;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::exit::{Code, Failure};

pub use audit::{AuditArgs, AuditFormat};
pub use calibrate::CalibrateArgs;
pub use characterize::CharacterizeArgs;
pub use common::{Format, HostArgs};
pub use doctor::DoctorArgs;
pub use import::ImportArgs;
pub use init::InitArgs;
pub use lock_probe::LockProbeArgs;
pub use plot::{Kind as PlotKind, PlotArgs};
pub use pool::{ChoiceArg, blas_threads, one_of, start_methods};
pub use recommend::RecommendArgs;
pub use recycling::RecyclingArgs;
pub use servers::ServersArgs;
pub use shell::{CompletionsArgs, ManArgs, Schema, SchemaArgs};
pub use simulate::{MAX_REQUESTS, SimulateArgs};
pub use sweep::SweepArgs;
pub use systems::{SystemArg, SystemsArgs};
pub use validate::{SetArg, ValidateArgs};

/// Sizes Python worker pools by simulation.
///
/// Says which profile (processes, threads, event loops), how many workers, how
/// many threads and BLAS threads, with which start method; what throughput,
/// latency, memory and start-up will be; and how sure that is.
#[derive(Debug, Parser)]
#[command(name = "planner", version, max_term_width = 80, after_long_help = Code::table())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Recommend(RecommendArgs),
    Simulate(SimulateArgs),
    Sweep(SweepArgs),
    Plot(PlotArgs),
    Recycling(RecyclingArgs),
    Validate(ValidateArgs),
    Calibrate(CalibrateArgs),
    Characterize(CharacterizeArgs),
    Audit(AuditArgs),
    Init(InitArgs),
    Import(ImportArgs),
    Doctor(DoctorArgs),
    LockProbe(LockProbeArgs),
    Servers(ServersArgs),
    Systems(SystemsArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    #[command(hide = true)]
    Schema(SchemaArgs),
}

/// Reads the command line.
pub fn read() -> Result<Command, Failure> {
    Ok(Cli::try_parse()?.command)
}

/// As [`read`], of the given words.
#[cfg(test)]
pub fn parse(words: &[&str]) -> Result<Command, Failure> {
    Ok(Cli::try_parse_from(words)?.command)
}

/// The whole command line, for completions and manual pages.
pub fn description() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::description().debug_assert();
    }
}
