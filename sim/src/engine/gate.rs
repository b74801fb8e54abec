//! The door of a pool: room for requests under way, one request at a time of a
//! key, and bundles.
//!
//! A request that finds its key busy waits for it; one that has its key waits
//! for room, first come, first served. Both are given back when the pool is
//! done with the request and its result has been taken.

use std::collections::VecDeque;

use crate::cpu::CpuScheduler;
use crate::engine::lives::Chore;
use crate::engine::plan::PoolPlan;
use crate::engine::requests::{NO_REQUEST, Place, RequestId};
use crate::engine::{Engine, rank};
use crate::experiment::Fate;
use crate::pool::Ordering;
use crate::workload::KeySpace;

/// The door's state.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    /// Is there any limit at all?
    closed: bool,
    /// Requests that passed and are not back.
    under_way: u64,
    /// Requests that wait for room.
    held: VecDeque<RequestId>,
    lanes: Vec<Lane>,
    ordering: Ordering,
    partitions: u64,
    forming: Option<Forming>,
}

/// One key, or one partition.
#[derive(Clone, Debug, Default)]
struct Lane {
    busy: bool,
    waiting: VecDeque<RequestId>,
}

/// A bundle that is not full yet.
#[derive(Clone, Copy, Debug)]
struct Forming {
    first: RequestId,
    last: RequestId,
    length: u32,
}

impl Gate {
    pub(super) fn new(plan: &PoolPlan, keys: Option<KeySpace>) -> Self {
        let lanes = match (plan.ordering, keys) {
            (Ordering::ByKey, Some(keys)) => keys.count,
            (Ordering::ByPartition, Some(keys)) => keys.partitions,
            _ => 0,
        };
        Self {
            closed: plan.beyond.is_some()
                || plan.max_in_flight < u64::MAX
                || lanes > 0
                || plan.bundling.is_some(),
            under_way: 0,
            held: VecDeque::new(),
            lanes: vec![Lane::default(); lanes as usize],
            ordering: plan.ordering,
            partitions: keys.map_or(1, |keys| keys.partitions),
            forming: None,
        }
    }

    /// Does it hold requests back, rather than the workers' queue?
    #[inline]
    pub(super) fn holds(&self) -> bool {
        self.closed
    }

    /// One that passed was turned away by the workers' queue.
    pub(super) fn turned_away(&mut self) {
        self.under_way -= 1;
    }

    fn lane(&mut self, key: u64) -> Option<&mut Lane> {
        let index = match self.ordering {
            Ordering::Unordered => return None,
            Ordering::ByKey => key,
            Ordering::ByPartition => key % self.partitions,
        };
        self.lanes.get_mut(index as usize)
    }

    fn has_room(&self, plan: &PoolPlan, slots_up: u64) -> bool {
        self.under_way < plan.max_in_flight
            && plan.beyond.is_none_or(|beyond| self.under_way < slots_up + beyond)
    }
}

