//! Online CPUs and the cores that they share.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::{ProbeError, fault};

const FOLDER: &str = "sys/devices/system/cpu";

/// Online CPUs and how they share cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// Online CPUs (hardware threads).
    pub cpus: u32,
    /// Physical cores that they belong to.
    pub cores: u32,
    /// Most online CPUs on one core; 2 with SMT.
    pub threads_per_core: u32,
}

/// Reads `/sys/devices/system/cpu`. A CPU that names no siblings (some
/// virtual machines) counts as a core.
pub(super) fn read(root: &Path) -> Result<Topology, ProbeError> {
    let file = format!("{FOLDER}/online");
    let text = fs::read_to_string(root.join(&file)).map_err(|error| fault(&file, &error))?;
    let online =
        cpu_list(&text).ok_or_else(|| fault(&file, &format!("`{}` is no list", text.trim())))?;
    let cores: BTreeSet<Vec<u32>> = online.iter().map(|&cpu| siblings(root, cpu)).collect();
    let on_core = |core: &Vec<u32>| core.iter().filter(|cpu| online.contains(cpu)).count();
    let most = cores.iter().map(on_core).max().unwrap_or(1);
    Ok(Topology {
        cpus: online.len() as u32,
        cores: cores.len() as u32,
        threads_per_core: most.max(1) as u32,
    })
}

fn siblings(root: &Path, cpu: u32) -> Vec<u32> {
    let file = root.join(format!("{FOLDER}/cpu{cpu}/topology/thread_siblings_list"));
    fs::read_to_string(file).ok().and_then(|text| cpu_list(&text)).unwrap_or_else(|| vec![cpu])
}

/// Reads a kernel CPU list, `0-3,8,10-11`; none if it is empty or no list.
fn cpu_list(text: &str) -> Option<Vec<u32>> {
    /// More than any Linux kernel supports.
    const MOST_CPUS: u32 = 1 << 16;
    let mut cpus = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        if last < first || last >= MOST_CPUS {
            return None;
        }
        cpus.extend(first..=last);
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_kernel_cpu_lists() {
        assert_eq!(cpu_list("0-2,8\n"), Some(vec![0, 1, 2, 8]));
        for text in ["", "a", "3-1", "0-4294967295", "1,,2"] {
            assert_eq!(cpu_list(text), None, "{text}");
        }
    }
}
