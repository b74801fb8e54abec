//! Real servers: gunicorn and uvicorn behind clients over loopback.
//! (Celery, whose clients speak its own protocol, is one of the pools that Python
//! runs: `python/pools/celery_pool.py`.)
//!
//! [`serve`] starts the server that a [`PoolConfig`](sim::pool::PoolConfig)
//! describes, as a user would from a shell, on an application that serves rows
//! with the kernels of the other pools (`python/servers`), and has clients send
//! the rows of a trace. Each request is a connection of its own, opened when it
//! is due: nothing stands between the clients and the kernel's queue, and which
//! worker gets a request is the server's own affair.
//!
//! The clients are one thread of this program. What they cost is in
//! [`Observation::dispatching`], so that nobody takes it for a stranger's.
//!
//! A request is bytes over HTTP, the same as over gRPC. One that gets no answer
//! with status 200 is a record too: its outcome says what the client saw.

mod calibrate;
mod clients;
mod command;
pub mod cost;
mod ending;
mod fit;
mod http;
mod imports;
mod options;
mod ready;

use std::fs::File;
use std::path::Path;

use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;

pub use fit::{dispatch, processes};
pub use imports::{Imports, Loaded};
pub(crate) use options::{CELERY, HTTP, check};
pub use ready::Up;

use sim::pool::PoolKind;

use crate::child::Group;
use crate::grpc::journal::Journal;
use crate::run::sampler::{Sampler, monotonic_ns};
use crate::run::{Files, Guard, Observation, Plan, RunError, Startup, Stop, at, prepare};
use clients::{Clients, Parts};

/// All kinds of servers.
pub fn kinds() -> Vec<PoolKind> {
    [&HTTP[..], &CELERY[..]].concat()
}

/// As [`run`](crate::run::run), of a plan whose pool is one of the servers.
///
/// # Errors
/// As [`run`](crate::run::run).
pub fn serve(plan: &Plan<'_>, folder: &Path, stop: &Stop) -> Result<Observation, RunError> {
    let pool = options::pool(plan)?;
    let (files, _delays) = prepare(plan, folder)?;
    File::create(&files.stderr).map_err(at(&files.stderr))?;
    let launched = monotonic_ns();
    let kernels = calibrate::calibrate(plan, &files, stop, pool)?;
    let loaded = imports::read(&files.folder)?;
    let mut journal = Journal::new(&files).map_err(at(&files.events))?;
    journal.kernels = kernels;

    let port = command::free_port().map_err(RunError::Watch)?;
    let ups = ready::Ups::new(&files)?;
    let began = monotonic_ns();
    let mut server = launch(plan, &files, &command::arguments(pool, port))?;
    let _guard = Guard::over(server.id()).map_err(RunError::Guard)?;
    let root = i32::try_from(server.id())
        .map_err(|error| RunError::Watch(std::io::Error::other(error)))?;
    let sampler = Sampler::start(move || vec![root], plan.sample_every, &files.samples)
        .map_err(at(&files.samples))?;
    let up = ready::wait(plan, &files, stop, &mut server, ups, pool.profile.workers)?;
    let startup = Startup {
        launched,
        began,
        ready: up.iter().map(|up| up.at).max().unwrap_or(began),
        interpreter_lock: up.iter().any(|up| up.interpreter_lock),
        application: Some(loaded.application()),
    };
    journal.ready(startup);

    let runtime = Builder::new_current_thread().enable_all().build().map_err(RunError::Watch)?;
    let (news, heard) = unbounded_channel();
    let parts = Parts { plan, stop, port, server, journal, launched, news };
    let (end, seen) = runtime.block_on(async {
        let mut clients = Clients::new(parts).map_err(RunError::Watch)?;
        let end = clients.run(heard).await?;
        Ok::<_, RunError>((end, clients.over()))
    })?;
    let (samples, sampling) = sampler.finish();
    let clients::Seen { mut server, journal, origin, cpu } = seen;
    server.kill();
    Ok(ending::tell(plan, journal, startup, origin, (samples, sampling), cpu, end))
}

/// Starts `python` with `arguments`, in the folder of the application.
fn launch(plan: &Plan<'_>, files: &Files, arguments: &[String]) -> Result<Group, RunError> {
    let failed = |error| RunError::Launch { python: plan.python.to_owned(), error };
    let mut command = command::python(plan, files).map_err(failed)?;
    command.args(arguments);
    Group::spawn(command).map_err(failed)
}
