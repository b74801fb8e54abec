//! Requests in the system: a table whose entries are used again, so that memory
//! follows the number in the system and not the length of the run.

use crate::engine::plan::{ClassPlan, SegmentPlan};
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
    /// Waits for its key or for room, before the first clerk.
    Held,
    /// In a bundle: the bundle's first request stands for it, or it waits for
    /// its turn on the worker, or for the others' results.
    Bundled,
    /// With a clerk, on its way in.
    Sending,
    /// In the pool's queue.
    Queued,
    /// In the queue of its worker.
    QueuedAt,
    /// On a worker.
    Serving,
    /// With a clerk, on its way out.
    Returning,
    /// Given up while in a queue or with a clerk; whoever finds it there
    /// throws it away.
    Abandoned,
}

/// What will become of a request besides being served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Doom {
    #[default]
    None,
    /// Half way through it kills its worker.
    Crash,
    /// Half way through it stops for ever.
    Hang,
}

/// A request in the system.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) key: u64,
    pub(super) class: u32,
    /// The pool that it is at, and which hop of its route that is.
    pub(super) pool: u32,
    pub(super) hop: u32,
    pub(super) worker: u32,
    pub(super) place: Place,
    /// Which clerk of the pool's way in or out it is with.
    pub(super) clerk: u8,
    pub(super) doom: Doom,
    /// Its fate is sealed (client time-out) though a worker still serves it.
    pub(super) sealed: bool,
    /// It hangs.
    pub(super) hangs: bool,
    /// It came while a worker was down, and has not waited yet.
    pub(super) came_in_outage: bool,
    pub(super) scheduled: SimTime,
    /// When it came to its present pool, and when a worker there began.
    pub(super) at_pool: SimTime,
    pub(super) begun: Option<SimTime>,
    /// When a worker first began.
    pub(super) started: Option<SimTime>,
    /// The first and the next request of its bundle.
    pub(super) first: RequestId,
    pub(super) next: RequestId,
    /// Payload of it that the parent holds, in bytes.
    pub(super) in_parent: u64,
    /// Segment lengths, alone on an idle host, in ns.
    segments: Vec<u64>,
    segment: u32,
    /// First segment of the next hop.
    until: u32,
    part: u32,
    /// The worker's own costs before and after are still to be paid.
    prelude: bool,
    postlude: bool,
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

impl Request {
    fn empty() -> Self {
        Self {
            number: 0,
            key: 0,
            class: 0,
            pool: 0,
            hop: 0,
            worker: NO_WORKER,
            place: Place::Free,
            clerk: 0,
            doom: Doom::None,
            sealed: false,
            hangs: false,
            came_in_outage: false,
            scheduled: SimTime::ZERO,
            at_pool: SimTime::ZERO,
            begun: None,
            started: None,
            first: NO_REQUEST,
            next: NO_REQUEST,
            in_parent: 0,
            segments: Vec::new(),
            segment: 0,
            until: 0,
            part: 0,
            prelude: true,
            postlude: true,
        }
    }

    /// Goes to `pool` for the segments from `from` to `until`.
    #[inline]
    pub(super) fn go_to(&mut self, now: SimTime, pool: u32, from: u32, until: u32) {
        self.pool = pool;
        self.worker = NO_WORKER;
        self.clerk = 0;
        self.at_pool = now;
        self.begun = None;
        self.first = NO_REQUEST;
        self.next = NO_REQUEST;
        self.segment = from;
        self.until = until;
        self.part = 0;
        self.prelude = true;
        self.postlude = true;
    }

    /// What the worker does before the first segment, once, in ns of bytecode.
    #[inline]
    fn prelude(&mut self, id: RequestId, plan: &ClassPlan) -> Option<f64> {
        if !std::mem::take(&mut self.prelude) {
            return None;
        }
        let leads = self.first == NO_REQUEST || self.first == id;
        let work = if leads { plan.before.first } else { plan.before.bundled };
        (work > 0.0).then_some(work)
    }

    /// The next step, if that is bytecode, in ns: a segment, or what the worker
    /// does after the last one, once.
    #[inline]
    fn bytecode(&mut self, plan: &ClassPlan) -> Option<f64> {
        if self.segment >= self.until {
            let pays = std::mem::take(&mut self.postlude) && self.doom == Doom::None;
            return (pays && plan.after > 0.0).then_some(plan.after);
        }
        let segment = &plan.segments[self.segment as usize];
        matches!(segment.kind, SegmentKind::Python).then(|| self.next_part(segment))
    }

