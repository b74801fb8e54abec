//! What a calibration is of: the host, the interpreter, the day.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sim::host::{Host, Provenance, Quota};
use sim::kernel::SimDuration;

use super::CalibrateError;
use crate::host::Probe;
use crate::interpreters::Interpreter;

/// The file of facts, under the folder of raw data.
pub const FACTS: &str = "facts.json";

/// What a calibration is of. Memory in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Name of the calibration.
    pub name: String,
    /// Day that it was begun, `YYYY-MM-DD` in UTC.
    pub date: String,
    /// What the processor calls itself.
    pub processor: String,
    /// Kernel release.
    pub kernel: String,
    /// Cores that this process may use.
    pub cores: u32,
    /// Hardware threads of each.
    pub threads_per_core: u32,
    /// Memory that this process may use.
    pub memory: u64,
    /// Swap space.
    pub swap: u64,
    /// CPUs' worth of time per period and its length in us, if limited.
    pub quota: Option<(f64, u64)>,
    /// Version and build of the interpreter.
    pub interpreter: String,
    /// Version of this program.
    pub planner: String,
}

impl Facts {
    /// Of the calibration called `name`, begun now.
    pub fn new(name: &str, probe: &Probe, interpreter: &Interpreter, planner: &str) -> Self {
        let build = &interpreter.build;
        let lock = if build.free_threaded { "free-threaded" } else { "with the lock" };
        let topology = &probe.topology;
        let threads_per_core = topology.threads_per_core.clamp(1, 2);
        Self {
            name: name.to_owned(),
            date: day(SystemTime::now()),
            processor: probe.processor.clone(),
            kernel: probe.kernel.clone(),
            cores: topology.cores.min(probe.affinity.div_ceil(threads_per_core)).max(1),
            threads_per_core,
            memory: probe.usable_memory(),
            swap: probe.swap,
            quota: probe.limits.quota.map(|quota| (quota.cpus, quota.period_us)),
            interpreter: format!("{} {}, {lock}", build.implementation, build.version),
            planner: planner.to_owned(),
        }
    }

    /// Writes them into `folder`.
    ///
    /// # Errors
    /// As the system.
    pub fn write(&self, folder: &Path) -> Result<(), CalibrateError> {
        let path = folder.join(FACTS);
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text + "\n"));
        written.map_err(|error| CalibrateError::files(&path, error))
    }

    /// Those in `folder`.
    ///
    /// # Errors
    /// There are none, or they are not of this form.
    pub fn read(folder: &Path) -> Result<Self, CalibrateError> {
        let path = folder.join(FACTS);
        let none = |reason: String| CalibrateError::NoObservations { path: path.clone(), reason };
        let text = fs::read(&path).map_err(|error| none(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| none(error.to_string()))
    }

    /// Are they of the host and interpreter of `other`?
    pub fn same_host(&self, other: &Self) -> bool {
        let key =
            |f: &Self| (f.processor.clone(), f.kernel.clone(), f.cores, f.interpreter.clone());
        key(self) == key(other)
    }

    /// `base` with the size, name and provenance of this host.
    pub(super) fn host(&self, base: &Host, rounds: usize, rejected: usize) -> Host {
        Host {
            name: self.name.clone(),
            date: self.date.clone(),
            processor: self.processor.clone(),
            cores: self.cores,
            threads_per_core: self.threads_per_core,
            memory_bytes: self.memory,
            swap_bytes: self.swap,
            quota: self
                .quota
                .map(|(cpus, period_us)| Quota { cpus, period: SimDuration(period_us * 1000) }),
            provenance: Some(Provenance {
                interpreter: self.interpreter.clone(),
                kernel: self.kernel.clone(),
                planner: self.planner.clone(),
                rounds: rounds.max(1) as u64,
                rejected: rejected as u64,
            }),
            ..base.clone()
        }
    }
}

/// The day of `time` in UTC, `YYYY-MM-DD`.
pub(crate) fn day(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Years of 365.2425 days that begin in March, so that leap days come last.
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (1_795_219_200, "2026-11-21"),
        ] {
            assert_eq!(day(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_folder_without_facts_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Facts::read(folder.path()), Err(CalibrateError::NoObservations { .. })));
    }
}
