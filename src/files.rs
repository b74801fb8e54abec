//! Writing answers: all of a file or nothing, and quietly to a closed pipe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::exit::Failure;

/// Writes `text` to standard output. A reader that has seen enough and closed
/// the pipe is no error.
pub fn to_stdout(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Output { target: "to standard output".to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// Where an answer goes.
pub enum Target {
    /// To standard output.
    Stdout,
    /// To a file.
    File(OutFile),
}

impl Target {
    /// Opens the file now, so that a wrong path is known before the work.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        path.map_or(Ok(Self::Stdout), |path| OutFile::create(path).map(Self::File))
    }

    /// Writes the whole answer.
    pub fn write(self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Stdout => to_stdout(text),
            Self::File(file) => file.fill(|out| out.write_all(text.as_bytes())),
        }
    }
}

/// A file that appears under its name only when it is complete and on disk.
pub struct OutFile {
    path: PathBuf,
    sink: Sink,
}

enum Sink {
    /// Beside the final name, to be renamed.
    Beside(NamedTempFile),
    /// A device or a named pipe, which a rename would replace.
    Direct(File),
}

impl OutFile {
    /// Prepares to write `path`; the folder must exist.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let fail = |error| Failure::file(path, error);
        // Through links, so that the link stays and its target changes.
        let path = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(fail(error)),
        };
        let sink = match fs::metadata(&path) {
            Ok(data) if data.is_dir() => return Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(data) if data.is_file() => Sink::Beside(beside(&path, data.permissions())?),
            Ok(_) => Sink::Direct(OpenOptions::new().write(true).open(&path).map_err(fail)?),
            Err(_) => Sink::Beside(beside(&path, fs::Permissions::from_mode(0o666))?),
        };
        Ok(Self { path, sink })
    }

    /// Has `write` fill the file, then puts it under its name.
    pub fn fill(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let path = self.path;
        let done = match self.sink {
            Sink::Beside(mut temporary) => {
                buffered(temporary.as_file_mut(), write).and_then(|()| {
                    temporary.as_file().sync_all()?;
                    temporary.persist(&path).map(drop).map_err(|failed| failed.error)
                })
            }
            Sink::Direct(mut file) => buffered(&mut file, write),
        };
        done.map_err(|error| Failure::file(&path, error))
    }
}

fn buffered(
    file: &mut File,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = BufWriter::new(file);
    write(&mut buffer)?;
    buffer.flush()
}

/// A file in the same folder (a rename cannot cross file systems), with `mode`
/// less the umask.
fn beside(path: &Path, mode: fs::Permissions) -> Result<NamedTempFile, Failure> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .prefix(".planner-")
        .permissions(mode)
        .tempfile_in(folder)
        .map_err(|error| Failure::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
        fs::read_dir(folder).unwrap().map(|entry| name(entry).unwrap()).collect()
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer");
        fs::write(&path, "old").unwrap();
        let failed = OutFile::create(&path).unwrap().fill(|out| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.unwrap_err().to_string().contains("answer"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["answer"]);
    }

    #[test]
    fn a_whole_write_replaces_the_file_behind_a_link_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        Target::open(Some(&link)).unwrap().write("new").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(link.is_symlink());
    }

    #[test]
    fn a_full_device_is_an_error_and_stays_a_device() {
        let full = Path::new("/dev/full");
        let error = Target::open(Some(full)).unwrap().write("text").unwrap_err();
        assert!(error.to_string().starts_with("cannot write `/dev/full`: "), "{error}");
        assert!(!fs::metadata(full).unwrap().is_file());
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(OutFile::create(folder.path()).is_err());
        assert!(OutFile::create(&folder.path().join("no/such/file")).is_err());
    }
}
