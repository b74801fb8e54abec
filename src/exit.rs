//! Exit codes, and which failure ends in which.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sim::experiment::SimError;
use sim::input::{InputError, InputKind};
use sim::recycling::NoJitter;
use sim::search::SearchError;
use tables::TableError;
use validator::calibrate::CalibrateError;
use validator::characterize::CharacterizeError;
use validator::host::ProbeError;
use validator::systems::SystemError;
use validator::validate::campaign::CampaignError;

use crate::emit::EmitError;
use crate::picture::PictureError;
use crate::render;
use crate::sweep::JournalError;

/// How the program ends. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// An answer was given; a recommended pool meets its objective.
    Met = 0,
    /// The program or the system failed.
    Internal = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// No candidate is certain to meet the objective: an answer, not an error.
    NotMet = 10,
    /// The workload file cannot be used.
    Workload = 20,
    /// The calibration cannot be used, or is of another host.
    Calibration = 21,
    /// No pool could be run for real.
    NotRun = 30,
    /// The machine is too noisy to judge a prediction on.
    TooNoisy = 31,
    /// Predictions are further from what was observed than they may be.
    Beyond = 40,
}

impl Code {
    /// All codes, ascending.
    pub const ALL: [Self; 9] = [
        Self::Met,
        Self::Internal,
        Self::Usage,
        Self::NotMet,
        Self::Workload,
        Self::Calibration,
        Self::NotRun,
        Self::TooNoisy,
        Self::Beyond,
    ];

