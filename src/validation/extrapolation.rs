//! `planner validate --set extrapolation`: predicts from less than what the
//! calibration knows.

use std::path::{Path, PathBuf};

use sim::host::Host;
use validator::calibrate::FACTS;
use validator::validate::extrapolation::{at_prior, changed, refit};

use crate::commands::raw::Raw;
use crate::exit::Failure;
use crate::inputs;

/// A calibration of one core, and what was done to have it.
pub struct Restricted {
    /// To predict with.
    pub host: Host,
    /// Sentences.
    pub said: String,
}

/// The calibration `host` of the file `path` as if one core had been measured:
/// its raw observations fitted again, else the prior ranges of the reference.
pub fn restricted(path: &Path, host: &Host) -> Result<Restricted, Failure> {
    let prior = inputs::reference()?;
    let (mut one, how) = match raw_of(path) {
        Some(folder) => {
            let raw = Raw::kept(&folder)?;
            let fitted = refit(raw.observations(), &raw.facts, &prior);
            let how =
                "fitted again from its raw observations, without those that need a second core";
            (fitted.host, how)
        }
        None => (
            at_prior(host, &prior),
            "its raw observations were not found, so what needs a second core has the range of the reference host",
        ),
    };
    // It belongs to the parameters as they were.
    one.discrepancy.clear();
    let differ = changed(host, &one);
    let differ = differ.iter().map(|(name, was, is)| format!("{name} {was:.3e} became {is:.3e}"));
    let differ = match differ.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "no parameter changed".to_owned(),
        some => some,
    };
    let said = format!("Predicted from a calibration of one core: {how} ({differ}).");
    Ok(Restricted { host: one, said })
}

/// The folder of raw observations of the calibration at `path`: beside it under
/// its own name, or under `raw/`.
fn raw_of(path: &Path) -> Option<PathBuf> {
    let own = path.with_extension("");
    let below = path.parent()?.join("raw").join(own.file_name()?);
    [own, below].into_iter().find(|folder| folder.join(FACTS).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_calibration_is_fitted_again_without_its_second_core() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("calibration/development-2core-xeon.toml");
        let host = Host::load(&path).unwrap();
        let Restricted { host: one, said } = restricted(&path, &host).unwrap();
        let prior = inputs::reference().unwrap();
        assert_eq!(one.cpu.bytecode_inflation, prior.cpu.bytecode_inflation);
        assert_eq!(one.cpu.wake_latency, prior.cpu.wake_latency);
        assert_eq!(one.cpu.base_slice, host.cpu.base_slice, "that needs one core only");
        assert_eq!((one.cores, one.name.as_str()), (2, host.name.as_str()));
        assert!(said.contains("fitted again") && said.contains("cpu.wake_latency"), "{said}");
    }

    #[test]
    fn without_raw_observations_the_prior_stands_and_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.toml");
        let host = Host::ideal(2);
        let Restricted { host: one, said } = restricted(&path, &host).unwrap();
        let prior = inputs::reference().unwrap();
        assert_eq!(one.cpu.native_inflation, prior.cpu.native_inflation);
        assert_eq!(one.memory, host.memory);
        assert!(said.contains("not found"), "{said}");
    }
}
