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

/// A group to create.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupSpec {
    pub(crate) kind: GroupKind,
}

#[derive(Clone, Debug)]
struct Group {
    kind: GroupKind,
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
    /// One bit per group with members, 64 to a word: a host of many processes
    /// has many groups, few of which are busy at once.
    busy: Vec<u64>,
    group_of: Vec<u32>,
    settled_at: SimTime,
    sequence: u64,
    next_end: SimTime,
    next_group: usize,
}

/// Indices of the bits that are set, ascending.
#[inline]
fn bits(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(at, &word)| {
        let rest = |left: u64| (left != 0).then_some(left);
        std::iter::successors(rest(word), move |left| rest(left & (left - 1)))
            .map(move |left| at * 64 + left.trailing_zeros() as usize)
    })
}

impl RateGroups {
    pub(super) fn new(specs: &[GroupSpec], threads: usize) -> Self {
        let groups = specs
            .iter()
            .map(|spec| {
                let mut members = SlotHeap::default();
                members.reserve_slots(threads);
                Group { kind: spec.kind, clock: 0.0, rate: 0.0, members }
            })
            .collect();
        Self {
            busy: vec![0; specs.len().div_ceil(64)],
            groups,
            group_of: vec![0; threads],
            settled_at: SimTime::ZERO,
            sequence: 0,
            next_end: SimTime::NEVER,
            next_group: 0,
        }
    }

    /// Lets all work advance to `now` at the present rates.
    #[inline]
    pub(super) fn settle(&mut self, now: SimTime) {
        let elapsed = now.since(self.settled_at).0;
        if elapsed > 0 {
            for index in bits(&self.busy) {
                let group = &mut self.groups[index];
                group.clock += elapsed as f64 * group.rate;
            }
            self.settled_at = now;
        }
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
        self.next_end = SimTime::NEVER;
        for index in bits(&self.busy) {
            let group = &mut self.groups[index];
            let Some((key, _)) = group.members.peek() else {
                continue;
            };
            let speed = match group.kind {
                GroupKind::Bytecode => bytecode,
                GroupKind::Native => native,
                GroupKind::FreeThreaded { slowdown, contention, coherency } => {
                    let members = group.members.len() as f64;
                    // Members that really run at once: those without a core
                    // do not contend.
                    let others = (members.min(f64::from(topology.logical())) - 1.0).max(0.0);
                    let usl = 1.0 + contention * others + coherency * others * (others + 1.0);
                    bytecode / (slowdown * usl)
                }
            };
            group.rate = share * speed;
            if group.rate <= 0.0 {
                continue;
            }
            let left = (f64::from_bits((key >> 64) as u64) - group.clock).max(0.0);
            // Rounded up by hand: `ceil` is a library call on baseline x86-64, and
            // only signed integers have a conversion of one instruction.
            let wait = left / group.rate;
            let whole = wait as i64;
            let wait = whole as u64 + u64::from((whole as f64) < wait);
            let end = SimTime(self.settled_at.0.saturating_add(wait));
            if end < self.next_end {
                self.next_end = end;
                self.next_group = index;
            }
        }
    }

    /// When the next member's work ends at the present rates.
    #[inline]
    pub(super) fn next_end(&self) -> SimTime {
        self.next_end
    }
}
