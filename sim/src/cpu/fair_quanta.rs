//! Fair quanta: whole slices in turn, after Linux's EEVDF with equal weights
//! and a run queue for each core.
//!
//! A running thread keeps its core for a slice; then the thread of the same
//! queue with the least virtual run time gets it, if that is less than its own.
//! A thread that wakes goes back to the core that it last ran on, or to an idle
//! one. While the cores of its last-level cache are busy for more than a share of
//! the time it finds no idle one, for Linux then stops looking (`SIS_UTIL`); and
//! otherwise it finds one in a measured share of cases only (`finds_idle`): kernels
//! of virtual machines may be built to keep tasks on few cores. Who finds none
//! waits behind whoever runs.
//!
//! A core that falls idle takes from the longest queue; one that idles already is
//! woken to do so at the end of a slice. Native threads of one segment are
//! scheduled one by one, so the segment ends with its last.
//!
//! Cores may differ in speed and change it (`follow`): what is left of a thread's
//! work is kept as work at the usual speed, and takes as long as its core makes it.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::cpu::course::Pace;
use crate::cpu::quota::Bandwidth;
use crate::cpu::rate_groups::{GroupKind, GroupSpec, RateGroups};
use crate::cpu::topology::Topology;
use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::experiment::Course;
use crate::host::Host;
use crate::kernel::{SimDuration, SimTime, SlotHeap};

/// Half-life of what counts as load, in ns: that of PELT.
const LOAD_MEMORY: f64 = 32e6;
/// Weight of the squared load in `update_idle_cpu_scan`: of n cores, a waking
/// thread looks at (1 - weight x load^2) n for an idle one.
const BUSY_WEIGHT: f64 = 1.17 * 1.17;

/// One schedulable entity: a thread, or one native thread of its segment.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    thread: ThreadId,
    group: usize,
    /// Work left while not running, in ns.
    work: f64,
    /// How much longer it takes where it runs.
    slowdown: f64,
    /// Virtual run time, in ns.
    ran: u64,
    /// The core that it ran on last.
    home: u32,
    state: LaneState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LaneState {
    #[default]
    Asleep,
    Waiting {
        cpu: u32,
    },
    Running {
        cpu: u32,
    },
}

#[derive(Clone, Copy, Debug)]
struct OnCpu {
    lane: u32,
    since: SimTime,
}

/// Slices in turn over a host's logical CPUs, under its quota.
#[derive(Debug)]
pub(crate) struct FairQuanta {
    topology: Topology,
    groups: RateGroups,
    bandwidth: Option<Bandwidth>,
    slice: SimDuration,
    context_switch: f64,
    lanes: Vec<Lane>,
    lanes_per_thread: u32,
    lanes_left: Vec<u32>,
    /// Of each core, by virtual run time.
    waiting: Vec<SlotHeap>,
    cpus: Vec<Option<OnCpu>>,
    /// Share of the cores in use, over the last tens of milliseconds.
    load: f64,
    least_ran: u64,
    running: u32,
    throttled: bool,
    sequence: u64,
    finds_idle: f64,
    placement: ChaCha8Rng,
    /// The cores' own speeds, if they differ.
    pace: Option<Pace>,
    /// Of each group: does it run native code?
    native: Vec<bool>,
    busy_time: f64,
    settled_at: SimTime,
    next_change: SimTime,
}

impl FairQuanta {
    /// `width` is the most native threads that one thread may have.
    pub(crate) fn new(
        host: &Host,
        groups: &[GroupSpec],
        threads: usize,
        width: u32,
        placement: ChaCha8Rng,
    ) -> Self {
        let topology = Topology::of(host);
        let lanes = threads * width as usize;
        let cpus = topology.logical() as usize;
        let mut waiting = vec![SlotHeap::default(); cpus];
        waiting.iter_mut().for_each(|queue| queue.reserve_slots(lanes));
        Self {
            groups: RateGroups::new(groups, lanes, &topology),
            bandwidth: host.quota.map(Bandwidth::new),
            slice: SimDuration(host.cpu.base_slice.value.0.max(1)),
            context_switch: host.cpu.context_switch.value.0 as f64,
            lanes: (0..lanes)
                .map(|lane| Lane { home: (lane % cpus) as u32, ..Lane::default() })
                .collect(),
            lanes_per_thread: width,
            lanes_left: vec![0; threads],
            waiting,
            cpus: vec![None; cpus],
            load: 0.0,
            topology,
            least_ran: 0,
            running: 0,
            throttled: false,
            sequence: 0,
            finds_idle: host.cpu.finds_idle.value,
            placement,
            pace: None,
            native: groups.iter().map(|group| group.kind == GroupKind::Native).collect(),
            busy_time: 0.0,
            settled_at: SimTime::ZERO,
            next_change: SimTime::NEVER,
        }
    }

