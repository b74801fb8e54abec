//! Workers: their slots, idle threads, own queues and ready tasks.

use std::collections::VecDeque;

use crate::cpu::ThreadId;
use crate::engine::plan::Plan;
use crate::engine::requests::RequestId;
use crate::pool::WorkerView;

/// All workers of a pool.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    views: Vec<WorkerView>,
    /// Threads with nothing to do; the last to stop is the first to go.
    idle_threads: Vec<Vec<ThreadId>>,
    own_queues: Vec<VecDeque<RequestId>>,
    /// Tasks of an event loop that can run.
    ready_tasks: Vec<VecDeque<RequestId>>,
}

impl Workers {
    pub(super) fn new(plan: &Plan) -> Self {
        let n = plan.workers as usize;
        let view = WorkerView { slots: plan.slots_per_worker, ..WorkerView::default() };
        let mut workers = Self {
            views: vec![view; n],
            idle_threads: vec![Vec::new(); n],
            own_queues: vec![VecDeque::new(); n],
            ready_tasks: vec![VecDeque::new(); n],
        };
        for worker in 0..plan.workers {
            let first = workers.first_thread(plan, worker);
            // Reversed, so that the first thread goes first.
            workers.idle_threads[worker as usize] =
                (first..first + plan.threads_per_worker).rev().collect();
        }
        workers
    }

    pub(super) fn views(&self) -> &[WorkerView] {
        &self.views
    }

    pub(super) fn set_ready(&mut self, worker: u32) {
        self.views[worker as usize].ready = true;
    }

    /// The main thread of `worker`.
    #[inline]
    pub(super) fn first_thread(&self, plan: &Plan, worker: u32) -> ThreadId {
        worker * plan.threads_per_worker
    }

    /// Takes a slot of `worker`.
    #[inline]
    pub(super) fn take_slot(&mut self, worker: u32) {
        let view = &mut self.views[worker as usize];
        view.busy += 1;
        assert!(view.busy <= view.slots && view.ready, "worker {worker} has no free slot");
    }

    #[inline]
    pub(super) fn free_slot(&mut self, worker: u32) {
        self.views[worker as usize].busy -= 1;
    }

    /// Takes an idle thread of `worker`.
    #[inline]
    pub(super) fn take_thread(&mut self, worker: u32) -> ThreadId {
        let Some(thread) = self.idle_threads[worker as usize].pop() else {
            unreachable!("a free slot has an idle thread");
        };
        thread
    }

    #[inline]
    pub(super) fn put_back_thread(&mut self, plan: &Plan, thread: ThreadId) {
        self.idle_threads[(thread / plan.threads_per_worker) as usize].push(thread);
    }

    pub(super) fn queue_at(&mut self, worker: u32, request: RequestId) {
        self.own_queues[worker as usize].push_back(request);
        self.views[worker as usize].queued += 1;
    }

    /// The next entry of the worker's own queue, given up or not.
    pub(super) fn pop_own(&mut self, worker: u32) -> Option<RequestId> {
        self.own_queues[worker as usize].pop_front()
    }

    /// A live request has left the worker's own queue.
    pub(super) fn left_own_queue(&mut self, worker: u32) {
        self.views[worker as usize].queued -= 1;
    }

    pub(super) fn push_task(&mut self, worker: u32, request: RequestId) {
        self.ready_tasks[worker as usize].push_back(request);
    }

    pub(super) fn has_task(&self, worker: u32) -> bool {
        !self.ready_tasks[worker as usize].is_empty()
    }

    pub(super) fn next_task(&mut self, worker: u32) -> Option<RequestId> {
        self.ready_tasks[worker as usize].pop_front()
    }
}
