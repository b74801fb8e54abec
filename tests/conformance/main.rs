//! What the engine must reproduce: the mechanics of the interpreter lock, of
//! start-up, of memory and of recycling, each against its law.

#![allow(clippy::unwrap_used)]

mod background;
mod chunks;
mod deployments;
mod faults;
mod hand_over;
mod keys;
mod lab;
mod lock;
mod memory;
mod pools;
mod recycling;
mod start;
mod worker_handler;
