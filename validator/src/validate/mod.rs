//! Predictions held against what real pools did.
//!
//! A [`Cell`] is a workload on a pool. [`measure()`] runs it for real, with a
//! reference beside it that tells how fast the machine is; [`Predictor`]
//! simulates the same rows. One function, [`Figures::of`], takes the figures
//! from both. [`campaign`] does this for many cells, several times each, and
//! keeps every run in a [`Journal`] as it lands; [`verdict`] and [`summary`]
//! say how far they agree, [`discrepancy`] how far apart the ends of predictions
//! must be.

mod anchors;
pub mod campaign;
pub mod cells;
pub mod decision;
mod deploy;
pub mod discrepancy;
pub mod extrapolation;
mod figures;
pub mod grid;
mod journal;
mod master;
mod measure;
mod predict;
pub mod random;
pub(crate) mod speed;
pub mod summary;
pub mod verdict;

pub use anchors::{Anchors, Pace};
pub use cells::{Cell, Set};
pub use figures::{Figure, Figures, Served, tolerance};
pub use journal::{Entry, Journal, JournalError};
pub use measure::{Bench, Case, Measured, measure};
pub use predict::{Predicted, Predictor};
pub use speed::{DRIFT, OTHERS, Piece, Reference, Seen, Slowdown};
