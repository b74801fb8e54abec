//! Flip points: how far an input must move before the answer is another.
//!
//! For each input and each direction the factor goes outwards in octaves until
//! the answer changes, then halves the octave: deterministic, on the same
//! requests at every factor. An answer that changes and changes back within an
//! octave goes unseen.

use rayon::prelude::*;

use crate::experiment::SimError;
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::simulator::Runs;
use crate::search::what_if::input::Input;
use crate::search::what_if::trial::{Contest, Pick, Trial};
use crate::workload::Workload;

/// Octaves in each direction.
const OCTAVES: i32 = 2;
/// Halvings of the octave in which the answer changes.
const HALVINGS: u32 = 4;
/// Calendar events that all of this may take, about.
const EVENTS: u64 = 2_500_000;
/// Factors tried per input and direction, about.
const TRIED: u64 = 4;

/// An input, and where the answer changes as it moves.
#[derive(Clone, Debug, PartialEq)]
pub struct FlipPoint {
    /// The input.
    pub input: Input,
    /// Its value, in the input's unit.
    pub value: f64,
    /// Where the answer changes as it shrinks; `None`: not down to a quarter.
    pub down: Option<Flip>,
    /// Where it changes as it grows; `None`: not up to four times.
    pub up: Option<Flip>,
}

/// Where the answer changes, and to what.
#[derive(Clone, Debug, PartialEq)]
pub struct Flip {
    /// The input's value over the stated one, where the answer is another.
    pub factor: f64,
    /// The last factor before it at which the answer was the same.
    pub same_at: f64,
    /// The input's value there, in its unit.
    pub value: f64,
    /// The pool that wins, if it is another.
    pub winner: Option<Deployment>,
    /// Does the winner (or the choice, if it stays) keep every limit?
    pub keeps: bool,
}

impl FlipPoint {
    /// How near the nearest flip is, as a logarithm; infinite without one.
    pub fn distance(&self) -> f64 {
        let flips = [&self.down, &self.up].into_iter().flatten();
        flips.map(|flip| flip.factor.ln().abs()).fold(f64::INFINITY, f64::min)
    }
}

/// The farthest factor that is tried; the nearest is its reciprocal.
pub const FARTHEST: f64 = (1 << OCTAVES) as f64;

/// Every input with its flip points, the nearest flip first, and the requests
/// that it took.
pub(super) fn flips(
    workload: &Workload,
    host: &Host,
    contest: &Contest,
) -> Result<(Vec<FlipPoint>, u64), SimError> {
    let inputs = Input::all(workload, host);
    let runs = contest.runs(workload, 2 * TRIED * inputs.len() as u64, EVENTS);
    let base = contest.attempt(workload, host, runs)?;
    let pick = contest.pick(&base.standings);
    let search = Search { workload, host, contest, runs, base: &base, pick };
    let points: Vec<Result<(FlipPoint, u64), SimError>> =
        inputs.into_par_iter().map(|input| search.point(input)).collect();
    let points = points.into_iter().collect::<Result<Vec<_>, SimError>>()?;
    let requests = base.requests + points.iter().map(|(_, spent)| spent).sum::<u64>();
    let mut points: Vec<FlipPoint> = points.into_iter().map(|(point, _)| point).collect();
    points.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
    Ok((points, requests))
}

/// One search for flip points: the situation as stated and its answer.
struct Search<'a> {
    workload: &'a Workload,
    host: &'a Host,
    contest: &'a Contest,
    runs: Runs,
    base: &'a Trial,
    pick: Pick,
}

