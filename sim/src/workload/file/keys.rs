//! Every table of a workload file and every key that it may have.

use crate::input::Keys;

pub(super) const WORKLOAD: Keys = Keys {
    table: "the workload",
    keys: &[
        "name",
        "about",
        "arrivals",
        "class",
        "stage",
        "keys",
        "runtime",
        "service",
        "objective",
    ],
};

pub(super) const STAGE: Keys =
    Keys { table: "[[stage]]", keys: &["name", "next", "profile", "start_method"] };
pub(super) const KEYS: Keys = Keys { table: "[keys]", keys: &["count", "skew", "partitions"] };

pub(super) const ARRIVALS: Keys = Keys { table: "[arrivals]", keys: ARRIVAL_KINDS };
pub(super) const ARRIVAL_KINDS: &[&str] =
    &["poisson", "deterministic", "gamma", "on_off", "varying", "replay", "closed", "batch"];
pub(super) const POISSON: Keys = Keys { table: "[arrivals.poisson]", keys: &["rate"] };
pub(super) const DETERMINISTIC: Keys = Keys { table: "[arrivals.deterministic]", keys: &["rate"] };
pub(super) const GAMMA_GAPS: Keys = Keys { table: "[arrivals.gamma]", keys: &["rate", "cv"] };
pub(super) const ON_OFF: Keys =
    Keys { table: "[arrivals.on_off]", keys: &["on_rate", "off_rate", "mean_on", "mean_off"] };
pub(super) const VARYING: Keys = Keys { table: "[arrivals.varying]", keys: &["points"] };
pub(super) const REPLAY: Keys = Keys { table: "[arrivals.replay]", keys: &["file"] };
pub(super) const CLOSED: Keys = Keys { table: "[arrivals.closed]", keys: &["clients", "think"] };
pub(super) const BATCH: Keys = Keys { table: "[arrivals.batch]", keys: &["requests"] };

pub(super) const CLASS: Keys = Keys {
    table: "[[class]]",
    keys: &[
        "name",
        "share",
        "request",
        "response",
        "client_timeout",
        "memory",
        "faults",
        "segment",
    ],
};
pub(super) const CLASS_MEMORY: Keys =
    Keys { table: "[class.memory]", keys: &["working_set", "kept", "leak"] };
pub(super) const FAULTS: Keys = Keys { table: "[class.faults]", keys: &["crash", "hang"] };

pub(super) const SEGMENT: Keys = Keys {
    table: "[[class.segment]]",
    keys: &[
        "python",
        "locked_native",
        "native",
        "wait",
        "group",
        "stage",
        "repeat",
        "parallel",
        "reacquires",
    ],
};
/// What a segment does: exactly one of these.
pub(super) const SEGMENT_KINDS: &[&str] = &["python", "locked_native", "native", "wait", "group"];
/// A segment inside `group`; groups do not nest.
pub(super) const GROUPED: Keys = Keys {
    table: "a segment of a group",
    keys: &[
        "python",
        "locked_native",
        "native",
        "wait",
        "stage",
        "repeat",
        "parallel",
        "reacquires",
    ],
};
pub(super) const GROUPED_KINDS: &[&str] = &["python", "locked_native", "native", "wait"];

pub(super) const DISTRIBUTION: Keys = Keys { table: "the distribution", keys: DISTRIBUTION_KINDS };
pub(super) const DISTRIBUTION_KINDS: &[&str] = &["exponential", "gamma", "lognormal", "empirical"];
pub(super) const EXPONENTIAL: Keys = Keys { table: "exponential", keys: &["mean"] };
pub(super) const GAMMA: Keys = Keys { table: "gamma", keys: &["mean", "cv"] };
pub(super) const LOGNORMAL: Keys = Keys { table: "lognormal", keys: &["median", "p99"] };
pub(super) const EMPIRICAL: Keys = Keys { table: "empirical", keys: EMPIRICAL_SOURCES };
pub(super) const EMPIRICAL_SOURCES: &[&str] = &["values", "file"];

pub(super) const RUNTIME: Keys = Keys {
    table: "[runtime]",
    keys: &[
        "python",
        "thread_safe",
        "event_loop",
        "isolation",
        "fork_safe",
        "free_threading_ready",
        "subinterpreters_ready",
        "libraries",
        "import_time",
        "import_memory",
        "leak_per_hour",
        "parent_memory",
        "crash_every",
    ],
};
pub(super) const SERVICE: Keys = Keys {
    table: "[service]",
    keys: &[
        "dispatcher",
        "queue_cap",
        "queue_timeout",
        "start_batch",
        "start_delay",
        "start_methods",
        "max_workers",
        "pool",
        "ordering",
        "max_in_flight",
        "recycling",
        "results",
        "over_memory",
    ],
};
pub(super) const RECYCLING: Keys = Keys {
    table: "[service.recycling]",
    keys: &[
        "ttl",
        "ttl_jitter",
        "max_requests",
        "max_requests_jitter",
        "memory_limit",
        "check_every",
        "start_first",
        "drain",
        "kill_after",
        "heartbeat",
        "back_off",
    ],
};
pub(super) const DRAIN: Keys = Keys { table: "drain", keys: &["within"] };
pub(super) const HEARTBEAT: Keys =
    Keys { table: "heartbeat", keys: &["every", "timeout", "misses"] };
pub(super) const BACK_OFF: Keys = Keys { table: "back_off", keys: &["first", "factor", "most"] };
pub(super) const OBJECTIVE: Keys = Keys {
    table: "[objective]",
    keys: &["goal", "p50", "p95", "p99", "throughput", "memory", "startup", "failures", "keep_up"],
};
pub(super) const KEEP_UP: Keys = Keys { table: "keep_up", keys: &["workers", "probability"] };

const ALL: &[&Keys] = &[
    &WORKLOAD,
    &ARRIVALS,
    &POISSON,
    &DETERMINISTIC,
    &GAMMA_GAPS,
    &ON_OFF,
    &VARYING,
    &REPLAY,
    &CLOSED,
    &BATCH,
    &CLASS,
    &CLASS_MEMORY,
    &FAULTS,
    &SEGMENT,
    &GROUPED,
    &DISTRIBUTION,
    &EXPONENTIAL,
    &GAMMA,
    &LOGNORMAL,
    &EMPIRICAL,
    &RUNTIME,
    &STAGE,
    &KEYS,
    &SERVICE,
    &RECYCLING,
    &DRAIN,
    &HEARTBEAT,
    &BACK_OFF,
    &OBJECTIVE,
    &KEEP_UP,
];

/// Every (table, key) of a workload file, for the reference to be held against.
pub fn workload_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().flat_map(|keys| keys.keys.iter().map(|key| (keys.table, *key)))
}
