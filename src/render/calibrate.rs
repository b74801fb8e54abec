//! A calibration: every parameter with its range and where it comes from.

use sim::host::{HostParameter, Origin, ParameterUnit};
use sim::stats::Estimate;
use validator::calibrate::{Fitted, Skipped};

use super::layout::Page;
use super::units::{Unit, count};

/// The whole answer.
pub fn text(fitted: &Fitted, skipped: &[Skipped]) -> String {
    let mut page = Page::default();
    let host = &fitted.host;
    page.heading(&format!("Calibration {}", host.name));
    page.paragraph("  ", &summary(fitted));
    let parameters = host.parameters();
    let (measured, rest): (Vec<_>, Vec<_>) =
        parameters.iter().partition(|parameter| parameter.origin == Origin::Measured);
    page.heading("Measured");
    for parameter in measured {
        page.line(&line(parameter));
    }
    if let Some(reacquires) = &host.reacquires {
        page.heading("Re-acquires of the lock per call");
        let kinds = [
            ("sleep", &reacquires.sleep),
            ("socket", &reacquires.socket),
            ("pipe", &reacquires.pipe),
            ("file", &reacquires.file),
        ];
        for (name, of) in kinds {
            let range = format!("[{:.2}, {:.2}]", of.low, of.high);
            page.line(&format!("  {name:<48} {:>10.2} {range}", of.value));
        }
    }
    page.heading("Not measured");
    for one in skipped {
        page.hanging("  ", "      ", &format!("{}: {}", one.what, one.reason));
    }
    let rest: Vec<&str> = rest.iter().map(|parameter| parameter.name.as_str()).collect();
    page.hanging("  ", "      ", &format!("as on the reference host: {}", rest.join(", ")));
    page.finish()
}

fn summary(fitted: &Fitted) -> String {
    let host = &fitted.host;
    let python = host.provenance.as_ref().map_or("", |provenance| &provenance.interpreter);
    format!(
        "{}, {}, {}. {}, {} launches of probes; {} thrown away because the speed of the host changed meanwhile.",
        if host.processor.is_empty() { "unnamed processor" } else { &host.processor },
        count(host.cores, "core"),
        python,
        count(fitted.rounds as u64, "round"),
        fitted.launches,
        fitted.rejected,
    )
}

fn line(parameter: &HostParameter) -> String {
    let HostParameter { name, unit, value, low, high, .. } = parameter;
    let unit = match unit {
        ParameterUnit::Number => Unit::Requests,
        ParameterUnit::Seconds => Unit::Seconds,
        ParameterUnit::Bytes => Unit::Bytes,
    };
    let estimate = Estimate { point: *value, low: *low, high: *high, n: 1 };
    format!("  {name:<48} {:>10} {}", unit.show(*value), unit.interval(&estimate))
}
