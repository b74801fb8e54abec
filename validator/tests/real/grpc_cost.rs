//! What handing a request over costs.

use std::io::{self, Write as _};
use std::time::Duration;

use validator::grpc::{Cost, Pace, Spread, fit, measure};
use validator::run::Stop;

use crate::grpc::python;
use crate::support::alone;

#[test]
fn every_cell_is_served_in_full() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let length = Duration::from_millis(400);
    let pace = Pace { slow: 10.0, fast: 100.0, length, bytes: 1 << 16, repeats: 1 };
    let folder = tempfile::tempdir().unwrap();
    let seen = measure(&python, pace, folder.path(), &Stop::new()).unwrap();
    let requests = seen[0].map(|paced| paced.requests);
    assert_eq!((seen.len(), requests), (1, [4, 40, 40, 40]));
    assert!(seen[0].iter().all(|paced| paced.dispatcher > 0 && paced.worker > 0), "{seen:?}");
}

#[test]
#[ignore = "measures: run it alone, on a release build"]
fn figures() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let seen = measure(&python, Pace::default(), folder.path(), &Stop::new()).unwrap();
    let fits: Vec<(Cost, Cost)> = seen.iter().map(fit).collect();
    let (dispatcher, worker): (Vec<Cost>, Vec<Cost>) = fits.into_iter().unzip();
    for (side, costs) in [("dispatcher", dispatcher), ("worker", worker)] {
        say(&format!("{side}, ns per request"), costs.iter().map(|cost| cost.request));
        say(&format!("{side}, ns per request byte"), costs.iter().map(|cost| cost.request_byte));
        say(&format!("{side}, ns per response byte"), costs.iter().map(|cost| cost.response_byte));
    }
}

/// Past the harness, which keeps to itself what a test that passes prints.
fn say(name: &str, values: impl Iterator<Item = f64>) {
    let Spread { low, median, high } = Spread::of(values).unwrap();
    let _ = writeln!(io::stderr(), "{name}: {median:.2} ({low:.2} to {high:.2})");
}
