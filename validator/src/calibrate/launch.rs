//! One launch of one probe, in a process group of its own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::observation::Line;
use super::probes::{LIMIT, Probe};
use crate::child::Group;
use crate::run::{Guard, Stop};

/// Time between two looks at a probe.
const LOOK: Duration = Duration::from_millis(20);

/// What came of it.
#[derive(Debug)]
pub(super) enum Ending {
    /// It ended by itself, and well.
    Done,
    /// Someone asked to stop.
    Stopped,
    /// It failed: why.
    Failed(String),
}

/// Runs `probe` with the sources in `folder`; returns what it printed until it
/// ended, however it did.
pub(super) fn launch(
    python: &Path,
    probe: &Probe,
    folder: &Path,
    stop: &Stop,
) -> io::Result<(Vec<Line>, Ending)> {
    let (out, errors) = (folder.join("out.jsonl"), folder.join("errors.txt"));
    let mut command = Command::new(python);
    // No settings or packages of the user's.
    command.args(["-E", "-s"]).arg(folder.join(probe.script)).args(&probe.arguments);
    command.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(&errors)?);
    let mut group = Group::spawn(command)?;
    let _guard = Guard::over(group.id())?;
    let ending = wait(&mut group, stop, &errors)?;
    drop(group);
    Ok((lines(&out)?, ending))
}

fn wait(group: &mut Group, stop: &Stop, errors: &PathBuf) -> io::Result<Ending> {
    let deadline = Instant::now() + LIMIT;
    loop {
        if stop.is_requested() {
            return Ok(Ending::Stopped);
        }
        if let Some(status) = group.wait(LOOK)? {
            return Ok(ended(status, errors));
        }
        if Instant::now() > deadline {
            let limit = LIMIT.as_secs();
            return Ok(Ending::Failed(format!("it was killed after {limit} s")));
        }
    }
}

fn ended(status: ExitStatus, errors: &PathBuf) -> Ending {
    if status.success() {
        return Ending::Done;
    }
    let said = fs::read(errors).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    match said.lines().rfind(|line| !line.trim().is_empty()) {
        Some(last) => Ending::Failed(last.trim().to_owned()),
        None => Ending::Failed(status.to_string()),
    }
}

/// The whole lines of the file that are observations.
fn lines(path: &Path) -> io::Result<Vec<Line>> {
    let text = fs::read(path)?;
    let whole = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    Ok(whole.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let one = r#"{"quantity": "a", "x": 0, "value": 1.5}"#;
        fs::write(&path, format!("{one}\nnoise\n{one}\n{}", &one[..20])).unwrap();
        assert_eq!(lines(&path).unwrap().len(), 2);
    }
}
