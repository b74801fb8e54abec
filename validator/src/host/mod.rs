//! This machine as the operating system describes it.

mod cgroup;
mod topology;

use std::fs;
use std::path::Path;

use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;
use serde::Serialize;

pub use cgroup::{Limits, Quota};
pub use topology::Topology;

/// The machine. Memory in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// What the processor calls itself; empty if it does not say.
    pub processor: String,
    /// Kernel release.
    pub kernel: String,
    /// Online CPUs and how they share cores.
    pub topology: Topology,
    /// CPUs that this process may run on.
    pub affinity: u32,
    /// What the control group allows.
    pub limits: Limits,
    /// Memory of the machine.
    pub memory: u64,
    /// Memory that could be had now without swapping.
    pub memory_available: u64,
    /// Swap space.
    pub swap: u64,
    /// Load averages over 1, 5 and 15 minutes.
    pub load: [f64; 3],
}

impl Probe {
    /// CPUs' worth of time that this process can have: the quota if it is
    /// less than its CPUs.
    pub fn usable_cpus(&self) -> f64 {
        let cpus = f64::from(self.affinity);
        self.limits.quota.map_or(cpus, |quota| quota.cpus.min(cpus))
    }

    /// Memory that this process can have: the limit if it is less than the
    /// machine's.
    pub fn usable_memory(&self) -> u64 {
        self.limits.memory.map_or(self.memory, |limit| limit.min(self.memory))
    }
}

/// A machine that does not describe itself.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {reason}")]
pub struct ProbeError {
    /// The file.
    pub path: String,
    /// What went wrong.
    pub reason: String,
}

/// Looks at this machine.
///
/// # Errors
/// `/proc` or `/sys` cannot be read, or says what Linux would not say.
pub fn probe() -> Result<Probe, ProbeError> {
    let root = Path::new("/");
    let affinity = sched_getaffinity(Pid::from_raw(0)).map_err(|error| ProbeError {
        path: "the CPU affinity of this process".to_owned(),
        reason: error.to_string(),
    })?;
    let allowed = (0..CpuSet::count()).filter(|&cpu| affinity.is_set(cpu).unwrap_or(false));
    probe_under(root, u32::try_from(allowed.count()).unwrap_or(u32::MAX))
}

/// As [`probe`], with `/proc` and `/sys` under `root`.
fn probe_under(root: &Path, affinity: u32) -> Result<Probe, ProbeError> {
    let memory: procfs::Meminfo = read(root, "proc/meminfo")?;
    let load: procfs::LoadAverage = read(root, "proc/loadavg")?;
    let cpus: procfs::CpuInfo = read(root, "proc/cpuinfo")?;
    let kernel = fs::read_to_string(root.join("proc/sys/kernel/osrelease")).unwrap_or_default();
    Ok(Probe {
        processor: cpus.model_name(0).unwrap_or_default().to_owned(),
        kernel: kernel.trim().to_owned(),
        topology: topology::read(root)?,
        affinity,
        limits: cgroup::read(root),
        memory: memory.mem_total,
        memory_available: memory.mem_available.unwrap_or(memory.mem_free),
        swap: memory.swap_total,
        load: [load.one, load.five, load.fifteen].map(f64::from),
    })
}

fn read<T: procfs::FromRead>(root: &Path, file: &str) -> Result<T, ProbeError> {
    T::from_file(root.join(file)).map_err(|error| fault(file, &error))
}

fn fault(file: &str, error: &dyn std::fmt::Display) -> ProbeError {
    ProbeError { path: format!("/{file}"), reason: error.to_string() }
}

#[cfg(test)]
mod tests;
