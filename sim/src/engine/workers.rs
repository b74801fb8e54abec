//! Workers: their slots, idle threads, own queues, ready tasks and lives.

use std::collections::VecDeque;
use std::ops::Range;

use crate::cpu::ThreadId;
use crate::engine::lives::Life;
use crate::engine::offload::Offloaded;
use crate::engine::plan::Plan;
use crate::engine::queues::Deadlines;
use crate::engine::requests::RequestId;
use crate::pool::WorkerView;

/// The workers of all pools.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    views: Vec<WorkerView>,
    all: Vec<Worker>,
}

/// One worker.
#[derive(Clone, Debug, Default)]
pub(super) struct Worker {
    /// Threads with nothing to do; the last to stop is the first to go.
    idle_threads: Vec<ThreadId>,
    own_queue: VecDeque<RequestId>,
    /// Tasks of an event loop that can run.
    ready_tasks: VecDeque<RequestId>,
    /// Tasks left of the loop's present round.
    round: usize,
    /// Native segments that wait for a thread beside the loop.
    offloaded: VecDeque<Offloaded>,
    /// When a request has been in service for too long.
    pub(super) kill_deadlines: Deadlines,
    pub(super) life: Life,
}

impl Workers {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut workers = Self { views: Vec::new(), all: Vec::new() };
        for pool in &plan.pools {
            for worker in pool.entries.clone() {
                workers
                    .views
                    .push(WorkerView { slots: pool.slots_per_worker, ..WorkerView::default() });
                let idle_threads = pool.server_threads(worker);
                workers.all.push(Worker { idle_threads, ..Worker::default() });
            }
        }
        workers
    }

    /// What a policy sees of the workers in `entries`.
    #[inline]
    pub(super) fn views(&self, entries: &Range<u32>) -> &[WorkerView] {
        &self.views[entries.start as usize..entries.end as usize]
    }

    pub(super) fn view(&self, worker: u32) -> &WorkerView {
        &self.views[worker as usize]
    }

    pub(super) fn set_ready(&mut self, worker: u32, ready: bool) {
        self.views[worker as usize].ready = ready;
    }

    /// Does it serve nothing, with nothing waiting?
    pub(super) fn is_idle(&self, worker: u32) -> bool {
        let view = &self.views[worker as usize];
        view.busy == 0 && view.queued == 0
    }

    /// Takes a slot of `worker`.
    #[inline]
    pub(super) fn take_slot(&mut self, worker: u32) {
        let view = &mut self.views[worker as usize];
        view.busy += 1;
        assert!(view.busy <= view.slots, "worker {worker} has no free slot");
    }

    #[inline]
    pub(super) fn free_slot(&mut self, worker: u32) {
        self.views[worker as usize].busy -= 1;
    }

    /// Takes an idle thread of `worker`.
    #[inline]
    pub(super) fn take_thread(&mut self, worker: u32) -> ThreadId {
        let Some(thread) = self.all[worker as usize].idle_threads.pop() else {
            unreachable!("a free slot has an idle thread");
        };
        thread
    }

    #[inline]
    pub(super) fn put_back_thread(&mut self, worker: u32, thread: ThreadId) {
        self.all[worker as usize].idle_threads.push(thread);
    }

    pub(super) fn queue_at(&mut self, worker: u32, request: RequestId) {
        self.all[worker as usize].own_queue.push_back(request);
        self.views[worker as usize].queued += 1;
    }

    /// The next entry of the worker's own queue, given up or not.
    pub(super) fn pop_own(&mut self, worker: u32) -> Option<RequestId> {
        self.all[worker as usize].own_queue.pop_front()
    }

    /// A live request has left the worker's own queue.
    pub(super) fn left_own_queue(&mut self, worker: u32) {
        self.views[worker as usize].queued -= 1;
    }

    pub(super) fn push_task(&mut self, worker: u32, request: RequestId) {
        self.all[worker as usize].ready_tasks.push_back(request);
    }

    pub(super) fn has_task(&self, worker: u32) -> bool {
        !self.all[worker as usize].ready_tasks.is_empty()
    }

    pub(super) fn next_task(&mut self, worker: u32) -> Option<RequestId> {
        let entry = &mut self.all[worker as usize];
        entry.round = entry.round.saturating_sub(1);
        entry.ready_tasks.pop_front()
    }

    /// Has the loop run all tasks that were ready when it last looked?
    pub(super) fn round_is_over(&self, worker: u32) -> bool {
        self.all[worker as usize].round == 0
    }

    /// What is ready now makes the next round.
    pub(super) fn begin_round(&mut self, worker: u32) {
        let entry = &mut self.all[worker as usize];
        entry.round = entry.ready_tasks.len();
    }

    pub(super) fn set_engaged(&mut self, worker: u32, engaged: bool) {
        self.views[worker as usize].engaged = engaged;
    }

    pub(super) fn push_offloaded(&mut self, worker: u32, item: Offloaded) {
        self.all[worker as usize].offloaded.push_back(item);
    }

    pub(super) fn has_offloaded(&self, worker: u32) -> bool {
        !self.all[worker as usize].offloaded.is_empty()
    }

    pub(super) fn next_offloaded(&mut self, worker: u32) -> Option<Offloaded> {
        self.all[worker as usize].offloaded.pop_front()
    }

    #[inline]
    pub(super) fn count_served(&mut self, worker: u32) {
        self.all[worker as usize].life.served += 1;
    }

    /// Its process is gone: no slot taken, every server thread idle, nothing
    /// waiting. Returns what waited in its own queue.
    pub(super) fn clear(&mut self, worker: u32, threads: Vec<ThreadId>) -> VecDeque<RequestId> {
        let view = &mut self.views[worker as usize];
        (view.busy, view.ready) = (0, false);
        let entry = &mut self.all[worker as usize];
        entry.idle_threads = threads;
        entry.ready_tasks.clear();
        entry.offloaded.clear();
        entry.kill_deadlines.clear();
        std::mem::take(&mut entry.own_queue)
    }
}

impl std::ops::Index<u32> for Workers {
    type Output = Worker;
    #[inline]
    fn index(&self, worker: u32) -> &Worker {
        &self.all[worker as usize]
    }
}

impl std::ops::IndexMut<u32> for Workers {
    #[inline]
    fn index_mut(&mut self, worker: u32) -> &mut Worker {
        &mut self.all[worker as usize]
    }
}
