//! Pools: what a candidate is, and who gets the next request.

mod config;

pub use config::{
    Concurrency, Dispatcher, MAX_SLOTS, MAX_THREADS, MAX_WORKERS, PoolConfig, Profile, StartMethod,
    WorkerChoice,
};
