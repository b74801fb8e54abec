//! What the ranges of the calibration's parameters do to the answer.
//!
//! Each parameter goes to both ends of its range, one at a time, on the same
//! requests. One at a time rather than all at random, because the effects then
//! have names: they say what to measure. The prediction interval adds them up
//! as independent: the root of the sum of squared logarithms, upwards and
//! downwards apart, the simulation's own error among them. That leaves out how
//! parameters act together; near saturation they do.

use rayon::prelude::*;

use crate::experiment::{Outcome, SimError};
use crate::host::{End, Host, HostParameter};
use crate::pool::Deployment;
use crate::search::judge::Judge;
use crate::search::simulator::Runs;
use crate::search::what_if::trial::{Contest, Trial};
use crate::search::{Assessed, Limited};
use crate::stats::{Estimate, Verdict, paired_ratio};
use crate::workload::Workload;

/// Calendar events that the choice's figures may take, about.
const EVENTS: u64 = 1_500_000;
/// Those that looking for another winner may take, about.
const RIVAL_EVENTS: u64 = 1_000_000;

/// What the ranges of the calibration's parameters do to the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// Parameters that change a figure of the choice or of a rival, the
    /// strongest on the choice's goal figure first.
    pub effects: Vec<ParameterEffect>,
    /// Parameters with a range, whether they change anything or not.
    pub tried: u32,
    /// Figures of the choice with intervals that cover the parameters' ranges.
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

/// Figures of the choice. Each interval covers the simulation's own error and
/// the ranges of the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Completions per second.
    pub throughput: Estimate,
    /// First arrival to last completion, in s.
    pub makespan: Estimate,
    /// Highest PSS, in bytes.
    pub peak_pss: Estimate,
    /// Cold start until ready, in s.
    pub startup: Estimate,
    /// Quantiles of each class's sojourn time, as in `Quantile::ALL`, in s.
    pub classes: Vec<[Estimate; 3]>,
    /// Each limited figure, in the order of the choice's margins; `None` where
    /// the ranges were not carried through (the share of failures).
    pub limits: Vec<Option<Estimate>>,
    /// Is each limit kept for all that the parameters may be?
    pub verdicts: Vec<Verdict>,
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
    let prediction = Prediction::new(choice, &effects);
    let requests = probed + study.base.requests + study.beside.requests + moved;
    Ok(Sensitivity { effects, tried, prediction, requests })
}

/// A parameter that changes something.
struct Bearing {
    parameter: HostParameter,
    /// Which pools of the contest it changes.
    on: Vec<bool>,
}

/// Those of `ranged` that change anything in a short run of any pool, and the
/// requests that it took to see.
fn bearing(
    workload: &Workload,
    host: &Host,
    contest: &Contest,
    ranged: Vec<HostParameter>,
) -> Result<(Vec<Bearing>, u64), SimError> {
    let at_best = (0..contest.pools.len())
        .map(|pool| Probed::new(workload, host, contest.only(pool)))
        .collect::<Result<Vec<Probed<'_>>, SimError>>()?;
    let screened: Vec<Result<(Bearing, u64), SimError>> = ranged
        .into_par_iter()
        .map(|parameter| {
            let (mut on, mut requests) = (Vec::new(), 0);
            for pool in &at_best {
                let (changes, spent) = pool.changes_with(&parameter, host)?;
                on.push(changes);
                requests += spent;
            }
            Ok((Bearing { parameter, on }, requests))
        })
        .collect();
    let screened = screened.into_iter().collect::<Result<Vec<_>, SimError>>()?;
    let probed: u64 = at_best.iter().map(|pool| pool.trial.requests).sum();
    let requests = probed + screened.iter().map(|(_, spent)| spent).sum::<u64>();
    let all = screened.into_iter().map(|(bearing, _)| bearing);
    Ok((all.filter(|bearing| bearing.on.contains(&true)).collect(), requests))
}

/// One pool in a short run at the best values.
struct Probed<'a> {
    workload: &'a Workload,
    contest: Contest,
    trial: Trial,
    startups: Vec<f64>,
}

