//! The Python side, carried in the program.

use std::fs;
use std::io;
use std::path::Path;

/// Its package: a name that no user's module has.
pub(crate) const PACKAGE: &str = "planner_characterize";

macro_rules! python {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../python/characterize/", $name)))),*]
    };
}

const SOURCES: &[(&str, &str)] = python![
    "__init__.py",
    "main.py",
    "answers.py",
    "target.py",
    "meters.py",
    "blocks.py",
    "imports.py",
    "first.py",
    "alone.py",
    "beside.py",
    "memory.py",
    "fork.py",
    "together.py",
];

/// Writes the package under `folder`.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    let package = folder.join(PACKAGE);
    fs::create_dir_all(&package)?;
    SOURCES.iter().try_for_each(|(name, text)| fs::write(package.join(name), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/characterize");
        let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name());
        for name in names.filter(|name| name.to_string_lossy().ends_with(".py")) {
            assert!(SOURCES.iter().any(|(carried, _)| name == *carried), "{name:?}");
        }
    }
}
