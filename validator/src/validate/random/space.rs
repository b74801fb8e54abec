//! What cells are drawn from: `validator/cells/random.toml`.

use std::path::Path;

use sim::input::{
    Fault, InputError, InputKind, Keys, Reader, Reported, Section, Source, Value, count_up_to,
    elements, parse_bytes, positive_duration, text,
};
use sim::pool::PoolKind;

/// Largest weight, percentage and count.
const MOST: u64 = 10_000;
/// Most cells of a set.
pub const MOST_CELLS: u64 = 1000;

const FILE: Keys = Keys {
    table: "the file",
    keys: &[
        "about", "cells", "run", "pools", "loads", "mixes", "shapes", "ranges", "chances",
        "capacity",
    ],
};
const POOLS: Keys = Keys {
    table: "[pools]",
    keys: &[
        "multiprocessing-pool",
        "process-pool-executor",
        "thread-pool-executor",
        "multiprocessing-thread-pool",
        "asyncio",
        "gevent-pool",
        "eventlet-green-pool",
    ],
};
const LOADS: Keys = Keys { table: "[loads]", keys: &["open", "closed", "batch", "bursts"] };
const MIXES: Keys =
    Keys { table: "[mixes]", keys: &["waits", "bytecode", "native", "locked", "mixed"] };
const SHAPES: Keys =
    Keys { table: "[shapes]", keys: &["constant", "exponential", "lognormal", "gamma"] };
const RANGES: Keys = Keys {
    table: "[ranges]",
    keys: &[
        "slots",
        "load",
        "clients",
        "python",
        "locked_native",
        "native",
        "wait",
        "tail",
        "spread",
        "payload",
        "working_set",
        "life",
    ],
};
const CHANCES: Keys =
    Keys { table: "[chances]", keys: &["payload", "working_set", "recycling", "spawn"] };
const CAPACITY: Keys = Keys {
    table: "[capacity]",
    keys: &[
        "cores",
        "slowdown",
        "dispatch_process",
        "dispatch_thread",
        "per_kib",
        "per_mib",
        "fork",
        "spawn",
    ],
};

/// Names with their weights, in the order of the known names.
pub(super) type Weights = Vec<(&'static str, u64)>;

/// From and to, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// All of the file. Times in s, sizes in bytes, shares as fractions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Space {
    pub(super) about: String,
    pub(super) cells: u64,
    pub(super) run: f64,
    pub(super) pools: Vec<(PoolKind, u64)>,
    pub(super) loads: Weights,
    pub(super) mixes: Weights,
    pub(super) shapes: Weights,
    pub(super) ranges: Ranges,
    pub(super) chances: Chances,
    pub(super) capacity: Capacity,
}

/// `[ranges]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranges {
    pub(super) slots: Range,
    pub(super) load: Range,
    pub(super) clients: Range,
    pub(super) python: Range,
    pub(super) locked_native: Range,
    pub(super) native: Range,
    pub(super) wait: Range,
    pub(super) tail: Range,
    pub(super) spread: Range,
    pub(super) payload: Range,
    pub(super) working_set: Range,
    pub(super) life: Range,
}

/// `[chances]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chances {
    pub(super) payload: f64,
    pub(super) working_set: f64,
    pub(super) recycling: f64,
    pub(super) spawn: f64,
}

/// `[capacity]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Capacity {
    pub(super) cores: f64,
    pub(super) slowdown: f64,
    pub(super) dispatch_process: f64,
    pub(super) dispatch_thread: f64,
    pub(super) per_kib: f64,
    pub(super) per_mib: f64,
    pub(super) fork: f64,
    pub(super) spawn: f64,
}

impl Space {
    /// Of `text`; `path` is for messages.
    ///
    /// # Errors
    /// It breaks a rule of the format: every error found.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, Vec<InputError>> {
        Reader::read(Source::new(InputKind::Cells, path, text), file)
    }
}

fn file(reader: &Reader, document: &Value<'_>) -> Result<Space, Reported> {
    let top = Section::open(reader, document, &FILE)?;
    let about = top.required("about", text);
    let cells = top.required("cells", |value| count_up_to(value, MOST_CELLS));
    let run = top.required("run", seconds);
    let (pools, loads) = (weights(&top, "pools", &POOLS), weights(&top, "loads", &LOADS));
    let (mixes, shapes) = (weights(&top, "mixes", &MIXES), weights(&top, "shapes", &SHAPES));
    let (ranges, chances, capacity) = (ranges(&top), chances(&top), capacity(&top));
    let kinds = PoolKind::ALL.into_iter();
    let weighed: Vec<(PoolKind, u64)> = {
        let pools = pools?;
        let of = |kind: PoolKind| pools.iter().find(|(name, _)| *name == kind.name());
        kinds.filter_map(|kind| Some((kind, of(kind)?.1))).collect()
    };
    Ok(Space {
        about: about?.to_owned(),
        cells: cells?,
        run: run?,
        pools: weighed,
        loads: loads?,
        mixes: mixes?,
        shapes: shapes?,
        ranges: ranges?,
        chances: chances?,
        capacity: capacity?,
    })
}