    /// Lets each core be as fast as `course` says.
    pub(crate) fn follow(&mut self, course: &Course, chance: ChaCha8Rng) {
        self.pace = Some(Pace::new(course, self.cpus.len(), chance));
    }

    fn settle(&mut self, now: SimTime) {
        self.busy_time = self.busy_time(now);
        let elapsed = now.since(self.settled_at).0 as f64;
        let share = f64::from(self.running) / self.cpus.len() as f64;
        self.load = share + (self.load - share) * (-elapsed / LOAD_MEMORY).exp2();
        self.settled_at = now;
        self.groups.settle(now, true);
        if let Some(bandwidth) = &mut self.bandwidth {
            bandwidth.settle(now);
        }
    }

    fn set_rates(&mut self) {
        let mut share = self.topology.even_share(self.running);
        if let Some(bandwidth) = &mut self.bandwidth {
            self.throttled = !bandwidth.set_running(self.running);
        }
        if self.throttled {
            share = 0.0;
        }
        self.groups.set_rates(share, self.running);
        let mut next = self.groups.next_end();
        if let Some(bandwidth) = &self.bandwidth {
            next = next.min(bandwidth.next_change(self.running));
        }
        if !self.throttled {
            // A slice that ran out while nobody waited ends now.
            let ends = self.cpus.iter().zip(&self.waiting).filter(|(_, queue)| queue.len() > 0);
            let ends = ends.filter_map(|(on, _)| Some(on.as_ref()?.since + self.slice));
            next = ends.fold(next, |next, end| next.min(end.max(self.settled_at)));
        }
        if let Some(pace) = &self.pace {
            let running = (0..self.cpus.len()).filter(|&cpu| self.cpus[cpu].is_some());
            next = running.fold(next, |next, cpu| next.min(pace.until(cpu)));
        }
        self.next_change = next;
    }

    fn wait(&mut self, lane: u32, cpu: usize) {
        self.sequence += 1;
        let entry = &mut self.lanes[lane as usize];
        entry.state = LaneState::Waiting { cpu: cpu as u32 };
        self.waiting[cpu].set(lane, u128::from(entry.ran) << 64 | u128::from(self.sequence));
    }

    fn run(&mut self, now: SimTime, lane: u32, cpu: usize, switched: bool) {
        let slowdown = self.slowdown(now, lane, cpu);
        let entry = &mut self.lanes[lane as usize];
        (entry.state, entry.home) = (LaneState::Running { cpu: cpu as u32 }, cpu as u32);
        entry.slowdown = slowdown;
        let cost = if switched { self.context_switch } else { 0.0 };
        self.groups.insert(lane, entry.group, (entry.work + cost) * slowdown);
        self.cpus[cpu] = Some(OnCpu { lane, since: now });
        self.running += 1;
    }

    /// How much longer the work of `lane` takes on `cpu` from now on.
    fn slowdown(&mut self, now: SimTime, lane: u32, cpu: usize) -> f64 {
        let native = self.native[self.lanes[lane as usize].group];
        self.pace.as_mut().map_or(1.0, |pace| {
            let look = pace.at(now, cpu);
            if native { look.native } else { look.bytecode }
        })
    }

    /// The work that a running lane has left, which runs no longer.
    fn unfinished(&mut self, lane: u32) -> f64 {
        self.groups.remove(lane) / self.lanes[lane as usize].slowdown
    }

    /// Goes on at the speeds that the cores have from now on.
    fn keep_pace(&mut self, now: SimTime) {
        for cpu in 0..self.cpus.len() {
            let (Some(on), Some(pace)) = (self.cpus[cpu], &self.pace) else { continue };
            if pace.until(cpu) <= now {
                let left = self.unfinished(on.lane);
                let slowdown = self.slowdown(now, on.lane, cpu);
                let entry = &mut self.lanes[on.lane as usize];
                entry.slowdown = slowdown;
                self.groups.insert(on.lane, entry.group, left * slowdown);
            }
        }
    }

