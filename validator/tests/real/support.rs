//! Small plans, and looks at the processes of a run.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sim::kernel::{SimDuration, SimTime};
use sim::pool::PoolKind;
use sim::workload::{
    Arrivals, Distribution, RequestClass, Segment, SegmentKind, TraceRow, Workload,
};
use validator::interpreters::{self, Interpreter};
use validator::run::{
    Kernel, Limits, Load, Observation, Plan, PoolSpec, RunError, SegmentSpec, Spec, Stop,
    WaitKernel, run,
};

/// Longest that a condition is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const MILLISECOND: u64 = 1_000_000;

/// The pools of the standard library.
pub(crate) const STANDARD: [PoolKind; 5] = [
    PoolKind::MultiprocessingPool,
    PoolKind::ProcessPoolExecutor,
    PoolKind::MultiprocessingThreadPool,
    PoolKind::ThreadPoolExecutor,
    PoolKind::Asyncio,
];

/// Two slots of that pool.
pub(crate) fn pair(kind: PoolKind) -> PoolSpec {
    match kind {
        PoolKind::MultiprocessingPool | PoolKind::ProcessPoolExecutor => {
            PoolSpec::processes(kind, 2)
        }
        _ => PoolSpec::threads(kind, 2),
    }
}

/// CPython of this machine from 3.8 on, newest first.
pub(crate) fn pythons() -> &'static [Interpreter] {
    static FOUND: OnceLock<Vec<Interpreter>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let all = interpreters::find().interpreters.into_iter();
        all.filter(|i| i.build.implementation == "CPython" && i.build.minor >= 8).collect()
    })
}

/// Says that a test did nothing, past the harness, which keeps to itself what
/// a test that passes prints.
pub(crate) fn not_run(why: &str) {
    let _ = writeln!(io::stderr(), "not run: {why}");
}

/// The newest with the interpreter lock; none, and a line that says so, if
/// there is none.
pub(crate) fn python() -> Option<&'static Path> {
    let found = pythons().iter().find(|interpreter| !interpreter.build.free_threaded);
    if found.is_none() {
        not_run("no CPython 3.8 or later was found");
    }
    found.map(|interpreter| interpreter.path.as_path())
}

/// One run at a time: pools that compete for cores say little.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static RUNNING: Mutex<()> = Mutex::new(());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A trial: one class, `count` requests, `every` ns apart (or think times).
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) spec: Spec,
    pub(crate) rows: Vec<TraceRow>,
    pub(crate) workload: Workload,
    pub(crate) limits: Limits,
}

impl Trial {
    pub(crate) fn new(pool: PoolSpec, kernels: &[(Kernel, u64)], count: usize, every: u64) -> Self {
        let segment = Segment::new(SegmentKind::Python, Distribution::Constant(SimDuration(0)));
        let class = RequestClass::new("only", 1.0, vec![segment; kernels.len()]);
        let rate = Arrivals::Deterministic { rate: 1.0 };
        let workload = Workload::new("trial", rate, vec![class]);
        let mut spec = Spec::of(&workload, pool, WaitKernel::Sleep);
        spec.classes[0].segments =
            kernels.iter().map(|&(kernel, _)| SegmentSpec { kernel, parts: 1 }).collect();
        let times = |_| kernels.iter().map(|&(_, ns)| SimDuration(ns)).collect();
        let row = |index| TraceRow {
            at: SimTime(index as u64 * every),
            class: 0,
            key: 0,
            segments: times(index),
        };
        let rows = (0..count).map(row).collect();
        let limits = Limits { ready: PATIENCE, quiet: PATIENCE, total: 2 * PATIENCE };
        Self { spec, rows, workload, limits }
    }

    pub(crate) fn batch(mut self) -> Self {
        self.spec.load = Load::Batch;
        self
    }

    pub(crate) fn plan<'a>(&'a self, python: &'a Path) -> Plan<'a> {
        Plan {
            python,
            workload: &self.workload,
            rows: &self.rows,
            spec: self.spec.clone(),
            limits: self.limits,
            sample_every: Duration::from_millis(20),
        }
    }

    pub(crate) fn run_in(
        &self,
        python: &Path,
        folder: &Path,
        stop: &Stop,
    ) -> Result<Observation, RunError> {
        let observation = run(&self.plan(python), folder, stop);
        // A killed process takes a moment to end.
        wait_until("all processes of the run end", || processes_of(folder).is_empty());
        observation
    }

    pub(crate) fn run(&self, python: &Path) -> Result<Observation, RunError> {
        let folder = tempfile::tempdir().unwrap();
        self.run_in(python, folder.path(), &Stop::new())
    }
}

/// Living processes that belong to the run in `folder`.
pub(crate) fn processes_of(folder: &Path) -> Vec<i32> {
    let mark = [OsStr::new("PLANNER_RUN=").as_bytes(), folder.as_os_str().as_bytes()].concat();
    let belongs = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark)
    };
    let entries = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    entries
        .filter(|path| belongs(path))
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
        .collect()
}

/// Requests that have their record in the run in `folder`.
pub(crate) fn records_in(folder: &Path) -> usize {
    let events = fs::read_to_string(folder.join("events.jsonl")).unwrap_or_default();
    events.matches(r#""event":"request""#).count()
}

/// Waits until `condition` holds.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
