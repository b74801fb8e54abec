//! Why a product gets no file.

use super::target::Target;

/// A recommendation that a product cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// None of its pools is possible.
    #[error("{target} can run no pool that the workload allows")]
    NoPool {
        /// The product.
        target: Target,
        /// Why each is impossible.
        reasons: Vec<String>,
    },
    /// It has no pipelines.
    #[error(
        "{0} has no stages, and the workload is a pipeline; concurrent.futures gets an executor for each"
    )]
    Pipeline(Target),
    /// Files cannot be part of an answer in JSON.
    #[error("--emit {0} needs a place beside JSON: write --emit {0}=FOLDER")]
    NeedsPlace(Target),
    /// A template is broken: a fault of the program.
    #[error("cannot write the configuration of {target}: {reason}")]
    Template {
        /// The product.
        target: Target,
        /// What the template engine says.
        reason: String,
    },
}
