//! What the ranges of the calibration's parameters do to the answer.
//!
//! Each parameter goes to both ends of its range, one at a time, on the same
//! requests. One at a time rather than all at random, because the effects then
//! have names: they say what to measure. The prediction interval adds them up
//! as independent: the root of the sum of squared logarithms, upwards and
//! downwards apart, the simulation's own error among them. That leaves out how
//! parameters act together; near saturation they do.

mod bearing;
mod figures;
mod prediction;
mod study;

use rayon::prelude::*;

use crate::experiment::SimError;
use crate::host::{Host, HostParameter};
use crate::pool::Deployment;
use crate::search::Assessed;
use crate::search::what_if::trial::Contest;
use crate::stats::Estimate;
use crate::workload::Workload;

use bearing::bearing;
pub use prediction::Prediction;
use study::Study;

/// What the ranges of the calibration's parameters do to the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// Parameters that change a figure of the choice or of a rival, the
    /// strongest on the choice's goal figure first.
    pub effects: Vec<ParameterEffect>,
    /// Parameters with a range, whether they change anything or not.
    pub tried: u32,
    /// Figures of the choice with intervals that cover the parameters' ranges, and
    /// what the model is off by.
    pub prediction: Prediction,
    /// Requests simulated for this.
    pub requests: u64,
}

/// One parameter at both ends of its range.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterEffect {
    /// The parameter.
    pub parameter: HostParameter,
    /// At the lower end.
    pub low: EndEffect,
    /// At the upper end.
    pub high: EndEffect,
}

/// One parameter at one end of its range. Ratios are to the figure at the best
/// value, from paired replications.
#[derive(Clone, Debug, PartialEq)]
pub struct EndEffect {
    /// Of the choice's goal figure; above 1 is worse.
    pub goal: Estimate,
    /// Of each limited figure, in the order of the choice's margins.
    pub limits: Vec<Estimate>,
    /// The rival that would then be better by more than what does not matter.
    pub winner: Option<Deployment>,
    /// Of every figure of the prediction.
    figures: Vec<Estimate>,
}

impl EndEffect {
    /// Does the goal figure change by more than noise?
    pub fn is_resolved(&self) -> bool {
        resolved(&self.goal) != 0.0
    }
}

impl ParameterEffect {
    /// The larger of the two effects on the goal figure, as a logarithm.
    pub fn strength(&self) -> f64 {
        resolved(&self.low.goal).abs().max(resolved(&self.high.goal).abs())
    }

    /// Does any figure of the choice change?
    pub fn bears_on_the_choice(&self) -> bool {
        let unchanged = |ratio: &Estimate| *ratio == Estimate::exact(1.0);
        let ends = [&self.low, &self.high];
        ends.iter().any(|end| !unchanged(&end.goal) || !end.figures.iter().all(unchanged))
    }

    /// Would another pool be chosen at one of the ends?
    pub fn changes_the_choice(&self) -> bool {
        self.low.winner.is_some() || self.high.winner.is_some()
    }
}

/// The logarithm of a ratio, 0 if its interval includes 1.
fn resolved(ratio: &Estimate) -> f64 {
    if ratio.is_known() && !ratio.contains(1.0) { ratio.point.ln() } else { 0.0 }
}

