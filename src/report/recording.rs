//! What is simulated for the figures: the choice once more, looked at closely.

use rayon::prelude::*;
use sim::experiment::{CpuModel, Fate, Observer, Record, Scenario, SimError, Snapshot, simulate};
use sim::pool::{Deployment, Lifecycle};
use sim::search::{Progress as _, RecyclingRule};
use sim::stats::{Estimate, Quantiles};

use crate::progress::Bar;
use crate::render::recommendation::Answer;
use crate::watcher::Watcher;

/// Replications behind the latency curves.
pub const REPLICATIONS: u32 = 10;
/// Requests of each.
const REQUESTS: u64 = 20_000;
/// Most requests of the run over time, however long workers live.
const MOST_REQUESTS: u64 = 400_000;
/// Lives of a worker that the run over time covers, if it can.
const LIVES: f64 = 2.5;
/// Classes that one figure can tell apart.
const CLASSES: usize = 8;
/// One request in so many is slower: where curves are drawn.
const PLACES: [f64; 16] = [
    1.01, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 35.0, 50.0, 100.0, 200.0, 350.0, 500.0, 1000.0,
];

/// The choice, looked at closely.
pub struct Recording {
    /// Of the largest classes.
    pub curves: Vec<Curve>,
    /// Requests of each replication behind the curves.
    pub requests: u64,
    /// One replication over time.
    pub course: Course,
}

/// Latency of one class by how rare it is.
pub struct Curve {
    /// Index of the class.
    pub class: usize,
    /// One request in so many is slower, and the latency, in s.
    pub points: Vec<(f64, Estimate)>,
}

/// One replication over time.
pub struct Course {
    /// At equal steps of time.
    pub snapshots: Vec<Snapshot>,
    /// With the recommended rules of replacement: the longest life by them, in s.
    pub life: Option<f64>,
}

impl Recording {
    /// Simulates the choice of `answer`.
    pub fn of(answer: &Answer<'_>, cpu: CpuModel, bar: &Bar) -> Result<Self, SimError> {
        let deployment = &answer.recommendation.choice.deployment;
        let scenario = scenario(answer, deployment, REQUESTS, cpu);
        bar.step("recording latencies", 0, 2);
        let runs: Result<Vec<Vec<Option<Quantiles>>>, SimError> =
            (0..REPLICATIONS).into_par_iter().map(|number| sojourns(&scenario, number)).collect();
        let runs = runs?;
        bar.step("recording a run over time", 1, 2);
        let course = Course::of(answer, cpu)?;
        Ok(Self { curves: curves(answer, runs), requests: REQUESTS, course })
    }
}

fn scenario<'a>(
    answer: &Answer<'a>,
    deployment: &'a Deployment,
    requests: u64,
    cpu: CpuModel,
) -> Scenario<'a> {
    let seed = answer.recommendation.effort.seed;
    Scenario { cpu, ..Scenario::of(answer.workload, answer.host, deployment, requests, seed) }
}

/// Every request's class and sojourn time, in ns, in the order in which their
/// fates were sealed; `None` if it failed.
#[derive(Default)]
struct Sojourns(Vec<Option<(usize, u64)>>);

impl Observer for Sojourns {
    fn record(&mut self, record: &Record) {
        let served = record.fate == Fate::Completed;
        let sojourn = record.finished.since(record.scheduled).0;
        self.0.push(served.then_some((record.class, sojourn)));
    }
}

/// Sojourn times of each class in one replication, less its warm-up.
fn sojourns(scenario: &Scenario<'_>, number: u32) -> Result<Vec<Option<Quantiles>>, SimError> {
    let mut seen = Sojourns::default();
    let outcome = simulate(scenario, number, &mut seen)?;
    let mut classes: Vec<Option<Quantiles>> = vec![None; scenario.workload.classes.len()];
    for (class, sojourn) in seen.0.into_iter().skip(outcome.warm_up as usize).flatten() {
        let exact = || Quantiles::exact_up_to(REQUESTS as usize);
        classes[class].get_or_insert_with(exact).record(sojourn);
    }
    Ok(classes)
}

