//! How long a request may take, and a worker that goes.

use sim::pool::{Drain, PoolConfig};
use sim::search::Assessed;

use super::facts::Setting;
use crate::render::units::Unit;

/// One request in a hundred takes longer than the p99, and how much longer is
/// not predicted.
const BEYOND_P99: f64 = 10.0;
const NANOSECONDS: u64 = 1_000_000_000;

/// The slowest class's p99, upper end, in s; none for a saturated pool.
fn slowest(choice: &Assessed) -> Option<f64> {
    let classes = choice.summary.classes.iter().filter(|_| !choice.summary.saturated);
    classes.map(|class| class.quantiles[2].high).filter(|high| high.is_finite()).reduce(f64::max)
}

/// When a request's worker is killed, in whole s.
pub fn kill_after(pool: &PoolConfig, choice: &Assessed) -> Setting<Option<u64>> {
    let Some(limit) = pool.lifecycle.kill_after else {
        return Setting::new(None, "Nothing kills slow requests in the prediction.");
    };
    let slowest = slowest(choice).map_or(String::new(), |p99| {
        format!(" The slowest class's p99 is at most {}.", Unit::Seconds.show(p99))
    });
    let why = format!(
        "A request in service for so long gets its worker killed; so the prediction has it.{slowest}"
    );
    Setting::new(Some(limit.0.div_ceil(NANOSECONDS)), why)
}

/// Time in which a worker that goes may finish what it has, in whole s.
pub fn graceful(pool: &PoolConfig, choice: &Assessed) -> Setting<u64> {
    let p99 = slowest(choice);
    if let Drain::Within(limit) = pool.lifecycle.drain {
        let enough = p99.is_none_or(|p99| p99 <= limit.as_secs());
        if enough {
            let why = format!(
                "Time in which a worker that goes may finish; the prediction has the same{}.",
                p99.map_or(String::new(), |p99| format!(
                    "; the slowest class's p99 is at most {}",
                    Unit::Seconds.show(p99)
                ))
            );
            return Setting::new(limit.0.div_ceil(NANOSECONDS), why);
        }
    }
    match p99 {
        Some(p99) => Setting::new(
            whole(BEYOND_P99 * p99),
            format!(
                "Time in which a worker that goes may finish: {BEYOND_P99} times the upper end of \
                 the slowest class's p99, {}.",
                Unit::Seconds.show(p99)
            ),
        ),
        None => Setting::new(30, "The usual 30 s: no p99 is predicted, as the pool is saturated."),
    }
}

fn whole(seconds: f64) -> u64 {
    (seconds.ceil() as u64).max(1)
}
