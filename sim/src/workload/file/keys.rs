//! Every table of a workload file and every key that it may have.

use crate::input::Keys;

pub(super) const WORKLOAD: Keys = Keys {
    table: "the workload",
    keys: &["name", "about", "arrivals", "class", "runtime", "service", "objective"],
};

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
    keys: &["name", "share", "request", "response", "client_timeout", "memory", "segment"],
};
pub(super) const CLASS_MEMORY: Keys = Keys { table: "[class.memory]", keys: &["working_set"] };

pub(super) const SEGMENT: Keys = Keys {
    table: "[[class.segment]]",
    keys: &[
        "python",
        "locked_native",
        "native",
        "wait",
        "group",
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
    keys: &["python", "locked_native", "native", "wait", "repeat", "parallel", "reacquires"],
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
    ],
};
pub(super) const OBJECTIVE: Keys = Keys {
    table: "[objective]",
    keys: &["goal", "p50", "p95", "p99", "throughput", "memory", "startup", "failures"],
};

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
    &SEGMENT,
    &GROUPED,
    &DISTRIBUTION,
    &EXPONENTIAL,
    &GAMMA,
    &LOGNORMAL,
    &EMPIRICAL,
    &RUNTIME,
    &SERVICE,
    &OBJECTIVE,
];

/// Every (table, key) of a workload file, for the reference to be held against.
pub fn workload_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().flat_map(|keys| keys.keys.iter().map(|key| (keys.table, *key)))
}
