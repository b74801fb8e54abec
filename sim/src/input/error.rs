//! The one error of every input file.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Which file is at fault; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputKind {
    /// A file of validation cells.
    Cells,
    /// A workload file, or a file that it refers to.
    Workload,
    /// Figures to audit: published claims, measured ones or a load test.
    Figures,
    /// A calibration file.
    Calibration,
}

impl InputKind {
    /// For people: `workload`, `figures`, `calibration`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::Workload => "workload",
            Self::Figures => "figures",
            Self::Calibration => "calibration",
        }
    }
}

/// One thing that is wrong with an input file: what, where, and what to do.
///
/// Plain data, so that whoever shows it chooses the form. `Display` gives one
/// line with path, line and column; a caret needs `source_text` and `span`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// Which file is at fault.
    pub kind: InputKind,
    /// The file as the user named it.
    pub path: PathBuf,
    /// The text that `span` points into: the whole file, or the line at fault
    /// of a file too long to keep. Empty if nothing could be read.
    pub source_text: Arc<str>,
    /// Number of the first line of `source_text` in the file, from 1.
    pub first_line: usize,
    /// Bytes of `source_text` at fault; `None` if the whole file is.
    pub span: Option<Range<usize>>,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// A few words for the caret, if the message alone does not say it.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// What else to know.
    pub notes: Vec<String>,
}

impl InputError {
    /// An error about a file as a whole.
    pub fn whole_file(
        kind: InputKind,
        path: impl Into<PathBuf>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            path: path.into(),
            source_text: Arc::from(""),
            first_line: 1,
            span: None,
            message: message.into(),
            label: None,
            help: None,
            notes: Vec::new(),
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column of the first byte at fault, both from 1, columns in
    /// characters; `None` if the whole file is at fault.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let start = self.span.as_ref()?.start;
        let before = self.source_text.get(..start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + self.first_line;
        Some((line, before[line_start..].chars().count() + 1))
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some((line, column)) = self.line_column() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InputError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_at(text: &str, span: Range<usize>) -> InputError {
        let whole = InputError::whole_file(InputKind::Workload, "w.toml", "wrong");
        InputError { source_text: text.into(), span: Some(span), ..whole }
    }

    #[test]
    fn counts_lines_and_characters_from_one() {
        assert_eq!(error_at("ab\ncé = 1", 8..9).line_column(), Some((2, 5)));
        assert_eq!(error_at("ab", 0..1).line_column(), Some((1, 1)));
        assert_eq!(error_at("ab\n", 3..3).line_column(), Some((2, 1)));
    }

    #[test]
    fn a_line_of_a_long_file_keeps_its_number() {
        let error = InputError { first_line: 70_000, ..error_at("5,echo,x", 7..8) };
        assert_eq!(error.line_column(), Some((70_000, 8)));
        assert_eq!(error.with_help("fix it").to_string(), "w.toml:70000:8: wrong (fix it)");
    }

    #[test]
    fn a_span_outside_the_text_has_no_place() {
        assert_eq!(error_at("ab", 9..10).line_column(), None);
        assert_eq!(error_at("é", 1..2).line_column(), None);
    }
}
