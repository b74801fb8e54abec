//! Fair quanta: the cores as Linux shares them out, with a run queue for each
//! (`run_queue`: EEVDF).
//!
//! A thread that wakes goes back to the core that it last ran on, or to an idle
//! one. While the cores of its last-level cache are busy for more than a share of
//! the time it finds no idle one, for Linux then stops looking (`SIS_UTIL`); and
//! otherwise it finds one in a measured share of cases only (`finds_idle`): kernels
//! of virtual machines may be built to keep tasks on few cores. Who finds none
//! waits behind whoever runs, unless it is behind in time; so does, wherever idle
//! cores are, who fell asleep on a busy core ahead of its time.
//!
//! Slices end at ticks of the clock, which come at the same instants on all cores
//! and somewhere in their period when a run begins. A core that falls idle takes
//! from the longest queue; one that idles already is woken to do so at a tick.
//! Native threads of one segment are scheduled one by one, so the segment ends with
//! its last.
//!
//! Cores may differ in speed and change it (`follow`): what is left of a thread's
//! work is kept as work at the usual speed, and takes as long as its core makes it.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::cpu::course::Pace;
use crate::cpu::quota::Bandwidth;
use crate::cpu::rate_groups::{GroupKind, GroupSpec, RateGroups};
use crate::cpu::run_queue::{Entity, RunQueue};
use crate::cpu::topology::Topology;
use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::experiment::Course;
use crate::host::Host;
use crate::kernel::SimTime;

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
    /// The core that it ran on last.
    home: u32,
    state: LaneState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LaneState {
    #[default]
    Asleep,
    /// Asleep in the queue of its home.
    Delayed,
    Waiting,
    Running,
    /// Still on its core, its work done: it goes on or falls asleep at this instant.
    Done,
}

/// A core at which somebody has to look before time goes on.
#[derive(Clone, Copy, Debug)]
struct Look {
    cpu: u32,
    /// Who woke there.
    woken: Option<u32>,
    /// May anybody else take the core as well?
    over: bool,
}

/// EEVDF over a host's logical CPUs, under its quota.
#[derive(Debug)]
pub(crate) struct FairQuanta {
    topology: Topology,
    groups: RateGroups,
    bandwidth: Option<Bandwidth>,
    tick: u64,
    /// When the first tick comes, in ns.
    first_tick: u64,
    /// The last one that was seen to.
    ticked_at: SimTime,
    context_switch: f64,
    lanes: Vec<Lane>,
    entities: Vec<Entity>,
    lanes_per_thread: u32,
    lanes_left: Vec<u32>,
    queues: Vec<RunQueue>,
    /// What is still to be seen to at this instant.
    looks: Vec<Look>,
    /// Share of the cores in use, over the last tens of milliseconds.
    load: f64,
    running: u32,
    throttled: bool,
    finds_idle: f64,
    placement: ChaCha8Rng,
    /// The cores' own speeds, if they differ.
    pace: Option<Pace>,
    /// Of each group: does it run native code?
    native: Vec<bool>,
    busy_time: f64,
    settled_at: SimTime,
    next_change: SimTime,
    /// Has anything changed since `next_change` was worked out?
    changed: bool,
}

impl FairQuanta {
    /// `width` is the most native threads that one thread may have.
    pub(crate) fn new(
        host: &Host,
        groups: &[GroupSpec],
        threads: usize,
        width: u32,
        mut placement: ChaCha8Rng,
    ) -> Self {
        let topology = Topology::of(host);
        let lanes = threads * width as usize;
        let cpus = topology.logical() as usize;
        let (slice, tick) = (host.cpu.base_slice.value.0.max(1), host.cpu.tick.value.0.max(1));
        Self {
            groups: RateGroups::new(groups, lanes, &topology),
            bandwidth: host.quota.map(Bandwidth::new),
            tick,
            first_tick: placement.random_range(1..=tick),
            ticked_at: SimTime::ZERO,
            context_switch: host.cpu.context_switch.value.0 as f64,
            lanes: (0..lanes)
                .map(|lane| Lane { home: (lane % cpus) as u32, ..Lane::default() })
                .collect(),
            entities: vec![Entity::default(); lanes],
            lanes_per_thread: width,
            lanes_left: vec![0; threads],
            queues: vec![RunQueue::new(slice, tick); cpus],
            looks: Vec::new(),
            load: 0.0,
            topology,
            running: 0,
            throttled: false,
            finds_idle: host.cpu.finds_idle.value,
            placement,
            pace: None,
            native: groups.iter().map(|group| group.kind == GroupKind::Native).collect(),
            busy_time: 0.0,
            settled_at: SimTime::ZERO,
            next_change: SimTime::NEVER,
            changed: false,
        }
    }