impl<C: CpuScheduler> Engine<'_, C> {
    /// `request` is at the door of its pool.
    #[inline]
    pub(super) fn come_to_pool(&mut self, request: RequestId) {
        let pool = self.requests[request].pool as usize;
        if !self.pools[pool].gate.closed {
            self.pass_gate(request);
            return;
        }
        let key = self.requests[request].key;
        let slots_up = self.pools[pool].slots_up;
        let gate = &mut self.pools[pool].gate;
        let waits = gate.lane(key).is_some_and(|lane| lane.busy);
        let has_room = gate.held.is_empty() && gate.has_room(&self.plan.pools[pool], slots_up);
        if !waits && has_room {
            self.take_lane(pool, key);
            self.pass_gate(request);
            return;
        }
        if self.refused(request) {
            return;
        }
        self.enter_queue(request, Place::Held);
        let gate = &mut self.pools[pool].gate;
        match gate.lane(key) {
            Some(lane) if waits => lane.waiting.push_back(request),
            _ => {
                self.take_lane(pool, key);
                self.pools[pool].gate.held.push_back(request);
            }
        }
    }

    /// Rejects `request` if its pool's queue is full.
    pub(super) fn refused(&mut self, request: RequestId) -> bool {
        let pool = self.requests[request].pool as usize;
        if self.pools[pool].queued < self.plan.pools[pool].queue_cap {
            return false;
        }
        self.seal(request, Fate::Rejected);
        self.requests.remove(request);
        true
    }

    fn take_lane(&mut self, pool: usize, key: u64) {
        if let Some(lane) = self.pools[pool].gate.lane(key) {
            lane.busy = true;
        }
    }

    /// `request` is under way from now on.
    #[inline]
    fn pass_gate(&mut self, request: RequestId) {
        let pool = self.requests[request].pool as usize;
        self.pools[pool].gate.under_way += 1;
        match self.plan.pools[pool].bundling {
            Some(bundling) => self.join_bundle(request, pool, bundling.size),
            None => self.send_in(request),
        }
    }

    /// The pool is done with `request`, whose entry still stands: its key and
    /// its room are free.
    #[inline]
    pub(super) fn leave_pool(&mut self, request: RequestId) {
        let entry = &self.requests[request];
        let (pool, key) = (entry.pool as usize, entry.key);
        let gate = &mut self.pools[pool].gate;
        gate.under_way -= 1;
        if gate.closed {
            self.free_lane(pool, key);
            // Not at once: a policy may be giving out slots at this moment.
            self.chores.push(Chore::LetIn(pool as u32));
        }
    }

    /// The next request of the key may go and wait for room.
    fn free_lane(&mut self, pool: usize, key: u64) {
        loop {
            let gate = &mut self.pools[pool].gate;
            let Some(lane) = gate.lane(key) else { return };
            let Some(next) = lane.waiting.pop_front() else {
                lane.busy = false;
                return;
            };
            if self.requests[next].place == Place::Held {
                gate.held.push_back(next);
                return;
            }
            self.requests.remove(next);
        }
    }

    /// Lets requests in for which there is room now.
    pub(super) fn let_in(&mut self, pool: usize) {
        loop {
            let state = &mut self.pools[pool];
            if !state.gate.has_room(&self.plan.pools[pool], state.slots_up) {
                return;
            }
            let Some(next) = state.gate.held.pop_front() else { return };
            if self.requests[next].place == Place::Held {
                self.leave_queue(next);
                self.pass_gate(next);
            } else {
                let key = self.requests[next].key;
                self.requests.remove(next);
                self.free_lane(pool, key);
            }
        }
    }

    fn join_bundle(&mut self, request: RequestId, pool: usize, size: u32) {
        let entry = &mut self.requests[request];
        entry.place = Place::Bundled;
        let gate = &mut self.pools[pool].gate;
        let length = match &mut gate.forming {
            Some(forming) => {
                self.requests[forming.last].next = request;
                self.requests[request].first = forming.first;
                forming.last = request;
                forming.length += 1;
                forming.length
            }
            None => {
                self.requests[request].first = request;
                gate.forming = Some(Forming { first: request, last: request, length: 1 });
                let wait = self.plan.pools[pool].bundling.map_or_else(Default::default, |b| b.wait);
                let slot = self.slots.bundle(pool as u32);
                self.calendar.schedule(slot, self.now + wait, rank::BUNDLE);
                1
            }
        };
        if length >= size {
            self.send_bundle(pool);
        }
    }

    /// The bundle goes, full or not.
    pub(super) fn send_bundle(&mut self, pool: usize) {
        self.calendar.cancel(self.slots.bundle(pool as u32));
        if let Some(forming) = self.pools[pool].gate.forming.take() {
            self.send_in(forming.first);
        }
    }

    /// `first` and what follows it in its bundle, in order.
    pub(super) fn bundle(&self, first: RequestId) -> impl Iterator<Item = RequestId> {
        let follow = |id: RequestId| (id != NO_REQUEST).then_some(id);
        std::iter::successors(follow(first), move |&id| follow(self.requests[id].next))
    }
}
