//! Requests in the system: a table whose entries are used again, so that memory
//! follows the number in the system and not the length of the run.

use crate::engine::plan::{Plan, SegmentPlan};
use crate::kernel::SimTime;
use crate::workload::{SegmentKind, TraceRow};

/// Index into the table.
pub(super) type RequestId = u32;
/// No request.
pub(super) const NO_REQUEST: RequestId = u32::MAX;
/// No worker yet.
pub(super) const NO_WORKER: u32 = u32::MAX;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Entry not in use.
    Free,
    /// A closed load's client is thinking.
    Thinking,
    /// With the dispatcher, on its way in.
    Sending,
    /// In the pool's queue.
    Queued,
    /// In the queue of its worker.
    QueuedAt,
    /// On a worker.
    Serving,
    /// With the dispatcher, on its way out.
    Returning,
    /// Given up while in a queue or with the dispatcher; whoever finds it
    /// there throws it away.
    Abandoned,
}

/// A request in the system.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) class: u32,
    pub(super) worker: u32,
    pub(super) place: Place,
    /// Its fate is sealed (client time-out) though a worker still serves it.
    pub(super) sealed: bool,
    pub(super) scheduled: SimTime,
    pub(super) started: Option<SimTime>,
    /// Segment lengths, alone on an idle host, in ns.
    segments: Vec<u64>,
    segment: u32,
    part: u32,
    /// The worker's own cost is still to be paid.
    prelude: bool,
}

/// The next thing a request does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Needs the lock for so many nanoseconds of CPU.
    Locked { work: f64, preemptible: bool },
    /// Native code without the lock.
    Native { work: f64, width: u32, yielding: bool },
    /// Waits outside for so many nanoseconds.
    Wait { time: u64, yielding: bool },
    /// Served.
    Done,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    entries: Vec<Request>,
    free: Vec<RequestId>,
}

impl Requests {
    /// Takes a new entry for `row`.
    #[inline]
    pub(super) fn insert(&mut self, number: u64, row: &TraceRow, at: SimTime) -> RequestId {
        let id = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Request {
                number: 0,
                class: 0,
                worker: NO_WORKER,
                place: Place::Free,
                sealed: false,
                scheduled: SimTime::ZERO,
                started: None,
                segments: Vec::new(),
                segment: 0,
                part: 0,
                prelude: true,
            });
            self.entries.len() as RequestId - 1
        });
        let entry = &mut self.entries[id as usize];
        debug_assert_eq!(entry.place, Place::Free);
        entry.number = number;
        entry.class = row.class as u32;
        entry.worker = NO_WORKER;
        entry.place = Place::Thinking;
        entry.sealed = false;
        entry.scheduled = at;
        entry.started = None;
        entry.segments.clear();
        entry.segments.extend(row.segments.iter().map(|d| d.0));
        entry.segment = 0;
        entry.part = 0;
        entry.prelude = true;
        id
    }

    /// Gives the entry back.
    #[inline]
    pub(super) fn remove(&mut self, id: RequestId) {
        self.entries[id as usize].place = Place::Free;
        self.free.push(id);
    }

    /// Entries ever in use at once.
    pub(super) fn capacity(&self) -> usize {
        self.entries.len()
    }

    /// Entries in use.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Entries in use, with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RequestId, &Request)> {
        (0..).zip(&self.entries).filter(|(_, entry)| entry.place != Place::Free)
    }

    /// Takes the next step of `id`.
    #[inline]
    pub(super) fn next_step(&mut self, id: RequestId, plan: &Plan) -> Step {
        let entry = &mut self.entries[id as usize];
        let class = entry.class as usize;
        if std::mem::take(&mut entry.prelude) {
            let work = plan.classes[class].worker;
            if work > 0.0 {
                return Step::Locked { work, preemptible: true };
            }
        }
        let Some(&length) = entry.segments.get(entry.segment as usize) else {
            return Step::Done;
        };
        let SegmentPlan { kind, parts, yielding, width, factor } =
            plan.segments[class][entry.segment as usize];
        let share = length as f64 * factor;
        entry.part += 1;
        if entry.part >= parts {
            entry.part = 0;
            entry.segment += 1;
        }
        match kind {
            SegmentKind::Python => Step::Locked { work: share, preemptible: true },
            SegmentKind::LockedNative => Step::Locked { work: share, preemptible: false },
            SegmentKind::Native { .. } => Step::Native { work: share, width, yielding },
            SegmentKind::Wait => Step::Wait { time: (share + 0.5) as u64, yielding },
        }
    }
}

impl std::ops::Index<RequestId> for Requests {
    type Output = Request;
    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.entries[id as usize]
    }
}

impl std::ops::IndexMut<RequestId> for Requests {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.entries[id as usize]
    }
}
