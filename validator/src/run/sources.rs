//! The Python side, carried in the program.

use std::fs;
use std::io;
use std::path::Path;

macro_rules! python {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../python/", $name)))),*]
    };
}

const PACKAGES: [&str; 3] = ["pools", "grpc_worker", "servers"];
const SOURCES: &[(&str, &str)] = python![
    "runner.py",
    "reference.py",
    "speed.py",
    "experiment.py",
    "events.py",
    "kernels.py",
    "calibration.py",
    "service.py",
    "program.py",
    "write_program.py",
    "timers.py",
    "load.py",
    "pools/__init__.py",
    "pools/futures.py",
    "pools/multiprocessing_pool.py",
    "pools/process_executor.py",
    "pools/thread_pool.py",
    "pools/thread_executor.py",
    "pools/gevent_pool.py",
    "pools/eventlet_pool.py",
    "pools/asyncio_pool.py",
    "pools/celery_pool.py",
    "grpc_worker/__init__.py",
    "grpc_worker/__main__.py",
    "grpc_worker/server.py",
    "grpc_worker/wire.py",
    "servers/__init__.py",
    "servers/__main__.py",
    "servers/asgi.py",
    "servers/patched.py",
    "servers/tasks.py",
    "servers/worker.py",
    "servers/wsgi.py",
];

/// Writes all of it under `folder`.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    for package in PACKAGES {
        fs::create_dir_all(folder.join(package))?;
    }
    SOURCES.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// Python files directly in `folder`.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|it| it == "py")).collect()
    }

    #[test]
    fn every_module_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        let written = tempfile::tempdir().unwrap();
        write(written.path()).unwrap();
        for path in files(&root)
            .into_iter()
            .chain(PACKAGES.into_iter().flat_map(|it| files(&root.join(it))))
        {
            let name = path.strip_prefix(&root).unwrap();
            // A program of its own.
            if name != Path::new("lock_probe.py") {
                assert!(written.path().join(name).is_file(), "{}", name.display());
            }
        }
    }
}
