//! What the tests here have in common.

use sim::experiment::{Observer, Outcome, Record, Scenario, simulate};
use sim::host::Host;
use sim::kernel::SimDuration;
use sim::pool::{Deployment, PoolConfig};
use sim::workload::{Arrivals, RequestClass, Segment, Workload};

pub(crate) fn ms(n: u64) -> SimDuration {
    SimDuration(n * 1_000_000)
}

/// One class of these segments.
pub(crate) fn only(arrivals: Arrivals, segments: Vec<Segment>) -> Workload {
    Workload::new("only", arrivals, vec![RequestClass::new("only", 1.0, segments)])
}

pub(crate) fn run(workload: &Workload, host: &Host, pool: &PoolConfig) -> Outcome {
    simulate(&Scenario::new(workload, host, pool, 100_000, 1), 0, &mut ()).unwrap()
}

pub(crate) fn deploy(workload: &Workload, host: &Host, deployment: &Deployment) -> Outcome {
    simulate(&Scenario::of(workload, host, deployment, 100_000, 1), 0, &mut ()).unwrap()
}

/// Keeps every record.
#[derive(Default)]
pub(crate) struct History(pub(crate) Vec<Record>);

impl Observer for History {
    fn record(&mut self, record: &Record) {
        self.0.push(*record);
    }
}
