//! Which profiles a pool can have.

use crate::pool::{Concurrency, Profile};

/// A family of profiles, as far as a product offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Whatever a profile can say.
    Any,
    /// One process that serves one request at a time.
    OneByOne,
    /// Processes that serve one request each.
    Processes,
    /// Threads of one process.
    Threads,
    /// Processes of threads; one of each is possible.
    ThreadWorkers,
    /// One event loop.
    OneLoop,
    /// Processes with an event loop each.
    Loops,
}

impl Shape {
    /// Is `profile` of this shape?
    pub fn fits(self, profile: Profile) -> bool {
        match (self, profile.concurrency) {
            (Self::Any, _) => true,
            (Self::OneByOne, Concurrency::Serial) => profile.workers == 1,
            (Self::Processes, Concurrency::Serial) => true,
            (Self::Threads, Concurrency::Threads(_)) => profile.workers == 1,
            (Self::ThreadWorkers, Concurrency::Threads(_)) => true,
            (Self::OneLoop, Concurrency::EventLoop(_)) => profile.workers == 1,
            (Self::Loops, Concurrency::EventLoop(_)) => true,
            _ => false,
        }
    }

    /// What to write instead.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Any => "any profile will do",
            Self::OneByOne => "it works on one message after another: write process:1",
            Self::Processes => "each worker is a process with one request: write process:8",
            Self::Threads => "it is threads of one process: write threads:16",
            Self::ThreadWorkers => "its workers have threads: write thread:4x25 or threads:16",
            Self::OneLoop => "it is one event loop in one process: write async:1x100",
            Self::Loops => "each worker is an event loop: write async:4x100",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_fits_what_its_advice_says() {
        let texts = ["process:1", "process:8", "threads:16", "thread:4x25", "async:1x100"];
        let fits = |shape: Shape| texts.map(|text| shape.fits(text.parse().unwrap())).map(u8::from);
        assert_eq!(fits(Shape::Any), [1, 1, 1, 1, 1]);
        assert_eq!(fits(Shape::OneByOne), [1, 0, 0, 0, 0]);
        assert_eq!(fits(Shape::Processes), [1, 1, 0, 0, 0]);
        assert_eq!(fits(Shape::Threads), [0, 0, 1, 0, 0]);
        assert_eq!(fits(Shape::ThreadWorkers), [0, 0, 1, 1, 0]);
        assert_eq!(fits(Shape::OneLoop), [0, 0, 0, 0, 1]);
        assert!(Shape::Loops.fits("async:4x100".parse().unwrap()));
        assert!(!Shape::OneLoop.fits("async:4x100".parse().unwrap()));
        assert!(!Shape::Threads.fits("interpreters:4".parse().unwrap()));
    }
}
