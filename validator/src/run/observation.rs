//! What was seen of a run. All instants in ns of CLOCK_MONOTONIC.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::sampler::{Sample, SamplingCost};
use super::starts::Starts;
use crate::servers::Imports;

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// How long steps of the kernels take, as measured before.
    pub kernels: Vec<KernelRate>,
    /// How the pool came up.
    pub startup: Startup,
    /// How it came up again, in processes of their own.
    pub starts: Starts,
    /// Time zero of the trace.
    pub origin: u64,
    /// One for each request that got an answer, as the answers came.
    pub records: Vec<Record>,
    /// Rows without one.
    pub lost: Vec<usize>,
    /// The processes at equal steps of time.
    pub samples: Vec<Sample>,
    /// What looking at them cost.
    pub sampling: SamplingCost,
    /// CPU time that this process spent as the pool's dispatcher, or as its
    /// clients, while requests were served, in ns; 0 where Python does all of it.
    pub dispatching: u64,
    /// How it ended.
    pub end: End,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every request got an answer.
    Complete,
    /// Nothing happened for that long: the missing requests are stuck in
    /// workers that hang or died.
    Quiet(Duration),
    /// Its whole time was up.
    OutOfTime(Duration),
    /// Someone asked.
    Interrupted,
    /// The runner ended too early: how.
    RunnerDied(String),
    /// The runner gave up: the exception.
    Failed(String),
}

/// How a pool came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Startup {
    /// Python was launched.
    #[serde(default)]
    pub launched: u64,
    /// The pool was asked for: imports and calibration are over.
    pub began: u64,
    /// Every slot was there.
    pub ready: u64,
    /// Did the caller's process have an interpreter lock then?
    pub interpreter_lock: bool,
    /// What the caller's process had imported by then, where it is a Python.
    #[serde(default)]
    pub application: Option<Application>,
}

/// A Python process that is about to make a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Memory of its own, the interpreter's included, in bytes.
    pub private_bytes: u64,
    /// Memory that other processes map as well, libraries above all, in bytes;
    /// none if it was not looked at.
    #[serde(default)]
    pub shared_bytes: Option<u64>,
    /// CPU time from its launch to its last import, in ns.
    pub import_cpu_ns: u64,
    /// The same of the process that starts workers, where that is a server's
    /// which leaves the application to them.
    #[serde(default)]
    pub parent: Option<Imports>,
}

/// How long a kernel takes, in ns, alone and undisturbed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelRate {
    /// Its name.
    pub kernel: String,
    /// Of one call.
    pub fixed_ns: f64,
    /// Of one step.
    pub step_ns: f64,
    /// A length that was then asked for.
    pub check_asked_ns: u64,
    /// What it took.
    pub check_took_ns: u64,
}

/// What happened to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Row of the trace.
    pub request: usize,
    /// Class index.
    pub class: usize,
    /// When it should have been sent: latency counts from here.
    pub scheduled: u64,
    /// When it was handed to the pool.
    pub submitted: u64,
    /// When a worker began; `None` if the pool gave it up.
    pub started: Option<u64>,
    /// When that worker was done.
    pub finished: Option<u64>,
    /// When the caller had the answer.
    pub received: u64,
    /// CPU time of the serving thread, in ns; `None` where a thread serves
    /// several requests at once.
    pub cpu: Option<u64>,
    /// Process that served it.
    pub worker: Option<u32>,
    /// Thread that served it.
    pub thread: Option<u64>,
    /// How it went.
    pub outcome: Outcome,
}

/// How a request went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Served.
    Ok,
    /// The work raised this.
    Exception(String),
    /// The pool raised this instead of serving it.
    Pool(String),
}