/// The curves of the largest classes over all replications.
fn curves(answer: &Answer<'_>, mut runs: Vec<Vec<Option<Quantiles>>>) -> Vec<Curve> {
    let classes = &answer.workload.classes;
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by(|a, b| classes[*b].share.total_cmp(&classes[*a].share));
    order.truncate(CLASSES);
    let curve = |class: usize| {
        let of_class = runs.iter_mut().filter_map(|run| run[class].as_mut());
        Curve { class, points: points(of_class.collect()) }
    };
    order.into_iter().map(curve).filter(|curve| !curve.points.is_empty()).collect()
}

/// As far into the tail as every replication saw a request.
fn points(mut runs: Vec<&mut Quantiles>) -> Vec<(f64, Estimate)> {
    let fewest = runs.iter().map(|run| run.count()).min().unwrap_or(0) as f64;
    let places = PLACES.iter().filter(|place| **place <= fewest);
    places
        .map(|&place| {
            let quantile = |run: &mut &mut Quantiles| run.quantile(1.0 - 1.0 / place);
            let seconds: Vec<f64> =
                runs.iter_mut().filter_map(quantile).map(|ns| ns as f64 * 1e-9).collect();
            (place, Estimate::from_samples(&seconds))
        })
        .collect()
}

impl Course {
    fn of(answer: &Answer<'_>, cpu: CpuModel) -> Result<Self, SimError> {
        let mut deployment = answer.recommendation.choice.deployment.clone();
        let mut life = None;
        for recycling in &answer.recommendation.recycling {
            let Ok(rule) = &recycling.rule else { continue };
            deployment.pools[recycling.pool].lifecycle = rule.lifecycle;
            life = life.into_iter().chain(life_by(rule)).reduce(f64::max);
        }
        let rate = answer.recommendation.choice.summary.throughput.point;
        let covers = life.map_or(0.0, |life| LIVES * life * rate);
        // A float that is too large, or not a number, ends at a limit.
        let requests = (covers as u64).clamp(REQUESTS, MOST_REQUESTS);
        let mut watcher = Watcher::new(false);
        simulate(&scenario(answer, &deployment, requests, cpu), 0, &mut watcher)?;
        Ok(Self { snapshots: watcher.snapshots, life })
    }

    /// Simulated time that it covers, in s.
    pub fn length(&self) -> f64 {
        self.snapshots.last().map_or(0.0, |last| last.at.as_secs())
    }

    /// Replacements in it.
    pub fn restarts(&self) -> u64 {
        self.snapshots.last().map_or(0, |last| last.restarts)
    }
}

/// How long a worker lives by `rule`, in s, the longer jitter left out.
fn life_by(rule: &RecyclingRule) -> Option<f64> {
    let Lifecycle { ttl, max_requests, .. } = rule.lifecycle;
    let by_requests = max_requests.map(|requests| requests as f64 / rule.rate);
    let by_time = ttl.map(|ttl| ttl.as_secs());
    by_requests.into_iter().chain(by_time).filter(|life| life.is_finite()).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: std::ops::Range<u64>) -> Quantiles {
        let mut quantiles = Quantiles::exact_up_to(1_000);
        values.for_each(|ms| quantiles.record(ms * 1_000_000));
        quantiles
    }

    #[test]
    fn a_curve_ends_where_the_smallest_replication_has_nobody_left() {
        let (mut many, mut few) = (seen(1..1001), seen(1..31));
        let points = points(vec![&mut many, &mut few]);
        assert_eq!(points.last().unwrap().0, 20.0);
        assert!(points.windows(2).all(|pair| pair[0].1.point <= pair[1].1.point));
        // The medians: 500 ms and 15 ms.
        let median = points.iter().find(|(place, _)| *place == 2.0).unwrap().1;
        assert!((median.point - 0.2575).abs() < 1e-9 && median.n == 2, "{median:?}");
        assert!(super::points(Vec::new()).is_empty());
    }
}
