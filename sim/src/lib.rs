//! Discrete-event model of Python worker pools.
pub mod closed_form;
mod cpu;
pub mod experiment;
pub mod host;
mod interpreter;
pub mod kernel;
pub mod pool;
pub mod search;
pub mod stats;
pub mod workload;
