//! `[runtime]` and `[service]`: what the code allows and what surrounds it.

use super::keys;
use crate::input::{
    Fault, Reported, Section, Value, boolean, bytes, count_between, duration, elements, identifier,
    one_of, positive_duration, text,
};
use crate::kernel::SimDuration;
use crate::pool::{Dispatcher, MAX_WORKERS, StartMethod};
use crate::workload::{PythonVersion, Runtime, Service};

/// Most import names.
const MAX_LIBRARIES: usize = 256;
/// Longest queue that can be asked for.
const MAX_QUEUE: u64 = 10_000_000;
/// What runs if the file does not say: the newest version that every profile
/// with a lock was measured on.
const DEFAULT_PYTHON: PythonVersion = PythonVersion { minor: 12, free_threaded: false };

/// What is not vouched for is not assumed: every permission defaults to no.
const UNSTATED: Runtime = Runtime {
    python: Vec::new(),
    thread_safe: false,
    event_loop: false,
    isolation: false,
    fork_safe: false,
    free_threading_ready: false,
    subinterpreters_ready: false,
    libraries: Vec::new(),
    import_time: SimDuration::ZERO,
    import_bytes: 0,
    leak_per_hour: 0,
    parent_bytes: 0,
    crash_every: None,
};

pub(super) fn runtime(top: &Section<'_>) -> Result<Runtime, Reported> {
    let Some(section) = top.table("runtime", &keys::RUNTIME)? else {
        return Ok(Runtime { python: vec![DEFAULT_PYTHON], ..UNSTATED });
    };
    let python = section.or("python", vec![DEFAULT_PYTHON], pythons);
    let flag = |key| section.or(key, false, boolean);
    let thread_safe = flag("thread_safe");
    let event_loop = flag("event_loop");
    let isolation = flag("isolation");
    let fork_safe = flag("fork_safe");
    let free_threading_ready = flag("free_threading_ready");
    let subinterpreters_ready = flag("subinterpreters_ready");
    let libraries =
        section.or("libraries", Vec::new(), |value| distinct(value, MAX_LIBRARIES, identifier));
    let import_time = section.or("import_time", SimDuration::ZERO, duration);
    let import_bytes = section.or("import_memory", 0, bytes);
    Ok(Runtime {
        python: python?,
        thread_safe: thread_safe?,
        event_loop: event_loop?,
        isolation: isolation?,
        fork_safe: fork_safe?,
        free_threading_ready: free_threading_ready?,
        subinterpreters_ready: subinterpreters_ready?,
        libraries: libraries?,
        import_time: import_time?,
        import_bytes: import_bytes?,
        ..UNSTATED
    })
}

fn pythons(value: &Value<'_>) -> Result<Vec<PythonVersion>, Fault> {
    let versions = distinct(value, 16, |element| {
        text(element)?.parse().map_err(|message: String| {
            Fault::new(element.span(), message)
                .help("list what may be deployed, like [\"3.12\", \"3.13t\"]")
        })
    })?;
    if versions.is_empty() {
        return Err(Fault::new(value.span(), "there is no interpreter to run on")
            .help("list what may be deployed, like [\"3.12\", \"3.13t\"]"));
    }
    Ok(versions)
}

/// The elements of a list, none of them twice.
fn distinct<'a, T: PartialEq>(
    value: &'a Value<'a>,
    most: usize,
    parse: impl Fn(&'a Value<'a>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut found = Vec::new();
    for element in elements(value, most)? {
        let parsed = parse(element)?;
        if found.contains(&parsed) {
            let fault = Fault::new(element.span(), "this is in the list already");
            return Err(fault.help("leave it out"));
        }
        found.push(parsed);
    }
    Ok(found)
}

pub(super) fn service(top: &Section<'_>) -> Result<Service, Reported> {
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
        distinct(value, StartMethod::ALL.len(), |element| {
            one_of(element, &StartMethod::ALL.map(|method| (method.name(), method)))
        })
    });
    let max_workers = count("max_workers", 1, u64::from(MAX_WORKERS));
    Ok(Service {
        dispatcher: dispatcher?,
        queue_cap: queue_cap?,
        queue_timeout: queue_timeout?,
        start_batch: start_batch?,
        start_delay: start_delay?,
        start_methods: start_methods?,
        max_workers: max_workers?,
        ..Service::default()
    })
}

const DISPATCHERS: [Dispatcher; 3] = [Dispatcher::Kernel, Dispatcher::Native, Dispatcher::Python];
