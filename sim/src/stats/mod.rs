//! Statistics.

mod estimate;

pub use estimate::{Estimate, Verdict};
mod interim;
pub use interim::{ObservedSojourns, SojournSeries, WarmUpRule};
