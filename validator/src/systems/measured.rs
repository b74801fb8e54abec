//! What was seen, as a file that `planner audit` holds claims against.

use std::fmt::Write as _;

use std::time::SystemTime;

use super::{Figure, Row, Unit};
use crate::calibrate::day;

/// A claim of the system's document, and which figure of which variant it is.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Name within the document.
    pub id: &'static str,
    /// Name of the variant.
    pub variant: &'static str,
    /// Which of its figures.
    pub figure: Figure,
    /// What is not as the document says; empty if nothing.
    pub differs: &'static str,
}

/// The head of such a file.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Name of the document.
    pub document: &'a str,
    /// Name of the calibration of this host.
    pub host: &'a str,
    /// What repeats the measurement.
    pub command: &'a str,
}

/// The text of the file: `claims` as `rows` show them.
pub fn text(head: &Head<'_>, claims: &[Claim], rows: &[Row]) -> String {
    let Head { document, host, command } = head;
    let date = day(SystemTime::now());
    let mut text = format!(
        "# Written by `planner systems`: medians of real runs with their 95 % intervals.\n\n\
         [measured]\ndocument = {document:?}\nhost = {host:?}\ndate = {date:?}\n\
         command = {command:?}\n"
    );
    for claim in claims {
        let is = |row: &&Row| row.variant == claim.variant && row.figure == claim.figure;
        let Some(row) = rows.iter().find(is) else { continue };
        let show = |value| show(value, row.figure.unit());
        let seen = row.observed;
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n[[result]]\nclaim = {:?}\nvalue = {:?}\nlow = {:?}\nhigh = {:?}\nrepeats = {}\n\
             differs = {:?}\n",
            claim.id,
            show(seen.point),
            show(seen.low),
            show(seen.high),
            seen.n,
            claim.differs
        );
    }
    text
}

fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format!("{:.3} ms", value * 1e3),
        Unit::PerSecond => format!("{value:.2}/s"),
        Unit::Bytes => format!("{:.1} MB", value * 1e-6),
        Unit::Count => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock_probe::Spread;

    #[test]
    fn only_what_was_seen_is_written() {
        let head = Head { document: "some", host: "here", command: "repeat" };
        let claim = |id| Claim { id, variant: "a", figure: Figure::PeakPss, differs: "size" };
        let other = Claim { variant: "b", ..claim("not-run") };
        let row = Row {
            variant: "a".to_owned(),
            figure: Figure::PeakPss,
            observed: Spread { point: 150.04e6, low: 149.96e6, high: 151e6, n: 3 },
            predicted: None,
            noise: None,
            fitted: false,
        };
        let text = text(&head, &[claim("peak"), other], &[row]);
        let result = "[[result]]\nclaim = \"peak\"\nvalue = \"150.0 MB\"\nlow = \"150.0 MB\"\n\
                      high = \"151.0 MB\"\nrepeats = 3\ndiffers = \"size\"\n";
        assert!(text.ends_with(result), "{text}");
        assert!(!text.contains("not-run"), "{text}");
    }
}
