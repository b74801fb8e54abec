//! The Python side, carried in the program.

use std::fs;
use std::io;
use std::path::Path;

macro_rules! python {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../python/", $name)))),*]
    };
}

const SOURCES: &[(&str, &str)] = python![
    "runner.py",
    "experiment.py",
    "events.py",
    "kernels.py",
    "calibration.py",
    "service.py",
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
];

/// Writes all of it under `folder`.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("pools"))?;
    SOURCES.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}
