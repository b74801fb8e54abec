//! Calibration: what CPython and Linux cost on this host, measured.
//!
//! [`measure`] runs [`probes`](all_probes), small Python programs that print
//! raw observations, in rounds of all of them, and keeps every observation in a
//! [`Journal`] the moment its probe ends. [`fit()`] turns observations into the
//! parameters of a [`Host`](sim::host::Host); it needs no Python, so a fit can
//! be redone anywhere.

mod course;
mod error;
mod facts;
mod figure;
mod fit;
mod journal;
mod launch;
mod observation;
mod probes;

use serde::Serialize;

pub use course::{Course, Measured, measure};
pub use error::CalibrateError;
pub(crate) use facts::day;
pub use facts::{FACTS, Facts};
pub use figure::ENOUGH_ROUNDS;
pub use fit::{Fitted, fit};
pub use journal::{JOURNAL, Journal};
pub use observation::Observation;
pub use probes::{Probe, all as all_probes};

use crate::interpreters::{self, Interpreter};
use std::path::Path;

/// Something that was not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// What.
    pub what: String,
    /// Why not.
    pub reason: String,
}

/// The interpreter at `path`; else the [usual](interpreters::usual) one.
///
/// # Errors
/// There is none, or `path` is none.
pub fn interpreter(path: Option<&Path>) -> Result<Interpreter, CalibrateError> {
    let usable = |i: &Interpreter| i.build.implementation == "CPython" && i.build.minor >= 8;
    let Some(path) = path else {
        return interpreters::usual().ok_or(CalibrateError::NoPython);
    };
    let not = |reason: String| CalibrateError::NotPython { path: path.to_owned(), reason };
    let named = interpreters::at(path).map_err(|silent| not(silent.reason))?;
    match usable(&named) {
        true => Ok(named),
        false => Err(not(format!("it is {} {}", named.build.implementation, named.build.version))),
    }
}
