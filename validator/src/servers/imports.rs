//! What a server and its application import, as seen in a process of its own
//! before the server starts.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sim::pool::{PoolConfig, PoolKind, StartMethod};

use crate::run::{Application, RunError, at};

/// A Python process once it has imported something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    /// Memory that it shares with nobody, the interpreter's included, in bytes.
    pub private_bytes: u64,
    /// Files that it has mapped, in bytes.
    #[serde(default)]
    pub library_bytes: u64,
    /// CPU time since its launch, in ns.
    pub import_cpu_ns: u64,
}

/// What the processes of a server hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Loaded {
    /// The one that starts workers, before it does.
    pub parent: Imports,
    /// A worker without the application: forked from that, or a process of its own.
    pub worker: Imports,
    /// A worker with it: of a forked one that is also what importing it copied.
    pub application: Imports,
    /// A process of its own that has the server's imports and the application.
    pub alone: Imports,
}

impl Loaded {
    /// For predictions.
    pub fn application(self) -> Application {
        let Imports { private_bytes, import_cpu_ns, .. } = self.application;
        let shared_bytes = Some(self.parent.library_bytes);
        Application { private_bytes, shared_bytes, import_cpu_ns, parent: Some(self.parent) }
    }
}

/// Are workers forked from a process that has not loaded the application? (With
/// --preload it has.)
pub(super) fn are_forked_bare(pool: &PoolConfig) -> bool {
    pool.start_method == StartMethod::Forkserver
}

/// Modules that the process which starts workers has by then, with commas.
pub(super) fn of_parent(kind: PoolKind) -> &'static str {
    match kind {
        PoolKind::GunicornSync => "gunicorn.app.wsgiapp,gunicorn.workers.sync",
        PoolKind::GunicornGthread => "gunicorn.app.wsgiapp,gunicorn.workers.gthread",
        PoolKind::GunicornGevent => "gunicorn.app.wsgiapp,gunicorn.workers.ggevent",
        _ => "uvicorn.main,uvicorn.protocols.http.h11_impl,uvicorn.lifespan.on",
    }
}

/// What a worker of that server loads beside these.
pub(super) fn of_worker(kind: PoolKind) -> &'static str {
    match kind {
        PoolKind::GunicornGevent => "servers.patched",
        _ => "",
    }
}

/// What the application is, beside what says so.
pub(super) const APPLICATION: &str = "service";

/// What the calibration of a run in `folder` found.
pub(super) fn read(folder: &Path) -> Result<Loaded, RunError> {
    let path = folder.join("imports.json");
    let text = fs::read(&path).map_err(at(&path))?;
    serde_json::from_slice(&text).map_err(|error| at(&path)(io::Error::other(error)))
}
