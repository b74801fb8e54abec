//! Python environments with exactly the packages that a run needs.
//!
//! An environment belongs to one interpreter and one lock file: its folder is
//! named after both, so a changed lock file makes another one and nothing is
//! ever updated in place. It is built aside and moved to its name when whole.

mod build;
mod error;
mod locked;

use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::EnvironmentError;
pub use locked::Purpose;

use crate::child;
use crate::interpreters::Interpreter;

/// Longest that an environment may take to say what it holds.
const ASK_LIMIT: Duration = Duration::from_secs(60);
/// Written into a finished environment, last.
const MARK: &str = "environment.json";

/// A Python that can import what a purpose needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// What to run.
    pub python: PathBuf,
    /// The interpreter that it was made from.
    pub interpreter: Interpreter,
    /// What it is for.
    pub purpose: Purpose,
    /// Is there an interpreter lock once the packages are imported? They may
    /// turn it back on in a free-threaded build.
    pub interpreter_lock: bool,
}

/// What an environment was made of. Another mark, another environment.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    interpreter: PathBuf,
    version: String,
    free_threaded: bool,
    lock_digest: String,
}

/// The folder that environments live in.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// `$PLANNER_CACHE_DIR`, else `planner` in `$XDG_CACHE_HOME` or `~/.cache`.
    ///
    /// # Errors
    /// None of the three variables is set.
    pub fn of_user() -> Result<Self, EnvironmentError> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        if let Some(root) = set("PLANNER_CACHE_DIR") {
            return Ok(Self::at(root));
        }
        let caches = set("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
        caches.map(|caches| Self::at(caches.join("planner"))).ok_or(EnvironmentError::NoCache)
    }

    /// That folder, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The environment of `interpreter` for `purpose`, built if there is none.
    /// For [`Purpose::Plain`] it is the interpreter itself.
    ///
    /// While another process builds the same one, this waits for it.
    ///
    /// # Errors
    /// It cannot be built, or cannot import what it should.
    pub fn environment(
        &self,
        interpreter: &Interpreter,
        purpose: Purpose,
    ) -> Result<Environment, EnvironmentError> {
        let python = match purpose.requirements() {
            None => interpreter.path.clone(),
            Some(requirements) => self.built(interpreter, purpose, requirements)?,
        };
        let interpreter_lock = ask(&python, interpreter, purpose)?;
        Ok(Environment { python, interpreter: interpreter.clone(), purpose, interpreter_lock })
    }

    /// The Python of a finished environment.
    fn built(
        &self,
        interpreter: &Interpreter,
        purpose: Purpose,
        requirements: &str,
    ) -> Result<PathBuf, EnvironmentError> {
        let mark = Mark {
            interpreter: interpreter.path.clone(),
            version: interpreter.build.version.clone(),
            free_threaded: interpreter.build.free_threaded,
            lock_digest: locked::digest(requirements.as_bytes()),
        };
        let folder = self.root.join("environments");
        fs::create_dir_all(&folder).map_err(|error| EnvironmentError::at(&folder, error))?;
        let name = folder_name(&mark, purpose);
        let target = folder.join(&name);
        let _only_builder = lock(&folder.join(format!("{name}.lock")))?;
        if !is_finished(&target, &mark) {
            let aside = folder.join(format!("{name}.unfinished"));
            build::build(&aside, &interpreter.path, purpose, requirements)?;
            put_in_place(&aside, &target, &mark)
                .map_err(|error| EnvironmentError::at(&target, error))?;
        }
        Ok(python_in(&target))
    }
}

/// `greenlets-3.12.1-1f0c9f2ab8d4e6f7`: purpose, version, digest of the mark.
fn folder_name(mark: &Mark, purpose: Purpose) -> String {
    let threads = if mark.free_threaded { "t" } else { "" };
    let whole = format!("{} {}", mark.interpreter.display(), mark.lock_digest);
    let digest = locked::digest(whole.as_bytes());
    format!("{}-{}{threads}-{}", purpose.name(), mark.version, &digest[..16])
}

/// Holds off other builders until dropped; the system drops it with the process.
fn lock(path: &Path) -> Result<File, EnvironmentError> {
    let open = || {
        let file = File::options().create(true).append(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            // Every step of a builder has a time limit, so this ends.
            Err(TryLockError::WouldBlock) => file.lock().map(|()| file),
            Err(TryLockError::Error(error)) => Err(error),
        }
    };
    open().map_err(|error| EnvironmentError::at(path, error))
}

fn is_finished(target: &Path, mark: &Mark) -> bool {
    let text = fs::read(target.join(MARK)).unwrap_or_default();
    serde_json::from_slice::<Mark>(&text).is_ok_and(|found| found == *mark)
}

fn put_in_place(aside: &Path, target: &Path, mark: &Mark) -> io::Result<()> {
    fs::write(aside.join(MARK), serde_json::to_vec_pretty(mark)?)?;
    build::remove(target)?;
    fs::rename(aside, target)
}

fn python_in(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

/// Imports what `purpose` needs; is there an interpreter lock afterwards?
fn ask(
    python: &Path,
    interpreter: &Interpreter,
    purpose: Purpose,
) -> Result<bool, EnvironmentError> {
    let imports: String =
        purpose.modules().iter().map(|module| format!("import {module}\n")).collect();
    let question =
        format!("import sys\n{imports}print(getattr(sys, '_is_gil_enabled', lambda: True)())");
    let mut command = Command::new(python);
    command.args(["-I", "-c", &question]);
    let failed = |reason: String| EnvironmentError::Unusable {
        purpose,
        interpreter: interpreter.path.clone(),
        reason,
    };
    let finished = child::run(command, ASK_LIMIT).map_err(|error| failed(error.to_string()))?;
    match finished.stdout.trim_ascii() {
        b"True" => Ok(true),
        b"False" => Ok(false),
        _ => Err(failed(error::last_line(&finished.stderr))),
    }
}

#[cfg(test)]
mod tests;
