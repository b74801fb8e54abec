//! Which calendar slot belongs to whom.

use crate::cpu::ThreadId;
use crate::engine::requests::RequestId;
use crate::kernel::Slot;

/// A decoded slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Arrival,
    Snapshot,
    /// A pool's starter has paused long enough.
    Starter(u32),
    /// A pool's patience with the first of its queue is over.
    QueueTimeout(u32),
    /// A pool's bundle has waited long enough.
    Bundle(u32),
    /// A pool checks its workers.
    Tick(u32),
    ClientTimeout(u32),
    Lock(u32),
    /// A worker's phase changes.
    Life(u32),
    /// A worker crashes by itself.
    Crash(u32),
    /// Somebody looks whether a worker hangs.
    Watchdog(u32),
    Thread(ThreadId),
    Request(RequestId),
}

/// How many there are of each, requests excepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) pools: u32,
    pub(super) classes: u32,
    pub(super) locks: u32,
    pub(super) workers: u32,
    pub(super) threads: u32,
}

/// Layout: two single slots, then by pool, class, lock, worker and thread and,
/// last because their number grows, requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    classes_from: u32,
    locks_from: u32,
    workers_from: u32,
    threads_from: u32,
    requests_from: u32,
}

const SINGLE: u32 = 2;
const PER_POOL: u32 = 4;
const PER_WORKER: u32 = 3;

impl Slots {
    pub(super) fn new(counts: Counts) -> Self {
        let classes_from = SINGLE + PER_POOL * counts.pools;
        let locks_from = classes_from + counts.classes;
        let workers_from = locks_from + counts.locks;
        let threads_from = workers_from + PER_WORKER * counts.workers;
        let requests_from = threads_from + counts.threads;
        Self { classes_from, locks_from, workers_from, threads_from, requests_from }
    }

    /// Slots needed for `requests` requests in the system.
    pub(super) fn count(&self, requests: usize) -> usize {
        self.requests_from as usize + requests
    }

    pub(super) fn arrival(&self) -> Slot {
        0
    }
    pub(super) fn snapshot(&self) -> Slot {
        1
    }
    pub(super) fn starter(&self, pool: u32) -> Slot {
        SINGLE + PER_POOL * pool
    }
    pub(super) fn queue_timeout(&self, pool: u32) -> Slot {
        SINGLE + PER_POOL * pool + 1
    }
    pub(super) fn bundle(&self, pool: u32) -> Slot {
        SINGLE + PER_POOL * pool + 2
    }
    pub(super) fn tick(&self, pool: u32) -> Slot {
        SINGLE + PER_POOL * pool + 3
    }
    pub(super) fn client_timeout(&self, class: u32) -> Slot {
        self.classes_from + class
    }
    pub(super) fn lock(&self, lock: u32) -> Slot {
        self.locks_from + lock
    }
    pub(super) fn life(&self, worker: u32) -> Slot {
        self.workers_from + PER_WORKER * worker
    }
    pub(super) fn crash(&self, worker: u32) -> Slot {
        self.workers_from + PER_WORKER * worker + 1
    }
    pub(super) fn watchdog(&self, worker: u32) -> Slot {
        self.workers_from + PER_WORKER * worker + 2
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
            1 => Source::Snapshot,
            s if s >= self.requests_from => Source::Request(s - self.requests_from),
            s if s >= self.threads_from => Source::Thread(s - self.threads_from),
            s if s >= self.workers_from => {
                let worker = (s - self.workers_from) / PER_WORKER;
                match (s - self.workers_from) % PER_WORKER {
                    0 => Source::Life(worker),
                    1 => Source::Crash(worker),
                    _ => Source::Watchdog(worker),
                }
            }
            s if s >= self.locks_from => Source::Lock(s - self.locks_from),
            s if s >= self.classes_from => Source::ClientTimeout(s - self.classes_from),
            s => {
                let pool = (s - SINGLE) / PER_POOL;
                match (s - SINGLE) % PER_POOL {
                    0 => Source::Starter(pool),
                    1 => Source::QueueTimeout(pool),
                    2 => Source::Bundle(pool),
                    _ => Source::Tick(pool),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_decodes_to_its_owner() {
        let counts = Counts { pools: 2, classes: 2, locks: 3, workers: 4, threads: 5 };
        let slots = Slots::new(counts);
        for (slot, source) in [
            (slots.arrival(), Source::Arrival),
            (slots.snapshot(), Source::Snapshot),
            (slots.starter(0), Source::Starter(0)),
            (slots.queue_timeout(1), Source::QueueTimeout(1)),
            (slots.bundle(0), Source::Bundle(0)),
            (slots.tick(1), Source::Tick(1)),
            (slots.client_timeout(1), Source::ClientTimeout(1)),
            (slots.lock(0), Source::Lock(0)),
            (slots.lock(2), Source::Lock(2)),
            (slots.life(0), Source::Life(0)),
            (slots.crash(3), Source::Crash(3)),
            (slots.watchdog(3), Source::Watchdog(3)),
            (slots.thread(4), Source::Thread(4)),
            (slots.request(9), Source::Request(9)),
        ] {
            assert_eq!(slots.source(slot), source);
        }
        assert_eq!(slots.count(10), slots.request(9) as usize + 1);
    }
}
