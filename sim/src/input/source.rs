//! Bounded reading: no directory, device, noise or gigabyte gets further.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::input::error::{InputError, InputKind};
use crate::input::quantity::Fault;

/// A text and where it came from: what an error needs to point into it.
#[derive(Clone, Debug)]
pub struct Source {
    pub(crate) kind: InputKind,
    pub(crate) path: PathBuf,
    pub(crate) text: Arc<str>,
    /// Number of the first line of `text` in the file, from 1.
    pub(crate) first_line: usize,
}

impl Source {
    /// The whole text of the file at `path`.
    pub fn new(kind: InputKind, path: &Path, text: &str) -> Self {
        Self { kind, path: path.to_owned(), text: Arc::from(text), first_line: 1 }
    }

    /// `fault` with this text around it.
    pub(crate) fn error(&self, fault: Fault) -> InputError {
        let Fault { span, message, label, help, notes } = fault;
        InputError {
            kind: self.kind,
            path: self.path.clone(),
            source_text: Arc::clone(&self.text),
            first_line: self.first_line,
            span: Some(self.clamp(span)),
            message,
            label,
            help,
            notes,
        }
    }

    /// `span` cut to whole characters of the text, so that any renderer may slice.
    fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let (mut start, mut end) = (span.start.min(self.text.len()), span.end.min(self.text.len()));
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        end = end.max(start);
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }
}

/// Opens the regular file at `path` if it has at most `limit` bytes.
///
/// # Errors
/// Missing, unreadable, no regular file, or too large.
pub(crate) fn open_regular(
    kind: InputKind,
    path: &Path,
    limit: u64,
) -> Result<File, Box<InputError>> {
    let fail = |message: String, help: &str| {
        Box::new(InputError::whole_file(kind, path, message).with_help(help))
    };
    // Asked before opening, since opening a named pipe waits for a writer.
    let found = fs::metadata(path).map_err(|error| cannot_read(kind, path, &error))?;
    if found.is_dir() {
        let what = kind.name();
        let message = format!("this is a directory, not a {what} file");
        return Err(fail(message, "name the file inside it"));
    }
    if !found.is_file() {
        let help = "pipes and devices are not read: write the text to a file first";
        return Err(fail("this is not a regular file".to_owned(), help));
    }
    if found.len() > limit {
        return Err(too_large(kind, path, limit));
    }
    File::open(path).map_err(|error| cannot_read(kind, path, &error))
}

/// The whole text of the regular file at `path`, at most `limit` bytes.
///
/// # Errors
/// As for `open_regular`, or the file is not UTF-8.
pub fn read_limited(kind: InputKind, path: &Path, limit: u64) -> Result<String, Box<InputError>> {
    let file = open_regular(kind, path, limit)?;
    let mut bytes = Vec::new();
    // A file can grow after its size was asked, and /proc states no size at all.
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| cannot_read(kind, path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(kind, path, limit));
    }
    String::from_utf8(bytes).map_err(|error| not_text(kind, path, &error))
}

fn cannot_read(kind: InputKind, path: &Path, error: &io::Error) -> Box<InputError> {
    let what = kind.name();
    let (message, help) = match error.kind() {
        io::ErrorKind::NotFound => (
            format!("there is no {what} file here"),
            "check the path; relative paths start at the current directory, those inside a \
             workload at the workload's own folder"
                .to_owned(),
        ),
        io::ErrorKind::PermissionDenied => (
            format!("this {what} file may not be read: permission denied"),
            "give yourself read permission on it and on the folders above it".to_owned(),
        ),
        _ => (
            format!("this {what} file cannot be read: {error}"),
            "check that the path names a plain text file".to_owned(),
        ),
    };
    Box::new(InputError::whole_file(kind, path, message).with_help(help))
}

fn too_large(kind: InputKind, path: &Path, limit: u64) -> Box<InputError> {
    let limit = crate::input::format_bytes(limit);
    Box::new(
        InputError::whole_file(kind, path, format!("the file is larger than {limit}"))
            .with_help(format!("a {} file of this kind has at most {limit}", kind.name())),
    )
}

fn not_text(kind: InputKind, path: &Path, error: &std::string::FromUtf8Error) -> Box<InputError> {
    let at = error.utf8_error().valid_up_to();
    let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let message = format!("the file is not text: byte {} (line {line}) is not UTF-8", at + 1);
    Box::new(InputError::whole_file(kind, path, message).with_help("save it as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &str) -> String {
        read_limited(InputKind::Workload, Path::new(path), 1000).unwrap_err().message
    }

    #[test]
    fn what_is_no_text_file_is_refused_at_once() {
        assert_eq!(refusal("/nowhere/w.toml"), "there is no workload file here");
        assert_eq!(refusal("/tmp"), "this is a directory, not a workload file");
        assert_eq!(refusal("/dev/zero"), "this is not a regular file");
        assert_eq!(
            refusal("w\0.toml").split(':').next(),
            Some("this workload file cannot be read")
        );
    }

    #[test]
    fn a_file_without_a_stated_size_is_still_limited() {
        let path = Path::new("/proc/self/smaps");
        if path.exists() {
            let error = read_limited(InputKind::Calibration, path, 100).unwrap_err();
            assert_eq!(error.message, "the file is larger than 100 B");
        }
    }

    #[test]
    fn spans_are_cut_to_whole_characters() {
        let source = Source::new(InputKind::Workload, Path::new("w"), "aéb");
        assert_eq!(source.clamp(2..2), 1..3);
        assert_eq!(source.clamp(3..99), 3..4);
        assert_eq!(source.clamp(99..99), 4..4);
    }
}
