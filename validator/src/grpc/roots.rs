//! The processes of a run, for whoever samples them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Process ids of the workers; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    pids: Arc<Mutex<BTreeSet<u32>>>,
}

impl Roots {
    pub(super) fn add(&self, pid: u32) {
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).insert(pid);
    }

    pub(super) fn remove(&self, pid: u32) {
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid);
    }

    pub(super) fn all(&self) -> Vec<i32> {
        let pids = self.pids.lock().unwrap_or_else(PoisonError::into_inner);
        pids.iter().filter_map(|pid| i32::try_from(*pid).ok()).collect()
    }
}
