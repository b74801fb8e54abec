//! Memory to ask for and to allow.

use serde::Serialize;
use sim::host::Host;
use sim::pool::{Dispatcher, PoolConfig};
use sim::stats::Estimate;
use validator::servers;

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
    pub fn of(fitted: &Fitted<'_>, host: &Host) -> Self {
        let choice = fitted.choice();
        let over_ranges = &fitted.recommendation.what_if.sensitivity.prediction.peak_pss;
        let peak = widest(&choice.summary.peak_pss, over_ranges);
        match &choice.deployment.pools[..] {
            [pool] => Self::whole(&peak, &unknown(pool, host)),
            _ => Self::shared(&peak),
        }
    }

    /// `unknown`: what the prediction lacks, as a sentence to be added.
    fn whole(peak: &Estimate, unknown: &str) -> Self {
        let text = Unit::Bytes.estimate(peak);
        let upper = if peak.high.is_finite() { peak.high } else { peak.point };
        let margin = Unit::Share.show(MARGIN);
        Self {
            request: Setting::new(
                Some(mebibytes(peak.point)),
                format!("Predicted peak PSS with the parent: {text}.{unknown}"),
            ),
            high: Setting::new(
                Some(mebibytes(upper)),
                format!("The upper end of the predicted peak PSS, {text}.{unknown}"),
            ),
            limit: Setting::new(
                Some(mebibytes(upper * (1.0 + MARGIN))),
                format!(
                    "The upper end of the predicted peak PSS, {text}, and {margin} for what is \
                     not in the model: fragmentation of the allocator, cached files.{unknown}"
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

/// What a prediction of memory for `pool` lacks: of a server its own imports, if
/// nobody measured them on `host`; of a library's pool the program that makes it.
pub fn lacks(pool: &PoolConfig, host: &Host) -> Option<String> {
    let measured = host.servers.contains_key(&pool.kind);
    match (servers::kinds().contains(&pool.kind), pool.dispatcher) {
        (true, _) if measured => None,
        (true, Dispatcher::Kernel) => {
            Some(format!("what {} itself imports (measure it with `planner servers`)", pool.kind))
        }
        (true, _) => Some(format!("what {} itself imports", pool.kind)),
        (false, Dispatcher::Python) => {
            Some("what the program around the pool, and the pool's library, import".to_owned())
        }
        (false, _) => None,
    }
}

/// That as a sentence to be added.
fn unknown(pool: &PoolConfig, host: &Host) -> String {
    lacks(pool, host).map_or_else(String::new, |what| {
        format!(" Not in it is {what}: look at the pool when it runs.")
    })
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
        let memory = Memory::whole(&peak, "");
        let values = [&memory.request, &memory.high, &memory.limit].map(|s| s.value);
        assert_eq!(values, [Some(100), Some(200), Some(221)]);
        assert!(memory.limit.why.contains("100 MiB [90, 200]"), "{}", memory.limit.why);
        assert!(memory.limit.why.contains("10.0 %"), "{}", memory.limit.why);
    }

    #[test]
    fn an_unknown_interval_takes_nothing_away() {
        let single = Estimate { point: MIB, low: f64::NEG_INFINITY, high: f64::INFINITY, n: 1 };
        assert_eq!(Memory::whole(&single, "").limit.value, Some(2));
    }

    #[test]
    fn several_pools_get_no_guess() {
        assert_eq!(Memory::shared(&Estimate::exact(MIB)).limit.value, None);
    }
}
