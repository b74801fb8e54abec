//! Memory to ask for and to allow.

use serde::Serialize;
use sim::stats::Estimate;

use super::facts::{Setting, widest};
use super::fit::Fitted;
use crate::render::units::Unit;

/// Room above the upper end of the prediction, for what the ledger leaves out
/// (an allocator's fragmentation, the page cache).
const MARGIN: f64 = 0.1;
const MIB: f64 = 1_048_576.0;

/// Memory of all pools together, in MiB; none where there are several pools
/// with a limit each.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// To be reserved.
    pub request: Setting<Option<u64>>,
    /// From which the kernel may slow the pool down.
    pub high: Setting<Option<u64>>,
    /// At which it kills.
    pub limit: Setting<Option<u64>>,
}

impl Memory {
    pub fn of(fitted: &Fitted<'_>) -> Self {
        let choice = fitted.choice();
        let over_ranges = &fitted.recommendation.what_if.sensitivity.prediction.peak_pss;
        let peak = widest(&choice.summary.peak_pss, over_ranges);
        match choice.deployment.pools.len() {
            1 => Self::whole(&peak),
            _ => Self::shared(&peak),
        }
    }

    fn whole(peak: &Estimate) -> Self {
        let text = Unit::Bytes.estimate(peak);
        let upper = if peak.high.is_finite() { peak.high } else { peak.point };
        let margin = Unit::Share.show(MARGIN);
        Self {
            request: Setting::new(
                Some(mebibytes(peak.point)),
                format!("Predicted peak PSS with the parent: {text}."),
            ),
            high: Setting::new(
                Some(mebibytes(upper)),
                format!("The upper end of the predicted peak PSS, {text}."),
            ),
            limit: Setting::new(
                Some(mebibytes(upper * (1.0 + MARGIN))),
                format!(
                    "The upper end of the predicted peak PSS, {text}, and {margin} for what is \
                     not in the model: fragmentation of the allocator, cached files."
                ),
            ),
        }
    }

    /// Only the whole is predicted, and a share of it would be a guess.
    fn shared(peak: &Estimate) -> Self {
        let why = format!(
            "Not set: only all pools together are predicted, a peak PSS of {}.",
            Unit::Bytes.estimate(peak)
        );
        let none = || Setting::new(None, why.clone());
        Self { request: none(), high: none(), limit: none() }
    }
}

fn mebibytes(bytes: f64) -> u64 {
    (bytes / MIB).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_the_upper_end_and_the_margin() {
        let peak = Estimate { point: 100.0 * MIB, low: 90.0 * MIB, high: 200.0 * MIB, n: 8 };
        let memory = Memory::whole(&peak);
        let values = [&memory.request, &memory.high, &memory.limit].map(|s| s.value);
        assert_eq!(values, [Some(100), Some(200), Some(221)]);
        assert!(memory.limit.why.contains("100 MiB [90, 200]"), "{}", memory.limit.why);
        assert!(memory.limit.why.contains("10.0 %"), "{}", memory.limit.why);
    }

    #[test]
    fn an_unknown_interval_takes_nothing_away() {
        let single = Estimate { point: MIB, low: f64::NEG_INFINITY, high: f64::INFINITY, n: 1 };
        assert_eq!(Memory::whole(&single).limit.value, Some(2));
    }

    #[test]
    fn several_pools_get_no_guess() {
        assert_eq!(Memory::shared(&Estimate::exact(MIB)).limit.value, None);
    }
}
