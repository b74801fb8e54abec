//! Threads of other processes: they take turns on the cores and touch nothing
//! else.

use crate::cpu::{CpuScheduler, ThreadId};
use crate::engine::Engine;
use crate::engine::threads::Activity;
use crate::kernel::SimDuration;

impl<C: CpuScheduler> Engine<'_, C> {
    /// Puts them to sleep until their first turn.
    pub(super) fn start_background(&mut self) {
        for index in 0..self.background.len() {
            self.doze(self.background[index], self.scenario.background[index].first);
        }
    }

    /// The thread's sleep or its work is over.
    pub(super) fn turn_background(&mut self, thread: ThreadId) {
        let turn = self.scenario.background[self.threads[thread as usize].worker as usize];
        if self.thread(thread).slept.take().is_some() {
            self.run_native(thread, turn.work.0 as f64, 1);
        } else {
            let late = self.lateness.timer();
            self.doze(thread, turn.sleep + late);
        }
    }

    fn doze(&mut self, thread: ThreadId, time: SimDuration) {
        let entry = self.thread(thread);
        (entry.slept, entry.activity) = (Some(time), Activity::Waking);
        self.set_timer(thread, time);
    }
}
