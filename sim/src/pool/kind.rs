//! The pools that people deploy, by name.
//!
//! A kind is data: it says how a [`PoolConfig`](crate::pool::PoolConfig) of it
//! hands requests out, not what the engine does. Each has a file of its own in
//! `kinds`, with the source of its mechanics.

use std::fmt;
use std::str::FromStr;

/// A pool that people deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PoolKind {
    /// A shape without a product: the profile and the dispatcher say it all.
    Generic,
    /// `multiprocessing.Pool`.
    MultiprocessingPool,
    /// `concurrent.futures.ProcessPoolExecutor`.
    ProcessPoolExecutor,
    /// `multiprocessing.pool.ThreadPool`.
    MultiprocessingThreadPool,
    /// `concurrent.futures.ThreadPoolExecutor`.
    ThreadPoolExecutor,
    /// `gevent.pool.Pool`.
    GeventPool,
    /// `eventlet.GreenPool`.
    EventletGreenPool,
    /// asyncio: a loop, a semaphore and `to_thread`.
    Asyncio,
    /// gRPC servers of one request each behind a dispatcher that is not Python.
    GrpcProcess,
    /// gRPC servers of several threads, each of which serves a request.
    GrpcThread,
    /// gRPC servers of several threads that are given one request at a time.
    GrpcThreadSerial,
    /// A consumer loop: poll, work, commit, one message after another.
    KeyedBaseline,
    /// A keyed consumer with an asyncio engine.
    KeyedAsync,
    /// A keyed consumer with worker processes and micro-batches.
    KeyedProcess,
    /// gunicorn, `sync` workers.
    GunicornSync,
    /// gunicorn, `gthread` workers.
    GunicornGthread,
    /// gunicorn, `gevent` workers.
    GunicornGevent,
    /// uvicorn with several workers.
    Uvicorn,
    /// Celery, prefork pool.
    CeleryPrefork,
    /// Celery, threads pool.
    CeleryThreads,
}

impl PoolKind {
    /// All of them, the shape without a product first.
    pub const ALL: [Self; 20] = [
        Self::Generic,
        Self::MultiprocessingPool,
        Self::ProcessPoolExecutor,
        Self::MultiprocessingThreadPool,
        Self::ThreadPoolExecutor,
        Self::GeventPool,
        Self::EventletGreenPool,
        Self::Asyncio,
        Self::GrpcProcess,
        Self::GrpcThread,
        Self::GrpcThreadSerial,
        Self::KeyedBaseline,
        Self::KeyedAsync,
        Self::KeyedProcess,
        Self::GunicornSync,
        Self::GunicornGthread,
        Self::GunicornGevent,
        Self::Uvicorn,
        Self::CeleryPrefork,
        Self::CeleryThreads,
    ];

    /// As written in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::MultiprocessingPool => "multiprocessing-pool",
            Self::ProcessPoolExecutor => "process-pool-executor",
            Self::MultiprocessingThreadPool => "multiprocessing-thread-pool",
            Self::ThreadPoolExecutor => "thread-pool-executor",
            Self::GeventPool => "gevent-pool",
            Self::EventletGreenPool => "eventlet-green-pool",
            Self::Asyncio => "asyncio",
            Self::GrpcProcess => "grpc-process",
            Self::GrpcThread => "grpc-thread",
            Self::GrpcThreadSerial => "grpc-thread-serial",
            Self::KeyedBaseline => "keyed-baseline",
            Self::KeyedAsync => "keyed-async",
            Self::KeyedProcess => "keyed-process",
            Self::GunicornSync => "gunicorn-sync",
            Self::GunicornGthread => "gunicorn-gthread",
            Self::GunicornGevent => "gunicorn-gevent",
            Self::Uvicorn => "uvicorn",
            Self::CeleryPrefork => "celery-prefork",
            Self::CeleryThreads => "celery-threads",
        }
    }
}

impl fmt::Display for PoolKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for PoolKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
            format!("`{text}` is no pool; there are {}", names.join(", "))
        })
    }
}
