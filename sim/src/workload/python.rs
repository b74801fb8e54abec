//! Which CPython: version and whether the build has the lock.

use std::fmt;
use std::str::FromStr;

/// An interpreter build, written `3.12` or `3.13t` (free-threaded).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PythonVersion {
    /// Minor version of Python 3.
    pub minor: u8,
    /// Built with `--disable-gil`.
    pub free_threaded: bool,
}

impl PythonVersion {
    /// Oldest and newest minor version that the model describes.
    pub const SUPPORTED: std::ops::RangeInclusive<u8> = 8..=15;

    /// The default start method on Linux: forkserver from 3.14, else fork.
    pub fn default_start_method(self) -> crate::pool::StartMethod {
        if self.minor >= 14 {
            crate::pool::StartMethod::Forkserver
        } else {
            crate::pool::StartMethod::Fork
        }
    }

    /// Has `concurrent.futures.InterpreterPoolExecutor`.
    pub fn has_interpreter_pool(self) -> bool {
        self.minor >= 14 && !self.free_threaded
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("3.{}{}", self.minor, if self.free_threaded { "t" } else { "" }))
    }
}

impl FromStr for PythonVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let free_threaded = text.ends_with('t');
        let digits = text.strip_suffix('t').unwrap_or(text);
        let minor = digits
            .strip_prefix("3.")
            .filter(|m| !m.is_empty() && m.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|m| m.parse::<u8>().ok())
            .ok_or_else(|| format!("`{text}` is no Python version; write \"3.12\" or \"3.13t\""))?;
        if !Self::SUPPORTED.contains(&minor) {
            return Err(format!(
                "Python 3.{minor} is outside the modelled range 3.{} to 3.{}",
                Self::SUPPORTED.start(),
                Self::SUPPORTED.end()
            ));
        }
        if free_threaded && minor < 13 {
            return Err(format!("Python 3.{minor} has no free-threaded build; 3.13t is the first"));
        }
        Ok(Self { minor, free_threaded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        for text in ["3.8", "3.12", "3.13t", "3.14t"] {
            assert_eq!(text.parse::<PythonVersion>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_does_not_exist() {
        for text in ["", "3", "3.", "3.t", "2.7", "3.12t", "3.99", "3.-1", "3.+9", "pypy"] {
            assert!(text.parse::<PythonVersion>().is_err(), "{text}");
        }
    }
}
