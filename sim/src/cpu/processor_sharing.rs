//! Processor sharing: every runnable thread advances at the same share of a
//! core, min(1, capacity / threads).
//!
//! Right for throughput and means. It has no slices, so it says nothing of what
//! a slice does to a tail; `fair_quanta` does.

use crate::cpu::quota::Bandwidth;
use crate::cpu::rate_groups::{GroupSpec, RateGroups};
use crate::cpu::topology::Topology;
use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::host::Host;
use crate::kernel::SimTime;

/// Egalitarian processor sharing over a host's cores, under its quota.
#[derive(Clone, Debug)]
pub(crate) struct ProcessorSharing {
    topology: Topology,
    groups: RateGroups,
    bandwidth: Option<Bandwidth>,
    width_of: Vec<u32>,
    runnable: u32,
    /// Cores' worth of progress that they make together.
    progress: f64,
    busy_time: f64,
    settled_at: SimTime,
    next_change: SimTime,
    /// The set of runnable threads changed since rates were set.
    stale: bool,
}

impl ProcessorSharing {
    pub(crate) fn new(host: &Host, groups: &[GroupSpec], threads: usize) -> Self {
        let topology = Topology::of(host);
        Self {
            groups: RateGroups::new(groups, threads, &topology),
            topology,
            bandwidth: host.quota.map(Bandwidth::new),
            width_of: vec![0; threads],
            runnable: 0,
            progress: 0.0,
            busy_time: 0.0,
            settled_at: SimTime::ZERO,
            next_change: SimTime::NEVER,
            stale: false,
        }
    }

    #[inline]
    fn settle(&mut self, now: SimTime) {
        // Most of what happens at one instant comes in threes: done, freed, woken.
        if now != self.settled_at {
            self.let_pass(now);
        }
    }

    /// Time passes up to `now`.
    #[inline(never)]
    fn let_pass(&mut self, now: SimTime) {
        debug_assert!(!self.stale, "time passed at stale rates");
        if self.runnable > 0 {
            self.busy_time = self.busy_time(now);
        }
        self.settled_at = now;
        self.groups.settle(now, self.runnable > 0);
        if let Some(bandwidth) = &mut self.bandwidth {
            bandwidth.settle(now);
        }
    }

    #[inline]
    fn set_rates(&mut self) {
        self.stale = false;
        if self.runnable == 0 && self.bandwidth.is_none() {
            // So it is after half of all events of a host that is mostly idle.
            self.progress = 0.0;
            self.next_change = SimTime::NEVER;
            self.groups.rest();
            return;
        }
        let mut running = self.topology.running(self.runnable);
        let mut share = self.topology.even_share(self.runnable);
        if let Some(bandwidth) = &mut self.bandwidth
            && !bandwidth.set_running(running)
        {
            running = 0;
            share = 0.0;
        }
        self.progress = self.topology.capacity(running);
        self.groups.set_rates(share, running);
        self.next_change = self.groups.next_end();
        if let Some(bandwidth) = &self.bandwidth {
            self.next_change = self.next_change.min(bandwidth.next_change(self.runnable));
        }
    }
}

impl CpuScheduler for ProcessorSharing {
    #[inline]
    fn wake(&mut self, now: SimTime, thread: ThreadId, demand: Demand) {
        self.settle(now);
        debug_assert_eq!(self.width_of[thread as usize], 0, "thread {thread} runs already");
        self.width_of[thread as usize] = demand.width;
        self.runnable += demand.width;
        self.groups.insert(thread, demand.group, demand.work);
        self.stale = true;
    }

    #[inline]
    fn block(&mut self, now: SimTime, thread: ThreadId) -> f64 {
        self.settle(now);
        let left = self.groups.remove(thread);
        self.runnable -= std::mem::take(&mut self.width_of[thread as usize]);
        self.stale = true;
        left
    }

    #[inline]
    fn next_change(&mut self) -> SimTime {
        if self.stale {
            self.set_rates();
        }
        self.next_change
    }

