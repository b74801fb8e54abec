//! The rows of a load test as scenarios: the user's workload, at the load of the
//! row, in the pool of the row.

use sim::host::Host;
use sim::kernel::SimDuration;
use sim::pool::PoolConfig;
use sim::workload::{Arrivals, Workload};

use crate::document::{Claim, Configuration, Document};
use crate::quantity::Quantity;
use crate::variants::Built;

/// Requests per replication.
const REQUESTS: u64 = 4000;

/// The pool and load of a row; `None` if it has no profile. The load is what was
/// offered, else the clients of the row, else the workload's own.
pub fn build(
    document: &Document,
    row: &Configuration,
    workload: &Workload,
    host: &Host,
) -> Option<Result<Built, String>> {
    let pool = row.pool.as_ref()?;
    let mut workload = workload.clone();
    let offered = document.claims.iter().find(|claim| is_offered(document, row, claim));
    if let Some(figure) = offered.and_then(|claim| claim.figure.as_ref()) {
        workload.arrivals = Arrivals::Poisson { rate: figure.value };
    } else if let Some(clients) = row.clients {
        let think = SimDuration::from_secs(row.think);
        let think = sim::workload::Distribution::Constant(think);
        workload.arrivals = Arrivals::Closed { clients: clients as u32, think };
    }
    let python = workload.runtime.python[0];
    let cpus = host.logical_cpus();
    let config = PoolConfig::of_kind(pool.kind, &workload, pool.profile, python, cpus);
    Some(config.map(|config| Built {
        deployment: config.into(),
        workload,
        cold: false,
        requests: REQUESTS,
    }))
}

fn is_offered(document: &Document, row: &Configuration, claim: &Claim) -> bool {
    let of_row = document.configuration(claim).is_some_and(|other| other.id == row.id);
    of_row && claim.quantity == Quantity::Offered
}
