//! What is told of a run.

use crate::grpc::journal::Journal;
use crate::run::sampler::{Sample, SamplingCost};
use crate::run::{End, Observation, Plan, Starts, Startup};

/// All that was seen; rows without a record are lost.
pub(super) fn tell(
    plan: &Plan<'_>,
    journal: Journal,
    startup: Startup,
    origin: u64,
    (samples, sampling): (Vec<Sample>, SamplingCost),
    clients_cpu: u64,
    end: End,
) -> Observation {
    let mut answered = vec![false; plan.rows.len()];
    for record in &journal.records {
        answered[record.request] = true;
    }
    Observation {
        kernels: journal.kernels,
        startup,
        starts: Starts::default(),
        origin,
        lost: (0..answered.len()).filter(|row| !answered[*row]).collect(),
        records: journal.records,
        samples,
        sampling,
        dispatching: clients_cpu,
        end,
    }
}
