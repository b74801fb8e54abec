//! How much work so many running threads get done at once.

use crate::host::Host;

/// Tables of a host's capacity by the number of running threads.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    cores: u32,
    logical: u32,
    /// `capacity[n]`: cores' worth of progress with n running threads.
    capacity: Vec<f64>,
    /// `share[n]`: progress of each of n runnable threads, for the first few n.
    share: Vec<f64>,
    bytecode_speed: Vec<f64>,
    native_speed: Vec<f64>,
}

impl Topology {
    pub(super) fn of(host: &Host) -> Self {
        let (cores, logical) = (host.cores, host.logical_cpus());
        // Threads fill idle cores first; a sibling adds `gain - 1` of a core.
        let sibling = host.cpu.smt_gain.value - 1.0;
        let capacity: Vec<f64> = (0..=logical)
            .map(|n| f64::from(n.min(cores)) + f64::from(n.saturating_sub(cores)) * sibling)
            .collect();
        let speeds = |inflation: f64| {
            let beside = |busy: u32| 1.0 + inflation * f64::from(busy.max(1) - 1);
            (0..=cores).map(|busy| host.cpu.speed.value / beside(busy)).collect()
        };
        let even = |n: u32| match n {
            0 => 0.0,
            _ => capacity[n.min(logical) as usize] / f64::from(n),
        };
        Self {
            cores,
            logical,
            share: (0..=2 * logical).map(even).collect(),
            capacity,
            bytecode_speed: speeds(host.cpu.bytecode_inflation.value),
            native_speed: speeds(host.cpu.native_inflation.value),
        }
    }

    /// Cores.
    pub(super) fn cores(&self) -> u32 {
        self.cores
    }

    /// Hardware threads.
    pub(super) fn logical(&self) -> u32 {
        self.logical
    }

    /// Hardware threads in use by `runnable` threads.
    pub(super) fn running(&self, runnable: u32) -> u32 {
        runnable.min(self.logical)
    }

    /// Cores' worth of progress that `running` threads make together.
    pub(super) fn capacity(&self, running: u32) -> f64 {
        self.capacity[running as usize]
    }

    /// Progress of each of `runnable` threads that share the cores evenly.
    pub(super) fn even_share(&self, runnable: u32) -> f64 {
        // Divisions take long, and this is asked at almost every event.
        match self.share.get(runnable as usize) {
            Some(share) => *share,
            None => self.capacity[self.logical as usize] / f64::from(runnable),
        }
    }

    /// Speed of bytecode and of native code beside so many running threads.
    pub(super) fn speeds(&self, running: u32) -> (f64, f64) {
        let busy = running.min(self.cores) as usize;
        (self.bytecode_speed[busy], self.native_speed[busy])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Parameter;

    #[test]
    fn siblings_add_less_than_cores() {
        let mut host = Host::ideal(2);
        host.threads_per_core = 2;
        host.cpu.smt_gain = Parameter::exactly(1.25);
        let topology = Topology::of(&host);
        let total = |n| topology.even_share(n) * f64::from(n);
        assert_eq!([0, 1, 2].map(total), [0.0, 1.0, 2.0]);
        assert!((total(3) - 2.25).abs() < 1e-12);
        assert!((total(4) - 2.5).abs() < 1e-12);
        assert!((total(40) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn busy_cores_slow_each_other() {
        let mut host = Host::ideal(4);
        host.cpu.native_inflation = Parameter::exactly(0.1);
        let topology = Topology::of(&host);
        assert_eq!(topology.speeds(1), (1.0, 1.0));
        let (bytecode, native) = topology.speeds(9);
        assert_eq!(bytecode, 1.0);
        assert!((native - 1.0 / 1.3).abs() < 1e-12);
    }
}
