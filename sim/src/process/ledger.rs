//! The memory ledger: proportional and resident set sizes of all processes.
//!
//! PSS counts every page once over all processes, RSS counts it in each. A
//! forked child shares its parent's pages until reference counts and the
//! collector write to them; then both have a copy and the PSS grows. A parent
//! outlives its children here, so that shared pages are counted with it.

use super::holding::{Holding, ParentPages, Sizes};
use super::lineage::{Lineage, Origin};
use super::plan::MemoryPlan;
use super::pool_pages::{PoolPages, pool_pages};
use super::totals::Totals;
use crate::host::Host;
use crate::kernel::SimTime;
use crate::pool::PoolConfig;
use crate::workload::{OverMemory, Workload};

/// Who holds how much, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub(super) libraries: u64,
    pub(super) ipc_copies: f64,
    pub(super) swap_slowdown: f64,
    pub(super) memory_bytes: u64,
    pub(super) swap_bytes: u64,
    pub(super) swaps: bool,
    pub(super) pools: Vec<PoolPages>,
    pub(super) pool_of_worker: Vec<u32>,
    python: Option<usize>,
    pub(super) parents: Vec<ParentPages>,
    /// Workers that live in each parent.
    pub(super) guests: Vec<Vec<u32>>,
    pub(super) workers: Vec<Holding>,
    /// Processes that have the libraries mapped.
    pub(super) processes: u64,
    pub(super) totals: Totals,
    pub(super) idle_pss: u64,
    pub(super) worst_worker_rss: u64,
    #[cfg(debug_assertions)]
    pub(super) until_check: usize,
}

impl Ledger {
    /// `pool_of_worker`: index into `pools` of each worker that may ever be, a
    /// successor that starts before its predecessor goes included. Only the
    /// parents are there yet.
    pub(crate) fn new(
        host: &Host,
        workload: &Workload,
        pools: &[PoolConfig],
        pool_of_worker: &[u32],
    ) -> Self {
        let lineage = Lineage::new(host, &workload.runtime, pools);
        let plans: Vec<MemoryPlan> = (0..pools.len())
            .map(|i| MemoryPlan::within(&lineage, i, host, &workload.runtime, &pools[i]))
            .collect();
        let idle = plans.iter().zip(pools).map(|(plan, pool)| {
            u64::from(pool.profile.workers).saturating_mul(plan.worker_private)
        });
        let libraries = host.memory.shared_libraries.value;
        let mut ledger = Self {
            libraries,
            ipc_copies: host.memory.ipc_copies.value,
            swap_slowdown: host.memory.swap_slowdown.value,
            memory_bytes: host.memory_bytes,
            swap_bytes: host.swap_bytes,
            swaps: workload.service.over_memory == OverMemory::Swap,
            idle_pss: idle
                .fold(libraries + lineage.parents.iter().sum::<u64>(), u64::saturating_add),
            pools: pool_pages(workload, pools, &plans, &lineage),
            pool_of_worker: pool_of_worker.to_vec(),
            python: lineage.python,
            parents: vec![ParentPages::default(); lineage.parents.len()],
            guests: vec![Vec::new(); lineage.parents.len()],
            workers: vec![Holding::default(); pool_of_worker.len()],
            processes: 0,
            totals: Totals::new(host.memory_bytes, workload.runtime.leak_per_hour),
            worst_worker_rss: 0,
            #[cfg(debug_assertions)]
            until_check: 0,
        };
        for worker in 0..pool_of_worker.len() as u32 {
            if let Origin::Inside(parent) = ledger.pool_of(worker).origin {
                ledger.guests[parent].push(worker);
            }
        }
        for (parent, base) in lineage.parents.into_iter().enumerate() {
            ledger.process_comes(SimTime::ZERO);
            ledger.change_parent(SimTime::ZERO, parent, |pages| pages.base = base);
        }
        ledger
    }

    /// One more process maps the libraries.
    fn process_comes(&mut self, now: SimTime) {
        let before = self.mapped_libraries();
        self.processes += 1;
        self.totals.replace(now, before, self.mapped_libraries());
    }

    fn process_goes(&mut self, now: SimTime) {
        let before = self.mapped_libraries();
        self.processes -= 1;
        self.totals.replace(now, before, self.mapped_libraries());
    }

    /// Once in PSS; resident in each process.
    pub(super) fn mapped_libraries(&self) -> Sizes {
        let pss = if self.processes > 0 { self.libraries } else { 0 };
        Sizes { pss, rss: self.processes * self.libraries }
    }

    fn change_parent(
        &mut self,
        now: SimTime,
        parent: usize,
        change: impl FnOnce(&mut ParentPages),
    ) {
        let before = self.parents[parent].own();
        change(&mut self.parents[parent]);
        let after = self.parents[parent].own();
        let both = |bytes| Sizes { pss: bytes, rss: bytes };
        self.totals.replace(now, both(before), both(after));
        if let (true, Some(guest)) = (after > before, self.guests[parent].first()) {
            self.note_worst(now, *guest);
        }
    }

    fn note_worst(&mut self, now: SimTime, worker: u32) {
        self.worst_worker_rss = self.worst_worker_rss.max(self.rss_of(now, worker));
    }

