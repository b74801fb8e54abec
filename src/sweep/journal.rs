//! Rows that are done, kept as they land, so that an interrupted sweep goes on
//! where it stopped.
//!
//! A line of JSON per row, after one with the sweep's fingerprint. A line that
//! was cut off by the interruption is cut away.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tables::{Kind, Value};

use super::digest::Fingerprint;

/// Why rows cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refuses.
    #[error("cannot write `{path}`: {error}")]
    Io {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It belongs to another sweep.
    #[error("`{path}` is of an interrupted sweep that differs in {difference}")]
    OtherSweep {
        /// The journal.
        path: PathBuf,
        /// In what.
        difference: String,
    },
    /// Another process writes it.
    #[error("`{0}` is in use: another sweep is writing it")]
    InUse(PathBuf),
    /// It is no journal.
    #[error("line {line} of `{path}` is no row of this sweep")]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// The rows that are done.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// Is it under a name, to be found again?
    named: bool,
}

/// One row: the number of its cell and its values.
pub type Row = (u64, Vec<Value>);

impl Journal {
    /// The journal beside `out`, or one without a name. `done` is told of every
    /// row that is in it already.
    pub fn open(
        out: Option<&Path>,
        fingerprint: &Fingerprint,
        kinds: &[Kind],
        done: impl FnMut(Row),
    ) -> Result<Self, JournalError> {
        let path = out.map_or_else(|| PathBuf::from("a temporary file"), beside);
        let fail = |error| JournalError::Io { path: path.clone(), error };
        let file = match out {
            Some(_) => {
                OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(fail)?
            }
            None => tempfile::tempfile().map_err(fail)?,
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path)),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
            Ok(()) => {}
        }
        let mut journal = Self { file, path, named: out.is_some() };
        journal.resume(fingerprint, kinds, done)?;
        Ok(journal)
    }

    fn resume(
        &mut self,
        fingerprint: &Fingerprint,
        kinds: &[Kind],
        done: impl FnMut(Row),
    ) -> Result<(), JournalError> {
        let fail = |error| JournalError::Io { path: self.path.clone(), error };
        let whole = whole_lines(&mut self.file).map_err(fail)?;
        self.file.set_len(whole).map_err(fail)?;
        if whole == 0 {
            let header = serde_json::to_string(fingerprint).map_err(|e| fail(e.into()))?;
            return writeln!(self.file, "{header}").map_err(fail);
        }
        self.file.seek(SeekFrom::Start(0)).map_err(fail)?;
        let mut header = String::new();
        BufReader::new(&self.file).read_line(&mut header).map_err(fail)?;
        let found: Fingerprint = serde_json::from_str(&header)
            .map_err(|_| JournalError::Damaged { path: self.path.clone(), line: 1 })?;
        if let Some(difference) = found.difference(fingerprint) {
            let difference = difference.to_owned();
            return Err(JournalError::OtherSweep { path: self.path.clone(), difference });
        }
        self.rows(kinds, done)
    }

    /// Tells `each` of every row, in the order in which they landed.
    pub fn rows(&mut self, kinds: &[Kind], mut each: impl FnMut(Row)) -> Result<(), JournalError> {
        let fail = |error| JournalError::Io { path: self.path.clone(), error };
        self.file.seek(SeekFrom::Start(0)).map_err(fail)?;
        for (index, line) in BufReader::new(&self.file).lines().enumerate().skip(1) {
            let row = read_row(&line.map_err(fail)?, kinds);
            let damaged = || JournalError::Damaged { path: self.path.clone(), line: index + 1 };
            each(row.ok_or_else(damaged)?);
        }
        Ok(())
    }

    /// Keeps a row. It is with the system when this returns, so no end of this
    /// process loses it.
    pub fn keep(&mut self, cell: u64, values: &[Value]) -> Result<(), JournalError> {
        let mut line =
            Json::from(vec![Json::from(cell), values.iter().map(to_json).collect()]).to_string();
        line.push('\n');
        let kept = self.file.write_all(line.as_bytes());
        kept.map_err(|error| JournalError::Io { path: self.path.clone(), error })
    }

    /// The sweep is complete and written: the journal goes.
    pub fn discard(self) -> Result<(), JournalError> {
        if !self.named {
            return Ok(());
        }
        std::fs::remove_file(&self.path)
            .map_err(|error| JournalError::Io { path: self.path.clone(), error })
    }
}

/// `sweep.csv.partial.jsonl` for `sweep.csv`.
pub fn beside(out: &Path) -> PathBuf {
    let mut name = out.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".partial.jsonl");
    out.with_file_name(name)
}

