//! The calibration file: every parameter of a host, none of them implied.
//!
//! `docs/calibration.md` is the reference of the format.

mod discrepancy;
mod field;
mod provenance;
mod tables;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::host::parameters::Uncertain;
use crate::host::{DispatchCosts, Host, Quota};
use crate::input::{
    Fault, InputError, InputKind, Keys, Reader, Reported, Section, Source, Value, bytes,
    count_up_to, duration, format_bytes, format_duration, identifier, number, read_limited, text,
};
use crate::kernel::SimDuration;
use crate::pool::PoolKind;

pub use discrepancy::discrepancy_tables;

/// Largest calibration file, in bytes.
pub const MAX_CALIBRATION_BYTES: u64 = 1 << 20;
/// Most cores of a host.
const MAX_CORES: u64 = 1024;

const CALIBRATION: Keys = Keys {
    table: "the calibration",
    keys: &[
        "host",
        "cpu",
        "interpreter",
        "start",
        "constructor",
        "memory",
        "server",
        "dispatch",
        "after_sleep",
        "reacquires",
        "provenance",
        "discrepancy",
    ],
};
const HOST: Keys = Keys {
    table: "[host]",
    keys: &["name", "date", "processor", "cores", "threads_per_core", "memory", "swap", "quota"],
};
const QUOTA: Keys = Keys { table: "[host.quota]", keys: &["cpus", "period"] };
/// The four shapes are required, pools measured by themselves are not.
const DISPATCH: Keys = Keys {
    table: "[dispatch]",
    keys: &[
        "python_process",
        "python_thread",
        "native",
        "kernel",
        "multiprocessing-pool",
        "process-pool-executor",
        "multiprocessing-thread-pool",
        "thread-pool-executor",
        "gevent-pool",
        "eventlet-green-pool",
        "asyncio",
        "grpc-process",
        "grpc-thread",
        "grpc-thread-serial",
        "keyed-baseline",
        "keyed-async",
        "keyed-process",
        "gunicorn-sync",
        "gunicorn-gthread",
        "gunicorn-gevent",
        "uvicorn",
        "celery-prefork",
        "celery-threads",
    ],
};

/// Pools that one Python process makes and calls.
const LIBRARY_POOLS: &[&str] = &[
    "multiprocessing-pool",
    "process-pool-executor",
    "multiprocessing-thread-pool",
    "thread-pool-executor",
    "gevent-pool",
    "eventlet-green-pool",
    "asyncio",
];
/// Pools that accept from a socket, with processes of their own.
const SERVER_POOLS: &[&str] = &["gunicorn-sync", "gunicorn-gthread", "gunicorn-gevent", "uvicorn"];
const SERVER: Keys = Keys { table: "[server]", keys: SERVER_POOLS };
const CONSTRUCTOR: Keys = Keys { table: "[constructor]", keys: LIBRARY_POOLS };
const AFTER_SLEEP: Keys = Keys { table: "[after_sleep]", keys: LIBRARY_POOLS };

/// Every (table, key) of a calibration file, for the reference to be held
/// against.
pub fn calibration_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = [
        &CALIBRATION,
        &HOST,
        &QUOTA,
        &CONSTRUCTOR,
        &SERVER,
        &DISPATCH,
        &field::PARAMETER,
        &provenance::KEYS,
        &discrepancy::FIGURES,
        &discrepancy::KEYS,
    ];
    own.into_iter()
        .chain(tables::ALL.iter().copied())
        .flat_map(|keys| keys.keys.iter().map(|key| (keys.table, *key)))
}

impl Host {
    /// Reads and checks the calibration file at `path`.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML or breaks a rule of the format:
    /// every error found, in the order of the text.
    pub fn load(path: &Path) -> Result<Self, Vec<InputError>> {
        let text = read_limited(InputKind::Calibration, path, MAX_CALIBRATION_BYTES)
            .map_err(|error| vec![*error])?;
        Self::parse(&text, path)
    }

