//! The files that a person writes: what ships with the project is accepted and
//! runs, what is wrong is refused with its place, and nothing panics.

#![allow(clippy::unwrap_used)]

mod calibration;
mod reference;
mod refusals;
mod robustness;
mod shipped;

use std::path::{Path, PathBuf};

use sim::input::InputError;
use sim::workload::Workload;

/// The project's top folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files of `folder` that end in `.toml`, in order of name.
fn toml_files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty(), "{folder} holds no files");
    files
}

fn parse(text: &str) -> Result<Workload, Vec<InputError>> {
    Workload::parse(text, Path::new("w.toml"), Path::new("/nonexistent"))
}