    /// Takes the running lane off its core and charges its virtual run time.
    fn stop(&mut self, now: SimTime, cpu: usize) -> Option<u32> {
        let on = self.cpus[cpu].take()?;
        let entry = &mut self.lanes[on.lane as usize];
        entry.ran += now.since(on.since).0;
        self.running -= 1;
        Some(on.lane)
    }

    fn ran_by_now(&self, now: SimTime, on: &OnCpu) -> u64 {
        self.lanes[on.lane as usize].ran + now.since(on.since).0
    }

    /// Gives an idle core to the waiting lane of its queue that is furthest
    /// behind, or else to one of the longest queue.
    fn fill(&mut self, now: SimTime, cpu: usize) {
        let next = self.waiting[cpu].pop().or_else(|| {
            let longest = (0..self.waiting.len()).max_by_key(|&other| self.waiting[other].len())?;
            self.waiting[longest].pop()
        });
        if let Some((key, lane)) = next {
            self.least_ran = self.least_ran.max((key >> 64) as u64);
            self.run(now, lane, cpu, true);
        }
    }

    fn wake_lane(&mut self, now: SimTime, lane: u32) {
        let floor = self.least_ran.saturating_sub(self.slice.0);
        let entry = &mut self.lanes[lane as usize];
        entry.ran = entry.ran.max(floor);
        let home = entry.home as usize;
        match self.idle_for(home) {
            Some(cpu) => self.run(now, lane, cpu, false),
            None => self.wait(lane, home),
        }
    }

    /// The idle core that one who wakes and ran on `home` finds.
    fn idle_for(&mut self, home: usize) -> Option<usize> {
        if self.cpus[home].is_none() {
            return Some(home);
        }
        let cpus = self.cpus.len() as f64;
        let looked_at = ((1.0 - BUSY_WEIGHT * self.load * self.load) * cpus).floor();
        let (before, after) = self.cpus.split_at(home);
        let offset = |from: usize| move |at: usize| from + at;
        let found = || {
            let idle = |some: &Option<OnCpu>| some.is_none();
            let next = after.iter().position(idle).map(offset(home));
            next.or_else(|| before.iter().position(idle))
        };
        let found = (looked_at >= 1.0).then(found)??;
        let lucky = self.finds_idle >= 1.0 || self.placement.random::<f64>() < self.finds_idle;
        lucky.then_some(found)
    }

    fn preempt(&mut self, now: SimTime, cpu: usize) {
        if let Some(out) = self.stop(now, cpu) {
            self.lanes[out as usize].work = self.unfinished(out);
            self.wait(out, cpu);
        }
    }

    /// Ends every slice that is over and has someone to give the core to.
    fn end_slices(&mut self, now: SimTime) {
        for cpu in 0..self.cpus.len() {
            let Some(on) = self.cpus[cpu] else { continue };
            if on.since + self.slice > now {
                continue;
            }
            if self.waiting[cpu].len() == 0 {
                continue;
            }
            if let Some(idle) = self.cpus.iter().position(Option::is_none) {
                self.fill(now, idle);
            }
            let Some((key, _)) = self.waiting[cpu].peek() else { continue };
            let ran = self.ran_by_now(now, &on);
            if (key >> 64) as u64 >= ran {
                // Nobody is further behind: another slice, charged so far.
                self.lanes[on.lane as usize].ran = ran;
                self.cpus[cpu] = Some(OnCpu { since: now, ..on });
                continue;
            }
            self.preempt(now, cpu);
            self.fill(now, cpu);
        }
    }

    /// Takes a lane off wherever it is; returns the work it had left.
    fn withdraw(&mut self, now: SimTime, lane: u32) -> f64 {
        let left = match self.lanes[lane as usize].state {
            LaneState::Asleep => 0.0,
            LaneState::Waiting { cpu } => {
                self.waiting[cpu as usize].remove(lane);
                self.lanes[lane as usize].work
            }
            LaneState::Running { cpu } => {
                self.stop(now, cpu as usize);
                let left = self.unfinished(lane);
                self.fill(now, cpu as usize);
                left
            }
        };
        self.lanes[lane as usize].state = LaneState::Asleep;
        left
    }
}

