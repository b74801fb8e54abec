//! Which calendar slot belongs to whom.

use crate::cpu::ThreadId;
use crate::engine::requests::RequestId;
use crate::kernel::Slot;

/// A decoded slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Arrival,
    Starter,
    Snapshot,
    QueueTimeout,
    ClientTimeout(u32),
    Lock(u32),
    Thread(ThreadId),
    Request(RequestId),
}

/// Layout: four single slots, then classes, locks, threads and, last because
/// their number grows, requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    locks_from: u32,
    threads_from: u32,
    requests_from: u32,
}

const SINGLE: u32 = 4;

impl Slots {
    pub(super) fn new(classes: usize, locks: usize, threads: usize) -> Self {
        let locks_from = SINGLE + classes as u32;
        let threads_from = locks_from + locks as u32;
        Self { locks_from, threads_from, requests_from: threads_from + threads as u32 }
    }

    /// Slots needed for `requests` requests in the system.
    pub(super) fn count(&self, requests: usize) -> usize {
        self.requests_from as usize + requests
    }

    pub(super) fn arrival(&self) -> Slot {
        0
    }
    pub(super) fn starter(&self) -> Slot {
        1
    }
    pub(super) fn snapshot(&self) -> Slot {
        2
    }
    pub(super) fn queue_timeout(&self) -> Slot {
        3
    }
    pub(super) fn client_timeout(&self, class: u32) -> Slot {
        SINGLE + class
    }
    pub(super) fn lock(&self, lock: u32) -> Slot {
        self.locks_from + lock
    }
    pub(super) fn thread(&self, thread: ThreadId) -> Slot {
        self.threads_from + thread
    }
    pub(super) fn request(&self, request: RequestId) -> Slot {
        self.requests_from + request
    }

    #[inline]
    pub(super) fn source(&self, slot: Slot) -> Source {
        match slot {
            0 => Source::Arrival,
            1 => Source::Starter,
            2 => Source::Snapshot,
            3 => Source::QueueTimeout,
            s if s >= self.requests_from => Source::Request(s - self.requests_from),
            s if s >= self.threads_from => Source::Thread(s - self.threads_from),
            s if s >= self.locks_from => Source::Lock(s - self.locks_from),
            s => Source::ClientTimeout(s - SINGLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_decodes_to_its_owner() {
        let slots = Slots::new(2, 3, 4);
        for (slot, source) in [
            (slots.arrival(), Source::Arrival),
            (slots.starter(), Source::Starter),
            (slots.snapshot(), Source::Snapshot),
            (slots.queue_timeout(), Source::QueueTimeout),
            (slots.client_timeout(1), Source::ClientTimeout(1)),
            (slots.lock(0), Source::Lock(0)),
            (slots.lock(2), Source::Lock(2)),
            (slots.thread(3), Source::Thread(3)),
            (slots.request(9), Source::Request(9)),
        ] {
            assert_eq!(slots.source(slot), source);
        }
        assert_eq!(slots.count(10), slots.request(9) as usize + 1);
    }
}