impl<'a> Probed<'a> {
    fn new(workload: &'a Workload, host: &Host, contest: Contest) -> Result<Self, SimError> {
        let trial = contest.attempt(workload, host, contest.probe())?;
        let startups = contest.startups(workload, host)?;
        Ok(Self { workload, contest, trial, startups })
    }

    /// Does anything change at either end, and how many requests did it take to
    /// see? The first end that does is enough.
    fn changes_with(
        &self,
        parameter: &HostParameter,
        host: &Host,
    ) -> Result<(bool, u64), SimError> {
        let mut requests = 0;
        for end in ends(parameter) {
            let moved = host.at_end(&parameter.name, end);
            if self.contest.startups(self.workload, &moved)? != self.startups {
                return Ok((true, requests));
            }
            let trial = self.contest.attempt(self.workload, &moved, self.contest.probe())?;
            requests += trial.requests;
            if trial.outcomes != self.trial.outcomes {
                return Ok((true, requests));
            }
        }
        Ok((false, requests))
    }
}

/// The ends at which a parameter is not already.
fn ends(parameter: &HostParameter) -> impl Iterator<Item = End> + '_ {
    End::BOTH.into_iter().filter(|end| parameter.at(*end) != parameter.value)
}

/// The situation at the best values, for moved ones to be held against: the
/// choice alone in longer runs, and beside its rivals in shorter ones.
struct Study<'a> {
    workload: &'a Workload,
    host: &'a Host,
    limited: Vec<Limited>,
    alone: Contest,
    runs: Runs,
    base: Trial,
    startup: f64,
    figures: Vec<Vec<f64>>,
    contest: &'a Contest,
    short: Runs,
    beside: Trial,
}

impl<'a> Study<'a> {
    fn new(
        workload: &'a Workload,
        host: &'a Host,
        contest: &'a Contest,
        choice: &Assessed,
        trials: u64,
    ) -> Result<Self, SimError> {
        let (alone, runs) = contest.alone(workload, trials, EVENTS);
        let base = alone.attempt(workload, host, runs)?;
        let startup = alone.startups(workload, host)?[0];
        let figures = figures(workload, host, &alone, &base, startup);
        let short = contest.runs(workload, trials, RIVAL_EVENTS);
        let beside = contest.attempt(workload, host, short)?;
        let limited = choice.margins.iter().map(|margin| margin.what.clone()).collect();
        Ok(Self {
            workload,
            host,
            limited,
            alone,
            runs,
            base,
            startup,
            figures,
            contest,
            short,
            beside,
        })
    }

    fn effect(&self, bearing: Bearing) -> Result<(ParameterEffect, u64), SimError> {
        let (low, first) = self.at(&bearing, End::Low)?;
        let (high, second) = self.at(&bearing, End::High)?;
        Ok((ParameterEffect { parameter: bearing.parameter, low, high }, first + second))
    }

    fn at(&self, bearing: &Bearing, end: End) -> Result<(EndEffect, u64), SimError> {
        let Bearing { parameter, on } = bearing;
        if parameter.at(end) == parameter.value {
            return Ok((self.compared(self.host, &self.base, self.startup, &self.beside), 0));
        }
        let host = self.host.at_end(&parameter.name, end);
        let trial = self.alone.again(self.workload, &host, self.runs, &self.base, &on[..1])?;
        let startup = self.alone.startups(self.workload, &host)?[0];
        let beside = self.contest.again(self.workload, &host, self.short, &self.beside, on)?;
        let requests = trial.requests + beside.requests;
        Ok((self.compared(&host, &trial, startup, &beside), requests))
    }

    fn compared(&self, host: &Host, trial: &Trial, startup: f64, beside: &Trial) -> EndEffect {
        let moved = figures(self.workload, host, &self.alone, trial, startup);
        let ratios: Vec<Estimate> =
            moved.iter().zip(&self.figures).map(|(a, b)| ratio(a, b)).collect();
        let pick = self.contest.pick(&beside.standings).pool;
        let stays = pick == self.contest.pick(&self.beside.standings).pool;
        EndEffect {
            goal: ratio(&trial.standings[0].figure, &self.base.standings[0].figure),
            limits: self.limited.iter().map(|what| limit(what, &ratios)).collect(),
            winner: (!stays).then(|| self.contest.pools[pick].clone()),
            figures: ratios,
        }
    }
}

