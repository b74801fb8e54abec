//! One figure that a formula gives too, so that a reader can check the
//! simulation by hand.

use crate::host::Host;
use crate::search::demand::Demand;
use crate::search::{Assessed, SanityLine};
use crate::workload::Workload;

/// The utilisation law, U = X D: of the cores if requests use them, else of the
/// slots. It holds for every pool and every distribution.
pub(super) fn sanity(workload: &Workload, host: &Host, choice: &Assessed) -> Option<SanityLine> {
    let parts = Demand::of_deployment(workload, host, &choice.deployment);
    let sum = |of: fn(&Demand) -> f64| parts.iter().map(|(_, demand)| of(demand)).sum::<f64>();
    let cores = sum(|demand| demand.cores);
    let throughput = choice.summary.throughput.point;
    let (what, expected, simulated) = if cores > 0.0 {
        let what = "busy share of the cores; the formula leaves out hand-offs and how busy cores \
                    slow each other, so the simulation lies at it or above";
        let usable = host.usable_cpus();
        (what, throughput * cores / usable, choice.summary.cores)
    } else {
        let slots =
            choice.deployment.pools.iter().map(|pool| pool.profile.slots()).sum::<u64>() as f64;
        let what = "busy share of the slots";
        (what, throughput * sum(|demand| demand.slot) / slots, choice.summary.slots)
    };
    (expected.is_finite() && simulated.is_known()).then(|| SanityLine {
        formula: "utilisation law, U = X D".to_owned(),
        what: what.to_owned(),
        expected,
        simulated,
    })
}
