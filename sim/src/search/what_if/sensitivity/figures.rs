//! The figures of the choice that are followed, in one list.

use crate::experiment::Outcome;
use crate::host::{Figure, Host};
use crate::search::Limited;
use crate::search::judge::Judge;
use crate::search::what_if::trial::{Contest, Trial};
use crate::stats::Estimate;
use crate::workload::Workload;

/// Places in the list of figures.
pub(super) const THROUGHPUT: usize = 0;
pub(super) const MAKESPAN: usize = 1;
pub(super) const PEAK_PSS: usize = 2;
pub(super) const STARTUP: usize = 3;
pub(super) const CLASSES: usize = 4;

/// Every figure of the choice, per replication.
pub(super) fn figures(
    workload: &Workload,
    host: &Host,
    contest: &Contest,
    trial: &Trial,
    startup: f64,
) -> Vec<Vec<f64>> {
    let outcomes = &trial.outcomes[0];
    let over = |value: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<f64>>();
    let mut figures = vec![
        over(&|o| o.throughput),
        over(&|o| o.makespan),
        Judge::new(workload, host).peaks(&contest.pools[0], outcomes),
        vec![startup; outcomes.len()],
    ];
    for class in 0..workload.classes.len() {
        figures.extend((0..3).map(|i| over(&|o| o.classes[class].quantiles[i])));
    }
    figures
}

/// What runs are held against at `place`. A makespan is the requests of a batch
/// over its throughput.
pub(super) fn figure(place: usize) -> Figure {
    match place {
        THROUGHPUT | MAKESPAN => Figure::Throughput,
        PEAK_PSS => Figure::PeakPss,
        STARTUP => Figure::StartUp,
        of_a_class => [Figure::P50, Figure::P95, Figure::P99][(of_a_class - CLASSES) % 3],
    }
}

/// The ratio of a limited figure; unknown for failures, which have none at 0.
pub(super) fn limit(what: &Limited, ratios: &[Estimate]) -> Estimate {
    place(what).map_or_else(Estimate::unknown, |place| ratios[place])
}

pub(super) fn place(what: &Limited) -> Option<usize> {
    match what {
        Limited::Latency(class, quantile) => Some(CLASSES + 3 * class + *quantile as usize),
        Limited::Throughput => Some(THROUGHPUT),
        Limited::Memory => Some(PEAK_PSS),
        Limited::Startup => Some(STARTUP),
        Limited::Failures => None,
    }
}
