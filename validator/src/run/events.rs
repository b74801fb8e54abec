//! The runner's events, as they land in its file.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::RunError;
use super::observation::{KernelRate, Record, Startup};

/// One line of the file.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    Calibrated(KernelRate),
    Ready(Startup),
    Origin {
        at: u64,
    },
    Request(Record),
    End {
        served: usize,
        failed: usize,
        /// CPU time spent beside the pool for it, in ns.
        #[serde(default)]
        beside: u64,
    },
    Failed {
        stage: String,
        detail: String,
    },
}

/// Reads what is new.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    file: File,
    offset: u64,
    lines: usize,
}

impl Tail {
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: File::open(path)?, offset: 0, lines: 0 })
    }

    /// Events since the last call.
    pub(crate) fn read(&mut self) -> Result<Vec<Event>, RunError> {
        let mut bytes = Vec::new();
        let read = self.file.seek(SeekFrom::Start(self.offset));
        read.and_then(|_| self.file.read_to_end(&mut bytes)).map_err(RunError::Watch)?;
        let whole = whole_lines(&bytes);
        self.offset += whole.len() as u64;
        let lines = whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| self.parse(line)).collect::<Result<_, _>>()
    }

    fn parse(&mut self, line: &[u8]) -> Result<Event, RunError> {
        self.lines += 1;
        serde_json::from_slice(line).map_err(|error| RunError::Event {
            path: self.path.clone(),
            line: self.lines,
            reason: error.to_string(),
        })
    }
}

/// The lines that are there in full. The file is mapped by its writer: zeros
/// stand where nothing has been written yet.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let written = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let end = bytes[..written].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write as _;

    #[test]
    fn only_whole_lines_count() {
        assert_eq!(whole_lines(b"one\ntwo\nthr"), b"one\ntwo\n");
        assert_eq!(whole_lines(b"one\n\0\0o\n\0"), b"one\n");
        assert_eq!(whole_lines(b"on\0\n"), b"");
        assert_eq!(whole_lines(b""), b"");
    }

    #[test]
    fn reads_on_from_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let mut out = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let mut tail = Tail::open(&path).unwrap();
        write!(out, "{{\"event\":\"origin\",\"at\":7}}\n{{\"event\":").unwrap();
        assert_eq!(tail.read().unwrap(), [Event::Origin { at: 7 }]);
        assert_eq!(tail.read().unwrap(), []);
        writeln!(out, "\"end\",\"served\":1,\"failed\":2}}").unwrap();
        assert_eq!(tail.read().unwrap(), [Event::End { served: 1, failed: 2, beside: 0 }]);
        writeln!(out, "{{\"event\":\"other\"}}").unwrap();
        let error = tail.read().unwrap_err();
        assert!(matches!(error, RunError::Event { line: 3, .. }), "{error}");
    }
}
