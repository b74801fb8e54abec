//! The memory ledger: proportional and resident set sizes of the pool and its
//! Python parent.
//!
//! PSS counts every page once over all processes, RSS counts it in each. A
//! forked child shares its parent's pages until reference counts and the
//! collector write to them; then both have a copy and the PSS grows.

use crate::experiment::MemoryOutcome;
use crate::host::Host;
use crate::kernel::SimTime;
use crate::pool::{Concurrency, Dispatcher, PoolConfig, StartMethod};
use crate::workload::Runtime;

/// What processes of a pool hold, by the way they are started, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MemoryPlan {
    /// Python processes that are not workers: parent, fork server.
    pub(crate) parents: u64,
    /// Shared libraries: in PSS once, in RSS per process.
    pub(crate) libraries: u64,
    /// Number of those processes.
    pub(crate) parent_processes: u64,
    /// A worker's own pages when ready.
    pub(crate) worker_private: u64,
    /// A worker's pages that it shares with its parent.
    pub(crate) worker_shared: u64,
    /// Share of the shared pages that end up private.
    pub(crate) cow_plateau: f64,
    /// Share of the rest of that plateau that one request makes private.
    pub(crate) cow_step: f64,
    /// One more request in service.
    pub(crate) per_request: u64,
}

impl MemoryPlan {
    pub(crate) fn new(host: &Host, runtime: &Runtime, pool: &PoolConfig) -> Self {
        let memory = &host.memory;
        let interpreter = memory.interpreter.value;
        let loaded = interpreter + runtime.import_bytes;
        let inside = match pool.profile.concurrency {
            Concurrency::Threads(n) => u64::from(n) * memory.thread.value,
            Concurrency::Interpreters(n) => {
                u64::from(n - 1) * (memory.subinterpreter.value + runtime.import_bytes)
                    + u64::from(n) * memory.thread.value
            }
            Concurrency::Serial | Concurrency::EventLoop(_) => 0,
        };
        let per_request = match pool.profile.concurrency {
            Concurrency::EventLoop(_) => memory.task.value,
            _ => 0,
        };
        let python_parent = pool.dispatcher == Dispatcher::Python;
        let (parents, parent_processes, worker_private, worker_shared) = if pool.in_parent() {
            (0, 0, loaded, 0)
        } else {
            let parent = if python_parent { loaded } else { 0 };
            let processes = u64::from(python_parent);
            match pool.start_method {
                StartMethod::Fork => (loaded, 1, 0, loaded),
                StartMethod::Forkserver => {
                    (parent + interpreter, processes + 1, runtime.import_bytes, interpreter)
                }
                StartMethod::Spawn => (parent, processes, loaded, 0),
            }
        };
        Self {
            parents,
            libraries: memory.shared_libraries.value,
            parent_processes,
            worker_private: worker_private + inside,
            worker_shared,
            cow_plateau: memory.cow_plateau.value,
            cow_step: 1.0 - (-1.0 / memory.cow_requests.value.max(f64::MIN_POSITIVE)).exp(),
            per_request,
        }
    }

    /// PSS of the whole pool once ready and idle.
    pub(crate) fn idle_pss(&self, workers: u32) -> u64 {
        self.parents
            .saturating_add(self.libraries)
            .saturating_add(u64::from(workers).saturating_mul(self.worker_private))
    }
}

/// Running totals, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    plan: MemoryPlan,
    limit: u64,
    pss: u64,
    rss: u64,
    /// Pages that each worker has made private.
    unshared: Vec<f64>,
    processes: u64,
    outcome: MemoryOutcome,
}

impl Ledger {
    pub(crate) fn new(plan: MemoryPlan, workers: u32, limit: u64) -> Self {
        let mut ledger = Self {
            plan,
            limit,
            pss: 0,
            rss: 0,
            unshared: vec![0.0; workers as usize],
            processes: 0,
            outcome: MemoryOutcome { idle_pss: plan.idle_pss(workers), ..Default::default() },
        };
        for _ in 0..plan.parent_processes {
            ledger.map_libraries();
        }
        ledger.add(SimTime::ZERO, plan.parents, plan.parents);
        ledger
    }

    fn map_libraries(&mut self) {
        self.pss += if self.processes == 0 { self.plan.libraries } else { 0 };
        self.rss += self.plan.libraries;
        self.processes += 1;
    }

