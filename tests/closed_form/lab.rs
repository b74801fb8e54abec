//! Pools on which nothing happens but what the formula knows, and how a
//! prediction is held against it.

use sim::closed_form::{little, utilisation};
use sim::experiment::{ClassOutcome, CpuModel, Outcome, Scenario, replicate};
use sim::host::Host;
use sim::kernel::SimDuration;
use sim::pool::{PoolConfig, Profile};
use sim::stats::Estimate;
use sim::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Segment, SegmentKind, Workload,
};

/// Replications of each experiment.
const REPLICATIONS: u32 = 20;
/// Requests of each replication.
const REQUESTS: u64 = 50_000;

/// With the lock.
const LOCKED: PythonVersion = PythonVersion { minor: 12, free_threaded: false };
/// Without it.
pub(crate) const FREE: PythonVersion = PythonVersion { minor: 13, free_threaded: true };

/// A pool under a load.
#[derive(Clone, Debug)]
pub(crate) struct Lab {
    pub(crate) arrivals: Arrivals,
    pub(crate) classes: Vec<RequestClass>,
    pub(crate) profile: Profile,
    pub(crate) python: PythonVersion,
    pub(crate) cores: u32,
    pub(crate) cpu: CpuModel,
    pub(crate) queue_cap: Option<u32>,
}

impl Lab {
    /// `profile` on more cores than it needs, for one class of `segments`.
    pub(crate) fn new(arrivals: Arrivals, segments: Vec<Segment>, profile: Profile) -> Self {
        Self {
            arrivals,
            classes: vec![RequestClass::new("only", 1.0, segments)],
            profile,
            python: LOCKED,
            cores: 64,
            cpu: CpuModel::ProcessorSharing,
            queue_cap: None,
        }
    }

    /// All replications, each held against the laws.
    pub(crate) fn run(&self) -> Vec<Outcome> {
        let mut workload =
            Workload::new("closed form", self.arrivals.clone(), self.classes.clone());
        workload.service.queue_cap = self.queue_cap;
        let pool = PoolConfig::new(&workload, self.profile, self.python);
        let host = Host::ideal(self.cores);
        let scenario =
            Scenario { cpu: self.cpu, ..Scenario::new(&workload, &host, &pool, REQUESTS, 2024) };
        let outcomes = replicate(&scenario, 0..REPLICATIONS).expect("no limit is near");
        outcomes.iter().for_each(|outcome| self.obeys_the_laws(&workload, outcome));
        outcomes
    }

    /// Little's law and the utilisation law, the latter for the cores: what is
    /// cut off at both ends of the observed stretch may be 1 % (Little) and the
    /// drawn service times 3 % off their mean.
    fn obeys_the_laws(&self, workload: &Workload, outcome: &Outcome) {
        assert!(outcome.stationary, "{outcome:?}");
        let present = little(outcome.throughput, outcome.all.mean);
        let error = outcome.mean_in_system / present - 1.0;
        assert!(error.abs() < 0.01, "Little's law is {error} off: {outcome:?}");
        let demand = workload.demand_seconds(|kind| kind != SegmentKind::Wait);
        let busy = utilisation(outcome.throughput, demand, f64::from(self.cores));
        let error = (outcome.utilisation.cores - busy) / busy.max(1e-9);
        assert!(error.abs() < 0.03, "the utilisation law is {error} off: {outcome:?}");
    }
}

/// A segment.
pub(crate) fn segment(kind: SegmentKind, duration: Distribution) -> Segment {
    Segment::new(kind, duration)
}

/// Service outside of any lock or core.
pub(crate) fn wait(duration: Distribution) -> Vec<Segment> {
    vec![segment(SegmentKind::Wait, duration)]
}

/// Exponential with that mean [s].
pub(crate) fn exponential(mean: f64) -> Distribution {
    Distribution::Exponential { mean: SimDuration::from_secs(mean) }
}

/// Always that long [s].
pub(crate) fn constant(length: f64) -> Distribution {
    Distribution::Constant(SimDuration::from_secs(length))
}

/// Poisson arrivals [1/s].
pub(crate) fn poisson(rate: f64) -> Arrivals {
    Arrivals::Poisson { rate }
}

/// Holds `value` of the replications against what the formula says: inside the
/// 99.9 % interval, whose half-width is at most `precision` of the expectation.
#[expect(clippy::print_stdout, reason = "the figures belong beside a failure")]
pub(crate) fn agree(
    what: &str,
    outcomes: &[Outcome],
    expected: f64,
    precision: f64,
    value: impl Fn(&Outcome) -> f64,
) {
    let samples: Vec<f64> = outcomes.iter().map(value).collect();
    let estimate = Estimate::from_samples_at(0.999, &samples);
    let reach = estimate.half_width() / expected;
    println!("{what}: expected {expected:.6}, simulated {:.6} +- {reach:.4}", estimate.point);
    assert!(estimate.contains(expected), "{what}: expected {expected}, simulated {estimate:?}");
    assert!(reach <= precision, "{what}: an interval of +- {reach:.4} proves nothing");
}

/// Mean sojourn time of all requests [s].
pub(crate) fn sojourn(outcome: &Outcome) -> f64 {
    outcome.all.mean
}

/// Mean waiting time of all requests [s].
pub(crate) fn waiting(outcome: &Outcome) -> f64 {
    outcome.all.mean_wait
}

/// Median and 99 % quantile of the sojourn time [s].
pub(crate) fn median_and_p99(class: &ClassOutcome) -> (f64, f64) {
    (class.quantiles[0], class.quantiles[2])
}
