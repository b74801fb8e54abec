//! `planner recycling`.

use std::path::PathBuf;

use clap::Args;
use sim::input::{parse_rate, parse_share};
use sim::kernel::SimDuration;
use sim::pool::MAX_WORKERS;

use super::common::{HostArgs, OutputArgs, Scheduler};
use super::pool::{PoolArgs, positive_time, time};

/// Find the recycling rule that keeps enough workers up
///
/// Measures by simulation how long a restart takes and how many requests a
/// worker serves, computes the smallest jitter that keeps so many workers up at
/// any moment after a common start, and checks the answer by simulating it.
#[derive(Args, Clone, Debug)]
pub struct RecyclingArgs {
    /// Workload file; without one, say --workers and --outage
    #[arg(long, value_name = "FILE", required_unless_present = "workers",
          conflicts_with_all = ["workers", "outage", "rate"])]
    pub workload: Option<PathBuf>,
    #[command(flatten)]
    pub goal: KeepUpArgs,
    #[command(flatten)]
    pub rule: RuleArgs,
    #[command(flatten)]
    pub plain: PlainArgs,
    #[command(flatten)]
    pub pool: PoolArgs,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What is wanted.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Wanted")]
pub struct KeepUpArgs {
    /// Share of the workers that must be up, like 90% [default: the workload's]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub keep_up: Option<f64>,
    /// With that probability at any moment [default: the workload's, else 99.9%]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub probability: Option<f64>,
}

/// The rule, but for its jitter.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rule [default: the workload's, else the shortest lives that do]")]
pub struct RuleArgs {
    /// Replace a worker when it has served so many requests
    #[arg(long, value_name = "N", conflicts_with = "ttl",
          value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub max_requests: Option<u64>,
    /// Replace a worker when it has lived so long, like 30min
    #[arg(long, visible_alias = "life", value_name = "TIME", value_parser = positive_time)]
    pub ttl: Option<SimDuration>,
}

/// Numbers in place of a workload.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Without a workload")]
pub struct PlainArgs {
    /// Workers of the pool
    #[arg(long, value_name = "N", requires = "outage",
          conflicts_with_all = ["profile", "pool"],
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_WORKERS)))]
    pub workers: Option<u32>,
    /// From when a worker takes no more requests until its successor does
    #[arg(long, value_name = "TIME", requires = "workers", value_parser = time)]
    pub outage: Option<SimDuration>,
    /// Requests that each worker serves, like 5/s (for --max-requests)
    #[arg(long, value_name = "RATE", requires = "workers", value_parser = rate)]
    pub rate: Option<f64>,
}

/// How the answer is checked.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Check")]
pub struct CheckArgs {
    /// Independent replications, 2 or more for intervals; a short check gets more
    #[arg(long, value_name = "R", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub replications: u32,
    /// How threads share the cores
    #[arg(long, value_enum, default_value_t)]
    pub scheduler: Scheduler,
    /// Seed of all randomness; one seed, one answer
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

fn share(text: &str) -> Result<f64, String> {
    match parse_share(text) {
        Ok(share) if share > 0.0 => Ok(share),
        Ok(_) => Err("nothing needs to be up then; write a share above 0, like 90%".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match parse_rate(text) {
        Ok(rate) if rate > 0.0 => Ok(rate),
        Ok(_) => Err("a worker that serves nothing never reaches its number".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
