//! Real pools of a real Python, held to what the model takes for granted.
//!
//! Needs a CPython 3.8 or later; what cannot be run says so on standard error.

#![allow(clippy::unwrap_used)]

mod calibrate;
mod characterize;
mod conformance;
mod decision;
mod endings;
mod faults;
mod grpc;
mod grpc_cost;
mod grpc_faults;
mod grpc_lives;
mod kernels;
mod lock_probe;
mod memory;
mod packages;
mod servers;
mod starts;
mod support;
mod systems;
mod validate;
