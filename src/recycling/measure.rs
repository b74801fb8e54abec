//! How long a restart takes, and how fast a worker gets through its requests.

use std::collections::BTreeMap;

use sim::experiment::{Fate, Observer, Outcome, Record, SimError, WorkersSummary};
use sim::kernel::{SimDuration, SimTime};
use sim::pool::Lifecycle;
use sim::stats::{Estimate, Tally};

use super::ask::{Base, Counted};
use super::case::Case;
use crate::progress::Bar;
use crate::runs::replicate;

/// Requests per replication of the pilot, in which nobody is restarted.
const PILOT: u64 = 20_000;
/// Lives of the first probe, in s: only its order of magnitude matters.
const FIRST_LIFE: f64 = 10.0;
/// Lives of the second are so many outages long at least, so that restarts
/// hardly meet.
const OUTAGES_PER_LIFE: f64 = 20.0;
/// A probe is so many of its shortest lives long, which is three of the mean.
const LIVES: f64 = 4.5;
/// Most requests per replication of a probe.
const MOST_REQUESTS: f64 = 200_000.0;

/// What the question needs to know of the pool. Times in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// From when a worker takes no more requests until its successor does.
    pub outage: Estimate,
    /// Requests that a worker serves per second while it is up.
    pub rate: Estimate,
    /// Standard deviation over mean of the gaps between a worker's requests.
    pub cv: f64,
    /// Requests of the busiest worker over those of the average.
    pub busiest: f64,
}

/// Measures `case` by simulation, but for what it states.
///
/// # Errors
/// A simulation gave up, or nothing was served.
pub fn measure(case: &Case, base: Base, bar: &Bar) -> Result<Measured, SimError> {
    let mut gaps = Gaps::default();
    let pilot = run(&case.forced(Lifecycle::default()), PILOT, &mut gaps, bar)?;
    let workers = f64::from(case.workers());
    let rate = over(&pilot, |o| o.counts.completed as f64 / o.makespan / workers);
    let (cv, busiest) = (gaps.cv(), gaps.busiest(case.workers()));
    if let Some(outage) = case.outage {
        let rate = case.rate.map_or(rate, Estimate::exact);
        return Ok(Measured { outage: Estimate::exact(outage.as_secs()), rate, cv, busiest });
    }
    if !(rate.point.is_finite() && rate.point > 0.0) {
        return Err(SimError::Impossible("the pool served no request at all".to_owned()));
    }
    let counted = base.counted();
    let (scale, _) = probe(case, counted, rate.point, FIRST_LIFE, bar)?;
    let life = scale.point * OUTAGES_PER_LIFE;
    let (outage, rate) = probe(case, counted, rate.point, life, bar)?;
    Ok(Measured { outage, rate, cv, busiest })
}

/// Length of an outage and requests per second of a worker that is up, with
/// lives of `life` s to twice that.
///
/// What lives are counted in matters: who goes for its age has a request to
/// finish, who goes for its number of requests has none.
fn probe(
    case: &Case,
    counted: Counted,
    rate: f64,
    life: f64,
    bar: &Bar,
) -> Result<(Estimate, Estimate), SimError> {
    let workers = f64::from(case.workers());
    let most = MOST_REQUESTS / (LIVES * workers);
    let requests = (life.max(FIRST_LIFE) * rate).min(most).max(1.0);
    let secs = SimDuration::from_secs(requests / rate);
    let number = requests as u64;
    let none = Lifecycle::default();
    let rule = match counted {
        Counted::Requests => {
            Lifecycle { max_requests: Some(number), max_requests_jitter: number, ..none }
        }
        Counted::Time => Lifecycle { ttl: Some(secs), ttl_jitter: secs, ..none },
    };
    let mut case = case.forced(rule);
    // When a pool looks at its workers changes nothing about how long they take.
    case.pool.lifecycle.check_every = None;
    let length = (LIVES * requests * workers).ceil() as u64;
    let outcomes = run(&case, length, &mut (), bar)?;
    let outage = WorkersSummary::of(&outcomes).mean_outage;
    // Successors that start before their predecessors go leave no outage.
    let outage = if outage.is_known() { outage } else { Estimate::exact(0.0) };
    let up = |o: &Outcome| o.makespan * workers * (1.0 - o.workers.capacity_lost);
    Ok((outage, over(&outcomes, |o| o.counts.completed as f64 / up(o))))
}

fn run<O: Observer + Send>(
    case: &Case,
    requests: u64,
    first: &mut O,
    bar: &Bar,
) -> Result<Vec<Outcome>, SimError> {
    let what = "measuring restarts and the pace of requests";
    replicate(&case.scenario(requests), case.replications, first, what, bar)
}

fn over(outcomes: &[Outcome], value: impl Fn(&Outcome) -> f64) -> Estimate {
    Estimate::from_samples(&outcomes.iter().map(value).collect::<Vec<_>>())
}

/// Gaps between the completions of each worker.
#[derive(Debug, Default)]
struct Gaps {
    workers: BTreeMap<u32, (SimTime, Tally)>,
}

impl Observer for Gaps {
    fn record(&mut self, record: &Record) {
        let (Some(worker), Fate::Completed) = (record.worker, record.fate) else { return };
        match self.workers.get_mut(&worker) {
            None => {
                self.workers.insert(worker, (record.finished, Tally::default()));
            }
            Some((last, gaps)) => {
                gaps.push(record.finished.since(*last).as_secs());
                *last = record.finished;
            }
        }
    }
}

impl Gaps {
    /// Coefficient of variation, each worker's weighted by its requests.
    fn cv(&self) -> f64 {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (_, gaps) in self.workers.values().filter(|(_, gaps)| gaps.mean() > 0.0) {
            let requests = gaps.count() as f64;
            sum += requests * gaps.variance().sqrt() / gaps.mean();
            weight += requests;
        }
        if weight > 0.0 { sum / weight } else { 0.0 }
    }

    /// Requests of the busiest worker over the average of all `workers`.
    fn busiest(&self, workers: u32) -> f64 {
        let counts = || self.workers.values().map(|(_, gaps)| gaps.count() + 1);
        let (most, all) = (counts().max().unwrap_or(0), counts().sum::<u64>());
        if all == 0 { 1.0 } else { most as f64 * f64::from(workers) / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(worker: u32, at: u64) -> Record {
        let at = SimTime(at);
        let (started, worker) = (Some(at), Some(worker));
        let fate = Fate::Completed;
        Record { request: 0, class: 0, scheduled: at, started, finished: at, worker, fate }
    }

    #[test]
    fn gaps_are_each_workers_own() {
        let mut gaps = Gaps::default();
        // Worker 0 every 10 ns, worker 1 once.
        for at in [0, 10, 20, 30] {
            gaps.record(&finished(0, at));
        }
        gaps.record(&finished(1, 7));
        assert_eq!((gaps.cv(), gaps.busiest(2)), (0.0, 4.0 * 2.0 / 5.0));
        gaps.record(&finished(0, 70));
        // 10, 10, 10, 40: standard deviation 15, mean 17.5.
        assert!((gaps.cv() - 15.0 / 17.5).abs() < 1e-6, "{}", gaps.cv());
    }

    #[test]
    fn nothing_seen_is_even() {
        assert_eq!((Gaps::default().cv(), Gaps::default().busiest(4)), (0.0, 1.0));
    }
}
