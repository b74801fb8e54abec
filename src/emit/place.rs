//! Where emitted files go: into the answer, or to a place of their own, whole
//! and never over what is there unless asked to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::EmitError;
use super::target::{Target, Wanted};
use crate::args::Format;
use crate::exit::Failure;
use crate::files::OutFile;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub text: String,
}

/// A place for each `--emit`.
#[derive(Debug)]
pub struct Places {
    wanted: Vec<Wanted>,
    force: bool,
}

impl Places {
    /// Looks at every place now, so that a wrong one is known before the work.
    ///
    /// # Errors
    /// There is a file already, or a folder cannot be made.
    pub fn prepare(wanted: &[Wanted], format: Format, force: bool) -> Result<Self, Failure> {
        for one in wanted {
            let Some(path) = &one.path else {
                if format == Format::Json {
                    return Err(EmitError::NeedsPlace(one.target).into());
                }
                continue;
            };
            let (folder, name) = split(path, one.target);
            fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, error))?;
            refuse_existing(&folder.join(name), force)?;
        }
        Ok(Self { wanted: wanted.to_vec(), force })
    }

    /// What is wanted, in order.
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// Writes `files` to the place of `wanted`: their paths; `None` if they
    /// belong into the answer.
    ///
    /// # Errors
    /// One of them is there already, or cannot be written.
    pub fn write(&self, wanted: &Wanted, files: &[File]) -> Result<Option<String>, Failure> {
        let Some(path) = &wanted.path else {
            return Ok(None);
        };
        let (folder, named) = split(path, wanted.target);
        let usual = wanted.target.file(None);
        let place = |file: &File| folder.join(if file.name == usual { &named } else { &file.name });
        for file in files {
            refuse_existing(&place(file), self.force)?;
        }
        let mut written = Vec::new();
        for file in files {
            let path = place(file);
            OutFile::create(&path)?.fill(|out| out.write_all(file.text.as_bytes()))?;
            written.push(path.display().to_string());
        }
        Ok(Some(written.join(", ")))
    }
}

/// The folder, and the name of the file with the settings. A path with the
/// file's own ending that is no folder is that of the file.
fn split(path: &Path, target: Target) -> (PathBuf, String) {
    let usual = target.file(None);
    let name = path.file_name().and_then(|name| name.to_str());
    let same_ending = path.extension() == Path::new(&usual).extension();
    match name {
        Some(name) if same_ending && !path.is_dir() => {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            (folder.unwrap_or(Path::new(".")).to_owned(), name.to_owned())
        }
        _ => (path.to_owned(), usual),
    }
}

fn refuse_existing(path: &Path, force: bool) -> Result<(), Failure> {
    if force || path.symlink_metadata().is_err() {
        return Ok(());
    }
    let error = io::Error::new(
        io::ErrorKind::AlreadyExists,
        "it exists already; name another place, or overwrite it with --force",
    );
    Err(Failure::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(path: PathBuf) -> Vec<Wanted> {
        vec![Wanted { target: Target::Gunicorn, path: Some(path) }]
    }

    fn file(name: &str) -> File {
        File { name: name.to_owned(), text: format!("# {name}\n") }
    }

    #[test]
    fn files_go_into_a_folder_that_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let places =
            Places::prepare(&wanted(folder.path().join("a/b")), Format::Json, false).unwrap();
        let files = [file("gunicorn.conf.py"), file("check_pool.py")];
        let written = places.write(&places.wanted()[0], &files).unwrap().unwrap();
        assert!(written.contains("a/b/gunicorn.conf.py, "), "{written}");
        let text = fs::read_to_string(folder.path().join("a/b/check_pool.py")).unwrap();
        assert_eq!(text, "# check_pool.py\n");
    }

    #[test]
    fn a_name_with_an_ending_is_that_of_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prod.py");
        let places = Places::prepare(&wanted(path.clone()), Format::Text, false).unwrap();
        let files = [file("gunicorn.conf.py"), file("check_pool.py")];
        places.write(&places.wanted()[0], &files).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "# gunicorn.conf.py\n");
        assert!(folder.path().join("check_pool.py").exists());
    }

    #[test]
    fn nothing_is_overwritten_unless_asked_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gunicorn.conf.py");
        fs::write(&path, "mine").unwrap();
        let there = wanted(folder.path().to_owned());
        let error = Places::prepare(&there, Format::Text, false).unwrap_err();
        assert!(error.to_string().contains("--force"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        let places = Places::prepare(&there, Format::Text, true).unwrap();
        places.write(&places.wanted()[0], &[file("gunicorn.conf.py")]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# gunicorn.conf.py\n");
    }

    #[test]
    fn json_needs_a_place() {
        let nowhere = [Wanted { target: Target::Celery, path: None }];
        let error = Places::prepare(&nowhere, Format::Json, false).unwrap_err();
        assert!(error.to_string().contains("--emit celery=FOLDER"), "{error}");
        assert!(Places::prepare(&nowhere, Format::Text, false).is_ok());
    }
}