impl CpuScheduler for FairQuanta {
    fn wake(&mut self, now: SimTime, thread: ThreadId, demand: Demand) {
        self.settle(now);
        debug_assert_eq!(self.lanes_left[thread as usize], 0, "thread {thread} runs already");
        let width = demand.width.min(self.lanes_per_thread);
        self.lanes_left[thread as usize] = width;
        let first = thread * self.lanes_per_thread;
        for lane in first..first + width {
            let entry = &mut self.lanes[lane as usize];
            (entry.thread, entry.group, entry.work) = (thread, demand.group, demand.work);
            self.wake_lane(now, lane);
        }
        self.set_rates();
    }

    fn block(&mut self, now: SimTime, thread: ThreadId) -> f64 {
        self.settle(now);
        let first = thread * self.lanes_per_thread;
        let mut left: f64 = 0.0;
        for lane in first..first + self.lanes_per_thread {
            left = left.max(self.withdraw(now, lane));
        }
        self.lanes_left[thread as usize] = 0;
        self.set_rates();
        left
    }

    fn next_change(&mut self) -> SimTime {
        self.next_change
    }

    fn advance(&mut self, now: SimTime) -> Option<ThreadId> {
        let due = self.groups.next_end() <= now;
        self.settle(now);
        let mut done = None;
        if due && let Some(lane) = self.groups.pop_due() {
            let entry = &mut self.lanes[lane as usize];
            let thread = entry.thread;
            if let LaneState::Running { cpu } = entry.state {
                entry.state = LaneState::Asleep;
                self.stop(now, cpu as usize);
                self.fill(now, cpu as usize);
            }
            let left = &mut self.lanes_left[thread as usize];
            *left -= 1;
            done = (*left == 0).then_some(thread);
        } else {
            self.keep_pace(now);
            self.end_slices(now);
        }
        self.set_rates();
        done
    }

    fn busy_time(&self, now: SimTime) -> f64 {
        let active = if self.throttled { 0 } else { self.running };
        let since = now.since(self.settled_at).0 as f64;
        self.busy_time + since * self.topology.capacity(active)
    }

    fn is_running(&self, thread: ThreadId) -> bool {
        let lane = &self.lanes[(thread * self.lanes_per_thread) as usize];
        matches!(lane.state, LaneState::Running { .. })
    }

