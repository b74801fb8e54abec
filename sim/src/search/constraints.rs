//! Hard constraints: what the code, the runtime and the memory rule out.

use crate::host::Host;
use crate::pool::{Concurrency, PoolConfig, StartMethod};
use crate::recycling::check_life;
use crate::search::Exclusion;
use crate::search::family::Family;
use crate::search::libraries::thread_unsafe;
use crate::search::memory::too_much;
use crate::search::ruling::{Kind, Ruling};
use crate::workload::Workload;

/// The first hard constraint that `pool` breaks.
pub(super) fn broken(workload: &Workload, host: &Host, pool: &PoolConfig) -> Option<Ruling> {
    sharing(workload, pool)
        .or_else(|| runtime(workload, pool))
        .or_else(|| start_method(workload, pool))
        .or_else(|| lifecycle(workload, host, pool))
        .or_else(|| max_workers(workload, pool))
        .or_else(|| too_much(workload, host, pool))
}

/// Families that are not even in the space because no allowed runtime has them.
pub(super) fn absent(workload: &Workload) -> Vec<Exclusion> {
    if workload.runtime.python.iter().any(|python| python.free_threaded) {
        return Vec::new();
    }
    let allowed: Vec<String> = workload.runtime.python.iter().map(ToString::to_string).collect();
    let reason = format!(
        "Free threading needs 3.13t or later, and the workload allows only {}.",
        allowed.join(", ")
    );
    vec![Exclusion { what: Family::FreeThreads.name().to_owned(), candidates: 0, reason }]
}

/// May the requests of one worker share a process?
fn sharing(workload: &Workload, pool: &PoolConfig) -> Option<Ruling> {
    let family = Family::of(pool).name();
    if workload.runtime.isolation && pool.profile.slots_per_worker() > 1 {
        let reason = "The workload wants isolation, and a crash of a worker would take every \
                      request in it along, not one.";
        return Some(Ruling::new(family, Kind::Isolation, reason));
    }
    if !matches!(pool.profile.concurrency, Concurrency::Threads(_)) {
        return None;
    }
    if !workload.runtime.thread_safe {
        let reason = "The workload says that its code is not thread-safe (thread_safe = false).";
        return Some(Ruling::new(family, Kind::ThreadSafety, reason));
    }
    let why = thread_unsafe(&workload.runtime.libraries)?;
    Some(Ruling::new(
        family,
        Kind::ThreadSafety,
        format!("The workload uses a library that {}.", lower(why)),
    ))
}

/// Does the runtime have the profile, and do the extensions allow it?
fn runtime(workload: &Workload, pool: &PoolConfig) -> Option<Ruling> {
    let (runtime, python) = (&workload.runtime, pool.python);
    let family = Family::of(pool).name();
    let rule =
        |kind, reason: String| Some(Ruling::new(format!("{family} on {python}"), kind, reason));
    match pool.profile.concurrency {
        Concurrency::Threads(_) if python.free_threaded && !runtime.free_threading_ready => rule(
            Kind::Extensions,
            format!(
                "An extension does not declare free-threading support: importing it turns the \
                 lock of {python} back on for the whole process."
            ),
        ),
        Concurrency::Interpreters(_) if !python.has_interpreter_pool() => rule(
            Kind::Runtime,
            format!("InterpreterPoolExecutor came with Python 3.14; {python} has none."),
        ),
        Concurrency::Interpreters(_) if !runtime.subinterpreters_ready => rule(
            Kind::Extensions,
            "An extension keeps state for the whole process and cannot be imported into a \
             sub-interpreter."
                .to_owned(),
        ),
        Concurrency::EventLoop(_) if !runtime.event_loop => Some(Ruling::new(
            family,
            Kind::EventLoop,
            "The code is not written for an event loop: a blocking call would stop every request \
             of the loop.",
        )),
        _ => None,
    }
}

fn start_method(workload: &Workload, pool: &PoolConfig) -> Option<Ruling> {
    if pool.in_parent() {
        return None;
    }
    let (method, allowed) = (pool.start_method, &workload.service.start_methods);
    let what = format!("start by {method}");
    if method == StartMethod::Fork && !workload.runtime.fork_safe {
        let reason = "The workload is not safe to fork after its imports (threads, CUDA or gRPC \
                      in the parent).";
        return Some(Ruling::new(what, Kind::StartMethod, reason));
    }
    if allowed.is_empty() || allowed.contains(&method) {
        return None;
    }
    let names: Vec<&str> = allowed.iter().map(|m| m.name()).collect();
    let reason = format!("The workload allows only {}.", names.join(", "));
    Some(Ruling::new(what, Kind::StartMethod, reason))
}

/// Can the rules by which workers are replaced apply to it?
fn lifecycle(workload: &Workload, host: &Host, pool: &PoolConfig) -> Option<Ruling> {
    let reason = "The workload states when workers are replaced, and this pool lives in the \
                  parent's own process, which cannot be replaced without it.";
    if pool.lifecycle.recycles() && pool.shares_parent() {
        return Some(Ruling::new(Family::of(pool).name(), Kind::Lifecycle, reason));
    }
    let why = check_life(workload, host, pool).err()?;
    let what = format!("start by {}", pool.start_method);
    Some(Ruling::new(what, Kind::Lifecycle, sentence(&why)))
}

