//! What must be asked of a real machine: its size and limits, the Python
//! interpreters on it, how steadily it computes, and what real pools do there.
//!
//! - [`host`], [`interpreters`], [`noise`] look at the machine; [`readiness`]
//!   says what can be run on it.
//! - [`lock_probe`] holds the model of the interpreter lock against the lock.
//! - [`environments`] makes the Python that a pool needs.
//! - [`grpc`] dispatches requests to gRPC workers.
//! - [`servers`] sends requests to gunicorn and uvicorn.
//! - [`run`] has a pool serve a trace and keeps what was seen.
//! - [`validate`] holds predictions against what real pools did.
//! - [`systems`] runs published systems and holds predictions against them.
//! - [`calibrate`] measures what everything costs here.
//! - [`characterize`] measures a callable of a user's own.
//! - [`child`] runs what must end, whatever happens.

pub mod calibrate;
pub mod characterize;
pub mod child;
pub mod environments;
pub mod grpc;
pub mod host;
pub mod interpreters;
pub mod lock_probe;
pub mod noise;
pub mod readiness;
pub mod run;
pub mod servers;
pub mod systems;
pub mod validate;
