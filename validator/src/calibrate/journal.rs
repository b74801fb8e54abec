//! Observations as they land, so that an interrupted calibration keeps them.
//!
//! A line of JSON for each; a line that an interruption cut off is left out.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::CalibrateError;
use super::observation::Observation;

/// The file of observations, under the folder of raw data.
pub const JOURNAL: &str = "observations.jsonl";

/// Appends; what was written stays whatever happens to this process.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    observations: Vec<Observation>,
}

impl Journal {
    /// The journal in `folder`, with what is in it already.
    ///
    /// # Errors
    /// The folder or the file cannot be made or read.
    pub fn open(folder: &Path) -> Result<Self, CalibrateError> {
        let path = folder.join(JOURNAL);
        let open = || -> io::Result<(File, Vec<Observation>)> {
            fs::create_dir_all(folder)?;
            let file = File::options().create(true).append(true).open(&path)?;
            let text = fs::read(&path)?;
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            file.set_len(whole as u64)?;
            let lines = text[..whole].split(|byte| *byte == b'\n');
            let observations = lines.filter_map(|line| serde_json::from_slice(line).ok());
            Ok((file, observations.collect()))
        };
        match open() {
            Ok((file, observations)) => Ok(Self { path, file, observations }),
            Err(error) => Err(CalibrateError::files(&path, error)),
        }
    }

    /// Adds observations and has them written.
    ///
    /// # Errors
    /// There is no room, or the file is gone.
    pub fn append(&mut self, observations: Vec<Observation>) -> Result<(), CalibrateError> {
        let mut out = BufWriter::new(&self.file);
        let written = observations.iter().try_for_each(|observation| {
            serde_json::to_writer(&mut out, observation)?;
            out.write_all(b"\n")
        });
        let written = written.and_then(|()| out.flush());
        // Kept even if the disk is full: they can still be fitted.
        self.observations.extend(observations);
        written.map_err(|error| CalibrateError::files(&self.path, error))
    }

    /// All of them.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// Removes the file, once the observations are kept elsewhere.
    ///
    /// # Errors
    /// As the system.
    pub fn discard(self) -> Result<(), CalibrateError> {
        fs::remove_file(&self.path).map_err(|error| CalibrateError::files(&self.path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: f64) -> Observation {
        let (probe, quantity) = ("p".to_owned(), "q".to_owned());
        Observation { round: 0, run: 1, probe, quantity, x: 0.0, value }
    }

    #[test]
    fn an_interrupted_journal_keeps_its_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.append(vec![one(1.0), one(1.0 / 3.0)]).unwrap();
        drop(journal);
        let path = folder.path().join(JOURNAL);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{}", &text[..30])).unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.observations(), [one(1.0), one(1.0 / 3.0)]);
        journal.append(vec![one(3.0)]).unwrap();
        drop(journal);
        assert_eq!(Journal::open(folder.path()).unwrap().observations().len(), 3);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let error = Journal::open(Path::new("/proc/no/such")).unwrap_err();
        assert!(error.to_string().contains("/proc/no/such"), "{error}");
    }
}
