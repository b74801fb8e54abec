//! The parameters of the consumer.

use sim::experiment::SimError;

use super::super::fitting::{Target, solve};
use super::model::{Conditions, predict};
use super::variants::{
    ASYNC_KEYED, ASYNC_UNORDERED, BASELINE_CPU, Case, MESSAGES, PROCESS_KEYED, PROCESS_UNORDERED,
};
use super::{Figure, Fitted, Kept, Model, Pace, Readings, Setting, SystemError, Unit, Variant};

/// Most CPU time of a message in one place, in s.
const MOST: f64 = 5e-3;

/// CPU times of one message, at full speed, in s.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Costs {
    /// The hash chain of a message that computes.
    pub(super) hashing: f64,
    /// The event loop without ordering.
    pub(super) unordered: f64,
    /// The event loop with it: queues, and offsets that may be committed.
    pub(super) ordered: f64,
    /// The process engine's parent without ordering.
    pub(super) parent: f64,
    /// The process engine's parent with it.
    pub(super) parent_ordered: f64,
    /// The process engine's worker, beside the message's own work.
    pub(super) worker: f64,
}

/// The fitted model.
#[derive(Debug)]
pub(super) struct Fit<'a> {
    setting: Setting<'a>,
    costs: Costs,
}

impl<'a> Fit<'a> {
    pub(super) fn of(setting: Setting<'a>, runs: &[Kept]) -> Result<Self, SystemError> {
        let target = |name| Target::of("pyrallel", name, runs);
        let mut costs = Costs::default();
        let baseline = target(BASELINE_CPU)?;
        costs.hashing = baseline.seen(Figure::Processing)? / baseline.pace.bytecode;
        costs.unordered =
            span(&target(ASYNC_UNORDERED)?, setting, |unordered| Costs { unordered, ..costs })?;
        costs.ordered = span(&target(ASYNC_KEYED)?, setting, |ordered| Costs { ordered, ..costs })?;
        let process = target(PROCESS_UNORDERED)?;
        costs.worker = process.seen(Figure::WorkerCpu)? / process.pace.bytecode;
        costs.parent = span(&process, setting, |parent| Costs { parent, ..costs })?;
        costs.parent_ordered = span(&target(PROCESS_KEYED)?, setting, |parent_ordered| Costs {
            parent_ordered,
            ..costs
        })?;
        Ok(Self { setting, costs })
    }
}

/// The cost with which all messages take as long as they did.
fn span(
    target: &Target<'_>,
    setting: Setting<'_>,
    with: impl Fn(f64) -> Costs,
) -> Result<f64, SystemError> {
    let seen = MESSAGES as f64 / target.seen(Figure::Throughput)?;
    let conditions = Conditions { setting, run: target.first, pace: target.pace, seed: 0 };
    let case = case(&target.first.variant)?;
    Ok(solve(0.0, MOST, seen, |cost| {
        let readings = predict(case, &with(cost), &conditions)?;
        Ok(MESSAGES as f64 / readings[&Figure::Throughput])
    })?)
}

fn case(name: &str) -> Result<Case, SimError> {
    let found = Case::all().into_iter().find(|(known, _)| known == name);
    found.map(|(_, case)| case).ok_or_else(|| SimError::Impossible(format!("no variant `{name}`")))
}

impl Model for Fit<'_> {
    fn parameters(&self) -> Vec<Fitted> {
        let Costs { hashing, unordered, ordered, parent, parent_ordered, worker } = self.costs;
        let of = |name, value, from| Fitted { name, value, unit: Unit::Seconds, from };
        vec![
            of("hash chain", hashing, "baseline-cpu: time of a message"),
            of("loop, unordered", unordered, "async-unordered-sleep: throughput"),
            of("loop, ordered", ordered, "async-key_hash-sleep: throughput"),
            of("parent, unordered", parent, "process-unordered-sleep: throughput"),
            of("parent, ordered", parent_ordered, "process-key_hash-sleep: throughput"),
            of("worker", worker, "process-unordered-sleep: CPU of the workers"),
        ]
    }

    fn predict(
        &self,
        variant: &Variant,
        run: &Kept,
        pace: Pace,
        seed: u64,
    ) -> Result<Readings, SimError> {
        let setting = self.setting;
        predict(case(&variant.name)?, &self.costs, &Conditions { setting, run, pace, seed })
    }
}
