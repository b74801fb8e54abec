//! Small workloads for the tests of the search.

use crate::kernel::SimDuration;
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
