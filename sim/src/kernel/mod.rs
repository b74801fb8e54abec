//! What every simulation here runs on: integer time, the event calendar and
//! random streams.

mod calendar;
mod slot_heap;
mod streams;
mod time;

pub use calendar::{Calendar, Slot};
pub(crate) use slot_heap::SlotHeap;
pub use streams::{Purpose, Streams};
pub use time::{SimDuration, SimTime};
