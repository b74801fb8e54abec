//! What went wrong, on standard error, each thing once.

use std::io::{self, Write as _};

use annotate_snippets::{Group, Level};

use sim::search::SearchError;
use tables::TableError;

use super::input_error::{renderer, report};
use super::layout::Page;
use crate::emit::EmitError;
use crate::exit::Failure;
use crate::sweep::JournalError;

/// Writes `failure` to standard error; what was asked for, like `--help`, to
/// standard output.
pub fn show(failure: &Failure) -> io::Result<()> {
    match failure {
        Failure::Arguments(error) => match error.print() {
            Err(closed) if closed.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            printed => printed,
        },
        Failure::Inputs(errors) | Failure::Plan(errors) => {
            errors.iter().try_for_each(|error| write(&report(error)))
        }
        Failure::Search(SearchError::NothingPossible(exclusions)) => {
            write(&renderer().render(&[group(failure)]))?;
            let mut page = Page::default();
            for exclusion in exclusions {
                page.hanging("  ", "      ", &format!("{}: {}", exclusion.what, exclusion.reason));
            }
            write(page.finish().trim_end())
        }
        Failure::Emit(EmitError::NoPool { reasons, .. }) => {
            write(&renderer().render(&[group(failure)]))?;
            let mut page = Page::default();
            reasons.iter().for_each(|reason| page.hanging("  ", "      ", reason));
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
        Failure::NoCalibration => {
            Some("make one with `planner calibrate --quick`, then name it with --calibration")
        }
        Failure::Characterize { error, .. } => error.help(),
        Failure::NoPython(_) => Some("name one with --python"),
        Failure::Interrupted { .. } => {
            Some("repeat the command to add rounds, or fit what is there with --refit")
        }
        Failure::Exists(_) => Some("name another file with --out, or replace it with --force"),
        Failure::Emit(EmitError::NoPool { .. }) => {
            Some("emit for another product, or change what the workload says of these")
        }
        Failure::TooManyCells { shards: false, .. } => {
            Some("take fewer values or larger steps; what is below that can be split by --shard")
        }
        Failure::TooManyCells { shards: true, .. } => {
            Some("split the sweep with --shard 1/N to N/N, or take fewer values or larger steps")
        }
        Failure::Journal(JournalError::Io { error, .. })
            if error.kind() == io::ErrorKind::StorageFull =>
        {
            Some("free some space there and repeat the command: the finished rows are kept")
        }
        Failure::Journal(JournalError::OtherSweep { .. }) => {
            Some("repeat the command that was interrupted, or remove that file to start anew")
        }
        Failure::Journal(JournalError::Damaged { .. }) => Some("remove that file to start anew"),
        Failure::Journal(JournalError::InUse(_)) => {
            Some("wait for it, or give this sweep another --out")
        }
        Failure::Table(TableError::UnknownFormat(_)) => Some("end the name in .csv or .parquet"),
        Failure::Picture(error) => error.help(),
        Failure::NoJitter { help, .. } => help.as_deref(),
        _ => None,
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stderr = anstream::stderr().lock();
    writeln!(stderr, "{text}")?;
    stderr.flush()
}
