//! Work that advances at a common rate, by virtual time.
//!
//! All members of a group advance equally fast, so each is described by the
//! virtual time at which its work ends. When the rate changes, only the group's
//! clock changes speed; no member is touched. A change costs O(log members).

use crate::cpu::ThreadId;
use crate::cpu::topology::Topology;
use crate::kernel::{SimTime, SlotHeap};

/// What sets a group's speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum GroupKind {
    /// Bytecode under a lock.
    Bytecode,
    /// Native code.
    Native,
    /// Bytecode of one free-threaded process.
    FreeThreaded {
        /// Bytecode time over the locked build's.
        slowdown: f64,
        /// Sigma of the universal scalability law.
        contention: f64,
        /// Kappa of the universal scalability law.
        coherency: f64,
    },
}

impl GroupKind {
    /// How many times as long work takes with 0, 1, ... `logical` members, or with
    /// however many.
    fn contention(self, logical: u32) -> Vec<f64> {
        let Self::FreeThreaded { slowdown, contention, coherency } = self else {
            return vec![1.0];
        };
        // Members that really run at once: those without a core do not contend.
        let beside = (0..=logical).map(|members| f64::from(members.saturating_sub(1)));
        let usl = |n: f64| 1.0 + contention * n + coherency * n * (n + 1.0);
        beside.map(|others| slowdown * usl(others)).collect()
    }
}

/// A group to create.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupSpec {
    pub(crate) kind: GroupKind,
}

/// Speed of one kind of group by the number of busy cores and of members, worked
/// out beforehand: divisions take long, and it is asked at almost every event.
#[derive(Clone, Debug)]
struct Speeds {
    kind: GroupKind,
    /// A row for each number of busy cores, from 0 on.
    table: Vec<f64>,
    /// Columns: 0, 1, ... members, the last for that many or more.
    columns: usize,
}

impl Speeds {
    fn new(kind: GroupKind, topology: &Topology) -> Self {
        let times = kind.contention(topology.logical());
        let of_row = |busy| {
            let (bytecode, native) = topology.speeds(busy);
            let alone = if kind == GroupKind::Native { native } else { bytecode };
            times.iter().map(move |times| alone / times)
        };
        let table = (0..=topology.cores()).flat_map(of_row).collect();
        Self { kind, table, columns: times.len() }
    }

    #[inline]
    fn at(&self, busy: u32, members: usize) -> f64 {
        self.table[busy as usize * self.columns + members.min(self.columns - 1)]
    }
}

#[derive(Clone, Debug)]
struct Group {
    /// Which of `RateGroups::speeds`.
    speeds: usize,
    /// Virtual time [ns of work].
    clock: f64,
    /// Work per nanosecond of each member.
    rate: f64,
    members: SlotHeap,
}

impl Group {
    /// What the member of this `key` has left to do, in ns of work.
    #[inline]
    fn left(&self, key: u128) -> f64 {
        (f64::from_bits((key >> 64) as u64) - self.clock).max(0.0)
    }
}

/// Rounded up by hand: `ceil` is a library call on baseline x86-64, and only
/// signed integers have a conversion of one instruction.
#[inline]
fn whole(ns: f64) -> u64 {
    let below = ns as i64;
    below as u64 + u64::from((below as f64) < ns)
}

/// All groups of a host.
#[derive(Clone, Debug)]
pub(super) struct RateGroups {
    groups: Vec<Group>,
    /// Of each kind of group.
    speeds: Vec<Speeds>,
    cores: u32,
    /// Groups with members, in any order: a host of many processes has many
    /// groups, few of which are busy at once.
    busy: Vec<u32>,
    group_of: Vec<u32>,
    settled_at: SimTime,
    sequence: u64,
    next_end: SimTime,
    next_group: usize,
}