/// Moves every parameter that bears on the choice or its rivals.
pub(in crate::search) fn sensitivity(
    workload: &Workload,
    host: &Host,
    contest: &Contest,
    choice: &Assessed,
) -> Result<Sensitivity, SimError> {
    let ranged: Vec<HostParameter> =
        host.parameters().into_iter().filter(|parameter| parameter.low < parameter.high).collect();
    let tried = ranged.len() as u32;
    let (bearing, probed) = bearing(workload, host, contest, ranged)?;
    let study = Study::new(workload, host, contest, choice, 2 * bearing.len() as u64 + 1)?;
    let effects: Vec<Result<(ParameterEffect, u64), SimError>> =
        bearing.into_par_iter().map(|bearing| study.effect(bearing)).collect();
    let effects = effects.into_iter().collect::<Result<Vec<_>, SimError>>()?;
    let moved: u64 = effects.iter().map(|(_, spent)| spent).sum();
    let mut effects: Vec<ParameterEffect> = effects.into_iter().map(|(effect, _)| effect).collect();
    effects.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
    let prediction = Prediction::new(choice, &effects, &host.discrepancy);
    let requests = probed + study.base.requests + study.beside.requests + moved;
    Ok(Sensitivity { effects, tried, prediction, requests })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Scenario, replicate};
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::SearchOptions;
    use crate::search::assess::assess;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::{Goal, LatencyLimit, Quantile};

    fn study(workload: &Workload, host: &Host, profiles: &[&str]) -> (Sensitivity, Assessed) {
        let pools: Vec<Deployment> = profiles
            .iter()
            .map(|text| PoolConfig::new(workload, text.parse().unwrap(), python("3.12")).into())
            .collect();
        let scenario = Scenario::of(workload, host, &pools[0], 4000, 1);
        let choice = assess(workload, host, &pools[0], replicate(&scenario, 0..6).unwrap(), 0.0);
        let others = pools[1..].iter().cloned();
        let contest = Contest::new(&pools[0], others, &SearchOptions::default(), 8.0);
        (sensitivity(workload, host, &contest, &choice).unwrap(), choice)
    }

    fn uncertain_host() -> Host {
        let mut host = Host::ideal(2);
        let micros = |n: u64| SimDuration(n * 1000);
        let worker = &mut host.dispatch.kernel.worker;
        *worker =
            Parameter { low: micros(1000), high: micros(4000), ..Parameter::exactly(micros(2000)) };
        // Nothing here dispatches over a native process or runs an event loop.
        host.dispatch.native.worker.high = SimDuration::SECOND;
        host.interpreter.task_switch.high = SimDuration::SECOND;
        host
    }

    #[test]
    fn only_parameters_that_bear_on_a_pool_have_effects() {
        let mut workload = cpu_bound(60.0, SimDuration(10_000_000));
        let at_most = SimDuration::SECOND;
        workload.objective.latency =
            vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
        let (found, _) = study(&workload, &uncertain_host(), &["process:2"]);
        assert_eq!(found.tried, 3);
        let names: Vec<&str> = found.effects.iter().map(|e| e.parameter.name.as_str()).collect();
        assert_eq!(names, ["dispatch.kernel.worker"]);
        let effect = &found.effects[0];
        assert!(effect.low.goal.high < 1.0 && effect.high.goal.low > 1.0, "{effect:?}");
        assert!(effect.high.limits[0].low > 1.0 && effect.high.winner.is_none());
    }

    #[test]
    fn a_prediction_contains_its_simulation() {
        let workload = cpu_bound(60.0, SimDuration(10_000_000));
        let (found, choice) = study(&workload, &uncertain_host(), &["process:2"]);
        for (simulated, predicted) in
            choice.summary.classes[0].quantiles.iter().zip(&found.prediction.classes[0])
        {
            assert!(predicted.low < simulated.low && predicted.high > simulated.high);
        }
        // An open load that is served is served as it comes.
        let (simulated, predicted) = (choice.summary.throughput, found.prediction.throughput);
        assert!(
            (predicted.high / simulated.high - 1.0).abs() < 1e-3,
            "{simulated:?} {predicted:?}"
        );
    }

    #[test]
    fn a_range_that_turns_the_choice_over_says_so() {
        // Free of charge one process does; hand-overs of 20 ms overflow it.
        let mut workload = cpu_bound(80.0, SimDuration(10_000_000));
        workload.objective.goal = Some(Goal::Memory);
        let mut host = Host::ideal(4);
        host.memory.interpreter = Parameter::exactly(10 << 20);
        host.dispatch.kernel.worker.high = SimDuration(20_000_000);
        let (found, _) = study(&workload, &host, &["process:1", "process:8"]);
        let effect = &found.effects[0];
        assert!(effect.changes_the_choice(), "{effect:?}");
        assert_eq!(effect.high.winner.as_ref().unwrap().workers(), 8);
    }
}
