//! What the tables of this module use.

use sim::kernel::SimDuration;
use sim::pool::{PoolConfig, PoolKind};
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

/// That pool as it is deployed by default.
pub(crate) fn config(kind: PoolKind, profile: &str) -> PoolConfig {
    let segment = Segment::new(SegmentKind::Wait, Distribution::Constant(SimDuration::MILLISECOND));
    let class = RequestClass::new("request", 1.0, vec![segment]);
    let workload = Workload::new("any", Arrivals::Poisson { rate: 1.0 }, vec![class]);
    let python = "3.12".parse().unwrap();
    PoolConfig::of_kind(kind, &workload, profile.parse().unwrap(), python, 8).unwrap()
}
