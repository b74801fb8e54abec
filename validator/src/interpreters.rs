//! The Python interpreters on this machine.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::child::{self, ChildError, Finished};

/// Longest that an interpreter may take to say what it is.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What an interpreter prints of itself; runs on every Python 3.
const QUESTION: &str = "import json, platform, sys, sysconfig
print(json.dumps({
    'version': platform.python_version(),
    'minor': sys.version_info[1],
    'implementation': platform.python_implementation(),
    'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),
}))";

/// An interpreter that answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// Where it is, links resolved.
    pub path: PathBuf,
    /// Where it was looked for.
    pub source: Source,
    /// What it says of itself.
    #[serde(flatten)]
    pub build: Build,
}

/// What an interpreter says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Full version, `3.12.1`.
    pub version: String,
    /// Minor version of Python 3.
    pub minor: u8,
    /// `CPython`, `PyPy`.
    pub implementation: String,
    /// Built without the interpreter lock.
    pub free_threaded: bool,
}

/// Where an interpreter was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// In a folder of `PATH`.
    Path,
    /// Under pyenv's versions.
    Pyenv,
    /// Under uv's managed interpreters.
    Uv,
    /// It was named.
    Named,
    /// Where the planner's own script builds one.
    Built,
}

impl Source {
    /// As written in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "PATH",
            Self::Pyenv => "pyenv",
            Self::Uv => "uv",
            Self::Named => "named",
            Self::Built => "built",
        }
    }
}

/// A file that should be an interpreter but gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silent {
    /// Where it is.
    pub path: PathBuf,
    /// What happened instead.
    pub reason: String,
}

/// All interpreters of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Those that answered, newest first.
    pub interpreters: Vec<Interpreter>,
    /// Those that did not.
    pub silent: Vec<Silent>,
}

/// Asks every `python3` and `python3.N` on `PATH`, under pyenv, under uv and
/// where `scripts/build-free-threaded.sh` puts one what it is, one after another, each once.
pub fn find() -> Found {
    find_in(&folders())
}

/// The CPython from 3.8 on, with the lock, that this user's programs run on: what
/// the active virtual environment was made from, else the newest.
pub fn usual() -> Option<Interpreter> {
    let active = env::var_os("VIRTUAL_ENV")
        .and_then(|folder| Path::new(&folder).join("bin/python").canonicalize().ok());
    let active = active.and_then(|path| at(&path).ok()).filter(is_usual);
    active.or_else(|| find().interpreters.into_iter().find(is_usual))
}

fn is_usual(it: &Interpreter) -> bool {
    let build = &it.build;
    build.implementation == "CPython" && build.minor >= 8 && !build.free_threaded
}

/// Asks the interpreter at `path` what it is.
///
/// # Errors
/// It gave no answer.
pub fn at(path: &Path) -> Result<Interpreter, Silent> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match ask(&path) {
        Ok(build) => Ok(Interpreter { path, source: Source::Named, build }),
        Err(reason) => Err(Silent { path, reason }),
    }
}

fn find_in(folders: &[(PathBuf, Source)]) -> Found {
    let mut found = Found::default();
    for (path, source) in candidates(folders) {
        match ask(&path) {
            Ok(build) => found.interpreters.push(Interpreter { path, source, build }),
            Err(reason) => found.silent.push(Silent { path, reason }),
        }
    }
    found.interpreters.sort_by(|a, b| {
        let key = |i: &Interpreter| (i.build.minor, i.build.free_threaded);
        key(b).cmp(&key(a)).then_with(|| a.path.cmp(&b.path))
    });
    found
}

/// Folders to look in, and on whose behalf. pyenv's shims are left out: they
/// are scripts that start what stands under its versions.
fn folders() -> Vec<(PathBuf, Source)> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let from_env = |name: &str| env::var_os(name).map(PathBuf::from);
    let pyenv = from_env("PYENV_ROOT").unwrap_or_else(|| home.join(".pyenv"));
    let data = from_env("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
    let uv = from_env("UV_PYTHON_INSTALL_DIR").unwrap_or_else(|| data.join("uv/python"));
    let shims = pyenv.join("shims");
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter(|folder| *folder != shims);
    let mut folders: Vec<_> = on_path.map(|folder| (folder, Source::Path)).collect();
    folders.extend(installed(&pyenv.join("versions"), Source::Pyenv));
    folders.extend(installed(&uv, Source::Uv));
    folders.extend(installed(&data.join("planner/python"), Source::Built));
    folders
}

