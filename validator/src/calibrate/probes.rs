//! The probes: one small Python program each, carried in the program.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use sim::pool::PoolKind;

use crate::environments::Purpose;

/// A measurement that prints observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Under which its observations are kept.
    pub name: String,
    /// The program.
    pub script: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The packages that it needs.
    pub purpose: Purpose,
}

/// Longest that a probe may take: many times what one takes.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// Pools that hand requests over in Python, of those that can be run.
pub(super) const PYTHON_POOLS: [PoolKind; 7] = [
    PoolKind::MultiprocessingPool,
    PoolKind::ProcessPoolExecutor,
    PoolKind::MultiprocessingThreadPool,
    PoolKind::ThreadPoolExecutor,
    PoolKind::GeventPool,
    PoolKind::EventletGreenPool,
    PoolKind::Asyncio,
];

/// Bytes of the payloads from which the costs per byte are fitted.
const PAYLOADS: [u32; 2] = [1 << 16, 1 << 20];

impl Probe {
    fn plain(name: &str, script: &'static str) -> Self {
        let purpose = Purpose::Plain;
        Self { name: name.to_owned(), script, arguments: Vec::new(), purpose }
    }

    fn dispatch(kind: PoolKind, load: &str, bytes: u32, count: u32) -> Self {
        let arguments = [kind.name(), load, &bytes.to_string(), &count.to_string()];
        Self {
            name: kind.name().to_owned(),
            script: "dispatch.py",
            arguments: arguments.map(str::to_owned).to_vec(),
            purpose: purpose(kind),
        }
    }

    fn constructor(kind: PoolKind) -> Self {
        Self {
            name: constructor_name(kind),
            script: "constructor.py",
            arguments: vec![kind.name().to_owned()],
            purpose: purpose(kind),
        }
    }
}

fn purpose(kind: PoolKind) -> Purpose {
    match kind {
        PoolKind::GeventPool | PoolKind::EventletGreenPool => Purpose::Greenlets,
        _ => Purpose::Plain,
    }
}

/// Under which the observations of a pool's constructor are kept.
pub(super) fn constructor_name(kind: PoolKind) -> String {
    format!("constructor of {kind}")
}

/// All of them, cheapest first.
pub fn all() -> Vec<Probe> {
    let mut all = vec![
        Probe::plain("memory", "memory.py"),
        Probe::plain("sharing", "sharing.py"),
        Probe::plain("wakes", "wakes.py"),
        Probe::plain("placement", "placement.py"),
        Probe::plain("cores", "cores.py"),
        Probe::plain("starts", "starts.py"),
        Probe::plain("lock", "lock.py"),
        Probe::plain("watching", "watching.py"),
        Probe { purpose: Purpose::Numpy, ..Probe::plain("blas", "blas.py") },
    ];
    all.extend(PYTHON_POOLS.map(Probe::constructor));
    for kind in PYTHON_POOLS {
        all.push(Probe::dispatch(kind, "paced", 0, 300));
        all.push(Probe::dispatch(kind, "rested", 0, 60));
        all.push(Probe::dispatch(kind, "batch", 0, 500));
        if matches!(kind, PoolKind::MultiprocessingPool | PoolKind::ProcessPoolExecutor) {
            all.extend(PAYLOADS.map(|bytes| Probe::dispatch(kind, "paced", bytes, 60)));
        }
    }
    all
}

macro_rules! python {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../python/probes/", $name)))),*]
    };
}

const SOURCES: &[(&str, &str)] = python![
    "probe.py",
    "blas.py",
    "constructor.py",
    "cores.py",
    "dispatch.py",
    "lock.py",
    "memory.py",
    "placement.py",
    "watching.py",
    "sharing.py",
    "starts.py",
    "wakes.py",
    "watching.py",
];

/// Writes the probes under `folder`, beside the real pools that they measure.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    crate::run::write_sources(folder)?;
    SOURCES.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_is_carried_and_used() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/probes");
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let python =
            names.filter_map(|name| name.into_string().ok()).filter(|n| n.ends_with(".py"));
        let probes = all();
        for name in python {
            assert!(SOURCES.iter().any(|(carried, _)| *carried == name), "{name} is not carried");
            let used = name == "probe.py" || probes.iter().any(|probe| probe.script == name);
            assert!(used, "nothing runs {name}");
        }
    }
}
