//! One file per command: load, compute, render, write.

mod audit;
mod calibrate;
mod characterize;
mod doctor;
mod import;
mod init;
mod lock_probe;
mod plot;
mod recommend;
mod recycling;
pub mod servers;
mod shell;
mod simulate;
mod sweep;
mod systems;
mod validate;

pub use calibrate::raw;

use crate::args::Command;
use crate::exit::{Code, Failure};

/// Runs a command; the code is how the program ends.
pub fn run(command: Command) -> Result<Code, Failure> {
    match command {
        Command::Recommend(args) => recommend::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Plot(args) => plot::run(&args),
        Command::Recycling(args) => recycling::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Characterize(args) => characterize::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::LockProbe(args) => lock_probe::run(&args),
        Command::Servers(args) => servers::run(&args),
        Command::Systems(args) => systems::run(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
        Command::Schema(args) => shell::schema(&args),
    }
}
