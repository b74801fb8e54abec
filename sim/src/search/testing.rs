//! Small workloads for the tests of the search.

use crate::kernel::SimDuration;
use crate::pool::PoolConfig;
use crate::search::entrant::Entrant;
use crate::search::judge::Standing;
use crate::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Segment, SegmentKind, Workload,
};

pub(super) fn python(version: &str) -> PythonVersion {
    version.parse().unwrap()
}

pub(super) fn constant(kind: SegmentKind, millis: u64) -> Segment {
    Segment::new(kind, Distribution::Constant(SimDuration(millis * 1_000_000)))
}

pub(super) fn open(rate: f64, classes: Vec<RequestClass>) -> Workload {
    Workload::new("search", Arrivals::Poisson { rate }, classes)
}

/// One class of exponential bytecode.
pub(super) fn cpu_bound(rate: f64, mean: SimDuration) -> Workload {
    let segment = Segment::new(SegmentKind::Python, Distribution::Exponential { mean });
    open(rate, vec![RequestClass::new("spin", 1.0, vec![segment])])
}

/// Who did so well in four replications, with so much memory.
pub(super) fn entrant(profile: &str, figure: f64, pss: f64) -> Entrant {
    let workload = cpu_bound(1.0, SimDuration::MILLISECOND);
    // A little noise of its own, so that intervals have a width.
    let figure = [0.98, 1.01, 1.0, 1.01].map(|noise| figure * noise).to_vec();
    Entrant {
        deployment: PoolConfig::new(&workload, profile.parse().unwrap(), python("3.12")).into(),
        startup: 0.0,
        preference: 0,
        standing: Standing { excess: vec![0.0; 4], figure, pss },
        tail: 1.0,
        stage: 0,
    }
}
