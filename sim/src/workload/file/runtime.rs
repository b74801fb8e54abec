//! `[runtime]`: what the code allows and needs.

use super::keys;
use crate::input::{
    Fault, Reported, Section, Value, boolean, bytes, duration, elements, identifier,
    positive_duration, text,
};
use crate::kernel::SimDuration;
use crate::workload::{PythonVersion, Runtime};

/// Most import names.
const MAX_LIBRARIES: usize = 256;
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
    let leak_per_hour = section.or("leak_per_hour", 0, bytes);
    let parent_bytes = section.or("parent_memory", 0, bytes);
    let crash_every = section.optional("crash_every", positive_duration);
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
        leak_per_hour: leak_per_hour?,
        parent_bytes: parent_bytes?,
        crash_every: crash_every?,
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
pub(super) fn distinct<'a, T: PartialEq>(
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
