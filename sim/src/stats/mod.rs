//! Statistics of simulation output: running totals within a replication,
//! estimates with intervals over replications.

mod class_tally;
mod estimate;
mod paired;
mod proportion;
mod quantiles;
mod sojourns;
mod tally;
mod time_weighted;
mod trend;
mod warm_up;

pub use estimate::{Estimate, Verdict};
pub use paired::{paired_difference, paired_ratio};
pub use proportion::pooled_share;
pub use quantiles::Quantiles;
pub use sojourns::{ObservedSojourns, SojournSeries, WarmUpRule};
pub use tally::Tally;
pub use time_weighted::TimeWeighted;
pub use trend::Trend;
pub use warm_up::{WarmUp, mser5};
