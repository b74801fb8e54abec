use std::fs;
use std::path::Path;

use super::*;

/// A machine made of files.
struct Machine(tempfile::TempDir);

impl Machine {
    /// Two cores of two threads, 32 GiB.
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.write("proc/meminfo", "MemTotal: 33554432 kB\nMemFree: 1024 kB\nBuffers: 0 kB\nCached: 0 kB\nMemAvailable: 2048 kB\nSwapCached: 0 kB\nActive: 0 kB\nInactive: 0 kB\nSwapTotal: 4 kB\nSwapFree: 4 kB\nDirty: 0 kB\nWriteback: 0 kB\nMapped: 0 kB\nSlab: 0 kB\nCommitted_AS: 0 kB\nVmallocTotal: 0 kB\nVmallocUsed: 0 kB\nVmallocChunk: 0 kB\n");
        machine.write("proc/loadavg", "0.50 0.25 0.10 1/100 4242\n");
        machine.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Examplon 9000\n\n");
        machine.write("proc/sys/kernel/osrelease", "6.1.0-test\n");
        machine.write("sys/devices/system/cpu/online", "0-3\n");
        for (cpu, siblings) in [(0, "0,2"), (1, "1,3"), (2, "0,2"), (3, "1,3")] {
            let folder = format!("sys/devices/system/cpu/cpu{cpu}/topology");
            machine.write(&format!("{folder}/thread_siblings_list"), siblings);
        }
        machine
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn probe(&self) -> Probe {
        probe_under(self.0.path(), 4).unwrap()
    }
}

#[test]
fn reads_a_machine_without_limits() {
    let probe = Machine::new().probe();
    assert_eq!(probe.processor, "Examplon 9000");
    assert_eq!(probe.kernel, "6.1.0-test");
    assert_eq!(probe.topology, Topology { cpus: 4, cores: 2, threads_per_core: 2 });
    assert_eq!(probe.memory, 32 << 30);
    assert_eq!(probe.memory_available, 2 << 20);
    assert_eq!(probe.load, [0.5, 0.25, 0.1].map(|v: f32| f64::from(v)));
    assert_eq!(probe.limits, Limits::default());
    assert_eq!(probe.usable_cpus(), 4.0);
    assert_eq!(probe.usable_memory(), 32 << 30);
}

#[test]
fn the_tightest_ancestor_binds_in_version_2() {
    let machine = Machine::new();
    machine.write("proc/self/cgroup", "0::/pods/a\n");
    machine.write("sys/fs/cgroup/pods/a/cpu.max", "max 100000\n");
    machine.write("sys/fs/cgroup/pods/cpu.max", "50000 100000\n");
    machine.write("sys/fs/cgroup/pods/a/memory.max", "1073741824\n");
    machine.write("sys/fs/cgroup/pods/memory.max", "max\n");
    let probe = machine.probe();
    let quota = Some(Quota { cpus: 0.5, period_us: 100_000 });
    assert_eq!(probe.limits, Limits { version: Some(2), quota, memory: Some(1 << 30) });
    assert_eq!(probe.usable_cpus(), 0.5);
    assert_eq!(probe.usable_memory(), 1 << 30);
}

#[test]
fn version_1_inside_a_container_reads_the_root_of_the_mount() {
    let machine = Machine::new();
    machine.write("proc/self/cgroup", "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/\n");
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    let limits = machine.probe().limits;
    let quota = Some(Quota { cpus: 1.5, period_us: 100_000 });
    assert_eq!(limits, Limits { version: Some(1), quota, memory: None });
}

#[test]
fn version_1_without_a_quota_says_minus_one() {
    let machine = Machine::new();
    machine.write("proc/self/cgroup", "3:cpu,cpuacct:/\n");
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_eq!(machine.probe().limits.quota, None);
}

#[test]
fn an_unreadable_machine_is_an_error_that_names_the_file() {
    let error = probe_under(Path::new("/no/such/root"), 1).unwrap_err();
    assert!(error.to_string().starts_with("cannot read /proc/meminfo: "), "{error}");
}

#[test]
fn this_machine_has_a_core_and_memory() {
    let probe = probe().unwrap();
    assert!(probe.topology.cores >= 1 && probe.affinity >= 1);
    assert!(probe.usable_cpus() > 0.0 && probe.usable_memory() > 0);
}
