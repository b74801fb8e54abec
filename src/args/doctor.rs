//! `planner doctor`.

use clap::Args;

use super::common::OutputArgs;

/// Look at this machine: what can be run and measured here
///
/// Shows processor, limits and memory, asks every Python on PATH and under
/// pyenv and uv what it is, and times a short spin to see how steady the
/// machine is. Changes nothing.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub output: OutputArgs,
}
