//! Why there is no calibration, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// A calibration that cannot be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// Something cannot be read or written.
    #[error("cannot use `{}`: {error}; name a folder that can be written and has room", .path.display())]
    Files {
        /// What.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A probe could not be started.
    #[error("cannot run `{}`: {error}; name another interpreter", .python.display())]
    Launch {
        /// The interpreter.
        python: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no interpreter to measure.
    #[error("no CPython 3.8 or later was found; install one, or name it with --python")]
    NoPython,
    /// The one that was named does not do.
    #[error("`{}` cannot be calibrated: {reason}; name a CPython 3.8 or later", .path.display())]
    NotPython {
        /// What was named.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The folder holds nothing, or what it holds cannot be read.
    #[error("`{}` holds no raw observations: {reason}", .path.display())]
    NoObservations {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Rounds can be added only to a calibration of the same host.
    #[error("`{}` holds observations of another host or interpreter ({found}); name another folder", .path.display())]
    OtherHost {
        /// The folder.
        path: PathBuf,
        /// What they are of.
        found: String,
    },
}

impl CalibrateError {
    pub(super) fn files(path: &Path, error: impl Into<io::Error>) -> Self {
        Self::Files { path: path.to_owned(), error: error.into() }
    }
}
