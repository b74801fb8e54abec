//! How fast the machine is now: measured for some seconds before anything is
//! decided.
//!
//! A workload's times are times at the machine's full speed: the kernels' rates
//! that are measured here are kept for all runs of the campaign, so that every
//! pool does the same work. How much longer work takes now is told by the
//! reference that also runs beside every pool.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sim::host::{Host, Origin, Parameter};

use crate::child::{self, ChildError};
use crate::interpreters::Interpreter;
use crate::run::{KernelRate, write_sources};
use crate::validate::speed::Reference;

/// How long the kernels are timed.
const SECONDS: u64 = 8;
/// Longest until they are.
const LIMIT: Duration = Duration::from_secs(10 * SECONDS);
/// Half-width of a 95 % interval, in standard errors.
const INTERVAL: f64 = 1.96;
/// Pace at most: beyond this something else than speed was measured.
const SLOWEST: f64 = 20.0;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Today {
    /// Version of the interpreter.
    pub python: String,
    /// What kernels take at full speed.
    pub kernels: Vec<KernelRate>,
    /// Time that bytecode takes now, over that at full speed; 1 at least.
    pub pace: f64,
    /// Standard error of that, as a share.
    pub error: f64,
}

/// The speed could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum TodayError {
    /// Files cannot be used.
    #[error("cannot use `{}`: {error}; name a folder with --out that can be written", .path.display())]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The program that times the kernels gave nothing.
    #[error("`{}` could not time the kernels: {why}; name another interpreter with --python", .python.display())]
    Python {
        /// The interpreter.
        python: PathBuf,
        /// What went wrong.
        why: String,
    },
}

/// What the program says.
#[derive(Debug, Deserialize)]
struct Said {
    kernels: Vec<KernelRate>,
    piece_ns: f64,
}

impl Today {
    /// As kept in `folder` by an earlier campaign of this interpreter, so that
    /// its runs can be gone on with; else measured now and kept there.
    ///
    /// # Errors
    /// It cannot be measured or kept.
    pub fn of(interpreter: &Interpreter, folder: &Path) -> Result<Self, TodayError> {
        let path = folder.join("today.json");
        let files = |error| TodayError::Files { path: path.clone(), error };
        let known = fs::read_to_string(&path).ok();
        let known = known.and_then(|text| serde_json::from_str::<Self>(&text).ok());
        if let Some(known) = known.filter(|it| it.python == interpreter.build.version) {
            return Ok(known);
        }
        let today = Self::measured(interpreter, &folder.join("speed"))?;
        let text = serde_json::to_string_pretty(&today).map_err(|error| files(error.into()))?;
        fs::write(&path, text).map_err(files)?;
        Ok(today)
    }

    fn measured(interpreter: &Interpreter, folder: &Path) -> Result<Self, TodayError> {
        let python = &interpreter.path;
        let files = |error| TodayError::Files { path: folder.to_owned(), error };
        let reference = Reference::start(python, folder).map_err(files)?;
        let programs = folder.join("python");
        write_sources(&programs).map_err(files)?;
        let said = timed(python, &programs.join("speed.py"));
        let seen = reference.finish().map_err(files)?;
        let failed = |why| TodayError::Python { python: python.clone(), why };
        let said = said.map_err(failed)?;
        let none = || failed("the program that looks at the speed beside it saw too little".into());
        let during = seen.slowdown(0, u64::MAX).ok_or_else(none)?;
        let pace = (during.bytecode.mean / said.piece_ns).clamp(1.0, SLOWEST);
        let version = interpreter.build.version.clone();
        Ok(Self { python: version, kernels: said.kernels, pace, error: during.error })
    }

    /// `host` at this pace.
    pub fn host(&self, host: &Host) -> Host {
        let mut host = host.clone();
        let (speed, width) = (1.0 / self.pace, INTERVAL * self.error.min(0.4));
        host.cpu.speed = Parameter {
            value: speed,
            low: speed * (1.0 - width),
            high: speed * (1.0 + width),
            origin: Origin::Measured,
            note: "bytecode now over bytecode at full speed, before the decision".to_owned(),
            fit_error: Some(self.error),
        };
        host
    }
}

fn timed(python: &Path, program: &Path) -> Result<Said, String> {
    let mut command = Command::new(python);
    command.args(["-E", "-s", "-B"]).arg(program).arg(SECONDS.to_string());
    let done = child::run(command, LIMIT).map_err(|error: ChildError| error.to_string())?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(said.lines().last().unwrap_or("it said nothing").to_owned());
    }
    serde_json::from_slice(&done.stdout).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpreters::{Build, Source};

    #[test]
    fn a_host_at_half_the_pace_computes_half_as_fast() {
        let today =
            Today { python: "3.12.1".to_owned(), kernels: Vec::new(), pace: 2.0, error: 0.01 };
        let host = today.host(&Host::ideal(2));
        let speed = &host.cpu.speed;
        assert_eq!((speed.value, speed.origin), (0.5, Origin::Measured));
        assert!(speed.low < 0.5 && speed.high > 0.5 && speed.high < 0.52);
    }

    #[test]
    fn what_was_kept_is_taken_for_the_same_interpreter_only() {
        let folder = tempfile::tempdir().unwrap();
        let build = Build {
            version: "3.12.1".to_owned(),
            minor: 12,
            implementation: "CPython".to_owned(),
            free_threaded: false,
        };
        let path = folder.path().join("no-python");
        let interpreter = Interpreter { path, source: Source::Named, build };
        let python = interpreter.build.version.clone();
        let kept = Today { python, kernels: Vec::new(), pace: 1.5, error: 0.0 };
        let file = folder.path().join("today.json");
        fs::write(&file, serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(Today::of(&interpreter, folder.path()).unwrap(), kept);
        let other = Today { python: "3.8.0".to_owned(), ..kept };
        fs::write(&file, serde_json::to_string(&other).unwrap()).unwrap();
        // It is measured anew, which that interpreter cannot do.
        assert!(Today::of(&interpreter, folder.path()).is_err());
    }
}
