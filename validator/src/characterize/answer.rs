//! What the Python side writes, line by line. Times in ns, sizes in bytes.

use serde::Deserialize;

/// One line of a file of answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// What is tried next.
    Phase { phase: String },
    /// What was tried raised.
    Failed(Failed),
    /// Importing the module.
    Imports(Imports),
    /// The first call.
    First(First),
    /// Calls with nothing else in the process.
    Alone(Alone),
    /// A block of calls beside spinners.
    Beside(Beside),
    /// Memory.
    Memory(Memory),
    /// What a forked child did.
    Fork(Fork),
    /// Calls of several workers.
    Together(Together),
    /// All is answered.
    End,
}

/// What was tried raised.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Failed {
    pub(crate) phase: String,
    pub(crate) error: String,
    /// `raised`, `exit` or `memory`.
    pub(crate) kind: String,
    /// Places of the callable's own code, innermost last.
    #[serde(rename = "where")]
    pub(crate) places: Vec<String>,
}

/// Importing the module, beyond a bare interpreter.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Imports {
    pub(crate) cpu_ns: u64,
    pub(crate) bytes: u64,
    pub(crate) libraries: Vec<String>,
    pub(crate) threads: u32,
}

/// The first call.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct First {
    pub(crate) wall_ns: u64,
    pub(crate) awaited: bool,
    pub(crate) children: u32,
    pub(crate) arguments: Pickled,
    pub(crate) result: Pickled,
    pub(crate) function: Pickled,
}

/// Something on its way between processes.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pickled {
    pub(crate) bytes: Option<u64>,
    pub(crate) why: Option<String>,
    pub(crate) pack_ns: u64,
    pub(crate) unpack_ns: u64,
}

/// Calls with nothing else in the process.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Alone {
    pub(crate) batch: u64,
    pub(crate) blocks: Vec<AloneBlock>,
    /// Elapsed and CPU time of each batch, and CPU time of a piece of bytecode.
    pub(crate) calls: Vec<(u64, u64, u64)>,
    pub(crate) failed: u64,
    pub(crate) reason: Option<String>,
    pub(crate) threads: u32,
    pub(crate) locked: bool,
}

/// Calls one after another.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AloneBlock {
    pub(crate) calls: u64,
    pub(crate) elapsed: u64,
    pub(crate) own_cpu: u64,
    pub(crate) process_cpu: u64,
    pub(crate) children_cpu: u64,
    pub(crate) core_wait: u64,
}

/// What is called beside spinners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// The callable.
    Target,
    /// Holds the lock for next to nothing.
    Sleep,
    /// Holds the lock all the time.
    Bytecode,
}

/// A block of calls beside spinners.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Beside {
    pub(crate) what: What,
    pub(crate) spinners: u32,
    pub(crate) interval: u64,
    pub(crate) calls: u64,
    pub(crate) elapsed: u64,
    pub(crate) own_cpu: u64,
    /// Stretches for which the spinner, if it is one, was without the lock.
    pub(crate) gaps: Vec<u64>,
}

/// Memory.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Memory {
    pub(crate) held: Vec<Held>,
    /// Calls made, private memory then.
    pub(crate) checkpoints: Vec<(u64, u64)>,
}

/// Memory of one call, above what was there before.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Held {
    pub(crate) peak: i64,
    pub(crate) left: i64,
}

/// What a forked child did.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fork {
    pub(crate) imported_threads: u32,
    pub(crate) threads: u32,
    pub(crate) child: String,
}

/// Calls of several workers.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Together {
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) calls: f64,
    /// CPU time of a call alone, just before and just after.
    pub(crate) alone_cpu_ns: [f64; 2],
}
