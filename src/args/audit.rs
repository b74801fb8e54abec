//! `planner audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::common::HostArgs;

/// Hold published figures, or those of a load test, against laws and the model
///
/// Judges every figure by operational laws (Little's, utilisation, forced flow,
/// response time, bottleneck, memory, offered against achieved) and by the
/// arithmetic that the figures' own text claims, each violation with its
/// computation; and predicts what the stated configurations give.
#[derive(Args, Clone, Debug)]
pub struct AuditArgs {
    /// Files of claims (.toml), results of a load test (.csv), or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Show every figure, not only those that something is wrong with
    #[arg(long)]
    pub all: bool,
    /// Workload of a load test, so that the model can predict its rows
    #[arg(long, value_name = "FILE")]
    pub workload: Option<PathBuf>,
    /// Folder of variants.toml [default: workloads, two folders above the claims]
    #[arg(long, value_name = "DIR")]
    pub workloads: Option<PathBuf>,
    /// Seed of all randomness; one seed, one answer
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub output: AuditOutput,
}

/// Where the answer goes, and in which form.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct AuditOutput {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub format: AuditFormat,
    /// Write the answer to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Form of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// For people, at most 80 columns
    Text,
    /// For programs; docs/json.md describes it
    Json,
    /// One page that needs nothing else
    Html,
}
