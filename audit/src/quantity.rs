//! What a figure says about a pool.

use crate::figure::Dimension;

macro_rules! quantities {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $dimension:ident,)*) => {
        /// What a figure says about a pool.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Quantity { $($(#[$doc])* $variant,)* }

        impl Quantity {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As written in files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What its figures count.
            pub fn dimension(self) -> Dimension {
                match self { $(Self::$variant => Dimension::$dimension,)* }
            }
        }
    };
}

quantities! {
    /// Requests served per second.
    Throughput = "throughput": Rate,
    /// Highest rate served for a moment.
    PeakThroughput = "peak-throughput": Rate,
    /// Requests sent per second.
    Offered = "offered": Rate,
    /// Mean sojourn time, in s.
    Mean = "mean": Time,
    /// Median sojourn time, in s.
    P50 = "p50": Time,
    /// 75 % quantile, in s.
    P75 = "p75": Time,
    /// 90 % quantile, in s.
    P90 = "p90": Time,
    /// 95 % quantile, in s.
    P95 = "p95": Time,
    /// 99 % quantile, in s.
    P99 = "p99": Time,
    /// 99.9 % quantile, in s.
    P999 = "p99.9": Time,
    /// Until all workers are ready, in s.
    Startup = "startup": Time,
    /// From the first request to the last reply, in s.
    Makespan = "makespan": Time,
    /// Some other time, in s.
    Duration = "duration": Time,
    /// Busy cores; 800 % are 8.
    Cpu = "cpu": Number,
    /// Memory of all processes, in bytes.
    Memory = "memory": Memory,
    /// Highest sum of proportional set sizes, in bytes.
    PeakPss = "peak-pss": Memory,
    /// The same when no request is there, in bytes.
    IdlePss = "idle-pss": Memory,
    /// PSS of the parent process alone, in bytes.
    ParentPss = "parent-pss": Memory,
    /// PSS of the workers together, in bytes.
    WorkersPss = "workers-pss": Memory,
    /// Resident set size of one worker, in bytes.
    WorkerRss = "worker-rss": Memory,
    /// Some other size, in bytes.
    Size = "size": Memory,
    /// Most requests waiting at once.
    Queue = "queue": Number,
    /// Share of requests turned away.
    Rejected = "rejected": Number,
    /// Share of the slots that is away.
    CapacityLost = "capacity-lost": Number,
    /// Workers replaced per second.
    Recycles = "recycles": Rate,
    /// Service over service and waiting, of one stage.
    Efficiency = "efficiency": Number,
    /// One figure over another.
    Ratio = "ratio": Number,
    /// A part of a whole.
    Share = "share": Number,
    /// How many.
    Count = "count": Number,
    /// A rank that somebody gave.
    Rank = "rank": Number,
    /// Which of two figures is larger: words, no number.
    Order = "order": Number,
}

impl Quantity {
    /// The quantiles of the sojourn time, ascending, with their probabilities.
    pub const QUANTILES: [(Self, f64); 6] = [
        (Self::P50, 0.5),
        (Self::P75, 0.75),
        (Self::P90, 0.9),
        (Self::P95, 0.95),
        (Self::P99, 0.99),
        (Self::P999, 0.999),
    ];

    /// Is it the memory of a whole pool?
    pub fn is_total_memory(self) -> bool {
        matches!(self, Self::Memory | Self::PeakPss | Self::IdlePss)
    }

    /// The quantity of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|quantity| quantity.name() == name)
    }
}
