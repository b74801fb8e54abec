//! Runs as they land, so that an interrupted campaign keeps what it measured
//! and goes on where it stopped.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::measure::{Case, Measured};

/// Why runs cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refuses.
    #[error("cannot use `{}`: {error}; name a folder with --out that can be written", .path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another process writes it.
    #[error("`{}` is in use: another validation writes it; wait for it or name another --out", .0.display())]
    InUse(PathBuf),
    /// It is no journal.
    #[error("line {line} of `{}` is no measured run; move that file away", .path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// One run, and of what exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Digest of the case and the interpreter.
    pub of: String,
    /// What the run showed.
    pub measured: Measured,
}

impl Entry {
    /// Identifies `case` on the interpreter that calls itself `python`: another
    /// workload, pool, seed or interpreter is another.
    pub fn digest(case: &Case, python: &str) -> String {
        // Runs from before cells could say these keep their digest.
        let cell = format!("{:?}", case.cell).replace(", choice: None, beside: None", "");
        let spec = format!("{:?}", case.spec).replace(", rates: []", "");
        // Runs whose imports were one large object were of something else.
        let imports = if case.spec.import_bytes > 0 { " modules" } else { "" };
        let text = format!("{python} {cell} {spec} {:?}{imports}", case.seed);
        let bytes = Sha256::digest(text.as_bytes());
        bytes.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A file of runs, one a line.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    entries: Vec<Entry>,
}

impl Journal {
    /// The journal at `path`, with what is in it. A line that was cut off when
    /// its writer was interrupted is cut away.
    ///
    /// # Errors
    /// It cannot be used, or is none.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let fail = |error| JournalError::Io { path: path.to_owned(), error };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fail)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
            Ok(()) => {}
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(fail)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(fail)?;
        let damaged = |index| JournalError::Damaged { path: path.to_owned(), line: index + 1 };
        let read = |(index, line)| serde_json::from_str(line).map_err(|_| damaged(index));
        let entries = text[..whole].lines().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { file, path: path.to_owned(), entries })
    }

    /// The run `repeat` of what has that digest, if it was measured.
    pub fn find(&self, of: &str, repeat: u32) -> Option<&Measured> {
        let is = |entry: &&Entry| entry.of == of && entry.measured.repeat == repeat;
        self.entries.iter().find(is).map(|entry| &entry.measured)
    }

    /// Keeps a run. It is with the system when this returns.
    ///
    /// # Errors
    /// As the system.
    pub fn keep(&mut self, entry: Entry) -> Result<(), JournalError> {
        let fail = |error| JournalError::Io { path: self.path.clone(), error };
        let mut line = serde_json::to_string(&entry).map_err(|error| fail(error.into()))?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(fail)?;
        self.entries.push(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::{Figures, Slowdown};

    fn entry(of: &str, repeat: u32) -> Entry {
        let speed = Slowdown { error: 1.0 / 3.0, ..Slowdown::default() };
        let measured = Measured {
            observed: Figures::from_fn(|figure| (figure as usize != 4).then_some(0.1 + 0.2)),
            kernels: vec![("python".to_owned(), 147.8212530899991)],
            failed: 1,
            cell: "cell".to_owned(),
            repeat,
            slowdown: speed,
            ..Measured::default()
        };
        Entry { of: of.to_owned(), measured }
    }

    #[test]
    fn a_campaign_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        journal.keep(entry("a", 0)).unwrap();
        journal.keep(entry("b", 1)).unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalError::InUse(_))));
        drop(journal);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"of\":\"c\",\"meas").unwrap();
        drop(file);
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.find("a", 0), Some(&entry("a", 0).measured));
        assert_eq!(journal.find("b", 1), Some(&entry("b", 1).measured));
        assert_eq!((journal.find("a", 1), journal.find("c", 0)), (None, None));
        journal.keep(entry("c", 0)).unwrap();
        drop(journal);
        assert!(Journal::open(&path).unwrap().find("c", 0).is_some());
    }

    #[test]
    fn noise_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, "noise\n").unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalError::Damaged { line: 1, .. })));
    }
}
