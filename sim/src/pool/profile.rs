//! The shape of a pool: how many workers, and what each does at once.

use std::fmt;
use std::str::FromStr;

/// Most worker processes that a pool may have.
pub const MAX_WORKERS: u32 = 4096;
/// Most threads (or requests in flight) per worker.
pub const MAX_THREADS: u32 = 4096;
/// Most slots (workers x threads) that a pool may have.
pub const MAX_SLOTS: u64 = 65_536;

/// How a worker process runs several requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concurrency {
    /// One request at a time.
    Serial,
    /// `threads` OS threads in one interpreter (lock or none, by the runtime).
    Threads(u32),
    /// `interpreters` sub-interpreters with a lock each, one thread each.
    Interpreters(u32),
    /// One event loop with at most `in_flight` requests.
    EventLoop(u32),
}

/// The shape of a pool: `process:8`, `thread:4x25`, `threads:16`,
/// `interpreters:8`, `async:4x100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Profile {
    /// Worker processes, at least 1.
    pub workers: u32,
    /// What each does.
    pub concurrency: Concurrency,
}

impl Profile {
    /// Single-request worker processes.
    pub fn processes(workers: u32) -> Self {
        Self { workers, concurrency: Concurrency::Serial }
    }

    /// Worker processes of `threads` threads each.
    pub fn threads(workers: u32, threads: u32) -> Self {
        Self { workers, concurrency: Concurrency::Threads(threads) }
    }

    /// Event loops, one per process.
    pub fn event_loops(workers: u32, in_flight: u32) -> Self {
        Self { workers, concurrency: Concurrency::EventLoop(in_flight) }
    }

    /// One process of `interpreters` sub-interpreters.
    pub fn interpreters(workers: u32, interpreters: u32) -> Self {
        Self { workers, concurrency: Concurrency::Interpreters(interpreters) }
    }

    /// Requests that one worker can have in service.
    pub fn slots_per_worker(self) -> u32 {
        match self.concurrency {
            Concurrency::Serial => 1,
            Concurrency::Threads(n) | Concurrency::Interpreters(n) | Concurrency::EventLoop(n) => n,
        }
    }

    /// Requests that the pool can have in service.
    pub fn slots(self) -> u64 {
        u64::from(self.workers) * u64::from(self.slots_per_worker())
    }

    /// The family's name: `process`, `thread`, `threads`, `interpreters`, `async`.
    pub fn family(self) -> &'static str {
        match self.concurrency {
            Concurrency::Serial => "process",
            Concurrency::Threads(_) if self.workers == 1 => "threads",
            Concurrency::Threads(_) => "thread",
            Concurrency::Interpreters(_) => "interpreters",
            Concurrency::EventLoop(_) => "async",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, w, n) = (self.family(), self.workers, self.slots_per_worker());
        f.pad(&match self.concurrency {
            Concurrency::Serial => format!("{family}:{w}"),
            Concurrency::Threads(_) | Concurrency::Interpreters(_) if w == 1 => {
                format!("{family}:{n}")
            }
            _ => format!("{family}:{w}x{n}"),
        })
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = "write process:8, threads:16, thread:4x25, interpreters:8 or async:4x100";
        let (family, size) =
            text.split_once(':').ok_or_else(|| format!("`{text}` is no profile; {shape}"))?;
        let number = |part: &str, most: u32| {
            part.parse::<u32>().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
                format!("`{part}` in `{text}` is no number from 1 to {most}; {shape}")
            })
        };
        let (first, second) = match size.split_once('x') {
            Some((a, b)) => (a, Some(b)),
            None => (size, None),
        };
        let one = |what: fn(u32) -> Concurrency| match second {
            Some(b) => Ok(Self {
                workers: number(first, MAX_WORKERS)?,
                concurrency: what(number(b, MAX_THREADS)?),
            }),
            None => Ok(Self { workers: 1, concurrency: what(number(first, MAX_THREADS)?) }),
        };
        let profile = match (family, second) {
            ("process", None) => Ok(Self::processes(number(first, MAX_WORKERS)?)),
            ("thread", Some(_)) | ("threads", _) => one(Concurrency::Threads),
            ("interpreters", _) => one(Concurrency::Interpreters),
            ("async", Some(_)) => one(Concurrency::EventLoop),
            ("async", None) => Ok(Self::event_loops(number(first, MAX_WORKERS)?, 1000)),
            _ => Err(format!("`{text}` is no profile; {shape}")),
        }?;
        if profile.slots() > MAX_SLOTS {
            return Err(format!("`{text}` has {} slots, over {MAX_SLOTS}", profile.slots()));
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_read_what_they_print() {
        for text in ["process:8", "threads:16", "thread:4x25", "interpreters:8", "async:4x100"] {
            assert_eq!(text.parse::<Profile>().unwrap().to_string(), text);
        }
        assert_eq!("thread:1x4".parse::<Profile>().unwrap().to_string(), "threads:4");
        assert_eq!("async:4".parse::<Profile>().unwrap().slots(), 4000);
    }

    #[test]
    fn profiles_refuse_nonsense() {
        for text in [
            "",
            "process",
            "process:",
            "process:0",
            "process:-1",
            "process:1000000000",
            "process:4x2",
            "thread:4",
            "thread:0x4",
            "thread:4096x4096",
            "greenlets:3",
            "process:8 ",
        ] {
            assert!(text.parse::<Profile>().is_err(), "{text}");
        }
    }
}
