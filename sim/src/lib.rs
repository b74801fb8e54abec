//! Discrete-event model of Python worker pools.
pub mod closed_form;
mod cpu;
mod engine;
pub mod experiment;
pub mod host;
pub mod input;
mod interpreter;
pub mod kernel;
pub mod pool;
mod process;
pub mod search;
pub mod stats;
pub mod workload;
