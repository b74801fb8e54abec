//! What can be learnt of the machine that this runs on: its size and limits,
//! the Python interpreters on it, and how steadily it computes.

pub mod child;
pub mod environments;
pub mod host;
pub mod interpreters;
pub mod noise;
pub mod readiness;
pub mod run;
