//! Asking a run to end early.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// A request to end, shared by whoever may make it and whoever heeds it.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    requested: Arc<AtomicBool>,
}

impl Stop {
    /// One that only [`Stop::request`] makes.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that Ctrl-C and SIGTERM make as well, from now on and for the whole
    /// process; at the second signal the process ends.
    ///
    /// # Errors
    /// The system refuses to have the signals caught.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Self::new();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag still down.
            let exit_code = 128 + signal;
            flag::register_conditional_shutdown(signal, exit_code, Arc::clone(&stop.requested))?;
            flag::register(signal, Arc::clone(&stop.requested))?;
        }
        Ok(stop)
    }

    /// Asks.
    pub fn request(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// Has anyone asked?
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }
}