    /// Checks the calibration in `text`; `path` is for messages.
    ///
    /// # Errors
    /// As for `load`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Vec<InputError>> {
        let source = Source::new(InputKind::Calibration, path, text);
        Reader::read(source, |reader, document| {
            read(&Section::open(reader, document, &CALIBRATION)?)
        })
    }

    /// The calibration as TOML; `parse` reads it back unchanged if every value
    /// is one that `parse` accepts.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_into(&mut out).expect("a string takes whatever is written to it");
        out
    }

    fn write_into(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "[host]")?;
        writeln!(out, "name = {}", field::quoted(&self.name))?;
        writeln!(out, "date = {}", field::quoted(&self.date))?;
        writeln!(out, "processor = {}", field::quoted(&self.processor))?;
        writeln!(out, "cores = {}", self.cores)?;
        writeln!(out, "threads_per_core = {}", self.threads_per_core)?;
        writeln!(out, "memory = \"{}\"", format_bytes(self.memory_bytes))?;
        if self.swap_bytes > 0 {
            writeln!(out, "swap = \"{}\"", format_bytes(self.swap_bytes))?;
        }
        if let Some(Quota { cpus, period }) = self.quota {
            let period = format_duration(period);
            writeln!(out, "quota = {{ cpus = {cpus:?}, period = \"{period}\" }}")?;
        }
        tables::cpu::write(&self.cpu, "cpu", out)?;
        tables::interpreter::write(&self.interpreter, "interpreter", out)?;
        tables::start::write(&self.start, "start", out)?;
        for (kind, cost) in &self.constructors {
            tables::constructor::write(cost, &format!("constructor.{kind}"), out)?;
        }
        tables::memory::write(&self.memory, "memory", out)?;
        for (kind, cost) in &self.servers {
            tables::server::write(cost, &format!("server.{kind}"), out)?;
        }
        let DispatchCosts { python_process, python_thread, native, kernel, pools, after_sleep } =
            &self.dispatch;
        tables::dispatch::write(python_process, "dispatch.python_process", out)?;
        tables::dispatch::write(python_thread, "dispatch.python_thread", out)?;
        tables::dispatch::write(native, "dispatch.native", out)?;
        tables::dispatch::write(kernel, "dispatch.kernel", out)?;
        for (kind, cost) in pools {
            tables::dispatch::write(cost, &format!("dispatch.{kind}"), out)?;
        }
        for (kind, cost) in after_sleep {
            tables::after_sleep::write(cost, &format!("after_sleep.{kind}"), out)?;
        }
        if let Some(reacquires) = &self.reacquires {
            tables::reacquires::write(reacquires, "reacquires", out)?;
        }
        if let Some(provenance) = &self.provenance {
            provenance::write(provenance, out)?;
        }
        discrepancy::write(&self.discrepancy, out)
    }
}

impl Host {
    /// Shows every parameter to `visit`, with its table and key.
    pub(super) fn walk(&mut self, visit: &mut dyn FnMut(&str, &mut dyn Uncertain)) {
        let Self { cpu, interpreter, start, constructors, memory, servers, dispatch, .. } = self;
        tables::cpu::walk(cpu, "cpu", visit);
        tables::interpreter::walk(interpreter, "interpreter", visit);
        tables::start::walk(start, "start", visit);
        for (kind, cost) in constructors {
            tables::constructor::walk(cost, &format!("constructor.{kind}"), visit);
        }
        tables::memory::walk(memory, "memory", visit);
        for (kind, cost) in servers {
            tables::server::walk(cost, &format!("server.{kind}"), visit);
        }
        let DispatchCosts { python_process, python_thread, native, kernel, pools, after_sleep } =
            dispatch;
        tables::dispatch::walk(python_process, "dispatch.python_process", visit);
        tables::dispatch::walk(python_thread, "dispatch.python_thread", visit);
        tables::dispatch::walk(native, "dispatch.native", visit);
        tables::dispatch::walk(kernel, "dispatch.kernel", visit);
        for (kind, cost) in pools {
            tables::dispatch::walk(cost, &format!("dispatch.{kind}"), visit);
        }
        for (kind, cost) in after_sleep {
            tables::after_sleep::walk(cost, &format!("after_sleep.{kind}"), visit);
        }
    }
}

