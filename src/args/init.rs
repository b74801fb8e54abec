//! `planner init`.

use std::path::PathBuf;

use clap::Args;

/// Write a commented workload file to start from
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// File to write
    #[arg(default_value = "workload.toml")]
    pub path: PathBuf,
    /// Overwrite the file if it exists
    #[arg(long)]
    pub force: bool,
}