    #[inline]
    fn advance(&mut self, now: SimTime) -> Option<ThreadId> {
        let due = self.groups.next_end() <= now;
        self.settle(now);
        let done = if due { self.groups.pop_due() } else { None };
        if let Some(thread) = done {
            self.runnable -= std::mem::take(&mut self.width_of[thread as usize]);
        }
        self.stale = true;
        done
    }

    fn busy_time(&self, now: SimTime) -> f64 {
        let since = now.since(self.settled_at).0 as f64;
        self.busy_time + since * self.progress
    }

    fn is_running(&self, _thread: ThreadId) -> bool {
        // Everyone runs, if slowly; while throttled nobody does, but no time
        // that counts passes either.
        true
    }

    fn runnable(&self) -> u32 {
        self.runnable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::GroupKind;
    use crate::host::{Parameter, Quota};
    use crate::kernel::SimDuration;

    const GROUPS: [GroupSpec; 2] =
        [GroupSpec { kind: GroupKind::Bytecode }, GroupSpec { kind: GroupKind::Native }];

    fn demand(work: f64, group: usize, width: u32) -> Demand {
        Demand { work, group, width }
    }

    /// Runs until nothing is left; (time, thread) of each end.
    fn drain(cpu: &mut ProcessorSharing) -> Vec<(u64, ThreadId)> {
        let mut ends = Vec::new();
        while cpu.next_change() < SimTime::NEVER {
            let now = cpu.next_change();
            ends.extend(cpu.advance(now).map(|thread| (now.0, thread)));
        }
        ends
    }

    #[test]
    fn threads_beyond_the_cores_share_them() {
        let mut cpu = ProcessorSharing::new(&Host::ideal(2), &GROUPS, 4);
        for thread in 0..4 {
            cpu.wake(SimTime(0), thread, demand(100.0, 0, 1));
        }
        assert_eq!(drain(&mut cpu), [(200, 0), (200, 1), (200, 2), (200, 3)]);
        assert_eq!(cpu.busy_time(SimTime(200)), 400.0);
    }

    #[test]
    fn a_blocked_thread_takes_its_rest_along() {
        let mut cpu = ProcessorSharing::new(&Host::ideal(1), &GROUPS, 2);
        cpu.wake(SimTime(0), 0, demand(100.0, 0, 1));
        assert_eq!(cpu.next_change(), SimTime(100));
        cpu.wake(SimTime(50), 1, demand(100.0, 0, 1));
        assert_eq!(cpu.next_change(), SimTime(150));
        assert_eq!(cpu.block(SimTime(70), 0), 40.0);
        assert_eq!(drain(&mut cpu), [(160, 1)]);
    }

    #[test]
    fn native_threads_weigh_in_full() {
        // Three BLAS threads and one of bytecode on two cores: half a core each.
        let mut cpu = ProcessorSharing::new(&Host::ideal(2), &GROUPS, 2);
        cpu.wake(SimTime(0), 0, demand(100.0, 1, 3));
        cpu.wake(SimTime(0), 1, demand(100.0, 0, 1));
        assert_eq!(cpu.runnable(), 4);
        assert_eq!(drain(&mut cpu), [(200, 1), (200, 0)]);
    }

    #[test]
    fn inflation_slows_only_its_kind() {
        let mut host = Host::ideal(2);
        host.cpu.native_inflation = Parameter::exactly(0.5);
        let mut cpu = ProcessorSharing::new(&host, &GROUPS, 2);
        cpu.wake(SimTime(0), 0, demand(100.0, 0, 1));
        cpu.wake(SimTime(0), 1, demand(100.0, 1, 1));
        // 100 ns beside the other at 2/3 speed, the last third alone.
        assert_eq!(drain(&mut cpu), [(100, 0), (134, 1)]);
    }

    #[test]
    fn a_quota_throttles_until_the_period_ends() {
        let mut host = Host::ideal(2);
        host.quota = Some(Quota { cpus: 0.5, period: SimDuration(100) });
        let mut cpu = ProcessorSharing::new(&host, &GROUPS, 2);
        cpu.wake(SimTime(0), 0, demand(75.0, 0, 1));
        assert_eq!(drain(&mut cpu), [(125, 0)]);
        assert_eq!(cpu.busy_time(SimTime(125)), 75.0);
    }
}