/// The `bin` folder of every version installed under `root`.
fn installed(root: &Path, source: Source) -> Vec<(PathBuf, Source)> {
    entries(root).into_iter().map(|version| (version.join("bin"), source)).collect()
}

/// Executables with an interpreter's name, links resolved, each once.
fn candidates(folders: &[(PathBuf, Source)]) -> BTreeMap<PathBuf, Source> {
    let mut found = BTreeMap::new();
    for (folder, source) in folders {
        for path in entries(folder).into_iter().filter(|path| is_interpreter(path)) {
            if let Ok(real) = path.canonicalize() {
                found.entry(real).or_insert(*source);
            }
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// `python3`, `python3.12`, `python3.13t`, and executable.
fn is_interpreter(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(version) = name.strip_prefix("python3") else {
        return false;
    };
    let minor = version.strip_suffix('t').unwrap_or(version);
    let digits = minor.strip_prefix('.').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let executable = |path: &Path| {
        fs::metadata(path)
            .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    (version.is_empty() || digits) && executable(path)
}

/// Has the interpreter print what it is; else the reason why it did not.
fn ask(path: &Path) -> Result<Build, String> {
    let mut command = Command::new(path);
    // Isolated and without `site`: no file of the user's or of this folder is run.
    command.args(["-I", "-S", "-c", QUESTION]);
    let finished = child::run(command, TIME_LIMIT).map_err(|error| match error {
        ChildError::Io(error) => format!("could not be run: {error}"),
        late @ ChildError::TimedOut(_) => late.to_string(),
    })?;
    read_answer(&finished)
}

fn read_answer(finished: &Finished) -> Result<Build, String> {
    if !finished.status.success() {
        let stderr = String::from_utf8_lossy(&finished.stderr);
        let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Err(format!("ended with {}: {}", finished.status, last.trim()));
    }
    serde_json::from_slice(&finished.stdout).map_err(|error| format!("answered oddly: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// Written by another process: a file that this one has open for writing
    /// while a test forks could not be executed.
    fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        let write = r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#;
        let mut shell = Command::new("/bin/sh");
        assert!(shell.args(["-c", write, "sh"]).arg(&path).arg(text).status().unwrap().success());
        path.canonicalize().unwrap()
    }

    const ANSWER: &str = r#"echo '{"version": "3.13.0", "minor": 13,
        "implementation": "CPython", "free_threaded": true}'"#;

    #[test]
    fn asks_each_interpreter_once_and_keeps_the_silent_ones() {
        let folder = tempfile::tempdir().unwrap();
        let good = script(folder.path(), "python3.13t", ANSWER);
        symlink(&good, folder.path().join("python3")).unwrap();
        script(folder.path(), "python3.11", "echo no such version >&2; exit 127");
        script(folder.path(), "python3.10", "echo hello");
        script(folder.path(), "python3-config", ANSWER);
        script(folder.path(), "python3.12-gdb.py", ANSWER);
        let found = find_in(&[(folder.path().to_owned(), Source::Pyenv)]);
        assert_eq!(found.interpreters.len(), 1);
        let first = &found.interpreters[0];
        assert_eq!((&first.path, first.source), (&good, Source::Pyenv));
        assert!(first.build.free_threaded);
        let reasons: Vec<_> = found.silent.iter().map(|s| s.reason.as_str()).collect();
        assert!(reasons[0].starts_with("answered oddly: "), "{reasons:?}");
        assert!(reasons[1].ends_with(": no such version"), "{reasons:?}");
    }

    #[test]
    fn a_file_that_cannot_be_executed_is_no_interpreter() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("python3.12"), "").unwrap();
        assert_eq!(find_in(&[(folder.path().to_owned(), Source::Path)]), Found::default());
    }

    #[test]
    fn interpreters_of_this_machine_say_what_they_are() {
        for interpreter in find().interpreters {
            let build = &interpreter.build;
            assert!(build.version.starts_with(&format!("3.{}.", build.minor)), "{build:?}");
        }
    }
}
