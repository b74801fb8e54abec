//! What one callable does to the lock, the cores and the memory.
//!
//! [`characterize`] asks a handful of questions, each in a process of its own
//! with limits on time and memory, and boils the answers down to a [`Portrait`].
//! [`Class`] is the class of a workload that it amounts to, with each value's
//! spread; [`toml_text`] writes that down. [`check()`] has threads and
//! processes call it for real and holds the class's prediction against them.

mod answer;
mod check;
mod class;
mod course;
mod error;
mod figures;
mod launch;
mod lock;
mod sources;
#[cfg(test)]
mod testing;
pub mod toml_text;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

pub use check::{CheckError, Checked, Row, Workers, check};
pub use class::{Class, Part, PartKind, class_name};
pub use course::characterize;
pub use error::{CharacterizeError, Phase};
pub use figures::{Leak, MemoryUse, Quantiles, Times};
pub use lock::{Delay, LockUse};

use crate::interpreters::Interpreter;
use crate::lock_probe::Spread;

/// What is called, and what it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callable {
    /// `package.module:function`
    pub target: String,
    /// What stands between the parentheses of a call.
    pub args: String,
    /// Python statements that come first.
    pub setup: String,
    /// Where it is run: modules are looked for there first.
    pub folder: PathBuf,
    /// Most address space of a process, in bytes.
    pub memory_bytes: u64,
}

impl Callable {
    /// Module and name, if the target names both.
    pub fn names(&self) -> Option<(&str, &str)> {
        let (module, name) = self.target.split_once(':')?;
        let plain = |text: &str| {
            !text.is_empty()
                && text.split('.').all(|part| {
                    let mut letters = part.chars();
                    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                        && letters.all(|c| c.is_alphanumeric() || c == '_')
                })
        };
        (plain(module) && plain(name)).then_some((module, name))
    }
}

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// What is called.
    pub callable: &'a Callable,
    /// On which interpreter.
    pub python: &'a Interpreter,
    /// A build without the lock, to compare.
    pub free_threaded: Option<&'a Interpreter>,
    /// Longest for set-up and the first call.
    pub timeout: Duration,
    /// Cores of this machine.
    pub cores: u32,
    /// For files of the run.
    pub folder: &'a Path,
}

/// All that was measured of a callable.
#[derive(Clone, Debug, Serialize)]
pub struct Portrait {
    /// `package.module:function`
    pub target: String,
    /// On which interpreter.
    pub python: Interpreter,
    /// Importing its module.
    pub imports: ImportUse,
    /// The first call, elapsed, in s.
    pub first_call: f64,
    /// Is it a coroutine function?
    pub coroutine: bool,
    /// Its arguments, on their way to another process.
    pub request: Size,
    /// Its result, on its way back.
    pub response: Size,
    /// Why the function itself cannot be sent, if so.
    pub unsendable: Option<String>,
    /// One call at a time, one BLAS thread.
    pub times: Times,
    /// The same with BLAS threads on all cores, if it uses any.
    pub blas: Option<BlasUse>,
    /// Who had the lock; none without a lock.
    pub lock: Option<LockUse>,
    /// Memory.
    pub memory: Option<MemoryUse>,
    /// In a forked child.
    pub fork: ForkUse,
    /// Without the lock.
    pub free_threaded: FreeThreaded,
    /// First lines that it printed.
    pub output: String,
    /// Processes that it left running, which were ended.
    pub left: u32,
    /// Questions without an answer, and why.
    pub not_run: Vec<(String, String)>,
    /// How long all of it took, in s.
    pub took: f64,
}

/// Importing the module, beyond a bare interpreter.
#[derive(Clone, Debug, Serialize)]
pub struct ImportUse {
    /// CPU time, in s.
    pub cpu: Spread,
    /// Private memory, in bytes.
    pub memory: Spread,
    /// Installed packages that come with it.
    pub libraries: Vec<String>,
    /// Threads of the process afterwards.
    pub threads: u32,
}

/// Something on its way between processes.
#[derive(Clone, Debug, Serialize)]
pub struct Size {
    /// Pickled, in bytes; none if it cannot be.
    pub bytes: Option<u64>,
    /// Why not.
    pub why_not: Option<String>,
    /// CPU time of pickling, in s.
    pub pack: f64,
    /// CPU time of unpickling, in s.
    pub unpack: f64,
}

/// With BLAS threads on all cores.
#[derive(Clone, Debug, Serialize)]
pub struct BlasUse {
    /// Threads that BLAS was given.
    pub threads: u32,
    /// Threads of the process.
    pub in_process: u32,
    /// Elapsed time of a call, in s.
    pub elapsed: Spread,
    /// Time of a call that runs on all of them, alone on one, in s.
    pub parallel: Spread,
}

/// In a forked child.
#[derive(Clone, Debug, Serialize)]
pub struct ForkUse {
    /// What became of it: `served`, `hung`, `raised: ...`, `died: ...`; or why it
    /// was not tried.
    pub child: String,
    /// Threads of the parent when it forked.
    pub threads: u32,
    /// Threads right after the import.
    pub imported_threads: u32,
}

/// Without the lock.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FreeThreaded {
    /// It was measured.
    Measured {
        /// Version of the build.
        version: String,
        /// Did an import turn the lock back on?
        locked: bool,
        /// CPU time of a call, in s.
        own_cpu: Spread,
        /// Calls of two threads over those of one.
        two_threads: f64,
    },
    /// It was not, for this reason.
    NotRun(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_a_module_and_a_function() {
        let names = |target: &str| {
            let callable = Callable {
                target: target.to_owned(),
                args: String::new(),
                setup: String::new(),
                folder: PathBuf::new(),
                memory_bytes: 0,
            };
            callable.names().map(|(module, name)| (module.to_owned(), name.to_owned()))
        };
        assert_eq!(names("a.b:C.d"), Some(("a.b".to_owned(), "C.d".to_owned())));
        for wrong in ["a", "a:", ":f", "a..b:f", "a/b.py:f", "a:f()", "1a:f", ""] {
            assert_eq!(names(wrong), None, "{wrong}");
        }
    }
}
