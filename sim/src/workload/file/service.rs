//! `[service]`: what surrounds the workers, whatever the profile.

use super::runtime::distinct;
use super::{keys, recycling, stage};
use crate::input::{
    Fault, Reported, Section, Value, count_between, duration, one_of, positive_duration,
};
use crate::kernel::SimDuration;
use crate::pool::{Dispatcher, MAX_WORKERS, Ordering, PoolKind, StartMethod};
use crate::workload::{OverMemory, Retention, Runtime, Service};

/// Longest queue, and most requests under way, that can be asked for.
const MAX_QUEUE: u64 = 10_000_000;
const DISPATCHERS: [Dispatcher; 3] = [Dispatcher::Kernel, Dispatcher::Native, Dispatcher::Python];
const RESULTS: [(&str, Retention); 2] =
    [("dropped", Retention::Dropped), ("kept", Retention::Kept)];
const OVER_MEMORY: [(&str, OverMemory); 3] =
    [("noted", OverMemory::Noted), ("swap", OverMemory::Swap), ("kill", OverMemory::Kill)];

/// `runtime` is `None` if it is wrong itself; `has_keys` says whether requests
/// have keys, as far as is known.
pub(super) fn service(
    top: &Section<'_>,
    runtime: Option<&Runtime>,
    has_keys: bool,
) -> Result<Service, Reported> {
    let Some(section) = top.table("service", &keys::SERVICE)? else {
        return Ok(Service::default());
    };
    let count = |key, least, most| {
        section
            .optional(key, |value| count_between(value, least, most))
            .map(|count| count.map(|count| count as u32))
    };
    let dispatcher = section.or("dispatcher", Dispatcher::Python, |value| {
        one_of(value, &DISPATCHERS.map(|dispatcher| (dispatcher.name(), dispatcher)))
    });
    let queue_cap = count("queue_cap", 0, MAX_QUEUE);
    let queue_timeout = section.optional("queue_timeout", positive_duration);
    let start_batch = count("start_batch", 1, u64::from(MAX_WORKERS));
    let start_delay = section.or("start_delay", SimDuration::ZERO, duration);
    let start_methods = section.or("start_methods", Vec::new(), |value| {
        distinct(value, StartMethod::ALL.len(), stage::start_method)
    });
    let max_workers = count("max_workers", 1, u64::from(MAX_WORKERS));
    let pools =
        section.or("pool", Vec::new(), |value| distinct(value, PoolKind::ALL.len(), pool_kind));
    let stated = section.value("ordering").is_some();
    let pools = pools.and_then(|pools| check_keys(&section, pools, has_keys || stated));
    let ordering = section.or("ordering", Ordering::default(), |value| ordering(value, has_keys));
    let max_in_flight = count("max_in_flight", 1, MAX_QUEUE);
    let lifecycle = recycling::lifecycle(&section, runtime);
    let results = section.or("results", Retention::default(), |value| one_of(value, &RESULTS));
    let over_memory =
        section.or("over_memory", OverMemory::default(), |value| one_of(value, &OVER_MEMORY));
    Ok(Service {
        dispatcher: dispatcher?,
        queue_cap: queue_cap?,
        queue_timeout: queue_timeout?,
        start_batch: start_batch?,
        start_delay: start_delay?,
        start_methods: start_methods?,
        max_workers: max_workers?,
        pools: pools?,
        ordering: ordering?,
        max_in_flight: max_in_flight?,
        lifecycle: lifecycle?,
        results: results?,
        over_memory: over_memory?,
    })
}

fn pool_kind(value: &Value<'_>) -> Result<PoolKind, Fault> {
    one_of(value, &PoolKind::ALL.map(|kind| (kind.name(), kind)))
}

/// A keyed consumer needs keys, or be told that it may do without: `settled`.
fn check_keys(
    section: &Section<'_>,
    pools: Vec<PoolKind>,
    settled: bool,
) -> Result<Vec<PoolKind>, Reported> {
    use PoolKind::{KeyedAsync, KeyedBaseline, KeyedProcess};
    let keyed = |kind: &&PoolKind| matches!(kind, KeyedAsync | KeyedBaseline | KeyedProcess);
    match pools.iter().find(keyed).filter(|_| !settled) {
        None => Ok(pools),
        Some(kind) => Err(section.fail(
            section.span_of("pool"),
            format!("{kind} consumes messages by key, and these have no keys"),
            "add [keys] with their `count` and `partitions`, or write ordering = \"unordered\"",
        )),
    }
}

fn ordering(value: &Value<'_>, has_keys: bool) -> Result<Ordering, Fault> {
    match one_of(value, &Ordering::ALL.map(|ordering| (ordering.name(), ordering)))? {
        Ordering::Unordered => Ok(Ordering::Unordered),
        _ if !has_keys => Err(Fault::new(value.span(), "there are no keys to keep in order")
            .help("add [keys] with their `count` and `partitions`, or write \"unordered\"")),
        ordered => Ok(ordered),
    }
}
