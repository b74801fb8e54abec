//! Engines, orderings and kinds of work.

use serde_json::json;
use sim::pool::Ordering;

use super::super::measured::Claim;
use super::super::{Figure, Variant};

/// As the document's benchmark.
pub(super) const MESSAGES: u64 = 2000;
pub(super) const KEYS: u64 = 100;
pub(super) const PARTITIONS: u64 = 4;
pub(super) const PROCESSES: u32 = 8;
pub(super) const MAX_IN_FLIGHT: u32 = 2000;

/// Who works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Baseline,
    Async,
    Process,
}

/// What is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Sleep,
    Cpu,
}

/// One variant, as the model sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) engine: Engine,
    pub(super) ordering: Ordering,
    pub(super) job: Job,
}

/// Parameters are taken from these.
pub(super) const BASELINE_CPU: &str = "baseline-cpu";
pub(super) const ASYNC_UNORDERED: &str = "async-unordered-sleep";
pub(super) const ASYNC_KEYED: &str = "async-key_hash-sleep";
pub(super) const PROCESS_UNORDERED: &str = "process-unordered-sleep";
pub(super) const PROCESS_KEYED: &str = "process-key_hash-sleep";
const FITTED: [&str; 5] =
    [BASELINE_CPU, ASYNC_UNORDERED, ASYNC_KEYED, PROCESS_UNORDERED, PROCESS_KEYED];
const QUICK: [&str; 3] = ["baseline-sleep", "async-partition-sleep", "process-partition-sleep"];

/// Throughputs that the document prints, and the runs that show them.
const RATES: [(&str, &str); 6] = [
    ("sleep-baseline", "baseline-sleep"),
    ("sleep-async", ASYNC_UNORDERED),
    ("sleep-process", PROCESS_UNORDERED),
    ("cpu-baseline", BASELINE_CPU),
    ("cpu-async", "async-unordered-cpu"),
    ("cpu-process", "process-unordered-cpu"),
];
const DIFFERS: &str = "another host; a mock cluster; timed from the first message submitted; \
                       unordered, which the document does not say";

pub(super) fn claims() -> Vec<Claim> {
    let claim = |(id, variant)| Claim { id, variant, figure: Figure::Throughput, differs: DIFFERS };
    RATES.into_iter().map(claim).collect()
}

impl Case {
    /// All of them with their names. The baseline takes one message after
    /// another, whatever the ordering.
    pub(super) fn all() -> Vec<(String, Self)> {
        let mut all = Vec::new();
        for (job, work) in [(Job::Sleep, "sleep"), (Job::Cpu, "cpu")] {
            let ordering = Ordering::Unordered;
            all.push((
                format!("baseline-{work}"),
                Self { engine: Engine::Baseline, ordering, job },
            ));
            for (engine, name) in [(Engine::Async, "async"), (Engine::Process, "process")] {
                for ordering in Ordering::ALL {
                    let name = format!("{name}-{}-{work}", ordering.name());
                    all.push((name, Self { engine, ordering, job }));
                }
            }
        }
        all
    }
}

pub(super) fn all() -> Vec<Variant> {
    Case::all().into_iter().map(|(name, case)| variant(name, case)).collect()
}

fn variant(name: String, case: Case) -> Variant {
    let engine = match case.engine {
        Engine::Baseline => "baseline",
        Engine::Async => "async",
        Engine::Process => "process",
    };
    Variant {
        spec: json!({
            "engine": engine,
            "ordering": case.ordering.name(),
            "work": if case.job == Job::Sleep { "sleep" } else { "cpu" },
            "messages": MESSAGES,
            "keys": KEYS,
            "processes": PROCESSES,
            "max_in_flight": MAX_IN_FLIGHT,
        }),
        fitted: FITTED.contains(&name.as_str()),
        quick: QUICK.contains(&name.as_str()),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourteen_variants_five_of_them_fitted() {
        let all = all();
        assert_eq!(all.len(), 14);
        for name in FITTED.iter().chain(&QUICK) {
            assert_eq!(all.iter().filter(|it| it.name == *name).count(), 1, "{name}");
        }
    }
}
