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
    /// How many times as long bytecode takes with 0, 1, ... `logical` members.
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

#[derive(Clone, Debug)]
struct Group {
    /// Native code, or else bytecode?
    native: bool,
    /// How many times as long bytecode takes beside the other members: which
    /// row of `RateGroups::contention`, if it ever takes longer.
    contended: Option<usize>,
    /// Virtual time [ns of work].
    clock: f64,
    /// Work per nanosecond of each member.
    rate: f64,
    members: SlotHeap,
}

/// All groups of a host.
#[derive(Clone, Debug)]
pub(super) struct RateGroups {
    groups: Vec<Group>,
    /// One row per kind of contention, by the number of members, the last for
    /// that many or more.
    contention: Vec<Vec<f64>>,
    /// One bit per group with members, 64 to a word: a host of many processes
    /// has many groups, few of which are busy at once.
    busy: Vec<u64>,
    group_of: Vec<u32>,
    settled_at: SimTime,
    sequence: u64,
    next_end: SimTime,
    next_group: usize,
}

/// Calls `visit` with the index of every bit that is set, ascending. Plain loops:
/// this is done twice for every event, and mostly one or two bits are set.
#[inline(always)]
fn for_each_bit(words: &[u64], mut visit: impl FnMut(usize)) {
    for (at, &word) in words.iter().enumerate() {
        let mut left = word;
        while left != 0 {
            visit(at * 64 + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }
}

impl RateGroups {
    /// Of a host with so many hardware threads.
    pub(super) fn new(specs: &[GroupSpec], threads: usize, logical: u32) -> Self {
        let mut kinds: Vec<GroupKind> = Vec::new();
        let groups = specs
            .iter()
            .map(|spec| {
                let mut members = SlotHeap::default();
                members.reserve_slots(threads);
                let contended = matches!(spec.kind, GroupKind::FreeThreaded { .. }).then(|| {
                    kinds.iter().position(|kind| *kind == spec.kind).unwrap_or_else(|| {
                        kinds.push(spec.kind);
                        kinds.len() - 1
                    })
                });
                let native = spec.kind == GroupKind::Native;
                Group { native, contended, clock: 0.0, rate: 0.0, members }
            })
            .collect();
        Self {
            busy: vec![0; specs.len().div_ceil(64)],
            groups,
            contention: kinds.iter().map(|kind| kind.contention(logical)).collect(),
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
            for_each_bit(&self.busy, |index| {
                let group = &mut self.groups[index];
                group.clock += elapsed * group.rate;
            });
        }
        self.settled_at = now;
    }

    /// Nobody has anything to do.
    #[inline]
    pub(super) fn rest(&mut self) {
        debug_assert!(self.busy.iter().all(|word| *word == 0));
        self.next_end = SimTime::NEVER;
    }

    /// Adds a thread with `work` ns left. Settled to now before.
    #[inline]
    pub(super) fn insert(&mut self, thread: ThreadId, group: usize, work: f64) {
        self.sequence += 1;
        self.busy[group / 64] |= 1 << (group % 64);
        self.group_of[thread as usize] = group as u32;
        let group = &mut self.groups[group];
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
        if group.members.len() == 0 {
            self.busy[index / 64] &= !(1 << (index % 64));
        }
        debug_assert!(key.is_some(), "thread {thread} is not on a core");
        key.map_or(0.0, |key| (f64::from_bits((key >> 64) as u64) - group.clock).max(0.0))
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
            self.busy[self.next_group / 64] &= !(1 << (self.next_group % 64));
        }
        Some(thread)
    }

    /// Sets rates for threads that each get `share` of a core, beside
    /// `running` running ones, and works out the next end.
    #[inline]
    pub(super) fn set_rates(&mut self, topology: &Topology, share: f64, running: u32) {
        let (bytecode, native) = topology.speeds(running);
        let (mut next_end, mut next_group) = (SimTime::NEVER, self.next_group);
        for_each_bit(&self.busy, |index| {
            let group = &mut self.groups[index];
            let Some((key, _)) = group.members.peek() else {
                return;
            };
            let speed = match group.contended {
                _ if group.native => native,
                None => bytecode,
                Some(kind) => {
                    let times = &self.contention[kind];
                    bytecode / times[group.members.len().min(times.len() - 1)]
                }
            };
            group.rate = share * speed;
            if group.rate <= 0.0 {
                return;
            }
            let left = (f64::from_bits((key >> 64) as u64) - group.clock).max(0.0);
            // Rounded up by hand: `ceil` is a library call on baseline x86-64, and
            // only signed integers have a conversion of one instruction.
            let wait = left / group.rate;
            let whole = wait as i64;
            let wait = whole as u64 + u64::from((whole as f64) < wait);
            let end = SimTime(self.settled_at.0.saturating_add(wait));
            if end < next_end {
                (next_end, next_group) = (end, index);
            }
        });
        (self.next_end, self.next_group) = (next_end, next_group);
    }

    /// When the next member's work ends at the present rates.
    #[inline]
    pub(super) fn next_end(&self) -> SimTime {
        self.next_end
    }
}