    /// Lets each core be as fast as `course` says.
    pub(crate) fn follow(&mut self, course: &Course, chance: ChaCha8Rng) {
        self.pace = Some(Pace::new(course, self.queues.len(), chance));
    }

    fn settle(&mut self, now: SimTime) {
        debug_assert!(!self.changed || now == self.settled_at, "time went on in between");
        self.busy_time = self.busy_time(now);
        let elapsed = now.since(self.settled_at).0 as f64;
        let share = f64::from(self.running) / self.queues.len() as f64;
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
        if !self.throttled && self.queues.iter().any(RunQueue::has_others) {
            next = next.min(self.next_tick());
        }
        if let Some(pace) = &self.pace {
            let running =
                (0..self.queues.len()).filter(|&cpu| self.queues[cpu].current().is_some());
            next = running.fold(next, |next, cpu| next.min(pace.until(cpu)));
        }
        self.next_change = next;
    }

    /// The next tick that is to be seen to.
    fn next_tick(&self) -> SimTime {
        let now = self.settled_at.0.max(self.ticked_at.0 + 1);
        let since = now.saturating_sub(self.first_tick);
        SimTime(self.first_tick + since.div_ceil(self.tick) * self.tick)
    }

    /// Gives `cpu` to `lane`, which is in its queue.
    fn run(&mut self, now: SimTime, lane: u32, cpu: usize, switched: bool) {
        self.queues[cpu].run(now, lane, &self.entities);
        self.running += 1;
        self.lanes[lane as usize].home = cpu as u32;
        if switched {
            self.lanes[lane as usize].work += self.context_switch;
        }
        self.work(now, lane);
    }

    /// `lane`, which has a core, does its work.
    fn work(&mut self, now: SimTime, lane: u32) {
        let cpu = self.lanes[lane as usize].home as usize;
        let slowdown = self.slowdown(now, lane, cpu);
        let entry = &mut self.lanes[lane as usize];
        (entry.state, entry.slowdown) = (LaneState::Running, slowdown);
        self.groups.insert(lane, entry.group, entry.work * slowdown);
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
        for cpu in 0..self.queues.len() {
            let (Some(lane), Some(pace)) = (self.queues[cpu].current(), &self.pace) else {
                continue;
            };
            if pace.until(cpu) <= now {
                self.lanes[lane as usize].work = self.unfinished(lane);
                self.work(now, lane);
            }
        }
    }

    /// Who of its queue should have `cpu`; those picked asleep leave it.
    fn pick(&mut self, cpu: usize) -> Option<u32> {
        let lanes = &mut self.lanes;
        let gone = |lane: u32| lanes[lane as usize].state = LaneState::Asleep;
        self.queues[cpu].pick(&mut self.entities, gone)
    }

    /// Gives a core that nobody runs on to one of its queue, or else to one of the
    /// longest queue.
    fn fill(&mut self, now: SimTime, cpu: usize) {
        let next = self.pick(cpu).or_else(|| {
            let longest =
                (0..self.queues.len()).max_by_key(|&other| self.queues[other].waiting())?;
            let first = self.queues[longest].first_waiting(&self.entities)?;
            self.queues[longest].charge(now, &mut self.entities);
            self.queues[longest].remove(first, &mut self.entities);
            self.queues[cpu].enter(first, &mut self.entities);
            Some(first)
        });
        if let Some(lane) = next {
            self.run(now, lane, cpu, true);
        }
    }

    fn wake_lane(&mut self, now: SimTime, lane: u32) {
        let home = self.lanes[lane as usize].home as usize;
        match self.lanes[lane as usize].state {
            LaneState::Done => self.work(now, lane),
            LaneState::Delayed => {
                let over = self.queues[home].charge(now, &mut self.entities);
                self.queues[home].wake_delayed(lane, &mut self.entities);
                self.wait(lane, home, over);
            }
            _ => match self.idle_for(home) {
                Some(cpu) => {
                    self.queues[cpu].enter(lane, &mut self.entities);
                    self.run(now, lane, cpu, false);
                }
                None => {
                    let over = self.queues[home].charge(now, &mut self.entities);
                    self.queues[home].enter(lane, &mut self.entities);
                    self.wait(lane, home, over);
                }
            },
        }
    }

