//! Why there is no environment, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::environments::Purpose;

/// An environment that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// Nothing says where caches are.
    #[error("no folder for environments is known: set PLANNER_CACHE_DIR, XDG_CACHE_HOME or HOME")]
    NoCache,
    /// The cache cannot be written.
    #[error("cannot write `{}`: {error}; make room or set PLANNER_CACHE_DIR to another folder", .path.display())]
    Io {
        /// What was being written.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The interpreter cannot make environments.
    #[error(
        "cannot make an environment with `{}`: {reason}; install uv, or the venv module and pip of that interpreter (Debian: python3-venv)",
        .interpreter.display()
    )]
    NoVenv {
        /// The interpreter.
        interpreter: PathBuf,
        /// What it said last.
        reason: String,
    },
    /// The packages cannot be installed.
    #[error(
        "cannot install {} for `{}`: {reason}; the package index must be within reach and have a wheel for this interpreter",
        .purpose.modules().join(" and "), .interpreter.display()
    )]
    Install {
        /// What for.
        purpose: Purpose,
        /// The interpreter.
        interpreter: PathBuf,
        /// What the installer said last.
        reason: String,
    },
    /// The packages are there, but do not work.
    #[error(
        "the {} environment of `{}` does not work: {reason}; remove it from the cache to have it made anew, or use another interpreter",
        .purpose.name(), .interpreter.display()
    )]
    Unusable {
        /// What for.
        purpose: Purpose,
        /// The interpreter.
        interpreter: PathBuf,
        /// What it said last.
        reason: String,
    },
}

impl EnvironmentError {
    pub(super) fn at(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}

/// The last line that says something.
pub(super) fn last_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("it said nothing").to_owned()
}