    fn add(&mut self, now: SimTime, pss: u64, rss: u64) {
        self.pss = self.pss.saturating_add(pss);
        self.rss = self.rss.saturating_add(rss);
        self.outcome.peak_pss = self.outcome.peak_pss.max(self.pss);
        self.outcome.peak_rss = self.outcome.peak_rss.max(self.rss);
        if self.pss > self.limit && self.outcome.over_limit_at.is_none() {
            self.outcome.over_limit_at = Some(now);
        }
    }

    /// A worker is ready.
    pub(crate) fn worker_ready(&mut self, now: SimTime) {
        self.map_libraries();
        let (private, shared) = (self.plan.worker_private, self.plan.worker_shared);
        self.add(now, private, private.saturating_add(shared));
    }

    /// A request with `bytes` of working set starts.
    #[inline]
    pub(crate) fn request_starts(&mut self, now: SimTime, bytes: u64) {
        let bytes = bytes.saturating_add(self.plan.per_request);
        if bytes > 0 {
            self.add(now, bytes, bytes);
        }
    }

    /// A request with `bytes` of working set ends on `worker`.
    #[inline]
    pub(crate) fn request_ends(&mut self, now: SimTime, worker: u32, bytes: u64) {
        let bytes = bytes.saturating_add(self.plan.per_request);
        self.pss = self.pss.saturating_sub(bytes);
        self.rss = self.rss.saturating_sub(bytes);
        if self.plan.worker_shared > 0 {
            let unshared = &mut self.unshared[worker as usize];
            let plateau = self.plan.cow_plateau * self.plan.worker_shared as f64;
            let before = *unshared as u64;
            *unshared += (plateau - *unshared) * self.plan.cow_step;
            let more = *unshared as u64 - before;
            self.add(now, more, 0);
        }
    }

    /// What one more request in service holds beside its working set.
    pub(crate) fn per_request(&self) -> u64 {
        self.plan.per_request
    }

    /// Proportional and resident totals now.
    pub(crate) fn totals(&self) -> (u64, u64) {
        (self.pss, self.rss)
    }

    /// Asserts that the totals are the sum of their parts, and gives the
    /// outcome. `in_service` is what running requests hold.
    pub(crate) fn close(&self, ready_workers: u32, in_service: u64) -> MemoryOutcome {
        let plan = &self.plan;
        let libraries = if self.processes > 0 { plan.libraries } else { 0 };
        let unshared: u64 = self.unshared.iter().map(|bytes| *bytes as u64).sum();
        let parts = plan
            .parents
            .saturating_add(libraries)
            .saturating_add(u64::from(ready_workers).saturating_mul(plan.worker_private))
            .saturating_add(unshared)
            .saturating_add(in_service);
        assert_eq!(self.pss, parts, "memory ledger out of balance");
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(shared: u64) -> MemoryPlan {
        MemoryPlan {
            parents: 100,
            libraries: 10,
            parent_processes: 1,
            worker_private: 5,
            worker_shared: shared,
            cow_plateau: 0.5,
            cow_step: 0.5,
            per_request: 1,
        }
    }

    #[test]
    fn shared_pages_count_once_in_pss_and_everywhere_in_rss() {
        let mut ledger = Ledger::new(plan(100), 2, 1_000);
        assert_eq!(ledger.totals(), (110, 110));
        ledger.worker_ready(SimTime(1));
        ledger.worker_ready(SimTime(2));
        assert_eq!(ledger.totals(), (120, 110 + 2 * 115));
    }

    #[test]
    fn requests_unshare_pages_up_to_the_plateau() {
        let mut ledger = Ledger::new(plan(100), 1, 1_000);
        ledger.worker_ready(SimTime(0));
        let mut private = Vec::new();
        for _ in 0..20 {
            ledger.request_starts(SimTime(1), 7);
            ledger.request_ends(SimTime(2), 0, 7);
            private.push(ledger.totals().0 - 115);
        }
        assert_eq!(private[..3], [25, 37, 43]);
        assert_eq!(private[19], 49);
        let outcome = ledger.close(1, 0);
        assert_eq!(outcome.peak_pss, 115 + 48 + 8 + 1);
    }

    #[test]
    fn passing_the_limit_is_noted_once() {
        let mut ledger = Ledger::new(plan(0), 3, 122);
        for at in 1..=3 {
            ledger.worker_ready(SimTime(at));
        }
        assert_eq!(ledger.close(3, 0).over_limit_at, Some(SimTime(3)));
    }
}
