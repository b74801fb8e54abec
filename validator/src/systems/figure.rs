//! What is compared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One figure of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Mean time of the download stage's handler, in s.
    Download,
    /// Mean time of the compute stage's handler, in s.
    Compute,
    /// Mean time of the upload stage's handler, in s.
    Upload,
    /// Mean time that a message is under way, in s.
    Processing,
    /// Mean number of messages under way.
    InFlight,
    /// Requests over the time from the first submission to the last result, in 1/s.
    Throughput,
    /// Highest sum of proportional set sizes, in bytes.
    PeakPss,
    /// Time per further job, in s.
    PerJob,
    /// Time of a pool without jobs, in s.
    Intercept,
    /// Mean download time while nothing computes yet, in s: for fitting.
    FirstWave,
    /// Change of the parent's allocated blocks over the largest number of jobs.
    Blocks,
    /// Time of one job without a pool, in s: for fitting.
    Alone,
    /// CPU time of the workers per message, in s: for fitting.
    WorkerCpu,
    /// CPU time of one transfer while nothing computes yet, in s: for fitting.
    TransferCpu,
}

/// What an error counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Times of stages and messages.
    StageTime,
    /// Throughput.
    Throughput,
    /// Peak memory.
    PeakPss,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::StageTime, Self::Throughput, Self::PeakPss];

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::StageTime => "stage times",
            Self::Throughput => "throughput",
            Self::PeakPss => "peak PSS",
        }
    }
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// In s.
    Seconds,
    /// In 1/s.
    PerSecond,
    /// In bytes.
    Bytes,
    /// A number.
    Count,
}

/// The figures of one run.
pub type Readings = BTreeMap<Figure, f64>;

impl Figure {
    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Compute => "compute",
            Self::Upload => "upload",
            Self::Processing => "processing",
            Self::InFlight => "in flight",
            Self::Throughput => "throughput",
            Self::PeakPss => "peak PSS",
            Self::PerJob => "per job",
            Self::Intercept => "intercept",
            Self::FirstWave => "first wave",
            Self::TransferCpu => "transfer CPU",
            Self::WorkerCpu => "worker CPU",
            Self::Blocks => "blocks",
            Self::Alone => "alone",
        }
    }

    /// Of what kind.
    pub fn unit(self) -> Unit {
        match self {
            Self::InFlight | Self::Blocks => Unit::Count,
            Self::Throughput => Unit::PerSecond,
            Self::PeakPss => Unit::Bytes,
            _ => Unit::Seconds,
        }
    }

    /// Where its error counts; nowhere for what follows from others.
    pub fn group(self) -> Option<Group> {
        match self {
            Self::Download | Self::Compute | Self::Upload | Self::Processing => {
                Some(Group::StageTime)
            }
            Self::Throughput => Some(Group::Throughput),
            Self::PeakPss => Some(Group::PeakPss),
            Self::InFlight
            | Self::PerJob
            | Self::Intercept
            | Self::Blocks
            | Self::Alone
            | Self::FirstWave
            | Self::TransferCpu
            | Self::WorkerCpu => None,
        }
    }

    /// Is it only there to be fitted to?
    pub fn is_for_fitting(self) -> bool {
        matches!(self, Self::FirstWave | Self::TransferCpu | Self::WorkerCpu | Self::Alone)
    }
}
