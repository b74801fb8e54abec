//! pyrallel-consumer 1.0.0: messages of a topic, by engine and ordering.
//!
//! The costs of its loops are fitted on messages that sleep, and the time of a
//! message that computes on the baseline; everything else is predicted.

mod fit;
mod model;
mod variants;

use serde::Deserialize;

use super::measured::Claim;
use super::{
    Figure, Fitted, Kept, Model, Pace, Readings, Run, Setting, Sources, System, SystemError, Unit,
    Variant,
};
use crate::environments::Purpose;
use crate::run::Sample;
use fit::Fit;

const SOURCES: Sources = &[
    ("pyrallel_runner.py", include_str!("../../../python/systems/pyrallel_runner.py")),
    ("records.py", super::RECORDS),
];

/// The keyed consumer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pyrallel;

/// One message that was settled, in ns.
#[derive(Debug, Deserialize)]
struct Message {
    at: u64,
    took_ns: u64,
    ok: bool,
}

impl System for Pyrallel {
    fn name(&self) -> &'static str {
        "pyrallel"
    }

    fn purpose(&self) -> Purpose {
        Purpose::Pyrallel
    }

    fn document(&self) -> &'static str {
        "pyrallel-consumer-benchmarks"
    }

    fn claims(&self) -> Vec<Claim> {
        variants::claims()
    }

    fn sources(&self) -> Sources {
        SOURCES
    }

    fn oldest_python(&self) -> u8 {
        12
    }

    fn scaling(&self) -> String {
        "as published: 2000 messages, 100 keys, 4 partitions, 8 processes; `io` is left out, it \
         runs the same code as `sleep`"
            .to_owned()
    }

    fn variants(&self) -> Vec<Variant> {
        variants::all()
    }

    fn read(&self, variant: &Variant, run: &Run) -> Result<Readings, SystemError> {
        let messages: Vec<Message> = run.records("message")?;
        if messages.iter().any(|message| !message.ok) || messages.is_empty() {
            let reason = "a message failed".to_owned();
            return Err(SystemError::Records { variant: variant.name.clone(), reason });
        }
        // Joining the group takes the mock cluster three seconds: not counted.
        let began = messages.iter().map(|it| it.at.saturating_sub(it.took_ns)).min();
        let (began, ended) = (began.unwrap_or(0), run.instant("end")?);
        let last = messages.iter().map(|it| it.at).max().unwrap_or(ended);
        let span = last.saturating_sub(began) as f64 * 1e-9;
        let taken: f64 = messages.iter().map(|it| it.took_ns as f64 * 1e-9).sum();
        let count = messages.len() as f64;
        let mut readings = Readings::from([
            (Figure::Throughput, count / span),
            (Figure::Processing, taken / count),
            (Figure::InFlight, taken / span),
        ]);
        readings.extend(run.peak_pss(began, last).map(|pss| (Figure::PeakPss, pss)));
        let cpu = worker_cpu(&run.samples, began, last).map(|cpu| (Figure::WorkerCpu, cpu / count));
        readings.extend(cpu);
        Ok(readings)
    }

    fn fit<'a>(
        &self,
        setting: &Setting<'a>,
        runs: &[Kept],
    ) -> Result<Box<dyn Model + 'a>, SystemError> {
        Ok(Box::new(Fit::of(*setting, runs)?))
    }
}

/// CPU time of all processes but the first between the instants, in s.
fn worker_cpu(samples: &[Sample], begin: u64, end: u64) -> Option<f64> {
    let of = |sample: &Sample| -> u64 {
        sample.processes.iter().skip(1).map(|process| process.cpu).sum()
    };
    let before = samples.iter().rfind(|sample| sample.at <= begin)?;
    let after = samples.iter().rfind(|sample| sample.at <= end)?;
    Some(of(after).saturating_sub(of(before)) as f64 * 1e-9)
}