fn max_workers(workload: &Workload, pool: &PoolConfig) -> Option<Ruling> {
    let most = workload.service.max_workers.filter(|&most| pool.profile.workers > most)?;
    let reason = format!("The workload allows at most {most} worker processes.");
    Some(Ruling::new(Family::of(pool).name(), Kind::MaxWorkers, reason))
}

/// `why` as a sentence.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters
        .next()
        .map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn lower(why: &str) -> String {
    // Import names keep their spelling; the sentence goes on after `that`.
    let (library, rest) = why.split_once(' ').unwrap_or((why, ""));
    format!("threads may not share: {library} {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};

    fn base() -> Workload {
        cpu_bound(10.0, SimDuration::MILLISECOND)
    }

    fn reason(workload: &Workload, host: &Host, profile: &str, version: &str) -> Option<String> {
        let pool = PoolConfig::new(workload, profile.parse().unwrap(), python(version));
        broken(workload, host, &pool).map(|ruling| ruling.reason)
    }

    fn says(workload: &Workload, profile: &str, version: &str, words: &str) {
        let reason = reason(workload, &Host::ideal(8), profile, version);
        assert!(reason.as_ref().is_some_and(|r| r.contains(words)), "{profile}: {reason:?}");
    }

    fn passes(workload: &Workload, profile: &str, version: &str) {
        assert_eq!(reason(workload, &Host::ideal(8), profile, version), None);
    }

    #[test]
    fn isolation_leaves_one_request_per_worker() {
        let mut workload = base();
        workload.runtime.isolation = true;
        for profile in ["threads:2", "thread:4x2", "async:2x10"] {
            says(&workload, profile, "3.12", "crash");
        }
        says(&workload, "interpreters:4", "3.14", "crash");
        passes(&workload, "process:8", "3.12");
    }

    #[test]
    fn unsafe_code_and_libraries_keep_threads_out() {
        let mut workload = base();
        workload.runtime.libraries = vec!["numpy".to_owned(), "pandas".to_owned()];
        says(&workload, "threads:2", "3.12", "pandas is not thread-safe");
        says(&workload, "thread:2x2", "3.13t", "pandas is not thread-safe");
        passes(&workload, "process:8", "3.12");
        passes(&workload, "async:2x10", "3.12");
        workload.runtime.thread_safe = false;
        says(&workload, "threads:2", "3.12", "thread_safe = false");
    }

    #[test]
    fn runtimes_and_extensions_decide_what_exists() {
        let mut workload = base();
        says(&workload, "interpreters:4", "3.12", "3.14");
        passes(&workload, "interpreters:4", "3.14");
        passes(&workload, "threads:4", "3.13t");
        workload.runtime.subinterpreters_ready = false;
        workload.runtime.free_threading_ready = false;
        workload.runtime.event_loop = false;
        says(&workload, "interpreters:4", "3.14", "sub-interpreter");
        says(&workload, "threads:4", "3.13t", "back on");
        says(&workload, "async:4x4", "3.12", "event loop");
        passes(&workload, "threads:4", "3.12");
        assert_eq!(absent(&workload).len(), 1);
        workload.runtime.python.push(python("3.13t"));
        assert!(absent(&workload).is_empty());
    }

    #[test]
    fn start_methods_must_be_safe_and_allowed() {
        let mut workload = base();
        workload.runtime.fork_safe = false;
        says(&workload, "process:4", "3.12", "fork");
        passes(&workload, "threads:4", "3.12");
        passes(&workload, "process:4", "3.14");
        workload.service.start_methods = vec![StartMethod::Spawn];
        says(&workload, "process:4", "3.14", "only spawn");
    }

    #[test]
    fn what_lives_in_the_parent_is_not_recycled() {
        let mut workload = base();
        workload.service.lifecycle.max_requests = Some(1000);
        passes(&workload, "threads:4", "3.12");
        workload.service.dispatcher = crate::pool::Dispatcher::Python;
        says(&workload, "threads:4", "3.12", "cannot be replaced without it");
        passes(&workload, "process:4", "3.12");
    }

    #[test]
    fn size_limits_hold() {
        let mut workload = base();
        workload.service.max_workers = Some(3);
        says(&workload, "process:4", "3.12", "at most 3");
        passes(&workload, "process:3", "3.12");
        workload.service.max_workers = None;
        let mut host = Host::ideal(8);
        host.memory.interpreter = Parameter::exactly(1 << 30);
        host.memory_bytes = 4 << 30;
        workload.service.start_methods = vec![StartMethod::Spawn];
        let memory = |workload: &Workload, workers: u32| {
            let mut pool =
                PoolConfig::new(workload, crate::pool::Profile::processes(workers), python("3.12"));
            pool.start_method = StartMethod::Spawn;
            broken(workload, &host, &pool).map(|ruling| ruling.reason)
        };
        assert_eq!(memory(&workload, 4), None);
        assert!(memory(&workload, 5).is_some_and(|r| r.contains("the host has 4 GiB")));
        workload.objective.memory_bytes = Some(2 << 30);
        assert!(memory(&workload, 3).is_some_and(|r| r.contains("the objective allows 2 GiB")));
    }
}