/// Places in the list of figures.
const THROUGHPUT: usize = 0;
const MAKESPAN: usize = 1;
const PEAK_PSS: usize = 2;
const STARTUP: usize = 3;
const CLASSES: usize = 4;

/// Every figure of the choice, per replication.
fn figures(
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

/// Exactly 1 if nothing changed; that has no interval.
fn ratio(moved: &[f64], base: &[f64]) -> Estimate {
    if moved == base { Estimate::exact(1.0) } else { paired_ratio(moved, base) }
}

/// The ratio of a limited figure; unknown for failures, which have none at 0.
fn limit(what: &Limited, ratios: &[Estimate]) -> Estimate {
    place(what).map_or_else(Estimate::unknown, |place| ratios[place])
}

fn place(what: &Limited) -> Option<usize> {
    match what {
        Limited::Latency(class, quantile) => Some(CLASSES + 3 * class + *quantile as usize),
        Limited::Throughput => Some(THROUGHPUT),
        Limited::Memory => Some(PEAK_PSS),
        Limited::Startup => Some(STARTUP),
        Limited::Failures => None,
    }
}

impl Prediction {
    fn new(choice: &Assessed, effects: &[ParameterEffect]) -> Self {
        let summary = &choice.summary;
        let wide = |place: usize, simulated: Estimate| {
            let each =
                effects.iter().map(|e| [&e.low, &e.high].map(|end| resolved(&end.figures[place])));
            widened(simulated, each)
        };
        let class = |i: usize| {
            [0, 1, 2].map(|q| wide(CLASSES + 3 * i + q, summary.classes[i].quantiles[q]))
        };
        let limits: Vec<Option<Estimate>> = choice
            .margins
            .iter()
            .map(|margin| place(&margin.what).map(|place| wide(place, margin.predicted)))
            .collect();
        let verdicts =
            choice.margins.iter().zip(&limits).map(|(margin, predicted)| match predicted {
                Some(predicted) if margin.what == Limited::Throughput => {
                    predicted.verdict_at_least(margin.limit)
                }
                Some(predicted) => predicted.verdict_at_most(margin.limit),
                None => margin.verdict,
            });
        Self {
            throughput: wide(THROUGHPUT, summary.throughput),
            makespan: wide(MAKESPAN, summary.makespan),
            peak_pss: wide(PEAK_PSS, summary.peak_pss),
            startup: wide(STARTUP, choice.startup),
            classes: (0..summary.classes.len()).map(class).collect(),
            verdicts: verdicts.collect(),
            limits,
        }
    }
}

/// `simulated` with the effects of parameters, as logarithms at both ends of
/// each range, added up as independent. Never narrower than `simulated`.
fn widened(simulated: Estimate, effects: impl Iterator<Item = [f64; 2]>) -> Estimate {
    let (mut down, mut up) = (0.0, 0.0);
    for [low, high] in effects {
        down += low.min(high).min(0.0).powi(2);
        up += low.max(high).max(0.0).powi(2);
    }
    let Estimate { point, low, high, n } = simulated;
    if point.is_nan() || point <= 0.0 {
        return simulated;
    }
    let reach = |end: f64, squares: f64| (squares + (end / point).ln().powi(2)).sqrt();
    // An end at or below zero has no logarithm and is as low as it gets.
    let low = if low > 0.0 { (point * (-reach(low, down)).exp()).min(low) } else { low };
    Estimate { point, low, high: (point * reach(high, up).exp()).max(high), n }
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
    fn independent_effects_add_up_as_squares() {
        let simulated = Estimate { point: 1.0, low: 1.0, high: 1.0, n: 4 };
        let effects = [[-0.3, 0.4], [0.3, 0.0], [-0.4, -0.1]];
        let wide = widened(simulated, effects.into_iter());
        assert!((wide.high.ln() - 0.5).abs() < 1e-12 && (wide.low.ln() + 0.5).abs() < 1e-12);
        let unknown = widened(Estimate::unknown(), effects.into_iter());
        assert!(!unknown.is_known());
        let zero = widened(Estimate::exact(0.0), effects.into_iter());
        assert_eq!(zero, Estimate::exact(0.0));
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
