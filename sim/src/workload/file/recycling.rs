//! `[service.recycling]`: when workers are replaced, watched and restarted.

use super::keys;
use crate::input::{
    Fault, Reported, Section, Value, boolean, bytes, count_up_to, duration, format_bytes, number,
    one_of, positive_duration,
};
use crate::kernel::SimDuration;
use crate::pool::{Backoff, Drain, Heartbeat, Lifecycle};
use crate::workload::Runtime;

/// Most requests in a worker's life, and most that jitter adds.
const MAX_REQUESTS: u64 = 1_000_000_000;
/// Most pings that go unanswered.
const MAX_MISSES: u64 = 1000;
/// Steepest growth of a pause.
const MAX_FACTOR: f64 = 100.0;
/// The rules that replace a worker.
const RULES: &str = "`ttl`, `max_requests` or `memory_limit`";

/// `runtime` is `None` if it is wrong itself.
pub(super) fn lifecycle(
    service: &Section<'_>,
    runtime: Option<&Runtime>,
) -> Result<Lifecycle, Reported> {
    let Some(section) = service.table("recycling", &keys::RECYCLING)? else {
        return Ok(Lifecycle::default());
    };
    let ttl = section.optional("ttl", |value| ttl(value, runtime));
    let ttl_jitter = section.optional("ttl_jitter", positive_duration);
    let requests = |key| section.optional(key, |value| count_up_to(value, MAX_REQUESTS));
    let max_requests = requests("max_requests");
    let max_requests_jitter = requests("max_requests_jitter");
    let memory_limit = section.optional("memory_limit", |value| memory_limit(value, runtime));
    let check_every = section.optional("check_every", positive_duration);
    let start_first = section.or("start_first", false, boolean);
    let drain = drain(&section);
    let kill_after = section.optional("kill_after", positive_duration);
    let heartbeat = heartbeat(&section);
    let back_off = back_off(&section);
    let lifecycle = Lifecycle {
        ttl: ttl?,
        ttl_jitter: ttl_jitter?.unwrap_or(SimDuration::ZERO),
        max_requests: max_requests?,
        max_requests_jitter: max_requests_jitter?.unwrap_or(0),
        memory_limit: memory_limit?,
        check_every: check_every?,
        start_first: start_first?,
        drain: drain?,
        kill_after: kill_after?,
        heartbeat: heartbeat?,
        back_off: back_off?,
    };
    check_rules(&section, &lifecycle)?;
    Ok(lifecycle)
}

/// A worker has to serve for a while after it has started.
fn ttl(value: &Value<'_>, runtime: Option<&Runtime>) -> Result<SimDuration, Fault> {
    let ttl = positive_duration(value)?;
    match runtime.map(|runtime| runtime.import_time) {
        Some(import) if ttl <= import => Err(Fault::new(
            value.span(),
            format!("a worker would live for {ttl}, and takes {import} to import alone"),
        )
        .help("raise it well above `import_time`, so that workers mostly serve")),
        _ => Ok(ttl),
    }
}

/// A worker has its imports before it has served anything.
fn memory_limit(value: &Value<'_>, runtime: Option<&Runtime>) -> Result<u64, Fault> {
    let limit = bytes(value)?;
    let import = runtime.map_or(0, |runtime| runtime.import_bytes);
    if limit <= import {
        let message = format!("a worker has {} from its imports alone", format_bytes(import));
        let help = "raise it above `import_memory`; else every worker is replaced for ever";
        return Err(Fault::new(value.span(), message).help(help));
    }
    Ok(limit)
}

fn drain(section: &Section<'_>) -> Result<Drain, Reported> {
    let Some(value) = section.value("drain") else {
        return Ok(Drain::default());
    };
    if value.get_ref().is_table() {
        let table = Section::open(section.reader, value, &keys::DRAIN)?;
        return Ok(Drain::Within(table.required("within", positive_duration)?));
    }
    let word = one_of(value, &[("finish", Drain::Finish), ("drop", Drain::Drop)]);
    section.reader.check(word.map_err(|fault| {
        let also = "or give requests some time: { within = \"30 s\" }";
        Fault { notes: vec![also.to_owned()], ..fault }
    }))
}

fn heartbeat(section: &Section<'_>) -> Result<Option<Heartbeat>, Reported> {
    let Some(table) = section.table("heartbeat", &keys::HEARTBEAT)? else {
        return Ok(None);
    };
    let every = table.required("every", positive_duration);
    let timeout = table.required("timeout", positive_duration);
    let misses = table.required("misses", |value| count_up_to(value, MAX_MISSES));
    // `MAX_MISSES` fits, so nothing is cut off here.
    Ok(Some(Heartbeat { every: every?, timeout: timeout?, misses: misses? as u32 }))
}

fn back_off(section: &Section<'_>) -> Result<Backoff, Reported> {
    let Some(table) = section.table("back_off", &keys::BACK_OFF)? else {
        return Ok(Backoff::default());
    };
    let first = table.required("first", positive_duration);
    let factor = table.or("factor", 1.0, |value| number(value, 1.0, MAX_FACTOR));
    let most = table.optional("most", duration);
    let (first, factor) = (first?, factor?);
    match most? {
        Some(most) if most < first => {
            let message = format!("the longest pause, {most}, is shorter than the first, {first}");
            Err(table.fail(table.span_of("most"), message, "raise it to `first` or above"))
        }
        None if factor > 1.0 => Err(table.missing("most")),
        most => Ok(Backoff { first, factor, most: most.unwrap_or(first) }),
    }
}

/// What refines a rule needs the rule.
fn check_rules(section: &Section<'_>, lifecycle: &Lifecycle) -> Result<(), Reported> {
    let refines = [
        ("ttl_jitter", lifecycle.ttl.is_some(), "`ttl`"),
        ("max_requests_jitter", lifecycle.max_requests.is_some(), "`max_requests`"),
        ("check_every", lifecycle.recycles(), RULES),
        ("start_first", lifecycle.recycles(), RULES),
        ("drain", lifecycle.recycles(), RULES),
    ];
    let lacks = |(key, there, _): &&(&str, bool, &str)| section.value(key).is_some() && !there;
    match refines.iter().find(lacks) {
        None => Ok(()),
        Some((key, _, rule)) => Err(section.fail(
            section.span_of(key),
            format!("`{key}` refines a rule that is not there"),
            format!("add {rule}, or leave `{key}` out"),
        )),
    }
}
