//! Why a callable cannot be characterized, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What was being done when there was no going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Starting the interpreter.
    Start,
    /// Importing the module.
    Import,
    /// Finding the callable in it.
    Lookup,
    /// `--setup`.
    Setup,
    /// `--args`.
    Arguments,
    /// Calling it.
    Call,
    /// Calling it in a forked child.
    Fork,
    /// Calling it by several workers.
    Together,
}

impl Phase {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "import" => Self::Import,
            "lookup" => Self::Lookup,
            "setup" => Self::Setup,
            "arguments" => Self::Arguments,
            "call" => Self::Call,
            "fork" => Self::Fork,
            "together" => Self::Together,
            _ => Self::Start,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Start => "before the import",
            Self::Import => "while its module was imported",
            Self::Lookup => "while it was looked up",
            Self::Setup => "in --setup",
            Self::Arguments => "while --args were evaluated",
            Self::Call => "when it was called",
            Self::Fork => "when a forked child called it",
            Self::Together => "when several workers called it",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Start => "`planner doctor` lists the interpreters that can be run",
            Self::Import => {
                "run it where the module can be imported, with its environment's interpreter: --python"
            }
            Self::Lookup => "name it as package.module:function",
            Self::Setup => "--setup takes Python statements; they see the names of the module",
            Self::Arguments => {
                "--args takes what stands between the parentheses of a call, like --args '1, size=2'"
            }
            _ => "make what it needs in --setup, and pass it with --args",
        }
    }
}

/// A callable that cannot be characterized.
#[derive(Debug, thiserror::Error)]
pub enum CharacterizeError {
    /// It raised.
    #[error("{error}, {}{}{}", .phase.words(), at(.places), said(.output))]
    Raised {
        /// When.
        phase: Phase,
        /// The exception.
        error: String,
        /// Where, innermost last.
        places: Vec<String>,
        /// First lines that it printed.
        output: String,
    },
    /// It used more memory than it may.
    #[error("it asked for more than the {} it may have, {}{}", sim::input::format_bytes(*.limit), .phase.words(), at(.places))]
    Memory {
        /// When.
        phase: Phase,
        /// What it may have, in bytes.
        limit: u64,
        /// Where, innermost last.
        places: Vec<String>,
    },
    /// It did not come back.
    #[error("it did not come back within {} s, {}, and was ended{}", .limit.as_secs_f64(), .phase.words(), said(.output))]
    TimedOut {
        /// When.
        phase: Phase,
        /// How long it was waited for.
        limit: Duration,
        /// First lines that it printed.
        output: String,
    },
    /// It ended its process.
    #[error("it ended its process ({how}), {}{}", .phase.words(), said(.output))]
    Ended {
        /// When.
        phase: Phase,
        /// Status or signal.
        how: String,
        /// First lines that it printed.
        output: String,
    },
    /// Someone asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The interpreter could not be started.
    #[error("cannot run `{}`: {error}", .python.display())]
    Launch {
        /// Which.
        python: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The folder of a question.
    #[error("cannot use `{}`: {error}", .path.display())]
    Files {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The Python side wrote something odd.
    #[error("the question `{question}` was answered oddly: {error}")]
    Answer {
        /// Which.
        question: &'static str,
        /// What is wrong.
        error: String,
    },
}

impl CharacterizeError {
    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Raised { phase, .. } => Some(phase.help()),
            Self::Memory { .. } => Some("give it more with --memory, or smaller --args"),
            Self::TimedOut { .. } => Some(
                "give it longer with --timeout, or smaller --args; what it waits for must be there",
            ),
            Self::Ended { .. } => Some("measure a function that returns"),
            _ => None,
        }
    }

    /// Does it lie in the callable or how it was named, rather than in the system?
    pub fn is_the_callables(&self) -> bool {
        matches!(
            self,
            Self::Raised { .. } | Self::Memory { .. } | Self::TimedOut { .. } | Self::Ended { .. }
        )
    }
}

fn at(places: &[String]) -> String {
    places.last().map_or(String::new(), |place| format!(", at {place}"))
}

fn said(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!("; it printed: {output}") }
}
