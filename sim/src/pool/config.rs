//! A candidate pool: everything the user could choose.

use std::fmt;
use std::str::FromStr;

use crate::kernel::SimDuration;
use crate::workload::{PythonVersion, Workload};

/// Most worker processes that a pool may have.
pub const MAX_WORKERS: u32 = 4096;
/// Most threads (or requests in flight) per worker.
pub const MAX_THREADS: u32 = 4096;
/// Most slots (workers x threads) that a pool may have.
pub const MAX_SLOTS: u64 = 65_536;

/// How a worker process runs several requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concurrency {
    /// One request at a time.
    Serial,
    /// `threads` OS threads in one interpreter (lock or none, by the runtime).
    Threads(u32),
    /// `interpreters` sub-interpreters with a lock each, one thread each.
    Interpreters(u32),
    /// One event loop with at most `in_flight` requests.
    EventLoop(u32),
}

/// The shape of a pool: `process:8`, `thread:4x25`, `threads:16`,
/// `interpreters:8`, `async:4x100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Profile {
    /// Worker processes, at least 1.
    pub workers: u32,
    /// What each does.
    pub concurrency: Concurrency,
}

impl Profile {
    /// Single-request worker processes.
    pub fn processes(workers: u32) -> Self {
        Self { workers, concurrency: Concurrency::Serial }
    }

    /// Worker processes of `threads` threads each.
    pub fn threads(workers: u32, threads: u32) -> Self {
        Self { workers, concurrency: Concurrency::Threads(threads) }
    }

    /// Event loops, one per process.
    pub fn event_loops(workers: u32, in_flight: u32) -> Self {
        Self { workers, concurrency: Concurrency::EventLoop(in_flight) }
    }

    /// One process of `interpreters` sub-interpreters.
    pub fn interpreters(workers: u32, interpreters: u32) -> Self {
        Self { workers, concurrency: Concurrency::Interpreters(interpreters) }
    }

    /// Requests that one worker can have in service.
    pub fn slots_per_worker(self) -> u32 {
        match self.concurrency {
            Concurrency::Serial => 1,
            Concurrency::Threads(n) | Concurrency::Interpreters(n) | Concurrency::EventLoop(n) => n,
        }
    }

    /// Requests that the pool can have in service.
    pub fn slots(self) -> u64 {
        u64::from(self.workers) * u64::from(self.slots_per_worker())
    }

    /// The family's name: `process`, `thread`, `threads`, `interpreters`, `async`.
    pub fn family(self) -> &'static str {
        match self.concurrency {
            Concurrency::Serial => "process",
            Concurrency::Threads(_) if self.workers == 1 => "threads",
            Concurrency::Threads(_) => "thread",
            Concurrency::Interpreters(_) => "interpreters",
            Concurrency::EventLoop(_) => "async",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, w, n) = (self.family(), self.workers, self.slots_per_worker());
        f.pad(&match self.concurrency {
            Concurrency::Serial => format!("{family}:{w}"),
            Concurrency::Threads(_) | Concurrency::Interpreters(_) if w == 1 => {
                format!("{family}:{n}")
            }
            _ => format!("{family}:{w}x{n}"),
        })
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = "write process:8, threads:16, thread:4x25, interpreters:8 or async:4x100";
        let (family, size) =
            text.split_once(':').ok_or_else(|| format!("`{text}` is no profile; {shape}"))?;
        let number = |part: &str, most: u32| {
            part.parse::<u32>().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
                format!("`{part}` in `{text}` is no number from 1 to {most}; {shape}")
            })
        };
        let (first, second) = match size.split_once('x') {
            Some((a, b)) => (a, Some(b)),
            None => (size, None),
        };
        let one = |what: fn(u32) -> Concurrency| match second {
            Some(b) => Ok(Self {
                workers: number(first, MAX_WORKERS)?,
                concurrency: what(number(b, MAX_THREADS)?),
            }),
            None => Ok(Self { workers: 1, concurrency: what(number(first, MAX_THREADS)?) }),
        };
        let profile = match (family, second) {
            ("process", None) => Ok(Self::processes(number(first, MAX_WORKERS)?)),
            ("thread", Some(_)) | ("threads", _) => one(Concurrency::Threads),
            ("interpreters", _) => one(Concurrency::Interpreters),
            ("async", Some(_)) => one(Concurrency::EventLoop),
            ("async", None) => Ok(Self::event_loops(number(first, MAX_WORKERS)?, 1000)),
            _ => Err(format!("`{text}` is no profile; {shape}")),
        }?;
        if profile.slots() > MAX_SLOTS {
            return Err(format!("`{text}` has {} slots, over {MAX_SLOTS}", profile.slots()));
        }
        Ok(profile)
    }
}