impl RateGroups {
    /// Of a host of this topology.
    pub(super) fn new(specs: &[GroupSpec], threads: usize, topology: &Topology) -> Self {
        let mut speeds: Vec<Speeds> = Vec::new();
        let groups = specs
            .iter()
            .map(|spec| {
                let mut members = SlotHeap::default();
                members.reserve_slots(threads);
                let known = speeds.iter().position(|speeds| speeds.kind == spec.kind);
                let speeds = known.unwrap_or_else(|| {
                    speeds.push(Speeds::new(spec.kind, topology));
                    speeds.len() - 1
                });
                Group { speeds, clock: 0.0, rate: 0.0, members }
            })
            .collect();
        Self {
            busy: Vec::with_capacity(specs.len()),
            groups,
            speeds,
            cores: topology.cores(),
            group_of: vec![0; threads],
            settled_at: SimTime::ZERO,
            sequence: 0,
            next_end: SimTime::NEVER,
            next_group: 0,
        }
    }

    /// Lets all work advance to `now` at the present rates, if there is `any`.
    #[inline]
    pub(super) fn settle(&mut self, now: SimTime, any: bool) {
        if any {
            let elapsed = now.since(self.settled_at).0 as f64;
            for &index in &self.busy {
                let group = &mut self.groups[index as usize];
                group.clock += elapsed * group.rate;
            }
        }
        self.settled_at = now;
    }

    /// Nobody has anything to do.
    #[inline]
    pub(super) fn rest(&mut self) {
        debug_assert!(self.busy.is_empty());
        self.next_end = SimTime::NEVER;
    }

    /// Adds a thread with `work` ns left. Settled to now before.
    #[inline]
    pub(super) fn insert(&mut self, thread: ThreadId, group: usize, work: f64) {
        self.sequence += 1;
        let index = group as u32;
        self.group_of[thread as usize] = index;
        let group = &mut self.groups[group];
        if group.members.len() == 0 {
            self.busy.push(index);
        }
        // Virtual ends are never negative, so their bits order as they do.
        let end = (group.clock + work.max(0.0)).to_bits();
        group.members.set(thread, u128::from(end) << 64 | u128::from(self.sequence));
    }

    /// Takes a thread out; returns the work left, in ns.
    #[inline]
    pub(super) fn remove(&mut self, thread: ThreadId) -> f64 {
        let index = self.group_of[thread as usize] as usize;
        let group = &mut self.groups[index];
        let key = group.members.remove(thread);
        let left = key.map_or(0.0, |key| group.left(key));
        if group.members.len() == 0 {
            self.falls_idle(index);
        }
        debug_assert!(key.is_some(), "thread {thread} is not on a core");
        left
    }

    /// The last member of the group at `index` has left.
    #[inline]
    fn falls_idle(&mut self, index: usize) {
        if let Some(place) = self.busy.iter().position(|&busy| busy as usize == index) {
            self.busy.swap_remove(place);
        }
    }

    /// Takes out the thread whose end is due.
    #[inline]
    pub(super) fn pop_due(&mut self) -> Option<ThreadId> {
        let group = &mut self.groups[self.next_group];
        let (key, thread) = group.members.pop()?;
        // The end was rounded up to a whole nanosecond; the clock may also lack
        // a rounding error. Never let it fall behind the end.
        group.clock = group.clock.max(f64::from_bits((key >> 64) as u64));
        if group.members.len() == 0 {
            self.falls_idle(self.next_group);
        }
        Some(thread)
    }

    /// Sets rates for threads that each get `share` of a core, beside
    /// `running` running ones, and works out the next end.
    #[inline]
    pub(super) fn set_rates(&mut self, share: f64, running: u32) {
        let busy_cores = running.min(self.cores);
        let (mut next_end, mut next_group) = (SimTime::NEVER, 0);
        for &index in &self.busy {
            let group = &mut self.groups[index as usize];
            group.rate = share * self.speeds[group.speeds].at(busy_cores, group.members.len());
            if group.rate <= 0.0 {
                continue;
            }
            let Some((key, _)) = group.members.peek() else { continue };
            let end =
                SimTime(self.settled_at.0.saturating_add(whole(group.left(key) / group.rate)));
            // Of ends at one instant, that of the group that comes first.
            if (end, index as usize) < (next_end, next_group) {
                (next_end, next_group) = (end, index as usize);
            }
        }
        (self.next_end, self.next_group) = (next_end, next_group);
    }

    /// When the next member's work ends at the present rates.
    #[inline]
    pub(super) fn next_end(&self) -> SimTime {
        self.next_end
    }
}
