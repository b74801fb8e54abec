//! Processes: how workers start and what memory they hold.

mod memory;
mod start;

pub(crate) use memory::{Ledger, MemoryPlan};
pub(crate) use start::StartPlan;
