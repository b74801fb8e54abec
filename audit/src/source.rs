//! A text and its place, for errors with a caret.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sim::input::{InputError, InputKind, format_bytes};

/// A text that errors point into.
pub(crate) struct Source<'a> {
    path: &'a Path,
    text: Arc<str>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &'a Path, text: &str) -> Self {
        Self { path, text: Arc::from(text) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.path
    }

    /// An error at `span`; it is cut to whole characters of the text.
    pub(crate) fn error(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> InputError {
        let start = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let end = self.text.ceil_char_boundary(span.end.clamp(start, self.text.len()));
        let whole = InputError::whole_file(InputKind::Figures, self.path, message).with_help(help);
        InputError { source_text: Arc::clone(&self.text), span: Some(start..end), ..whole }
    }
}

/// The whole text of the file at `path`, at most `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<String, Vec<InputError>> {
    let fail = |message: String, help: &str| {
        Err(vec![InputError::whole_file(InputKind::Figures, path, message).with_help(help)])
    };
    match fs::metadata(path) {
        Err(error) => fail(format!("this cannot be read: {error}"), "check the path"),
        // A named pipe would wait for its writer.
        Ok(found) if !found.is_file() => {
            fail("this is not a regular file".to_owned(), "name a file of figures")
        }
        Ok(found) if found.len() > most => {
            let most = format_bytes(most);
            fail(format!("the file is larger than {most}"), "split it")
        }
        Ok(_) => fs::read_to_string(path)
            .or_else(|error| fail(format!("this cannot be read: {error}"), "save it as UTF-8")),
    }
}

/// What the TOML reader says, with its place.
pub(crate) fn toml_error(source: &Source<'_>, error: &toml::de::Error) -> Vec<InputError> {
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let help = "the keys of every table are in docs/audit.md";
    vec![source.error(error.span().unwrap_or(0..0), message, help)]
}
