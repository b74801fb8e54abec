//! What went wrong, on standard error, each thing once.

use std::io::{self, Write as _};

use annotate_snippets::{Group, Level};

use sim::search::SearchError;

use super::input_error::{renderer, report};
use super::layout::Page;
use crate::exit::Failure;

/// Writes `failure` to standard error; what was asked for, like `--help`, to
/// standard output.
pub fn show(failure: &Failure) -> io::Result<()> {
    match failure {
        Failure::Arguments(error) => match error.print() {
            Err(closed) if closed.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            printed => printed,
        },
        Failure::Inputs(errors) => errors.iter().try_for_each(|error| write(&report(error))),
        Failure::Search(SearchError::NothingPossible(exclusions)) => {
            write(&renderer().render(&[group(failure)]))?;
            let mut page = Page::default();
            for exclusion in exclusions {
                page.hanging("  ", "      ", &format!("{}: {}", exclusion.what, exclusion.reason));
            }
            write(page.finish().trim_end())
        }
        other => write(&renderer().render(&[group(other)])),
    }
}

fn group(failure: &Failure) -> Group<'_> {
    let title = Group::with_title(Level::ERROR.primary_title(failure.to_string()));
    match help(failure) {
        Some(help) => title.element(Level::HELP.message(help)),
        None => title,
    }
}

fn help(failure: &Failure) -> Option<&str> {
    match failure {
        Failure::OtherHost { .. } => {
            Some("leave out --here to predict for the host that the calibration names")
        }
        Failure::Search(SearchError::NothingPossible(_)) => {
            Some("loosen one of these in [runtime] or [objective] of the workload")
        }
        Failure::NoJitter { help, .. } => help.as_deref(),
        _ => None,
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stderr = anstream::stderr().lock();
    writeln!(stderr, "{text}")?;
    stderr.flush()
}
