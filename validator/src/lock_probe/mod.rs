//! What it costs a thread to take the interpreter lock again beside threads
//! that spin: measured on a real interpreter, and predicted by the engine.
//!
//! A cell is an operation that lets the lock go, beside a number of spinning
//! threads, at a switch interval. Cells without spinners and the races among
//! spinners ([`Races`]) give the prediction its inputs and are never scored.

mod measure;
mod predict;
mod score;
mod statistics;

use serde::{Deserialize, Serialize};

pub use measure::{Measured, Plan, ProbeError, measure};
pub use predict::{Inputs, predict};
pub use score::{Score, Scored, asker_wins, score};
pub use statistics::{Spread, noise_floor};

/// Something that lets the lock go and takes it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A sleep of 2 ms.
    Sleep,
    /// A read of 4 KiB from `/dev/zero`.
    SystemCall,
    /// A byte written to a pipe and read back: two system calls.
    Pipe,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sleep, Self::SystemCall, Self::Pipe];

    /// As written in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sleep => "sleep",
            Self::SystemCall => "read",
            Self::Pipe => "pipe",
        }
    }

    /// How often it lets the lock go.
    pub fn releases(self) -> u32 {
        match self {
            Self::Sleep | Self::SystemCall => 1,
            Self::Pipe => 2,
        }
    }
}

/// What is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cell {
    /// What the thread does.
    pub operation: Operation,
    /// Switch interval, in ns.
    pub interval: u64,
    /// Threads that spin beside it.
    pub spinners: u32,
}

/// Calls of one operation, one after another. Times are sums, in ns.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Block {
    operation: Operation,
    interval: u64,
    spinners: u32,
    operations: u64,
    elapsed: u64,
    own_cpu: u64,
    lost: u64,
    core_wait: u64,
    spinner_core_wait: u64,
}

impl Block {
    /// The cell that it belongs to.
    pub fn cell(&self) -> Cell {
        Cell { operation: self.operation, interval: self.interval, spinners: self.spinners }
    }

    fn per_operation(&self, sum: u64) -> f64 {
        sum as f64 / self.operations as f64
    }

    /// Time of one call, in s.
    pub fn elapsed(&self) -> f64 {
        self.per_operation(self.elapsed) * 1e-9
    }

    /// CPU time of one call, in s.
    pub fn own_cpu(&self) -> f64 {
        self.per_operation(self.own_cpu) * 1e-9
    }

    /// Share of the calls that took over half an interval too long.
    pub fn lost(&self) -> f64 {
        self.per_operation(self.lost)
    }

    /// How long the thread was ready without a core, per call, in s.
    pub fn core_wait(&self) -> f64 {
        self.per_operation(self.core_wait) * 1e-9
    }

    /// The same of all spinners together, in s.
    pub fn spinner_core_wait(&self) -> f64 {
        self.per_operation(self.spinner_core_wait) * 1e-9
    }
}

/// Hand-overs among three spinning threads. The one that dropped the lock last
/// asks for it next; either it gets it or the third thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Races {
    /// The asker got it.
    pub won: u64,
    /// The third thread got it.
    pub lost: u64,
}
