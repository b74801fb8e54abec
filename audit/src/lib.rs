//! Holds the figures of pools against operational laws and against the model:
//! those of published documents, and those of a user's own load test.
//!
//! A [`document::Document`] has every figure as data. [`laws`] judge the figures
//! of each configuration and the document's own arithmetic; [`predict()`] asks
//! the model about the configurations that can be simulated; [`verdict`] puts
//! both together into one verdict per figure.

pub mod document;
pub mod figure;
pub mod formula;
pub mod laws;
pub mod load_test;
pub mod measured;
mod predict;
pub mod quantity;
mod source;
pub mod variants;
pub mod verdict;

pub use predict::{Build, Prediction, Predictions, predict};
