//! Running the matrix on a real interpreter.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use sim::search::Progress;

use super::{Block, Races};
use crate::child::Group;

const SCRIPT: &str = include_str!("../../python/probes_lock/matrix.py");
/// Beyond what the blocks themselves take: each lasts until its last call is
/// over, which may have lost the lock many times.
const PATIENCE: u32 = 6;
/// Time between two looks at what has landed.
const LOOK: Duration = Duration::from_millis(200);

/// Which cells are measured, how often and how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Repeats of every cell.
    pub repeats: u32,
    /// Length of one block of calls.
    pub block: Duration,
    /// Numbers of spinning threads; with 0 for the time alone.
    pub spinners: Vec<u32>,
    /// Switch intervals.
    pub intervals: Vec<Duration>,
}

impl Default for Plan {
    /// About 30 s.
    fn default() -> Self {
        Self {
            repeats: 5,
            block: Duration::from_millis(200),
            spinners: vec![0, 1, 2, 4],
            intervals: vec![Duration::from_millis(5), Duration::from_millis(1)],
        }
    }
}

impl Plan {
    /// Blocks of one repeat.
    fn cells(&self) -> usize {
        self.spinners.len() * self.intervals.len() * super::Operation::ALL.len()
    }

    /// Time that the blocks take, about.
    pub fn length(&self) -> Duration {
        self.block * self.cells() as u32 * self.repeats
    }
}

/// What was seen on one interpreter.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Is there a lock at all?
    pub locked: bool,
    /// All blocks, as they were measured.
    pub blocks: Vec<Block>,
    /// Hand-overs among three spinners, one count per repeat and interval.
    pub races: Vec<Races>,
}

/// One line of what the script writes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Locked(bool),
    Block(Block),
    Races(Races),
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The interpreter could not be run or watched.
    #[error("the probe could not be run: {0}")]
    Io(#[from] io::Error),
    /// It was killed when its time was up.
    #[error("the probe was not done within {} s and was killed", .0.as_secs())]
    TimedOut(Duration),
    /// The probe ended in an error.
    #[error("the probe ended with {status}: {last}")]
    Ended {
        /// How it ended.
        status: String,
        /// Its last line.
        last: String,
    },
    /// The probe wrote something else.
    #[error("the probe answered oddly: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Runs `plan` on the interpreter at `python`, which writes each block under
/// `folder` as it ends, and tells `progress`. `what` names the interpreter.
///
/// # Errors
/// It could not be run, took too long, failed or answered oddly; what had
/// landed stays in `folder`.
pub fn measure(
    python: &Path,
    plan: &Plan,
    folder: &Path,
    what: &str,
    progress: &dyn Progress,
) -> Result<Measured, ProbeError> {
    let (landed, stderr) =
        (folder.join(format!("{what}.jsonl")), folder.join(format!("{what}.stderr")));
    let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let mut command = Command::new(python);
    command.args(["-I", "-S", "-B", "-c", SCRIPT]).arg(plan.repeats.to_string());
    command.arg(plan.block.as_nanos().to_string()).arg(list(&plan.spinners));
    command.args(plan.intervals.iter().map(|interval| interval.as_nanos().to_string()));
    command.stdin(Stdio::null()).stdout(File::create(&landed)?).stderr(File::create(&stderr)?);
    let mut group = Group::spawn(command)?;
    let total = plan.cells() as u64 * u64::from(plan.repeats);
    let status = wait(&mut group, Duration::from_secs(20) + plan.length() * PATIENCE, || {
        let lines = fs::read(&landed).map(|bytes| bytes.iter().filter(|&&b| b == b'\n').count());
        progress.step(&format!("Python {what}, measuring"), lines.unwrap_or(0) as u64, total);
    })?;
    if !status.success() {
        let stderr = fs::read_to_string(&stderr)?;
        let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Err(ProbeError::Ended { status: status.to_string(), last: last.trim().to_owned() });
    }
    read(&fs::read_to_string(&landed)?)
}

/// How `group` ended, looking every now and then.
fn wait(group: &mut Group, limit: Duration, look: impl Fn()) -> Result<ExitStatus, ProbeError> {
    let began = Instant::now();
    while began.elapsed() < limit {
        if let Some(status) = group.wait(LOOK)? {
            return Ok(status);
        }
        look();
    }
    Err(ProbeError::TimedOut(limit))
}

fn read(text: &str) -> Result<Measured, ProbeError> {
    let mut measured = Measured::default();
    for line in text.lines() {
        match serde_json::from_str(line)? {
            Line::Locked(locked) => measured.locked = locked,
            Line::Block(block) => measured.blocks.push(block),
            Line::Races(races) => measured.races.push(races),
        }
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart_and_noise_is_refused() {
        let block = "{\"block\": {\"operation\": \"pipe\", \"interval\": 1, \"spinners\": 2, \
                     \"operations\": 4, \"elapsed\": 8, \"own_cpu\": 1, \"lost\": 1, \
                     \"core_wait\": 0, \"spinner_core_wait\": 0}}";
        let races = "{\"races\": {\"interval\": 1, \"won\": 3, \"lost\": 5}}";
        let all = read(&format!("{{\"locked\": true}}\n{block}\n{races}\n")).unwrap();
        assert!(all.locked);
        assert_eq!((all.blocks.len(), all.blocks[0].lost()), (1, 0.25));
        assert_eq!(all.races, [Races { won: 3, lost: 5 }]);
        assert!(matches!(read("{\"block\": 1}"), Err(ProbeError::Answer(_))));
    }

    #[test]
    fn what_landed_stays_when_the_probe_fails() {
        let folder = tempfile::tempdir().unwrap();
        let failed = measure(Path::new("/bin/false"), &Plan::default(), folder.path(), "none", &());
        assert!(matches!(failed, Err(ProbeError::Ended { .. })), "{failed:?}");
        assert!(folder.path().join("none.jsonl").is_file());
    }
}
