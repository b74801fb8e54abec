//! Statistics.

mod estimate;

pub use estimate::{Estimate, Verdict};
