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
        let inward = self.requests[request].place != Place::Returning;
        while let Some((clerk, cost)) = self.at_clerk(request, inward) {
            if cost.first > 0.0 {
                if !inward {
                    self.worker_handler_sees(request);
                }
                let clerk = &mut self.clerks[clerk as usize];
                clerk.queue.push_back((request, cost));
                let thread = clerk.thread;
                if self.threads[thread as usize].activity == Activity::Idle {
                    self.wake(thread);
                }
                return;
            }
            self.requests[request].clerk += 1;
        }
        self.past_the_clerks(request, inward);
    }

    /// The clerk that `request` is with, unless it has passed them all, and its
    /// cost there, bundle included.
    #[inline]
    fn at_clerk(&self, request: RequestId, inward: bool) -> Option<(u32, Cost)> {
        let entry = &self.requests[request];
        let (plan, at) = (&self.plan.pools[entry.pool as usize], entry.clerk as usize);
        let clerk = *if inward { &plan.inward } else { &plan.outward }.get(at)?;
        let mut cost = plan.classes[entry.class as usize].at_clerk(at, inward);
        if entry.next != NO_REQUEST {
            cost.first += self.cost_of_followers(request, at, inward);
        }
        Some((clerk, cost))
    }

    #[inline(never)]
    fn cost_of_followers(&self, request: RequestId, at: usize, inward: bool) -> f64 {
        let classes = &self.plan.pools[self.requests[request].pool as usize].classes;
        let class = |id: RequestId| &classes[self.requests[id].class as usize];
        let followers = self.bundle(request).skip(1);
        followers.map(|id| class(id).at_clerk(at, inward).bundled).sum()
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
        let Some(&(next, cost)) = self.clerks[clerk].queue.front() else {
            self.release(thread, Then::Idle);
            return;
        };
        if !self.acquire(thread, false) || self.honours_drop_request(thread) {
            return;
        }
        self.clerks[clerk].queue.pop_front();
        let pool = self.requests[next].pool as usize;
        let entry = self.thread(thread);
        entry.request = next;
        let slept = entry.slept.take();
        let work = cost.first + self.plan.cold(slept, cost.after_sleep);
        self.clerks[clerk].refills = cost.refills;
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
        let refills = self.clerks[clerk].refills;
        if refills == 0 || self.requests[request].place == Place::Abandoned {
            return false;
        }
        self.release(thread, Then::Idle);
        // Whoever was asked for the lock goes on once another has it.
        if self.threads[thread as usize].activity == Activity::Idle {
            self.clerks[clerk].refills = 0;
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
