//! The pool with the rule, simulated from a common start, beside the formula.

use sim::experiment::{Scenario, SimError, Summary};
use sim::recycling::{Answer, Drift};
use sim::stats::{Estimate, Verdict};

use super::ask::Goal;
use super::case::Case;
use super::measure::Measured;
use crate::progress::Bar;
use crate::runs::replicate;

/// Mean lives that are simulated: the first generation, which is the worst, and
/// two in which workers drift apart.
const LIVES: f64 = 3.0;
/// Most requests of all replications together.
const MOST_REQUESTS: u64 = 20_000_000;
/// What is to be seen is rare: there are more replications than were asked for,
/// until they have so many requests together, but at most so many.
const ENOUGH_REQUESTS: u64 = 1_000_000;
const MOST_REPLICATIONS: u64 = 200;
/// Steps of averages over time.
const STEPS_PER_OUTAGE: f64 = 16.0;
const MOST_STEPS: f64 = 200_000.0;
/// Chances below this get no row.
const NEGLIGIBLE: f64 = 1e-6;

/// The simulated pool.
#[derive(Debug)]
pub struct Check {
    pub summary: Summary,
    /// Simulated time of a replication over the longest life of the first
    /// generation, if it is less than one: the check then saw only a part of it.
    pub part_of_first: Option<f64>,
    /// Restarts per hour by the renewal equation, over the same time.
    pub restarts_per_hour: f64,
    /// Share of worker time lost, likewise.
    pub capacity_lost: f64,
    /// One row for each number of workers down, from 1.
    pub down: Vec<Down>,
    /// Share of time that too few workers were up.
    pub short: Estimate,
    /// Is that as seldom as was wanted?
    pub verdict: Verdict,
}

/// `k` or more workers down, as a share of the simulated time.
#[derive(Clone, Copy, Debug)]
pub struct Down {
    pub workers: u32,
    /// By the renewal equation, over the same time.
    pub predicted: f64,
    pub simulated: Estimate,
    /// Predicted for the worst moment.
    pub worst: f64,
}

/// Simulates `case`, which has the rule of `answer`.
///
/// # Errors
/// The simulation gave up.
pub fn check(
    case: &Case,
    goal: Goal,
    measured: &Measured,
    answer: &Answer,
    bar: &Bar,
) -> Result<Check, SimError> {
    let what = "checking the answer";
    let requests = requests(case, measured, answer);
    let more = (ENOUGH_REQUESTS / requests).min(MOST_REPLICATIONS) as u32;
    let replications = case.replications.max(more);
    // Other requests than those that were measured, so that no luck counts twice.
    let scenario = Scenario { seed: case.seed.wrapping_add(1), ..case.scenario(requests) };
    let outcomes = replicate(&scenario, replications, &mut (), what, bar)?;
    let summary = Summary::of(outcomes);
    let observed = summary.workers.observed / f64::from(replications);
    let too_many = goal.too_many(case.workers());
    let short = summary.workers.down_at_least(too_many as usize);
    let longest = answer.lives.base() + answer.lives.jitter() + answer.lives.outage();
    let drift = Drift::new(&answer.lives, observed.max(answer.lives.base()));
    Ok(Check {
        restarts_per_hour: f64::from(case.workers()) * drift.ended_by(observed) * 3_600.0
            / observed,
        capacity_lost: mean_down(&drift, answer, observed),
        down: rows(answer, &drift, &summary, too_many, observed),
        part_of_first: (observed < longest).then_some(observed / longest),
        verdict: short.verdict_at_most(1.0 - goal.probability),
        short,
        summary,
    })
}

/// Requests per replication for so many lives of all workers.
fn requests(case: &Case, measured: &Measured, answer: &Answer) -> u64 {
    let pool = measured.rate.point * f64::from(case.workers()) * (1.0 - answer.capacity_lost);
    let wanted = (pool * LIVES * answer.lives.cycle()).ceil().max(1.0);
    (wanted as u64).min(MOST_REQUESTS / u64::from(case.replications)).max(1)
}

/// Chance that a worker is down, averaged over the first `observed` s.
fn mean_down(drift: &Drift, answer: &Answer, observed: f64) -> f64 {
    let outage = answer.lives.outage();
    if outage == 0.0 {
        return 0.0;
    }
    let steps = (observed / outage * STEPS_PER_OUTAGE).ceil().clamp(1.0, MOST_STEPS);
    let at = |step: usize| drift.down_at((step as f64 + 0.5) / steps * observed);
    (0..steps as usize).map(at).sum::<f64>() / steps
}

fn rows(
    answer: &Answer,
    drift: &Drift,
    summary: &Summary,
    too_many: u32,
    observed: f64,
) -> Vec<Down> {
    let lives = &answer.lives;
    let row = |workers: u32| Down {
        workers,
        predicted: drift.share_at_least(workers, 0.0, observed),
        simulated: summary.workers.down_at_least(workers as usize),
        worst: lives.worst_at_least(workers),
    };
    let tells = |row: &Down| {
        row.workers <= too_many || row.predicted.max(row.simulated.point) >= NEGLIGIBLE
    };
    (1..=lives.workers()).map(row).take_while(tells).collect()
}
