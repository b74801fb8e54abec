//! Looks at the processes of a run at equal steps of time.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use procfs::ProcResult;
use procfs::process::Process;
use serde::Serialize;

/// From one look to the next, in times the CPU time of the first: looking takes no
/// more than 4 % of a core. How long it waited for a core or for the memory map
/// of another process does not count, or a busy host would go unseen.
const LEAST_REST: u64 = 25;

/// One look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// When it began, in ns of CLOCK_MONOTONIC.
    pub at: u64,
    /// The runner (or the workers, if no Python is above them) and descendants;
    /// those that ended meanwhile are missing.
    pub processes: Vec<ProcessSample>,
}

impl Sample {
    /// Proportional set size of all processes, in bytes.
    pub fn pss(&self) -> u64 {
        self.processes.iter().map(|process| process.pss).sum()
    }
}

/// One process at one look. Sums over the threads that it has then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessSample {
    /// Process id.
    pub pid: i32,
    /// Proportional set size, in bytes.
    pub pss: u64,
    /// Resident set size, in bytes.
    pub rss: u64,
    /// Threads.
    pub threads: usize,
    /// CPU time, in ns.
    pub cpu: u64,
    /// Time runnable without a core, in ns: waiting for the interpreter lock
    /// is not in it.
    pub core_wait: u64,
    /// Times that a thread was put on a core.
    pub slices: u64,
}

/// What the looking cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SamplingCost {
    /// Looks.
    pub samples: usize,
    /// CPU time of all of them, in ns.
    pub cpu: u64,
    /// Longest look, in ns.
    pub longest: u64,
}

/// Looks until finished or dropped; each look is on disk before the next.
#[derive(Debug)]
pub(crate) struct Sampler {
    thread: Option<JoinHandle<(Vec<Sample>, SamplingCost)>>,
    /// Dropped to end the thread.
    running: Option<Sender<()>>,
}

impl Sampler {
    /// Of the processes that `roots` names and their descendants, into `path`.
    pub(crate) fn start(
        roots: impl Fn() -> Vec<i32> + Send + 'static,
        every: Duration,
        path: &Path,
    ) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        let (running, ended) = mpsc::channel::<()>();
        let thread = thread::Builder::new().name("sampler".to_owned()).spawn(move || {
            let (mut samples, mut cost) = (Vec::new(), SamplingCost::default());
            let mut due = Instant::now();
            while let Err(RecvTimeoutError::Timeout) =
                ended.recv_timeout(due.saturating_duration_since(Instant::now()))
            {
                let (began, spent) = (Instant::now(), thread_cpu_ns());
                let sample = look(roots(), &mut cost);
                // What cannot be kept on disk is still in memory.
                let _ = keep(&mut out, &sample);
                samples.push(sample);
                // A look that took longer than a step skips the steps it missed,
                // and one that computed for much of it the next few.
                let spent = thread_cpu_ns().saturating_sub(spent);
                let rest = every.max(Duration::from_nanos(LEAST_REST * spent));
                due = (due + every).max(began + rest);
            }
            cost.cpu = thread_cpu_ns();
            (samples, cost)
        })?;
        Ok(Self { thread: Some(thread), running: Some(running) })
    }

    pub(crate) fn finish(mut self) -> (Vec<Sample>, SamplingCost) {
        self.end()
    }

    fn end(&mut self) -> (Vec<Sample>, SamplingCost) {
        drop(self.running.take());
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.end();
    }
}

fn keep(out: &mut BufWriter<File>, sample: &Sample) -> io::Result<()> {
    serde_json::to_writer(&mut *out, sample)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn look(roots: Vec<i32>, cost: &mut SamplingCost) -> Sample {
    let at = monotonic_ns();
    let mut processes = Vec::new();
    let mut next = roots;
    while let Some(pid) = next.pop() {
        // One that is gone by now is no error.
        if let Ok(process) = look_at(pid, &mut next) {
            processes.push(process);
        }
    }
    cost.samples += 1;
    cost.longest = cost.longest.max(monotonic_ns().saturating_sub(at));
    Sample { at, processes }
}

/// One process; its children are added to `next`.
fn look_at(pid: i32, next: &mut Vec<i32>) -> ProcResult<ProcessSample> {
    let process = Process::new(pid)?;
    let mut sample =
        ProcessSample { pid, pss: 0, rss: 0, threads: 0, cpu: 0, core_wait: 0, slices: 0 };
    for task in process.tasks()?.flatten() {
        if let Ok(children) = task.children() {
            next.extend(children.into_iter().filter_map(|child| i32::try_from(child).ok()));
        }
        if let Ok(times) = task.schedstat() {
            sample.threads += 1;
            sample.cpu += times.sum_exec_runtime;
            sample.core_wait += times.run_delay;
            sample.slices += times.pcount;
        }
    }
    for map in process.smaps_rollup()?.memory_map_rollup {
        let bytes = |key: &str| map.extension.map.get(key).copied().unwrap_or(0);
        sample.pss += bytes("Pss");
        sample.rss += bytes("Rss");
    }
    Ok(sample)
}

/// Now, on the clock that the runner stamps with too.
pub(crate) fn monotonic_ns() -> u64 {
    clock_ns(ClockId::CLOCK_MONOTONIC)
}

/// CPU time of the calling thread, in ns.
pub(crate) fn thread_cpu_ns() -> u64 {
    clock_ns(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

pub(crate) fn clock_ns(clock: ClockId) -> u64 {
    let Ok(time) = clock_gettime(clock) else {
        return 0;
    };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn sees_descendants_with_their_memory() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "sleep 600 & wait"]);
        let mut group = crate::child::Group::spawn(command).unwrap();
        let root = i32::try_from(group.id()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let sample = loop {
            let sample = look(vec![root], &mut SamplingCost::default());
            if sample.processes.len() == 2 {
                break sample;
            }
            assert!(Instant::now() < deadline, "{sample:?}");
            thread::yield_now();
        };
        for process in &sample.processes {
            assert!(0 < process.pss && process.pss <= process.rss, "{process:?}");
            assert_eq!(process.threads, 1);
        }
        group.kill();
    }

    #[test]
    fn writes_every_look_down() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.jsonl");
        let me = i32::try_from(std::process::id()).unwrap();
        let sampler = Sampler::start(move || vec![me], Duration::ZERO, &path).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::fs::read_to_string(&path).unwrap().lines().count() < 3 {
            assert!(Instant::now() < deadline);
            thread::yield_now();
        }
        let (samples, cost) = sampler.finish();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), samples.len());
        assert_eq!(cost.samples, samples.len());
        assert!(cost.cpu > 0 && samples.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }
}