/// Length of the lines that end, in bytes.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(&*file);
    let (mut whole, mut line) = (0, Vec::new());
    while reader.read_until(b'\n', &mut line)? > 0 {
        if line.ends_with(b"\n") {
            whole += line.len() as u64;
        }
        line.clear();
    }
    Ok(whole)
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Text(text) => Json::from(text.as_str()),
        Value::Integer(number) => Json::from(*number),
        Value::Number(number) => Json::from(*number),
        Value::Flag(flag) => Json::from(*flag),
    }
}

fn read_row(line: &str, kinds: &[Kind]) -> Option<Row> {
    let row: (u64, Vec<Json>) = serde_json::from_str(line).ok()?;
    if row.1.len() > kinds.len() {
        return None;
    }
    let values = row.1.into_iter().zip(kinds).map(|(json, kind)| from_json(json, *kind));
    Some((row.0, values.collect::<Option<_>>()?))
}

fn from_json(json: Json, kind: Kind) -> Option<Value> {
    Some(match (kind, json) {
        (_, Json::Null) => Value::Missing,
        (Kind::Text, Json::String(text)) => Value::Text(text),
        (Kind::Integer, json) => Value::Integer(json.as_i64()?),
        (Kind::Number, json) => Value::Number(json.as_f64()?),
        (Kind::Flag, json) => Value::Flag(json.as_bool()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 2] = [Kind::Number, Kind::Text];

    fn fingerprint(seed: &str) -> Fingerprint {
        let text = || "same".to_owned();
        Fingerprint {
            planner: text(),
            inputs: text(),
            plan: text(),
            run: seed.to_owned(),
            shard: text(),
        }
    }

    fn open(out: &Path, seed: &str) -> Result<(Journal, Vec<Row>), JournalError> {
        let mut rows = Vec::new();
        let journal = Journal::open(Some(out), &fingerprint(seed), &KINDS, |row| rows.push(row))?;
        Ok((journal, rows))
    }

    /// Numbers of every size come back bit for bit.
    fn numbers() -> Vec<Row> {
        let numbers = [0.1 + 0.2, 1e-300, f64::MAX, 1.0 / 3.0, -0.0, 5e-324];
        let row = |(cell, number)| (cell, vec![Value::Number(number), Value::Missing]);
        (0..).zip(numbers).map(row).collect()
    }

    #[test]
    fn rows_come_back_as_they_were_and_a_cut_line_is_cut_away() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.csv");
        let (mut journal, found) = open(&out, "1").unwrap();
        assert!(found.is_empty());
        numbers().iter().for_each(|(cell, values)| journal.keep(*cell, values).unwrap());
        drop(journal);
        let mut file = OpenOptions::new().append(true).open(beside(&out)).unwrap();
        file.write_all(b"[77,[0.2").unwrap();
        let (mut journal, found) = open(&out, "1").unwrap();
        assert_eq!(found, numbers());
        let more = vec![Value::Number(2.0), Value::Text("a\"b\n".to_owned())];
        journal.keep(9, &more).unwrap();
        let mut last = None;
        journal.rows(&KINDS, |row| last = Some(row)).unwrap();
        assert_eq!(last, Some((9, more)));
        journal.discard().unwrap();
        assert!(!beside(&out).exists());
    }

    #[test]
    fn another_sweep_another_process_and_noise_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.csv");
        let (journal, _) = open(&out, "1").unwrap();
        assert!(matches!(open(&out, "1"), Err(JournalError::InUse(_))));
        drop(journal);
        let other = open(&out, "2").unwrap_err().to_string();
        assert!(other.contains("differs in the requests"), "{other}");
        std::fs::write(beside(&out), "noise\n").unwrap();
        assert!(matches!(open(&out, "1"), Err(JournalError::Damaged { line: 1, .. })));
        let header = serde_json::to_string(&fingerprint("1")).unwrap();
        std::fs::write(beside(&out), format!("{header}\n[1,[true,null]]\n")).unwrap();
        assert!(matches!(open(&out, "1"), Err(JournalError::Damaged { line: 2, .. })));
    }

    #[test]
    fn without_a_name_nothing_is_left() {
        let mut journal = Journal::open(None, &fingerprint("1"), &KINDS, |_| {}).unwrap();
        journal.keep(0, &[Value::Number(1.0)]).unwrap();
        let mut rows = 0;
        journal.rows(&KINDS, |_| rows += 1).unwrap();
        assert_eq!(rows, 1);
        journal.discard().unwrap();
    }
}