    /// The next step, which is no bytecode.
    #[inline]
    fn other_step(&mut self, plan: &ClassPlan) -> Step {
        if self.segment >= self.until {
            return Step::Done;
        }
        let segment = &plan.segments[self.segment as usize];
        let SegmentPlan { kind, yielding, width, .. } = *segment;
        let share = self.next_part(segment);
        match kind {
            SegmentKind::Python => Step::Locked { work: share, preemptible: true },
            SegmentKind::LockedNative => Step::Locked { work: share, preemptible: false },
            SegmentKind::Native { .. } => Step::Native { work: share, width, yielding },
            SegmentKind::Wait => Step::Wait { time: (share + 0.5) as u64, yielding },
        }
    }

    /// How long the next part of the present segment takes, in ns.
    #[inline]
    fn next_part(&mut self, segment: &SegmentPlan) -> f64 {
        let length = self.segments[self.segment as usize];
        self.part += 1;
        if self.part >= segment.parts {
            self.part = 0;
            self.segment += 1;
        }
        length as f64 * segment.factor
    }

    /// Ends half way through what it would do here.
    pub(super) fn halve(&mut self) {
        let (from, until) = (self.segment as usize, self.until as usize);
        for length in &mut self.segments[from..until] {
            *length /= 2;
        }
    }
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
            self.entries.push(Request::empty());
            self.entries.len() as RequestId - 1
        });
        let entry = &mut self.entries[id as usize];
        debug_assert_eq!(entry.place, Place::Free);
        entry.number = number;
        entry.key = row.key;
        entry.class = row.class as u32;
        entry.hop = 0;
        entry.worker = NO_WORKER;
        entry.place = Place::Thinking;
        entry.doom = Doom::None;
        entry.sealed = false;
        entry.hangs = false;
        entry.came_in_outage = false;
        entry.scheduled = at;
        entry.started = None;
        entry.segments.clear();
        entry.segments.extend(row.segments.iter().map(|d| d.0));
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

    /// Takes the next step of `id`, whose class costs `plan` in its pool. Stretches
    /// of bytecode that follow each other are one: a thread does not stop between
    /// what its pool costs and what the request does.
    #[inline]
    pub(super) fn next_step(&mut self, id: RequestId, plan: &ClassPlan) -> Step {
        let entry = &mut self.entries[id as usize];
        let mut bytecode = entry.prelude(id, plan);
        while let Some(work) = entry.bytecode(plan) {
            bytecode = Some(bytecode.unwrap_or(0.0) + work);
        }
        match bytecode {
            Some(work) => Step::Locked { work, preemptible: true },
            None => entry.other_step(plan),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::plan::Cost;
    use crate::kernel::SimDuration;

    /// The steps of a request of segments of these kinds, of 10, 20, ... ns, which
    /// costs its worker 1 ns before and 2 after.
    fn steps(kinds: &[SegmentKind], doom: Doom) -> Vec<Step> {
        let segment =
            |&kind| SegmentPlan { kind, parts: 1, yielding: false, width: 1, factor: 1.0 };
        let plan = ClassPlan {
            inward: Vec::new(),
            outward: Vec::new(),
            before: Cost { first: 1.0, ..Cost::default() },
            after: 2.0,
            request_bytes: 0,
            response_bytes: 0,
            segments: kinds.iter().map(segment).collect(),
        };
        let lengths = (1..=kinds.len() as u64).map(|n| SimDuration(10 * n)).collect();
        let row = TraceRow { segments: lengths, ..TraceRow::default() };
        let mut requests = Requests::default();
        let id = requests.insert(0, &row, SimTime::ZERO);
        requests[id].doom = doom;
        requests[id].go_to(SimTime::ZERO, 0, 0, kinds.len() as u32);
        let steps = std::iter::repeat_with(|| requests.next_step(id, &plan));
        steps.take_while(|step| *step != Step::Done).collect()
    }

    fn bytecode(work: f64) -> Step {
        Step::Locked { work, preemptible: true }
    }

    #[test]
    fn bytecode_is_one_stretch_until_something_else_comes() {
        use SegmentKind::{LockedNative, Python, Wait};
        assert_eq!(steps(&[], Doom::None), [bytecode(3.0)]);
        assert_eq!(steps(&[Python, Python], Doom::None), [bytecode(1.0 + 10.0 + 20.0 + 2.0)]);
        let wait = Step::Wait { time: 20, yielding: false };
        assert_eq!(steps(&[Python, Wait], Doom::None), [bytecode(11.0), wait, bytecode(2.0)]);
        let locked = Step::Locked { work: 10.0, preemptible: false };
        assert_eq!(
            steps(&[LockedNative, Python], Doom::None),
            [bytecode(1.0), locked, bytecode(22.0)]
        );
    }

    #[test]
    fn who_meets_its_doom_does_nothing_afterwards() {
        assert_eq!(steps(&[SegmentKind::Python], Doom::Crash), [bytecode(11.0)]);
    }
}
