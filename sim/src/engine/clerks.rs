//! Clerks: the threads that every request of a pool passes on its way in and
//! out, one request (or bundle) at a time, under their interpreter's lock if
//! they are Python. A pool manager or broker has one in a process of its own;
//! executors have their caller, a feeder and a collector in the parent's.

use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::engine::Engine;
use crate::engine::plan::{Cost, NATIVE};
use crate::engine::requests::{NO_REQUEST, Place, RequestId};
use crate::engine::threads::{Activity, Then};
use crate::pool::Dispatcher;

impl<C: CpuScheduler> Engine<'_, C> {
    /// Sends a request (or the bundle that it begins) to the workers.
    #[inline]
    pub(super) fn send_in(&mut self, request: RequestId) {
        let entry = &mut self.requests[request];
        entry.place = Place::Sending;
        if self.plan.pools[entry.pool as usize].parent_copies {
            let mut next = request;
            while next != NO_REQUEST {
                self.parent_copies(next, true);
                next = self.requests[next].next;
            }
        }
        self.go_to_clerk(request);
    }

    /// Takes a request (or bundle) back from a worker.
    #[inline]
    pub(super) fn send_out(&mut self, request: RequestId) {
        let entry = &mut self.requests[request];
        entry.place = Place::Returning;
        entry.clerk = 0;
        if self.plan.pools[entry.pool as usize].parent_copies {
            self.parent_copies(request, false);
        }
        self.go_to_clerk(request);
    }

    /// To the next clerk that has anything to do, or on.
    #[inline]
    fn go_to_clerk(&mut self, request: RequestId) {
        loop {
            let entry = &self.requests[request];
            let (plan, at) = (&self.plan.pools[entry.pool as usize], entry.clerk as usize);
            let inward = entry.place != Place::Returning;
            let clerks = if inward { &plan.inward } else { &plan.outward };
            let Some(&clerk) = clerks.get(at) else {
                return self.past_the_clerks(request, inward);
            };
            let work = self.clerk_cost(request, inward);
            if work > 0.0 {
                let clerk = &mut self.clerks[clerk as usize];
                clerk.queue.push_back((request, work));
                let thread = clerk.thread;
                if self.threads[thread as usize].activity == Activity::Idle {
                    self.wake(thread);
                }
                return;
            }
            self.requests[request].clerk += 1;
        }
    }

    /// CPU time of the clerk that `request` is with, bundle included, in ns.
    #[inline]
    fn clerk_cost(&self, request: RequestId, inward: bool) -> f64 {
        let entry = &self.requests[request];
        let cost = self.cost_here(request, inward).first;
        if entry.next == NO_REQUEST {
            return cost;
        }
        cost + self.cost_of_followers(request, inward)
    }

    /// Of the clerk that `request` is with.
    #[inline]
    fn cost_here(&self, request: RequestId, inward: bool) -> Cost {
        self.cost_at_clerk(self.requests[request].clerk, request, inward)
    }

    #[inline(never)]
    fn cost_of_followers(&self, request: RequestId, inward: bool) -> f64 {
        let clerk = self.requests[request].clerk;
        let followers = self.bundle(request).skip(1);
        followers.map(|id| self.cost_at_clerk(clerk, id, inward).bundled).sum()
    }

    #[inline]
    fn cost_at_clerk(&self, clerk: u8, request: RequestId, inward: bool) -> Cost {
        let entry = &self.requests[request];
        let class = &self.plan.pools[entry.pool as usize].classes[entry.class as usize];
        let costs = if inward { &class.inward } else { &class.outward };
        costs[clerk as usize]
    }

    fn past_the_clerks(&mut self, request: RequestId, inward: bool) {
        if inward {
            self.knock_at_pool(request);
            return;
        }
        let mut next = request;
        while next != NO_REQUEST {
            let request = next;
            let entry = &self.requests[request];
            next = entry.next;
            self.parent_forgets(request);
            self.leaves_pool(request);
        }
    }

    /// The clerk's thread goes on: ends the job in hand, takes the next.
    pub(super) fn clerk_goes_on(&mut self, thread: ThreadId) {
        let clerk = self.clerk_of(thread);
        let in_hand = self.threads[thread as usize].request;
        if in_hand != NO_REQUEST {
            if self.waits_for_pipe(thread, clerk, in_hand) {
                return;
            }
            self.thread(thread).request = NO_REQUEST;
            self.clerks[clerk].busy.down(self.now);
            self.handled(in_hand);
        }
        let Some(&(next, work)) = self.clerks[clerk].queue.front() else {
            self.release(thread, Then::Idle);
            return;
        };
        if !self.acquire(thread, false) || self.honours_drop_request(thread) {
            return;
        }
        self.clerks[clerk].queue.pop_front();
        let pool = self.requests[next].pool as usize;
        let inward = self.requests[next].place != Place::Returning;
        let slept = std::mem::take(&mut self.thread(thread).slept);
        let work = work + if slept { self.cost_here(next, inward).after_sleep } else { 0.0 };
        self.thread(thread).request = next;
        self.clerks[clerk].busy.up(self.now);
        if self.scenario.pools[pool].dispatcher == Dispatcher::Python {
            self.run_locked(thread, work, true);
        } else {
            self.thread(thread).activity = Activity::OnCpu { locked: false, preemptible: false };
            self.put_on_cpu(thread, Demand { work, group: NATIVE, width: 1 });
        }
    }

    /// A pipe holds so much. Of what is larger, writer and reader wake each other
    /// piece by piece, while neither has the lock; true while they do.
    fn waits_for_pipe(&mut self, thread: ThreadId, clerk: usize, request: RequestId) -> bool {
        if std::mem::take(&mut self.clerks[clerk].piped) {
            return false;
        }
        let refills = match self.requests[request].place {
            Place::Sending => self.cost_here(request, true).refills,
            Place::Returning => self.cost_here(request, false).refills,
            _ => 0,
        };
        if refills == 0 {
            return false;
        }
        self.release(thread, Then::Idle);
        // Whoever was asked for the lock goes on once another has it.
        if self.threads[thread as usize].activity == Activity::Idle {
            self.clerks[clerk].piped = true;
            self.wake_in_turns(thread, 2 * refills);
        }
        true
    }

    fn handled(&mut self, request: RequestId) {
        match self.requests[request].place {
            Place::Abandoned => {
                self.discard(request);
            }
            Place::Sending | Place::Returning => {
                self.requests[request].clerk += 1;
                self.go_to_clerk(request);
            }
            place => unreachable!("a clerk holds a request that is {place:?}"),
        }
    }

    /// The parent has the payload of `request`, on its way in or out.
    fn parent_copies(&mut self, request: RequestId, inward: bool) {
        let entry = &mut self.requests[request];
        let class = &self.plan.pools[entry.pool as usize].classes[entry.class as usize];
        entry.in_parent = if inward { class.request_bytes } else { class.response_bytes };
        self.ledger.payload_enters_parent(self.now, entry.in_parent);
    }

    /// The parent has it no more.
    #[inline]
    pub(super) fn parent_forgets(&mut self, request: RequestId) {
        let bytes = std::mem::take(&mut self.requests[request].in_parent);
        if bytes > 0 {
            self.ledger.payload_leaves_parent(self.now, bytes);
        }
    }

    fn clerk_of(&self, thread: ThreadId) -> usize {
        // Few: at most three for each pool.
        self.clerks
            .iter()
            .position(|clerk| clerk.thread == thread)
            .unwrap_or_else(|| unreachable!("thread {thread} is no clerk"))
    }
}
