//! A folder of its own for every test, and the program run in it.

use std::path::PathBuf;

use assert_cmd::Command;
use assert_cmd::assert::Assert;

/// Twenty requests at once: valid, and decided in no time.
pub(crate) const TINY: &str = r#"name = "tiny"

[arrivals.batch]
requests = 20

[[class]]
name = "unit"
share = 1.0

[[class.segment]]
python = "1 ms"

[runtime]
python = ["3.12"]
thread_safe = true
fork_safe = true

[service]
dispatcher = "kernel"
max_workers = 4
"#;

/// 50 requests/s of two classes that wait for 10 ms: half of what one slot does.
pub(crate) const STEADY: &str = r#"name = "steady"

[arrivals.poisson]
rate = "50/s"

[[class]]
name = "small"
share = 0.8

[[class.segment]]
wait = "10 ms"

[[class]]
name = "large"
share = 0.2

[[class.segment]]
wait = "10 ms"

[runtime]
python = ["3.12"]
thread_safe = true
fork_safe = true
import_time = "200 ms"

[service]
dispatcher = "kernel"
"#;

/// A folder that goes when the test ends.
pub(crate) struct Lab(tempfile::TempDir);

impl Lab {
    /// With `tiny.toml` in it.
    pub(crate) fn new() -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        lab.write("tiny.toml", TINY);
        lab
    }

    /// With `steady.toml` in it.
    pub(crate) fn steady() -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        lab.write("steady.toml", STEADY);
        lab
    }

    /// The answer to `arguments` as JSON.
    pub(crate) fn json(&self, arguments: &str, code: i32) -> serde_json::Value {
        serde_json::from_str(&self.answer(&format!("{arguments} --format json"), code)).unwrap()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(file), bytes).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    /// Names of what is in the folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program with `arguments` (split at spaces), in this folder.
    pub(crate) fn planner(&self, arguments: &str) -> Command {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("planner");
        command.current_dir(self.0.path()).env_remove("COLUMNS").env_remove("NO_COLOR");
        command.args(arguments.split_whitespace());
        command
    }

    /// The answer on standard output of a run that ends with `code` and says
    /// nothing on standard error.
    pub(crate) fn answer(&self, arguments: &str, code: i32) -> String {
        let assert = self.planner(arguments).assert().code(code).stderr("");
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    }

    /// What standard error says of a run that is refused with `code`: exactly
    /// `errors` errors, no answer, no trace of a panic.
    pub(crate) fn refusal(&self, arguments: &str, code: i32, errors: usize) -> String {
        refused(self.planner(arguments).assert(), code, errors)
    }
}

/// As [`Lab::refusal`], of a run that is over.
pub(crate) fn refused(assert: Assert, code: i32, errors: usize) -> String {
    let assert = assert.code(code).stdout("");
    let stderr = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    let found = stderr.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(found, errors, "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains('\u{1b}'), "{stderr}");
    stderr
}