/// How a worker process comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartMethod {
    /// Copy of the parent; pages shared until written.
    Fork,
    /// A fresh interpreter that imports everything again.
    Spawn,
    /// Forked from a small clean server, then imports.
    Forkserver,
}

impl StartMethod {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Fork, Self::Forkserver, Self::Spawn];

    /// As Python spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Spawn => "spawn",
            Self::Forkserver => "forkserver",
        }
    }
}

impl fmt::Display for StartMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which worker gets a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkerChoice {
    /// One queue; the worker that has been idle longest takes the head.
    SharedQueue,
    /// One queue; the first worker in order that has a free slot.
    FirstFit,
    /// A queue per worker, dealt in turn whether free or not.
    RoundRobin,
    /// A queue per worker; the one with fewest requests gets the next.
    LeastLoaded,
}

impl WorkerChoice {
    /// As written in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SharedQueue => "shared-queue",
            Self::FirstFit => "first-fit",
            Self::RoundRobin => "round-robin",
            Self::LeastLoaded => "least-loaded",
        }
    }
}

/// Who hands requests to workers, and whose lock and core that costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dispatcher {
    /// Nobody: workers accept from a shared socket (prefork servers).
    Kernel,
    /// A process that is not Python (gRPC pool manager, broker).
    Native,
    /// The parent's Python threads, under the parent's lock (executors).
    Python,
}

impl Dispatcher {
    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Native => "native",
            Self::Python => "python",
        }
    }
}

/// One pool that could be deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolConfig {
    /// Workers and what each does.
    pub profile: Profile,
    /// Interpreter build.
    pub python: PythonVersion,
    /// How workers start. Ignored by a profile with one process.
    pub start_method: StartMethod,
    /// Native threads per parallel segment (`OPENBLAS_NUM_THREADS`).
    pub blas_threads: u32,
    /// Which worker gets a request.
    pub choice: WorkerChoice,
    /// Who hands requests out.
    pub dispatcher: Dispatcher,
    /// Longest queue; `None`: no cap.
    pub queue_cap: Option<u32>,
    /// Longest time in the queue.
    pub queue_timeout: Option<SimDuration>,
    /// Workers started together; `None`: all at once.
    pub start_batch: Option<u32>,
    /// Pause after each batch.
    pub start_delay: SimDuration,
}

impl PoolConfig {
    /// `profile` on `python` with the workload's surroundings, the runtime's
    /// default start method, one BLAS thread and a shared queue.
    pub fn new(workload: &Workload, profile: Profile, python: PythonVersion) -> Self {
        let service = &workload.service;
        Self {
            profile,
            python,
            start_method: python.default_start_method(),
            blas_threads: 1,
            choice: WorkerChoice::SharedQueue,
            dispatcher: service.dispatcher,
            queue_cap: service.queue_cap,
            queue_timeout: service.queue_timeout,
            start_batch: service.start_batch,
            start_delay: service.start_delay,
        }
    }

    /// Is the one worker the dispatching Python process itself
    /// (`ThreadPoolExecutor`), or the only process there is?
    pub fn in_parent(&self) -> bool {
        self.profile.workers == 1 && self.profile.concurrency != Concurrency::Serial
    }

    /// Does bytecode of two requests in one worker run at the same time?
    pub fn lock_free(&self) -> bool {
        self.python.free_threaded
    }
}

impl fmt::Display for PoolConfig {
    /// `process:8 py3.12 fork blas=1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{} py{}", self.profile, self.python);
        if self.profile.workers > 1 {
            text.push_str(&format!(" {}", self.start_method));
        }
        if self.blas_threads > 1 {
            text.push_str(&format!(" blas={}", self.blas_threads));
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_read_what_they_print() {
        for text in ["process:8", "threads:16", "thread:4x25", "interpreters:8", "async:4x100"] {
            assert_eq!(text.parse::<Profile>().unwrap().to_string(), text);
        }
        assert_eq!("thread:1x4".parse::<Profile>().unwrap().to_string(), "threads:4");
        assert_eq!("async:4".parse::<Profile>().unwrap().slots(), 4000);
    }

    #[test]
    fn profiles_refuse_nonsense() {
        for text in [
            "",
            "process",
            "process:",
            "process:0",
            "process:-1",
            "process:1000000000",
            "process:4x2",
            "thread:4",
            "thread:0x4",
            "thread:4096x4096",
            "greenlets:3",
            "process:8 ",
        ] {
            assert!(text.parse::<Profile>().is_err(), "{text}");
        }
    }
}