    /// `lane` is in the queue of `cpu`, where somebody runs.
    fn wait(&mut self, lane: u32, cpu: usize, over: bool) {
        self.lanes[lane as usize].state = LaneState::Waiting;
        self.looks.push(Look { cpu: cpu as u32, woken: Some(lane), over });
    }

    /// The idle core that one who wakes and ran on `home` finds.
    fn idle_for(&mut self, home: usize) -> Option<usize> {
        if self.queues[home].current().is_none() {
            return Some(home);
        }
        let cpus = self.queues.len() as f64;
        let looked_at = ((1.0 - BUSY_WEIGHT * self.load * self.load) * cpus).floor();
        let (before, after) = self.queues.split_at(home);
        let offset = |from: usize| move |at: usize| from + at;
        let found = || {
            let idle = |queue: &RunQueue| queue.current().is_none();
            let next = after.iter().position(idle).map(offset(home));
            next.or_else(|| before.iter().position(idle))
        };
        let found = (looked_at >= 1.0).then(found)??;
        let lucky = self.finds_idle >= 1.0 || self.placement.random::<f64>() < self.finds_idle;
        lucky.then_some(found)
    }

    /// The lane on `cpu` falls asleep, and another one gets the core.
    fn sleep(&mut self, now: SimTime, cpu: usize) {
        let queue = &mut self.queues[cpu];
        let Some(lane) = queue.current() else { return };
        queue.charge(now, &mut self.entities);
        let delayed = queue.sleep(&mut self.entities);
        let state = if delayed { LaneState::Delayed } else { LaneState::Asleep };
        self.lanes[lane as usize].state = state;
        self.running -= 1;
        self.fill(now, cpu);
    }

    /// Who should have the core now?
    fn look(&mut self, now: SimTime, look: Look) {
        let cpu = look.cpu as usize;
        let Some(lane) = self.queues[cpu].current() else { return };
        if self.lanes[lane as usize].state == LaneState::Done {
            self.sleep(now, cpu);
            return;
        }
        let queue = &mut self.queues[cpu];
        queue.charge(now, &mut self.entities);
        let preempts = look.woken.is_some() && queue.best(&self.entities) == look.woken;
        if !preempts && !look.over {
            return;
        }
        if let Some(next) = self.pick(cpu).filter(|next| *next != lane) {
            self.queues[cpu].put_back();
            self.running -= 1;
            self.lanes[lane as usize].work = self.unfinished(lane);
            self.lanes[lane as usize].state = LaneState::Waiting;
            self.run(now, next, cpu, true);
        }
    }

    /// What every core does at a tick: idle ones take from the longest queues, the
    /// others ask whether a slice is over.
    fn tick(&mut self, now: SimTime) {
        for cpu in 0..self.queues.len() {
            if !self.queues[cpu].has_others() {
                continue;
            }
            let idle = self.queues.iter().position(|queue| queue.current().is_none());
            if let Some(idle) = idle.filter(|_| self.queues[cpu].waiting() > 0) {
                self.fill(now, idle);
            }
            let over = self.queues[cpu].charge(now, &mut self.entities);
            self.look(now, Look { cpu: cpu as u32, woken: None, over });
        }
    }

    /// Takes a lane off wherever it is; returns the work it had left.
    fn withdraw(&mut self, now: SimTime, lane: u32) -> f64 {
        let Lane { state, home, work, .. } = self.lanes[lane as usize];
        let home = home as usize;
        match state {
            LaneState::Asleep | LaneState::Delayed => 0.0,
            LaneState::Waiting => {
                self.queues[home].charge(now, &mut self.entities);
                self.queues[home].remove(lane, &mut self.entities);
                self.lanes[lane as usize].state = LaneState::Asleep;
                work
            }
            LaneState::Running => {
                let left = self.unfinished(lane);
                self.sleep(now, home);
                left
            }
            LaneState::Done => {
                self.sleep(now, home);
                0.0
            }
        }
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
        self.changed = true;
    }

