//! The files that a person writes: what ships with the project is accepted and
//! runs, what is wrong is refused with its place, and nothing panics.

#![allow(clippy::unwrap_used)]

mod calibration;
mod lifecycles;
mod published;
mod reference;
mod refusals;
mod robustness;
mod shipped;
mod stages;
mod variants;

use std::path::{Path, PathBuf};

use sim::input::{InputError, InputKind};
use sim::workload::Workload;

/// The project's top folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files in and below `folder` that end in `.toml`, in order of path, but for
/// the list of variants.
fn toml_files(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
    }
    files.retain(|path| !path.ends_with("variants.toml"));
    files.sort();
    assert!(!files.is_empty(), "{folder} holds no files");
    files
}

fn parse(text: &str) -> Result<Workload, Vec<InputError>> {
    Workload::parse(text, Path::new("w.toml"), Path::new("/nonexistent"))
}

/// The only error of the workload `good` with `from` replaced by `to`: its
/// message and the text under its caret.
fn refusal(good: &str, from: &str, to: &str) -> (String, String) {
    assert!(good.contains(from), "{from}");
    let errors = parse(&good.replacen(from, to, 1)).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let error = &errors[0];
    assert_eq!(error.kind, InputKind::Workload);
    assert!(error.help.as_ref().is_some_and(|help| !help.is_empty()), "no help: {error:?}");
    let under = error.span.clone().map_or("", |span| &error.source_text[span]);
    (error.message.clone(), under.to_owned())
}
