//! What becomes of the discrepancy of a calibration that is replaced.

use std::path::Path;

use sim::host::Host;

/// Takes what the model was off by from the calibration at `out` into `host`,
/// where it still holds: `part` of the probes were run again, or no parameter has
/// changed. Says what was done, if there was any.
pub fn carry_over(out: &Path, host: &mut Host, part: bool) -> Option<String> {
    // One that cannot be read is replaced like one that is not there.
    let earlier = Host::load(out).ok().filter(|it| !it.discrepancy.is_empty())?;
    let same = values(&earlier) == values(host);
    if !same && !part {
        return Some(
            "What the model was off by belongs to the parameters that were replaced, and is left \
             out: measure it again with `planner validate --set random --discrepancy FILE`."
                .to_owned(),
        );
    }
    host.discrepancy = earlier.discrepancy;
    Some(match same {
        true => "What the model is off by is kept: no parameter has changed.".to_owned(),
        false => "What the model is off by is kept, as measured before these rounds: measure it \
                  again with `planner validate --set random --discrepancy FILE`."
            .to_owned(),
    })
}

fn values(host: &Host) -> Vec<(String, [f64; 3])> {
    let parameters = host.parameters().into_iter();
    parameters.map(|it| (it.name, [it.value, it.low, it.high])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::host::{Discrepancy, Figure, Origin};
    use sim::kernel::SimDuration;

    fn earlier() -> Host {
        let (origin, note) = (Origin::Measured, "a test".to_owned());
        let of = Discrepancy { low_factor: 0.9, high_factor: 1.1, cells: 24, origin, note };
        Host {
            date: "2026-02-28".to_owned(),
            discrepancy: [(Figure::P99, of)].into(),
            ..Host::ideal(2)
        }
    }

    #[test]
    fn it_stays_with_the_parameters_that_it_was_measured_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.toml");
        let (same, mut other) = (Host::ideal(2), Host::ideal(2));
        other.cpu.wake_latency.high = SimDuration::MILLISECOND;
        std::fs::write(&path, earlier().write()).unwrap();
        for (host, part, kept, says) in [
            (&same, false, true, "no parameter has changed"),
            (&other, false, false, "left out"),
            (&other, true, true, "as measured before"),
        ] {
            let mut host = host.clone();
            let said = carry_over(&path, &mut host, part).unwrap();
            assert!(said.contains(says), "{said}");
            assert_eq!(host.discrepancy.is_empty(), !kept);
        }
    }

    #[test]
    fn where_there_was_none_nothing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.toml");
        let mut host = Host::ideal(2);
        assert_eq!(carry_over(&path, &mut host, true), None);
        std::fs::write(&path, "noise").unwrap();
        assert_eq!(carry_over(&path, &mut host, true), None);
        assert!(host.discrepancy.is_empty());
    }
}
