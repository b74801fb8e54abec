//! No text makes the readers of workload and calibration files panic, and
//! every error points into its text.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sim::host::Host;
use sim::input::InputError;
use sim::workload::Workload;

fn assert_shown(errors: &[InputError]) {
    assert!(!errors.is_empty());
    for error in errors {
        let span = error.span.clone().unwrap_or(0..0);
        assert!(error.source_text.get(span).is_some(), "{error:?}");
        assert!(!error.to_string().is_empty());
    }
}

fuzz_target!(|text: &str| {
    let (path, base_dir) = (Path::new("fuzz.toml"), Path::new("/nonexistent"));
    if let Err(errors) = Workload::parse(text, path, base_dir) {
        assert_shown(&errors);
    }
    match Host::parse(text, path) {
        Ok(host) => assert_eq!(Host::parse(&host.write(), path), Ok(host)),
        Err(errors) => assert_shown(&errors),
    }
});