/// A table of weights; what is left out is never drawn.
fn weights(top: &Section<'_>, name: &str, keys: &'static Keys) -> Result<Weights, Reported> {
    let section = table(top, name, keys)?;
    let weigh = |key: &'static str| {
        let weight = section.optional(key, |value| count_up_to(value, MOST));
        weight.map(|weight| Some((key, weight?)))
    };
    let found: Vec<_> = keys.keys.iter().map(|key| weigh(key)).collect();
    let all: Weights =
        found.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    match all.is_empty() {
        false => Ok(all),
        true => {
            let message = format!("{} has no weights", keys.table);
            Err(top.fail(top.span_of(name), message, "give at least one name a weight, like 1"))
        }
    }
}

fn ranges(top: &Section<'_>) -> Result<Ranges, Reported> {
    let section = table(top, "ranges", &RANGES)?;
    let range = |key, of: fn(&Value<'_>) -> Result<f64, Fault>| {
        section.required(key, |value| between(value, of))
    };
    Ok(Ranges {
        slots: section
            .required("slots", |value| between(value, |it| Ok(count_up_to(it, 64)? as f64)))?,
        load: section.required("load", |value| {
            between(value, |it| Ok(count_up_to(it, 95)? as f64 / 100.0))
        })?,
        clients: range("clients", percent)?,
        python: range("python", seconds)?,
        locked_native: range("locked_native", seconds)?,
        native: range("native", seconds)?,
        wait: range("wait", seconds)?,
        tail: range("tail", |value| match percent(value)? {
            tail if tail > 1.0 => Ok(tail),
            _ => Err(Fault::new(value.span(), "a tail is above its median").help("write over 100")),
        })?,
        spread: range("spread", percent)?,
        payload: range("payload", size)?,
        working_set: range("working_set", size)?,
        life: range("life", |value| Ok(count_up_to(value, MOST)? as f64))?,
    })
}

fn chances(top: &Section<'_>) -> Result<Chances, Reported> {
    let section = table(top, "chances", &CHANCES)?;
    let chance = |key| section.or(key, 0.0, |value| Ok(count_up_to(value, 100)? as f64 / 100.0));
    Ok(Chances {
        payload: chance("payload")?,
        working_set: chance("working_set")?,
        recycling: chance("recycling")?,
        spawn: chance("spawn")?,
    })
}

fn capacity(top: &Section<'_>) -> Result<Capacity, Reported> {
    let section = table(top, "capacity", &CAPACITY)?;
    Ok(Capacity {
        cores: section.required("cores", |value| Ok(count_up_to(value, MOST)? as f64))?,
        slowdown: section.required("slowdown", percent)?,
        dispatch_process: section.required("dispatch_process", seconds)?,
        dispatch_thread: section.required("dispatch_thread", seconds)?,
        per_kib: section.required("per_kib", seconds)?,
        per_mib: section.required("per_mib", seconds)?,
        fork: section.required("fork", seconds)?,
        spawn: section.required("spawn", seconds)?,
    })
}

fn table<'a>(top: &Section<'a>, name: &str, keys: &'static Keys) -> Result<Section<'a>, Reported> {
    match top.table(name, keys)? {
        Some(section) => Ok(section),
        None => Err(top.missing_table(name, &format!("with {}", keys.keys.join(", ")))),
    }
}

fn between(
    value: &Value<'_>,
    of: impl Fn(&Value<'_>) -> Result<f64, Fault>,
) -> Result<Range, Fault> {
    let help = "write the least and the most, like [1, 16]";
    let [low, high] = elements(value, 2)? else {
        return Err(Fault::new(value.span(), "a range has two ends").help(help));
    };
    let (low, high) = (of(low)?, of(high)?);
    match low <= high {
        true => Ok(Range { low, high }),
        false => Err(Fault::new(value.span(), "this range ends before it begins").help(help)),
    }
}

fn seconds(value: &Value<'_>) -> Result<f64, Fault> {
    Ok(positive_duration(value)?.as_secs())
}

fn percent(value: &Value<'_>) -> Result<f64, Fault> {
    Ok(count_up_to(value, MOST)? as f64 / 100.0)
}

fn size(value: &Value<'_>) -> Result<f64, Fault> {
    match parse_bytes(text(value)?) {
        Ok(bytes) if bytes > 0 => Ok(bytes as f64),
        Ok(_) => Err(Fault::new(value.span(), "this size must be above zero").help("write 1 B")),
        Err(error) => Err(Fault::new(value.span(), error.message).help(error.help)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let good = super::super::SPACE;
        let read = |text: &str| Space::parse(text, Path::new("random.toml"));
        assert!(read(good).is_ok());
        for (from, to, said) in [
            ("asyncio = 2", "asyncoi = 2", "unknown key `asyncoi`"),
            ("asyncio = 2", "asyncio = 0", "not a whole number"),
            ("slots = [1, 16]", "slots = [16, 1]", "ends before it begins"),
            ("slots = [1, 16]", "slots = [16]", "two ends"),
            ("load = [20, 85]", "load = [20, 120]", "`120` is not a whole number from 1 to 95"),
            ("tail = [200, 600]", "tail = [90, 600]", "above its median"),
            ("run = \"4 s\"", "run = 4", "no unit"),
            ("\"1 KiB\"", "\"1 K\"", "K"),
        ] {
            assert!(good.contains(from), "{from}");
            let wrong = good.replacen(from, to, 1);
            let errors = read(&wrong).unwrap_err();
            assert!(errors.iter().any(|it| it.message.contains(said)), "{to}: {errors:?}");
            let line = wrong.lines().position(|it| it.contains(to)).map(|at| at + 1);
            assert_eq!(errors[0].line_column().map(|it| it.0), line, "{errors:?}");
        }
    }
}
