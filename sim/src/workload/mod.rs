//! Workloads: the file, the checked model and the drawn trace.

mod distribution;
mod model;
mod python;
mod trace;

pub use distribution::{Distribution, Sampler};
pub use model::{
    Arrivals, Goal, LatencyLimit, MAX_CLASSES, MAX_SEGMENTS, Objective, Quantile, RequestClass,
    Runtime, Segment, SegmentKind, Service, Workload,
};
pub use python::PythonVersion;
pub use trace::{Trace, TraceRow};