fn read(top: &Section<'_>) -> Result<Host, Reported> {
    let table = |key, keys| match top.table(key, keys)? {
        Some(section) => Ok(section),
        None => Err(top.missing_table(key, "every parameter has to be stated")),
    };
    let cpu = table("cpu", &tables::cpu::KEYS).and_then(|s| tables::cpu::read(&s));
    let interpreter = table("interpreter", &tables::interpreter::KEYS)
        .and_then(|s| tables::interpreter::read(&s));
    let start = table("start", &tables::start::KEYS).and_then(|s| tables::start::read(&s));
    let (keys, read) = (&tables::constructor::KEYS, tables::constructor::read);
    let constructors = of_pools(top, "constructor", &CONSTRUCTOR, keys, read);
    let memory = table("memory", &tables::memory::KEYS).and_then(|s| tables::memory::read(&s));
    let (keys, read) = (&tables::server::KEYS, tables::server::read);
    let servers = of_pools(top, "server", &SERVER, keys, read);
    let (keys, read) = (&tables::after_sleep::KEYS, tables::after_sleep::read);
    let after_sleep = of_pools(top, "after_sleep", &AFTER_SLEEP, keys, read);
    let dispatch = table("dispatch", &DISPATCH).and_then(|s| dispatch(&s));
    let reacquires = top
        .table("reacquires", &tables::reacquires::KEYS)
        .and_then(|found| found.map(|section| tables::reacquires::read(&section)).transpose());
    let provenance = provenance::read(top);
    let discrepancy = discrepancy::read(top);
    let host = table("host", &HOST)?;
    let name = host.required("name", identifier);
    let date = host.required("date", date);
    let processor = host.required("processor", |value| Ok(text(value)?.to_owned()));
    let cores = host.required("cores", |value| count_up_to(value, MAX_CORES));
    let threads_per_core = host.required("threads_per_core", |value| count_up_to(value, 2));
    let memory_bytes = host.required("memory", |value| match bytes(value)? {
        0 => Err(Fault::new(value.span(), "a host has some memory").help("write its RAM")),
        above => Ok(above),
    });
    let swap_bytes = host.or("swap", 0, bytes);
    let quota = quota(&host);
    Ok(Host {
        name: name?,
        date: date?,
        processor: processor?,
        cores: cores? as u32,
        threads_per_core: threads_per_core? as u32,
        quota: quota?,
        memory_bytes: memory_bytes?,
        swap_bytes: swap_bytes?,
        cpu: cpu?,
        interpreter: interpreter?,
        start: start?,
        constructors: constructors?,
        memory: memory?,
        servers: servers?,
        dispatch: DispatchCosts { after_sleep: after_sleep?, ..dispatch? },
        reacquires: reacquires?,
        provenance: provenance?,
        discrepancy: discrepancy?,
    })
}

/// The tables of single pools under `table`, which may be left out.
fn of_pools<T>(
    top: &Section<'_>,
    table: &str,
    pools: &'static Keys,
    keys: &'static Keys,
    read: impl Fn(&Section<'_>) -> Result<T, Reported>,
) -> Result<BTreeMap<PoolKind, T>, Reported> {
    let mut found = BTreeMap::new();
    let Some(section) = top.table(table, pools)? else { return Ok(found) };
    for kind in PoolKind::ALL.into_iter().filter(|kind| pools.keys.contains(&kind.name())) {
        if let Some(table) = section.table(kind.name(), keys)? {
            found.insert(kind, read(&table)?);
        }
    }
    Ok(found)
}

fn dispatch(section: &Section<'_>) -> Result<DispatchCosts, Reported> {
    let cost = |key| match section.table(key, &tables::dispatch::KEYS)? {
        Some(table) => tables::dispatch::read(&table),
        None => Err(section.missing(key)),
    };
    let python_process = cost("python_process");
    let python_thread = cost("python_thread");
    let native = cost("native");
    let kernel = cost("kernel");
    let mut pools = BTreeMap::new();
    for kind in PoolKind::ALL.into_iter().filter(|kind| *kind != PoolKind::Generic) {
        if let Some(table) = section.table(kind.name(), &tables::dispatch::KEYS)? {
            pools.insert(kind, tables::dispatch::read(&table)?);
        }
    }
    Ok(DispatchCosts {
        python_process: python_process?,
        python_thread: python_thread?,
        native: native?,
        kernel: kernel?,
        pools,
        after_sleep: BTreeMap::new(),
    })
}

fn quota(host: &Section<'_>) -> Result<Option<Quota>, Reported> {
    let Some(section) = host.table("quota", &QUOTA)? else {
        return Ok(None);
    };
    let cpus = section.required("cpus", |value| number(value, 0.01, MAX_CORES as f64));
    let period = section.required("period", |value| match duration(value)? {
        period if (SimDuration::MILLISECOND..=SimDuration::SECOND).contains(&period) => Ok(period),
        _ => Err(Fault::new(value.span(), "Linux takes no such period")
            .help("write 1 ms to 1 s; the default of cgroups is \"100 ms\"")),
    });
    Ok(Some(Quota { cpus: cpus?, period: period? }))
}

fn date(value: &Value<'_>) -> Result<String, Fault> {
    let written = text(value)?;
    let parts: Vec<&str> = written.split('-').collect();
    let number = |digits: &str, length: usize| {
        let plain = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let valid = match parts.as_slice() {
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
                && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    };
    if valid {
        return Ok(written.to_owned());
    }
    Err(Fault::new(value.span(), "this is no day").help("write it like \"2026-11-21\""))
}
