//! The event calendar.
//!
//! A slot is a source of events (the next arrival, the end of a thread's wait,
//! the next change on the cores) and has at most one event pending, which can be
//! moved or cancelled. Events come out in the order (time, rank, sequence):
//! rank says what goes first at one instant, sequence keeps first-scheduled
//! first-served among equals.

use crate::kernel::SimTime;
use crate::kernel::slot_heap::SlotHeap;

/// A source of events; numbered by whoever makes the calendar.
pub type Slot = u32;

/// Bits of the key below the rank.
const SEQUENCE_BITS: u32 = 56;

/// Pending events, one per slot.
///
/// ```
/// use sim::kernel::{Calendar, SimTime};
/// let mut calendar = Calendar::with_slots(2);
/// calendar.schedule(0, SimTime(20), 0);
/// calendar.schedule(1, SimTime(10), 0);
/// calendar.schedule(1, SimTime(30), 0); // moved, not added
/// assert_eq!(calendar.pop(), Some((SimTime(20), 0)));
/// assert_eq!(calendar.pop(), Some((SimTime(30), 1)));
/// assert_eq!(calendar.pop(), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    heap: SlotHeap,
    sequence: u64,
}

impl Calendar {
    /// An empty calendar with slots `0..slots`.
    pub fn with_slots(slots: usize) -> Self {
        let mut calendar = Self::default();
        calendar.reserve_slots(slots);
        calendar
    }

    /// Makes sure that slots `0..slots` exist.
    pub fn reserve_slots(&mut self, slots: usize) {
        self.heap.reserve_slots(slots);
    }

    /// Schedules the slot's event for `at`, instead of the pending one if there
    /// is one. Among events of one instant a lower `rank` comes first.
    #[inline]
    pub fn schedule(&mut self, slot: Slot, at: SimTime, rank: u8) {
        self.sequence += 1;
        let low = u64::from(rank) << SEQUENCE_BITS | self.sequence;
        self.heap.set(slot, u128::from(at.0) << 64 | u128::from(low));
    }

    /// Drops the slot's pending event, if any.
    #[inline]
    pub fn cancel(&mut self, slot: Slot) {
        self.heap.remove(slot);
    }

    /// When the next event is due.
    #[inline]
    pub fn next_due(&mut self) -> Option<SimTime> {
        self.heap.peek().map(|(key, _)| SimTime((key >> 64) as u64))
    }

    /// Takes the next event out: its time and slot.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, Slot)> {
        self.heap.pop().map(|(key, slot)| (SimTime((key >> 64) as u64), slot))
    }

    /// When the slot's event is due, if one is pending.
    #[inline]
    pub fn due(&self, slot: Slot) -> Option<SimTime> {
        self.heap.key_of(slot).map(|key| SimTime((key >> 64) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_goes_by_rank_then_by_sequence() {
        let mut calendar = Calendar::with_slots(4);
        let noon = SimTime(12);
        calendar.schedule(0, noon, 2);
        calendar.schedule(1, noon, 1);
        calendar.schedule(2, noon, 2);
        calendar.schedule(3, noon, 1);
        let order: Vec<Slot> =
            std::iter::from_fn(|| calendar.pop()).map(|(_, slot)| slot).collect();
        assert_eq!(order, [1, 3, 0, 2]);
    }

    #[test]
    fn cancelled_events_do_not_come() {
        let mut calendar = Calendar::with_slots(1);
        calendar.schedule(0, SimTime(5), 0);
        assert_eq!(calendar.due(0), Some(SimTime(5)));
        calendar.cancel(0);
        assert_eq!(calendar.due(0), None);
        assert_eq!(calendar.pop(), None);
    }
}
