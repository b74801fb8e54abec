//! One parameter moved to both ends of its range, held against the best values.

use crate::experiment::SimError;
use crate::host::{End, Host};
use crate::search::simulator::Runs;
use crate::search::what_if::trial::{Contest, Trial};
use crate::search::{Assessed, Limited};
use crate::stats::{Estimate, paired_ratio};
use crate::workload::Workload;

use super::bearing::Bearing;
use super::figures::{figures, limit};
use super::{EndEffect, ParameterEffect};

/// Calendar events that the choice's figures may take, about.
const EVENTS: u64 = 1_500_000;
/// Those that looking for another winner may take, about.
const RIVAL_EVENTS: u64 = 1_000_000;

/// The situation at the best values, for moved ones to be held against: the
/// choice alone in longer runs, and beside its rivals in shorter ones.
pub(super) struct Study<'a> {
    workload: &'a Workload,
    host: &'a Host,
    limited: Vec<Limited>,
    alone: Contest,
    runs: Runs,
    pub(super) base: Trial,
    startup: f64,
    figures: Vec<Vec<f64>>,
    contest: &'a Contest,
    short: Runs,
    pub(super) beside: Trial,
}

impl<'a> Study<'a> {
    pub(super) fn new(
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

    pub(super) fn effect(&self, bearing: Bearing) -> Result<(ParameterEffect, u64), SimError> {
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

/// Exactly 1 if nothing changed; that has no interval.
fn ratio(moved: &[f64], base: &[f64]) -> Estimate {
    if moved == base { Estimate::exact(1.0) } else { paired_ratio(moved, base) }
}
