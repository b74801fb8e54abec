//! Why there is nothing to observe, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sim::pool::PoolKind;

use super::spec::POOLS;

/// A pool that never came to serve, or a run that could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is nothing to serve.
    #[error("the trace has no requests: give at least one row")]
    NoRows,
    /// The pool can be simulated only.
    #[error("`{kind}` is not run for real, only simulated; run for real are {}", names())]
    NoPool {
        /// The pool.
        kind: PoolKind,
    },
    /// The pool replaces no workers by that rule when it is run.
    #[error(
        "`{kind}` is run with max_requests at most, without jitter, and only pools of processes have that; leave TTLs and memory limits out, or simulate it"
    )]
    NoRule {
        /// The pool.
        kind: PoolKind,
    },
    /// The options contradict each other, or are none of the real pool's.
    #[error("{kind} cannot be run as asked: {why}")]
    Options {
        /// The pool.
        kind: PoolKind,
        /// What, and what to do instead.
        why: String,
    },
    /// The spec is not of the workload.
    #[error("the spec has {found} classes and the workload {expected}: make it with `Spec::of`")]
    Classes {
        /// In the spec.
        found: usize,
        /// In the workload.
        expected: usize,
    },
    /// A row is not of the workload.
    #[error(
        "row {row} of the trace has no class of the spec, or not one time for each segment: draw rows with `Trace`, which gives every segment its time"
    )]
    Row {
        /// Which row, from 0.
        row: usize,
    },
    /// The run's folder.
    #[error("cannot use `{}`: {error}; name a folder that can be written and has room", .path.display())]
    Files {
        /// What.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The modules that workers import could not be written.
    #[error(
        "cannot write a program of {bytes} bytes for the workers to import: {why}; ask for less `import_memory`"
    )]
    Program {
        /// What they were to take, in bytes.
        bytes: u64,
        /// What happened.
        why: String,
    },
    /// The delay server.
    #[error("cannot serve delays on the loopback interface: {0}; have segments wait by sleeping")]
    Server(io::Error),
    /// The shell that ends the pool if this process is killed.
    #[error("cannot start /bin/sh to guard the pool: {0}")]
    Guard(io::Error),
    /// Python could not be started.
    #[error("cannot run `{}`: {error}; name another interpreter", .python.display())]
    Launch {
        /// The interpreter.
        python: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Something failed before the first request.
    #[error("the pool failed at {stage}: {detail}; all it said is in `{}`", .stderr.display())]
    Failed {
        /// `import`, `calibration`, `start` or `replay`.
        stage: String,
        /// The exception.
        detail: String,
        /// The runner's messages.
        stderr: PathBuf,
    },
    /// The runner ended before the first request.
    #[error("the runner ended before the pool was ready: {how}; it said: {said} (all of it in `{}`)", .stderr.display())]
    Died {
        /// Status or signal.
        how: String,
        /// Its last message.
        said: String,
        /// The runner's messages.
        stderr: PathBuf,
    },
    /// Its time was up.
    #[error(
        "the pool was not ready after {} s; it said: {said} (all of it in `{}`); start fewer workers or allow more time",
        .limit.as_secs_f64(), .stderr.display()
    )]
    NeverReady {
        /// The limit.
        limit: Duration,
        /// Its last message.
        said: String,
        /// The runner's messages.
        stderr: PathBuf,
    },
    /// The run was ended on request before the first request.
    #[error("interrupted before the pool was ready: nothing was measured")]
    Interrupted,
    /// The runner wrote what it should not.
    #[error("line {line} of `{}` is no event: {reason}; the runner and this program are of different versions", .path.display())]
    Event {
        /// The file of events.
        path: PathBuf,
        /// Which line.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The runner contradicts itself.
    #[error("`{}` contradicts itself: {what}; please report this with the file", .path.display())]
    Contradiction {
        /// The file of events.
        path: PathBuf,
        /// What does not agree.
        what: String,
    },
    /// The runner could not be watched.
    #[error("cannot watch the runner: {0}")]
    Watch(io::Error),
}

fn names() -> String {
    POOLS.map(PoolKind::name).join(", ")
}
