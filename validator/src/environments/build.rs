//! Building an environment: with uv if it is there, else with venv and pip.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::error::{EnvironmentError, last_line};
use super::{Purpose, python_in};
use crate::child;

/// Longest that one step may take.
const STEP_LIMIT: Duration = Duration::from_secs(600);
/// The lock file's name inside the environment.
const REQUIREMENTS: &str = "requirements.txt";

/// Builds into `folder`, which is emptied first.
pub(super) fn build(
    folder: &Path,
    interpreter: &Path,
    purpose: Purpose,
    requirements: &str,
) -> Result<(), EnvironmentError> {
    remove(folder).map_err(|error| EnvironmentError::at(folder, error))?;
    let uv = has_uv();
    let made = if uv {
        step("uv", &["venv", "--quiet", "--no-project", "--python"], [interpreter, folder])
    } else {
        step(interpreter, &["-I", "-m", "venv"], [folder])
    };
    made.map_err(|reason| EnvironmentError::NoVenv {
        interpreter: interpreter.to_owned(),
        reason,
    })?;
    let file = folder.join(REQUIREMENTS);
    fs::write(&file, requirements).map_err(|error| EnvironmentError::at(&file, error))?;
    // Wheels only: a compiler that is missing would fail late and at length.
    let python = python_in(folder);
    let installed = if uv {
        let install = ["pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"];
        step("uv", &[&install[..], &["--python"]].concat(), [&*python, "-r".as_ref(), &*file])
    } else {
        let pip = ["-I", "-m", "pip", "--disable-pip-version-check", "--no-input"];
        let install = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r"];
        step(&python, &[&pip[..], &install[..]].concat(), [&file])
    };
    installed.map_err(|reason| EnvironmentError::Install {
        purpose,
        interpreter: interpreter.to_owned(),
        reason,
    })
}

/// Removes the folder `path` if there is one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn has_uv() -> bool {
    step("uv", &["--version"], [""; 0]).is_ok()
}

/// Runs one command to its end; else the last thing that it said.
fn step(
    program: impl AsRef<OsStr>,
    arguments: &[&str],
    paths: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<(), String> {
    let mut command = Command::new(program);
    // No project's or user's settings for the environment that this is run from.
    command.args(arguments).args(paths).env_remove("VIRTUAL_ENV").env_remove("PYTHONPATH");
    let finished = child::run(command, STEP_LIMIT).map_err(|error| error.to_string())?;
    if finished.status.success() { Ok(()) } else { Err(last_line(&finished.stderr)) }
}
