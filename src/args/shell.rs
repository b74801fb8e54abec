//! `planner completions`, `planner man` and the hidden `planner schema`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Print the manual page, or write one per command to a folder
#[derive(Args, Clone, Debug)]
pub struct ManArgs {
    /// Folder for planner.1, planner-recommend.1 and so on
    pub folder: Option<PathBuf>,
}

/// Print the JSON schema of an answer
#[derive(Args, Clone, Debug)]
pub struct SchemaArgs {
    /// The answer
    #[arg(value_enum)]
    pub of: Schema,
}

/// An answer with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// Of `planner recommend`
    Recommend,
    /// Of `planner simulate`
    Simulate,
    /// Of `planner recycling`
    Recycling,
    /// Of `planner validate`
    Validate,
    /// Of `planner validate --decision`
    Decision,
    /// Of `planner audit`
    Audit,
}