    /// For `--help`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Met => "an answer; a recommended pool meets its objective",
            Self::Internal => "the program or the system failed",
            Self::Usage => "the command line makes no sense",
            Self::NotMet => "no pool or recycling rule is sure to meet the objective",
            Self::Workload => "the workload file, or a file of figures, is missing or invalid",
            Self::Calibration => "the calibration is missing, invalid or of another host",
            Self::NotRun => "no pool, or not the callable, could be run for real",
            Self::TooNoisy => "the machine is too noisy to judge predictions on",
            Self::Beyond => "predictions are further from reality than they may be",
        }
    }

    /// All codes with their meaning, one a line.
    pub fn table() -> String {
        Self::ALL.iter().fold("Exit codes:\n".to_owned(), |mut table, code| {
            let _ = writeln!(table, "  {:>2}  {}", *code as u8, code.meaning());
            table
        })
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line was refused, or asked for help.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// Something in an input file is wrong; at least one error.
    #[error("invalid input")]
    Inputs(Vec<InputError>),
    /// The calibration describes another machine than this one.
    #[error("the calibration `{calibration}` is of another host: {difference}")]
    OtherHost {
        /// Name of the calibration.
        calibration: String,
        /// What it says and what this machine says.
        difference: String,
    },
    /// The search gave up.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A simulation gave up.
    #[error(transparent)]
    Simulation(#[from] SimError),
    /// This machine does not describe itself.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// This machine cannot be measured, or what was measured not be kept.
    #[error(transparent)]
    Calibrate(CalibrateError),
    /// Someone ended a calibration.
    #[error("interrupted; what was measured is in `{}`", folder.display())]
    Interrupted {
        /// Raw observations.
        folder: PathBuf,
    },
    /// A file that is not replaced unasked.
    #[error("`{}` is there already", .0.display())]
    Exists(PathBuf),
    /// Something of a sweep's plan is wrong; at least one error.
    #[error("invalid plan")]
    Plan(Vec<InputError>),
    /// A sweep of more cells than can be.
    #[error("the sweep is too large: {count}")]
    TooManyCells {
        /// How many there are, and may be.
        count: String,
        /// Would shards do?
        shards: bool,
    },
    /// A sweep's finished rows cannot be kept or found.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A sweep of which no cell could be run.
    #[error("no cell could be run; the first: {0}")]
    NothingRan(String),
    /// A table cannot be used.
    #[error("this table cannot be used: {0}")]
    Table(#[from] TableError),
    /// A table cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong with it.
        error: TableError,
    },
    /// A picture cannot be made of a table.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Validation needs a calibration of this machine.
    #[error("predictions cannot be validated without a calibration of this machine")]
    NoCalibration,
    /// The command line names what does not fit together.
    #[error("{0}")]
    Refused(String),
    /// There is no interpreter to run.
    #[error("{0}")]
    NoPython(String),
    /// Cells could not be measured or predicted.
    #[error(transparent)]
    Campaign(#[from] CampaignError),
    /// A published system could not be measured or predicted.
    #[error(transparent)]
    System(#[from] SystemError),
    /// No recycling rule keeps enough workers up.
    #[error("{error}")]
    NoJitter {
        /// Why.
        error: NoJitter,
        /// What to write instead.
        help: Option<String>,
    },
    /// A callable cannot be characterized.
    #[error("`{target}` cannot be characterized: {error}")]
    Characterize {
        /// Which.
        target: String,
        /// Why.
        error: CharacterizeError,
    },
    /// A product's configuration cannot be written.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// An answer could not be written.
    #[error("cannot write {target}: {error}")]
    Output {
        /// Where to.
        target: String,
        /// What the system says.
        error: io::Error,
    },
}

impl Failure {
    /// `error` while writing the file `path`.
    pub fn file(path: &Path, error: io::Error) -> Self {
        Self::Output { target: format!("`{}`", path.display()), error }
    }

    /// How the program ends.
    pub fn code(&self) -> Code {
        match self {
            Self::Arguments(error) if error.use_stderr() => Code::Usage,
            Self::Arguments(_) => Code::Met,
            Self::Simulation(SimError::Impossible(_))
            | Self::Plan(_)
            | Self::TooManyCells { .. }
            | Self::NothingRan(_)
            | Self::Journal(JournalError::OtherSweep { .. })
            | Self::Table(TableError::UnknownFormat(_))
            | Self::Refused(_)
            | Self::Picture(_)
            | Self::Exists(_) => Code::Usage,
            Self::Calibrate(CalibrateError::Files { .. } | CalibrateError::Launch { .. }) => {
                Code::Internal
            }
            Self::Calibrate(_) => Code::Usage,
            Self::NoJitter { error: NoJitter::Invalid(_) | NoJitter::Life(_), .. } => Code::Usage,
            Self::NoJitter { .. } => Code::NotMet,
            Self::Inputs(errors) => match errors.iter().map(|error| error.kind).max() {
                Some(InputKind::Calibration) => Code::Calibration,
                Some(InputKind::Workload | InputKind::Cells | InputKind::Figures) => Code::Workload,
                None => Code::Internal,
            },
            Self::OtherHost { .. } | Self::NoCalibration => Code::Calibration,
            Self::NoPython(_) => Code::NotRun,
            Self::Characterize { error, .. } if error.is_the_callables() => Code::NotRun,
            Self::Emit(EmitError::NoPool { .. }) => Code::NotMet,
            Self::Emit(EmitError::Template { .. }) => Code::Internal,
            Self::Emit(_) => Code::Usage,
            Self::Search(SearchError::NothingPossible(_)) => Code::NotMet,
            Self::Search(SearchError::Simulation(_))
            | Self::Simulation(_)
            | Self::Probe(_)
            | Self::Interrupted { .. }
            | Self::Journal(_)
            | Self::Campaign(_)
            | Self::Characterize { .. }
            | Self::System(_)
            | Self::Table(_)
            | Self::Unreadable { .. }
            | Self::Output { .. } => Code::Internal,
        }
    }
}

/// Says what went wrong, if anything, and gives the code to end with.
pub fn end(result: Result<Code, Failure>) -> ExitCode {
    let code = result.unwrap_or_else(|failure| match render::failure::show(&failure) {
        Ok(()) => failure.code(),
        Err(_) => Code::Internal,
    });
    ExitCode::from(code as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_are_documented() {
        let numbers = Code::ALL.map(|code| code as u8);
        assert_eq!(numbers, [0, 1, 2, 10, 20, 21, 30, 31, 40]);
    }

    #[test]
    fn the_kind_of_file_decides_the_code() {
        let of = |kind| Failure::Inputs(vec![InputError::whole_file(kind, "f", "wrong")]).code();
        assert_eq!(of(InputKind::Workload), Code::Workload);
        assert_eq!(of(InputKind::Calibration), Code::Calibration);
    }
}