    fn runnable(&self) -> u32 {
        self.running + self.waiting.iter().map(SlotHeap::len).sum::<usize>() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Look;
    use crate::host::Parameter;
    use crate::kernel::{Purpose, Streams};

    const GROUPS: [GroupSpec; 1] = [GroupSpec { kind: GroupKind::Bytecode }];

    fn host(cores: u32, slice: u64) -> Host {
        let mut host = Host::ideal(cores);
        host.cpu.base_slice = Parameter::exactly(SimDuration(slice));
        host
    }

    fn quanta(host: &Host, threads: usize, width: u32) -> FairQuanta {
        let placement = Streams::new("quanta", 1).stream(Purpose::Placement, 0);
        FairQuanta::new(host, &GROUPS, threads, width, placement)
    }

    fn demand(work: f64, width: u32) -> Demand {
        Demand { work, group: 0, width }
    }

    fn drain(cpu: &mut FairQuanta) -> Vec<(u64, ThreadId)> {
        let mut ends = Vec::new();
        while cpu.next_change() < SimTime::NEVER {
            let now = cpu.next_change();
            ends.extend(cpu.advance(now).map(|thread| (now.0, thread)));
        }
        ends
    }

    #[test]
    fn two_threads_take_turns_on_one_core() {
        let mut cpu = quanta(&host(1, 10), 2, 1);
        cpu.wake(SimTime(0), 0, demand(25.0, 1));
        cpu.wake(SimTime(0), 1, demand(25.0, 1));
        // 0 runs 10, 1 runs 10, 0, 1, then 0 has 5 left and 1 has 5 left.
        assert_eq!(drain(&mut cpu), [(45, 0), (50, 1)]);
        assert_eq!(cpu.busy_time(SimTime(50)), 50.0);
    }

    #[test]
    fn a_context_switch_costs_core_time() {
        let mut host = host(1, 10);
        host.cpu.context_switch = Parameter::exactly(SimDuration(1));
        let mut cpu = quanta(&host, 2, 1);
        cpu.wake(SimTime(0), 0, demand(15.0, 1));
        cpu.wake(SimTime(0), 1, demand(5.0, 1));
        assert_eq!(drain(&mut cpu), [(16, 1), (22, 0)]);
    }

    #[test]
    fn a_sleeper_preempts_who_is_far_ahead() {
        let mut cpu = quanta(&host(1, 10), 2, 1);
        cpu.wake(SimTime(0), 0, demand(100.0, 1));
        cpu.wake(SimTime(55), 1, demand(5.0, 1));
        assert_eq!(drain(&mut cpu), [(60, 1), (105, 0)]);
    }

    #[test]
    fn a_wide_segment_ends_with_its_last_lane() {
        let mut cpu = quanta(&host(2, 10), 1, 3);
        cpu.wake(SimTime(0), 0, demand(10.0, 3));
        assert_eq!(cpu.runnable(), 3);
        assert_eq!(drain(&mut cpu), [(20, 0)]);
        assert_eq!(cpu.runnable(), 0);
    }

    #[test]
    fn blocking_hands_the_core_on() {
        let mut cpu = quanta(&host(1, 10), 2, 1);
        cpu.wake(SimTime(0), 0, demand(50.0, 1));
        cpu.wake(SimTime(0), 1, demand(5.0, 1));
        assert_eq!(cpu.block(SimTime(4), 0), 46.0);
        assert_eq!(drain(&mut cpu), [(9, 1)]);
    }

    /// A core that takes `slowdown` times as long for bytecode.
    fn slow_core(slowdown: f64) -> Vec<Look> {
        vec![Look { at: SimTime::ZERO, bytecode: slowdown, native: 1.0 }]
    }

    #[test]
    fn each_core_has_its_own_speed_and_work_is_kept_on_the_way() {
        let mut cpu = quanta(&host(2, 10), 3, 1);
        let course = Course { cores: vec![slow_core(2.0), slow_core(0.5)], stay: SimDuration(3) };
        cpu.follow(&course, Streams::new("quanta", 1).stream(Purpose::Pace, 0));
        cpu.wake(SimTime(0), 0, demand(20.0, 1));
        cpu.wake(SimTime(0), 1, demand(20.0, 1));
        assert_eq!(drain(&mut cpu), [(10, 1), (40, 0)]);
        // What is left is work at the usual speed, whichever core it was on.
        cpu.wake(SimTime(100), 0, demand(20.0, 1));
        assert!((cpu.block(SimTime(110), 0) - 15.0).abs() < 1e-9);
    }

    #[test]
    fn a_core_that_changes_its_speed_does_work_at_the_mean_of_its_rates() {
        let looks =
            |at| Look { at: SimTime(at), bytecode: [1.0, 4.0][at as usize % 2], native: 1.0 };
        let course = Course { cores: vec![(0..2).map(looks).collect()], stay: SimDuration(50) };
        let mut cpu = quanta(&host(1, 10), 1, 1);
        cpu.follow(&course, Streams::new("quanta", 1).stream(Purpose::Pace, 0));
        cpu.wake(SimTime(0), 0, demand(1e6, 1));
        let took = drain(&mut cpu)[0].0 as f64;
        assert!((took / 1.6e6 - 1.0).abs() < 0.03, "{took}");
    }

    /// On two cores: 2 wakes on the core of 0, which runs; the other one idles.
    fn second_wakes_at_home(finds_idle: f64) -> Vec<(u64, ThreadId)> {
        let mut host = host(2, 10);
        host.cpu.finds_idle = Parameter::exactly(finds_idle);
        let mut cpu = quanta(&host, 3, 1);
        cpu.wake(SimTime(0), 0, demand(25.0, 1));
        // Threads come from the cores in turn: its own is core 0 as well.
        cpu.wake(SimTime(1), 2, demand(5.0, 1));
        drain(&mut cpu)
    }

    #[test]
    fn who_finds_no_idle_core_waits_until_one_comes_for_it() {
        assert_eq!(second_wakes_at_home(1.0), [(6, 2), (25, 0)]);
        // The idle core looks around when a slice ends.
        assert_eq!(second_wakes_at_home(0.0), [(15, 2), (25, 0)]);
    }
}