    #[inline]
    fn change_worker(
        &mut self,
        now: SimTime,
        worker: u32,
        change: impl FnOnce(&mut Holding, &PoolPages),
    ) {
        let leaks = self.totals.leak.is_on();
        if leaks && matches!(self.pool_of(worker).origin, Origin::Inside(_)) {
            // It has grown since its last event, and so have the others beside it.
            self.note_worst(now, worker);
        }
        let pool = &self.pools[self.pool_of_worker[worker as usize] as usize];
        let holding = &mut self.workers[worker as usize];
        let (before, ready_at, live) = (holding.sizes(), holding.ready_at, holding.live);
        change(holding, pool);
        let after = holding.sizes();
        let shrinks = after.rss < before.rss || !holding.live;
        if leaks && live && shrinks {
            // As large as it will be for some time, or ever.
            let leaked = if pool.leaks { self.totals.leak.of_worker(ready_at, now) } else { 0 };
            let rss = before.rss.saturating_add(leaked).saturating_add(self.libraries);
            self.worst_worker_rss = self.worst_worker_rss.max(rss);
        }
        self.totals.replace(now, before, after);
        // What else is in its process may be more than at its own top.
        let with_others = matches!(pool.origin, Origin::Inside(_)) && after.rss > before.rss;
        if after.rss > holding.top_rss || with_others {
            holding.top_rss = after.rss.max(holding.top_rss);
            self.note_worst(now, worker);
        }
        #[cfg(debug_assertions)]
        self.check_now_and_then(now);
    }

    /// Does a request of `class` change nothing that `worker` holds?
    #[inline]
    fn leaves_no_trace(&self, worker: u32, class: usize) -> bool {
        let holding = &self.workers[worker as usize];
        assert!(holding.live, "worker {worker} is not there");
        !holding.shares() && self.pool_of(worker).footprints[class].is_nothing()
    }

    #[inline]
    pub(super) fn pool_of(&self, worker: u32) -> &PoolPages {
        &self.pools[self.pool_of_worker[worker as usize] as usize]
    }

    /// `worker` is a fresh process, ready to serve. If it was forked, it shares
    /// the pages that its parent has now.
    ///
    /// # Panics
    /// If it is there already.
    pub(crate) fn worker_ready(&mut self, now: SimTime, worker: u32) {
        assert!(!self.workers[worker as usize].live, "worker {worker} is ready twice");
        let pool = self.pool_of(worker);
        let (origin, leaks, plan) = (pool.origin, pool.leaks, pool.plan);
        let shared = match origin {
            Origin::Forked(parent) => self.parents[parent].inherited(),
            Origin::Inside(_) | Origin::Fresh => 0,
        };
        self.totals.advance(now);
        if leaks {
            self.totals.leak.begins(now);
        }
        if !matches!(origin, Origin::Inside(_)) {
            self.process_comes(now);
        }
        let plateau = plan.cow_plateau * shared as f64;
        self.change_worker(now, worker, |holding, _| {
            holding.begin(now, plan.worker_private, shared, plateau);
        });
    }

    /// `worker` was recycled or died: all that was its own is returned, requests
    /// that are still in service included.
    ///
    /// # Panics
    /// If it is not there.
    pub(crate) fn worker_gone(&mut self, now: SimTime, worker: u32) {
        let Holding { live, ready_at, .. } = self.workers[worker as usize];
        assert!(live, "worker {worker} goes, but is not there");
        let pool = self.pool_of(worker);
        let (origin, leaks) = (pool.origin, pool.leaks);
        self.totals.advance(now);
        if leaks {
            self.totals.leak.ends(ready_at);
        }
        if !matches!(origin, Origin::Inside(_)) {
            self.process_goes(now);
        }
        self.change_worker(now, worker, |holding, _| holding.end());
    }

    /// A request of `class` goes into service.
    #[inline]
    pub(crate) fn request_starts(&mut self, now: SimTime, worker: u32, class: usize) {
        if self.leaves_no_trace(worker, class) {
            self.workers[worker as usize].in_service += 1;
            return;
        }
        self.change_worker(now, worker, |holding, pool| {
            holding.request_starts(&pool.footprints[class]);
        });
    }

    /// A request of `class` leaves service, served or lost. Of a worker that is
    /// gone nothing is left to return: call this before `worker_gone`, or not.
    #[inline]
    pub(crate) fn request_ends(&mut self, now: SimTime, worker: u32, class: usize) {
        if self.leaves_no_trace(worker, class) {
            self.workers[worker as usize].in_service -= 1;
            return;
        }
        self.change_worker(now, worker, |holding, pool| {
            holding.request_ends(&pool.footprints[class], pool.plan.cow_step);
        });
    }

    /// Buffers of a payload on its way through the Python parent.
    fn buffers(&self, bytes: u64) -> u64 {
        (bytes as f64 * self.ipc_copies) as u64
    }

    /// `bytes` begin their way through the Python parent to another process, or
    /// back. Nothing happens without one.
    #[inline]
    pub(crate) fn payload_enters_parent(&mut self, now: SimTime, bytes: u64) {
        let (Some(parent), buffers @ 1..) = (self.python, self.buffers(bytes)) else { return };
        self.change_parent(now, parent, |pages| pages.payload += buffers);
    }

    /// The same `bytes` have left it.
    #[inline]
    pub(crate) fn payload_leaves_parent(&mut self, now: SimTime, bytes: u64) {
        let (Some(parent), buffers @ 1..) = (self.python, self.buffers(bytes)) else { return };
        self.change_parent(now, parent, |pages| pages.payload -= buffers);
    }

    /// The caller keeps a result of `bytes` in the Python parent until the end.
    /// Without such a parent the caller is not part of the deployment.
    #[inline]
    pub(crate) fn result_kept(&mut self, now: SimTime, bytes: u64) {
        let Some(parent) = self.python else { return };
        self.change_parent(now, parent, |pages| pages.keep(bytes));
    }
}
