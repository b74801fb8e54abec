//! The trace: all randomness of one replication, drawn once.
//!
//! Every candidate pool serves the same rows (common random numbers by
//! construction), and a real pool can be driven with them too.

use crate::kernel::{SimDuration, SimTime};

/// One request as drawn: when, what, how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceRow {
    /// When it should be sent. For a closed load: the think time before it.
    pub at: SimTime,
    /// Class index.
    pub class: usize,
    /// Time of each segment of its class, alone on an idle host. Empty: draw
    /// from the class (a replay that gives arrivals only).
    pub segments: Vec<SimDuration>,
}
