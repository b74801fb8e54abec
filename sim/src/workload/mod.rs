//! Workloads: the file, the checked model and the drawn trace.

mod distribution;
mod file;
mod model;
mod python;
mod trace;
mod trace_file;

pub use distribution::{Distribution, Sampler};
pub use file::{
    MAX_BATCH, MAX_CLIENTS, MAX_EMPIRICAL, MAX_KEYS, MAX_POINTS, MAX_STAGES, MAX_WORKLOAD_BYTES,
    workload_keys,
};
pub use model::{
    Arrivals, Goal, KeepUp, KeySpace, LatencyLimit, MAX_CLASSES, MAX_SEGMENTS, Objective,
    OverMemory, Quantile, RequestClass, Retention, Runtime, Segment, SegmentKind, Service, Stage,
    Workload,
};
pub use python::PythonVersion;
pub use trace::{Trace, TraceRow};
pub use trace_file::{MAX_TRACE_BYTES, MAX_TRACE_ROWS, MAX_TRACE_SPAN, read_trace, write_trace};