impl Search<'_> {
    fn point(&self, input: Input) -> Result<(FlipPoint, u64), SimError> {
        let value = input.value(self.workload, self.host);
        let (down, first) = self.outwards(&input, 0.5)?;
        let (up, second) = self.outwards(&input, 2.0)?;
        Ok((FlipPoint { input, value, down, up }, first + second))
    }

    fn outwards(&self, input: &Input, octave: f64) -> Result<(Option<Flip>, u64), SimError> {
        let (mut same_at, mut spent) = (1.0, 0);
        for power in 1..=OCTAVES {
            let factor = octave.powi(power);
            let (pick, requests) = self.pick_at(input, factor)?;
            spent += requests;
            match pick {
                None => return Ok((None, spent)),
                Some(pick) if pick == self.pick => same_at = factor,
                Some(pick) => {
                    let (flip, requests) = self.halve(input, same_at, (factor, pick))?;
                    return Ok((Some(flip), spent + requests));
                }
            }
        }
        Ok((None, spent))
    }

    /// Closes in on the change between a factor with the same answer and one
    /// with another.
    fn halve(
        &self,
        input: &Input,
        mut same_at: f64,
        (mut factor, mut found): (f64, Pick),
    ) -> Result<(Flip, u64), SimError> {
        let mut spent = 0;
        for _ in 0..HALVINGS {
            let middle = (same_at * factor).sqrt();
            let (pick, requests) = self.pick_at(input, middle)?;
            spent += requests;
            match pick {
                Some(pick) if pick != self.pick => (factor, found) = (middle, pick),
                _ => same_at = middle,
            }
        }
        let moved = input.scaled(self.workload, self.host, factor);
        let value = moved.map_or(f64::NAN, |(workload, host)| input.value(&workload, &host));
        let other = found.pool != self.pick.pool;
        let winner = other.then(|| self.contest.pools[found.pool].clone());
        Ok((Flip { factor, same_at, value, winner, keeps: found.keeps }, spent))
    }

    /// The answer with `input` scaled; `None` if it cannot be.
    fn pick_at(&self, input: &Input, factor: f64) -> Result<(Option<Pick>, u64), SimError> {
        let Some((workload, host)) = input.scaled(self.workload, self.host, factor) else {
            return Ok((None, 0));
        };
        if input.only_judges(self.workload) {
            let Trial { outcomes, startups, .. } = self.base;
            let standings = self.contest.judged(&workload, &host, outcomes, startups);
            return Ok((Some(self.contest.pick(&standings)), 0));
        }
        let trial = self.contest.attempt(&workload, &host, self.runs)?;
        Ok((Some(self.contest.pick(&trial.standings)), trial.requests))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::SearchOptions;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::{LatencyLimit, Quantile};

    fn contest(workload: &Workload, profiles: &[&str], seed: u64) -> Contest {
        let pools: Vec<Deployment> = profiles
            .iter()
            .map(|text| PoolConfig::new(workload, text.parse().unwrap(), python("3.12")).into())
            .collect();
        let options = SearchOptions { seed, ..SearchOptions::default() };
        Contest::new(&pools[0], pools[1..].iter().cloned(), &options, 8.0)
    }

    fn point(found: &[FlipPoint], input: Input) -> &FlipPoint {
        found.iter().find(|point| point.input == input).unwrap()
    }

    #[test]
    fn a_flip_that_is_found_flips_on_other_requests_too() {
        let mut workload = cpu_bound(60.0, SimDuration(10_000_000));
        let at_most = SimDuration(400_000_000);
        workload.objective.latency =
            vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
        workload.objective.goal = Some(crate::workload::Goal::Memory);
        let mut host = Host::ideal(4);
        host.memory.interpreter = crate::host::Parameter::exactly(10 << 20);
        let profiles = ["process:1", "process:4"];
        let (found, _) = flips(&workload, &host, &contest(&workload, &profiles, 1)).unwrap();
        for input in [Input::Load, Input::Bytecode] {
            let flip = point(&found, input.clone()).up.clone().unwrap();
            // M/M/1: p99 = ln(100) / (100 - rate) passes 400 ms at 88.5/s, and the
            // same load comes from 14.6 ms each.
            let expected = if input == Input::Load { 1.475 } else { 1.31 };
            assert!((flip.factor / expected - 1.0).abs() < 0.15, "{flip:?}");
            assert!(flip.same_at < flip.factor && flip.factor / flip.same_at < 1.1);
            assert_eq!(flip.winner.as_ref().unwrap().workers(), 4);
            let again = contest(&workload, &profiles, 2);
            let runs = again.runs(&workload, 4, 8_000_000);
            let (moved, host) = input.scaled(&workload, &host, flip.factor * 1.1).unwrap();
            let pick = again.pick(&again.attempt(&moved, &host, runs).unwrap().standings);
            assert_eq!(pick, Pick { pool: 1, keeps: true });
            let (moved, host) = input.scaled(&workload, &host, flip.same_at / 1.3).unwrap();
            let pick = again.pick(&again.attempt(&moved, &host, runs).unwrap().standings);
            assert_eq!(pick, Pick { pool: 0, keeps: true });
        }
        // Ten times as patient, one worker does until it overflows.
        let limit = Input::Limit(crate::search::Limited::Latency(0, Quantile::P99));
        assert!(point(&found, limit.clone()).down.is_some() && point(&found, limit).up.is_none());
    }

    #[test]
    fn a_limit_that_breaks_without_a_winner_says_so() {
        let mut workload = cpu_bound(20.0, SimDuration(10_000_000));
        workload.objective.memory_bytes = Some(40 << 20);
        let mut host = Host::ideal(4);
        host.memory.interpreter = crate::host::Parameter::exactly(10 << 20);
        let contest = contest(&workload, &["process:1"], 1);
        let trial = contest.attempt(&workload, &host, contest.probe()).unwrap();
        let needed = trial.standings[0].pss;
        let (found, _) = flips(&workload, &host, &contest).unwrap();
        let memory = point(&found, Input::Memory);
        let flip = memory.down.as_ref().unwrap();
        assert!(flip.winner.is_none() && !flip.keeps && memory.up.is_none());
        assert!((flip.value / needed - 1.0).abs() < 0.06, "{needed} {flip:?}");
    }
}
