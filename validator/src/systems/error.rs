//! Why a system gave no figures.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sim::experiment::SimError;

use crate::environments::EnvironmentError;
use crate::lock_probe::ProbeError;

/// A system that could not be run, or not be predicted.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// There is no Python that it runs on.
    #[error(
        "{system} needs CPython 3.{oldest} or later, and none was found; `planner doctor` lists what is here"
    )]
    NoPython {
        /// Name of the system.
        system: &'static str,
        /// Oldest minor version of Python 3.
        oldest: u8,
    },
    /// Its packages cannot be had.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The interpreter lock could not be looked at.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// A file of a run cannot be written or read.
    #[error("cannot use `{}`: {error}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The runner could not be started or watched.
    #[error("`{variant}` cannot be run: {error}")]
    Launch {
        /// Name of the variant.
        variant: String,
        /// What the system says.
        error: io::Error,
    },
    /// The runner took too long and was killed.
    #[error("`{variant}` did not end within {} s and was killed; its messages are in `{}`", .limit.as_secs(), .folder.display())]
    TimedOut {
        /// Name of the variant.
        variant: String,
        /// The limit.
        limit: Duration,
        /// Folder of the run.
        folder: PathBuf,
    },
    /// The runner failed.
    #[error("`{variant}` ended with {status}: {last}; all of it is in `{}`", .folder.display())]
    Ended {
        /// Name of the variant.
        variant: String,
        /// How it ended.
        status: String,
        /// The last thing that it said.
        last: String,
        /// Folder of the run.
        folder: PathBuf,
    },
    /// The runner wrote something else than records.
    #[error("`{variant}` wrote odd records: {reason}")]
    Records {
        /// Name of the variant.
        variant: String,
        /// What is odd.
        reason: String,
    },
    /// What the parameters are taken from was not seen.
    #[error("the model of {system} cannot be fitted: {reason}")]
    NoFit {
        /// Name of the system.
        system: &'static str,
        /// What is missing.
        reason: String,
    },
    /// Someone asked to end.
    #[error("interrupted; finished runs are kept, repeat the command to go on")]
    Interrupted,
    /// The simulation gave up.
    #[error(transparent)]
    Simulation(#[from] SimError),
}

impl SystemError {
    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::File { path: path.clone(), error }
    }
}
