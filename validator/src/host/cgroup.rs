//! What the control group of this process allows, versions 1 and 2.
//!
//! A limit of any ancestor binds, so the tightest from the process's own group
//! up to the root of the mount counts. Inside a container the path that the
//! kernel prints may be the host's, but the root of the mount is then the
//! container's own group.

use std::fs;
use std::path::{Path, PathBuf};

use procfs::FromRead as _;
use procfs::ProcessCGroups;
use serde::Serialize;

const MOUNT: &str = "sys/fs/cgroup";
/// Version 1 writes "no limit" as the largest multiple of a page.
const V1_NO_MEMORY_LIMIT: u64 = 1 << 62;

/// What a control group allows; nothing where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    /// Version of the control groups: 1 or 2.
    pub version: Option<u8>,
    /// CPU time.
    pub quota: Option<Quota>,
    /// Memory, in bytes.
    pub memory: Option<u64>,
}

/// A limit on CPU time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quota {
    /// CPUs' worth of time per period.
    pub cpus: f64,
    /// Length of a period, in us.
    pub period_us: u64,
}

impl Quota {
    /// A quota of `quota_us` per `period_us`; none if either is no limit.
    fn new(quota_us: &str, period_us: &str) -> Option<Self> {
        let quota = quota_us.trim().parse::<u64>().ok()?;
        let period = period_us.trim().parse::<u64>().ok().filter(|&us| us > 0)?;
        Some(Self { cpus: quota as f64 / period as f64, period_us: period })
    }
}

/// Reads the limits of this process; none if there are no control groups.
pub(super) fn read(root: &Path) -> Limits {
    let Ok(groups) = ProcessCGroups::from_file(root.join("proc/self/cgroup")) else {
        return Limits::default();
    };
    let path_of = |controller: &str| {
        let has = |name: &String| name == controller;
        groups.0.iter().find(|g| g.controllers.iter().any(has)).map(|g| g.pathname.as_str())
    };
    let mount = root.join(MOUNT);
    let cpu = path_of("cpu").map(|path| lineage(&mount.join("cpu"), path));
    let memory = path_of("memory").map(|path| lineage(&mount.join("memory"), path));
    if cpu.is_some() || memory.is_some() {
        return Limits {
            version: Some(1),
            quota: tightest_quota(&cpu.unwrap_or_default(), quota_v1),
            memory: smallest(&memory.unwrap_or_default(), "memory.limit_in_bytes")
                .filter(|&bytes| bytes < V1_NO_MEMORY_LIMIT),
        };
    }
    let Some(unified) = groups.0.iter().find(|group| group.hierarchy == 0) else {
        return Limits::default();
    };
    let folders = lineage(&mount, &unified.pathname);
    Limits {
        version: Some(2),
        quota: tightest_quota(&folders, quota_v2),
        memory: smallest(&folders, "memory.max"),
    }
}

/// The folders of a group and its ancestors, the mount's root last.
fn lineage(mount: &Path, group: &str) -> Vec<PathBuf> {
    let group = Path::new(group.trim_start_matches('/'));
    group.ancestors().map(|path| mount.join(path)).collect()
}

fn tightest_quota(folders: &[PathBuf], read: fn(&Path) -> Option<Quota>) -> Option<Quota> {
    folders.iter().filter_map(|f| read(f)).min_by(|a, b| a.cpus.total_cmp(&b.cpus))
}

fn quota_v1(folder: &Path) -> Option<Quota> {
    let text = |file| fs::read_to_string(folder.join(file)).ok();
    Quota::new(&text("cpu.cfs_quota_us")?, &text("cpu.cfs_period_us")?)
}

fn quota_v2(folder: &Path) -> Option<Quota> {
    let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
    let (quota, period) = text.split_once(' ')?;
    Quota::new(quota, period)
}

fn smallest(folders: &[PathBuf], file: &str) -> Option<u64> {
    let read = |folder: &PathBuf| fs::read_to_string(folder.join(file)).ok();
    folders.iter().filter_map(read).filter_map(|text| text.trim().parse::<u64>().ok()).min()
}
