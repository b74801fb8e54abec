//! A number and how sure it is.

use serde::{Deserialize, Serialize};

/// A point estimate with its 95 % confidence interval. There is no bare number
/// in any answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Best value.
    pub point: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Independent replications behind it.
    pub n: u32,
}

/// Does an estimate keep a limit?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval keeps it.
    Met,
    /// The whole interval breaks it.
    Missed,
    /// The limit lies inside the interval.
    NotResolved,
}