    fn block(&mut self, now: SimTime, thread: ThreadId) -> f64 {
        self.settle(now);
        let first = thread * self.lanes_per_thread;
        let mut left: f64 = 0.0;
        for lane in first..first + self.lanes_per_thread {
            left = left.max(self.withdraw(now, lane));
        }
        self.lanes_left[thread as usize] = 0;
        self.changed = true;
        left
    }

    fn next_change(&mut self) -> SimTime {
        if std::mem::take(&mut self.changed) {
            let mut looks = std::mem::take(&mut self.looks);
            for look in looks.drain(..) {
                self.look(self.settled_at, look);
            }
            // Nothing is looked at for looking; the vector only keeps its memory.
            self.looks = looks;
            self.set_rates();
        }
        self.next_change
    }

    fn advance(&mut self, now: SimTime) -> Option<ThreadId> {
        let due = self.groups.next_end() <= now;
        self.settle(now);
        self.changed = true;
        if due && let Some(lane) = self.groups.pop_due() {
            let entry = &mut self.lanes[lane as usize];
            entry.state = LaneState::Done;
            self.looks.push(Look { cpu: entry.home, woken: None, over: false });
            let left = &mut self.lanes_left[entry.thread as usize];
            *left -= 1;
            return (*left == 0).then_some(entry.thread);
        }
        self.keep_pace(now);
        if self.next_tick() <= now {
            self.ticked_at = now;
            self.tick(now);
        }
        None
    }

    fn busy_time(&self, now: SimTime) -> f64 {
        let active = if self.throttled { 0 } else { self.running };
        let since = now.since(self.settled_at).0 as f64;
        self.busy_time + since * self.topology.capacity(active)
    }

    fn is_running(&self, thread: ThreadId) -> bool {
        let lane = &self.lanes[(thread * self.lanes_per_thread) as usize];
        matches!(lane.state, LaneState::Running | LaneState::Done)
    }

    fn runnable(&self) -> u32 {
        self.running + self.queues.iter().map(RunQueue::waiting).sum::<usize>() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Look;
    use crate::host::Parameter;
    use crate::kernel::{Purpose, SimDuration, Streams};

    const GROUPS: [GroupSpec; 1] = [GroupSpec { kind: GroupKind::Bytecode }];

    fn host(cores: u32, slice: u64) -> Host {
        let mut host = Host::ideal(cores);
        host.cpu.base_slice = Parameter::exactly(SimDuration(slice));
        host.cpu.tick = Parameter::exactly(SimDuration(slice));
        host
    }

    fn quanta(host: &Host, threads: usize, width: u32) -> FairQuanta {
        let placement = Streams::new("quanta", 1).stream(Purpose::Placement, 0);
        let mut cpu = FairQuanta::new(host, &GROUPS, threads, width, placement);
        cpu.first_tick = host.cpu.tick.value.0;
        cpu
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
    fn who_wakes_waits_for_a_tick_and_is_ahead_the_next_time() {
        let mut cpu = quanta(&host(1, 10), 2, 1);
        cpu.wake(SimTime(0), 0, demand(100.0, 1));
        cpu.next_change();
        cpu.wake(SimTime(53), 1, demand(1.0, 1));
        assert_eq!(cpu.next_change(), SimTime(60));
        assert_eq!(cpu.advance(SimTime(60)), None);
        assert_eq!(cpu.next_change(), SimTime(61));
        assert_eq!(cpu.advance(SimTime(61)), Some(1));
        cpu.next_change();
        // It waited for 7 and was owed half of that.
        cpu.wake(SimTime(65), 1, demand(1.0, 1));
        assert_eq!(cpu.next_change(), SimTime(66));
        assert_eq!(drain(&mut cpu), [(66, 1), (102, 0)]);
    }

    #[test]
    fn who_goes_on_at_once_keeps_its_core() {
        let mut cpu = quanta(&host(1, 10), 2, 1);
        cpu.wake(SimTime(0), 0, demand(5.0, 1));
        cpu.wake(SimTime(0), 1, demand(5.0, 1));
        assert_eq!(cpu.next_change(), SimTime(5));
        assert_eq!(cpu.advance(SimTime(5)), Some(0));
        cpu.wake(SimTime(5), 0, demand(4.0, 1));
        assert_eq!(cpu.next_change(), SimTime(9));
        assert_eq!(drain(&mut cpu), [(9, 0), (14, 1)]);
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
        cpu.next_change();
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
        cpu.next_change();
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
        cpu.next_change();
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
