//! Holds the figures of pools against operational laws and against the model:
//! those of published documents, and those of a user's own load test.
//!
//! A [`document::Document`] has every figure as data. [`laws`] judge the figures
//! of each configuration and the document's own arithmetic;

pub mod document;
pub mod figure;
pub mod formula;
pub mod laws;
pub mod quantity;
mod source;
