//! The pool model against closed forms, where they hold: on a host without
//! overheads, with one effect at a time.
//!
//! Every comparison is with a 99.9 % interval over replications, which must also
//! be narrow. Every run is held against Little's and the utilisation law.

mod closed;
mod lab;
mod open;
mod sharing;
