//! A bar on the terminal for whoever waits longer than two seconds.

use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sim::search::Progress;

/// Waits shorter than this need no bar.
const PATIENCE: Duration = Duration::from_secs(2);

/// Draws on standard error, and only if that is a terminal.
pub struct Bar {
    bar: ProgressBar,
    began: Instant,
    shown: Once,
}

impl Bar {
    /// A bar that is not drawn yet.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{wide_msg} {bar:30} {percent:>3} %") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, began: Instant::now(), shown: Once::new() }
    }
}

impl Progress for Bar {
    fn step(&self, what: &str, done: u64, total: u64) {
        if self.began.elapsed() < PATIENCE {
            return;
        }
        self.shown.call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        self.bar.set_length(total);
        self.bar.set_message(what.to_owned());
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
