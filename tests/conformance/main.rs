//! What the engine must reproduce: the mechanics of the interpreter lock, of
//! start-up and of memory, each against its law.

#![allow(clippy::unwrap_used)]

mod lock;
mod pools;
mod start;
