//! `planner`: which pool, how many workers, how sure.

#![allow(unreachable_pub, reason = "a program has no public interface")]

mod args;
mod command_line;
mod commands;
mod emit;
mod exit;
mod files;
mod inputs;
mod picture;
mod pools;
mod progress;
mod recycling;
mod render;
mod report;
mod runs;
mod sweep;
mod validation;
mod watcher;

use std::process::ExitCode;

fn main() -> ExitCode {
    let result = args::read().and_then(commands::run);
    exit::end(result)
}
