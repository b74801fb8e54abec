//! k6: points as JSON lines (`--out json`) and the summary at the end.

use serde::Deserialize;
use serde_json::Value;
use sim::input::InputError;

use crate::log::{Found, Log};
use crate::options::Options;
use crate::source::Source;
use crate::stamp::Clock;
use crate::summary::{Bins, Group, Offered, Summary};

/// The metric of whole requests, in ms.
const DURATION: &str = "http_req_duration";

#[derive(Deserialize)]
struct Point {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    metric: String,
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    time: String,
    value: f64,
    tags: Option<Tags>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tags {
    name: Option<String>,
    url: Option<String>,
    method: Option<String>,
    status: Option<String>,
}

/// Reads k6's points into `log`.
pub(crate) fn read_points(
    source: &Source,
    options: &Options,
    log: &mut Log,
    clock: &mut Clock,
) -> Result<(), InputError> {
    source.each_line(|number, text| {
        let text = text.unwrap_or("");
        // Most lines are of other metrics.
        let other = text.contains("\"metric\":\"") && !text.contains(DURATION);
        if other || text.trim().is_empty() {
            return Ok(());
        }
        match serde_json::from_str::<Point>(text) {
            Ok(point) if point.kind != "Point" || point.metric != DURATION => {}
            Ok(point) => match clock.any(&point.data.time) {
                Some(end) => take(log, &point, end),
                None => log.unparsed(number, || {
                    source.line_error(number, text, 0..text.len(), "this point has no time")
                }),
            },
            Err(error) => log.unparsed(number, || {
                let at = error.column().saturating_sub(1);
                let what = format!("this is no point of k6: {error}");
                source.line_error(number, text, at..text.len(), what)
            }),
        }
        log.check_soon(options.max_unparsed)
    })
}

/// k6 stamps a request when it is over.
fn take(log: &mut Log, point: &Point, end: i64) {
    let none = Tags::default();
    let tags = point.data.tags.as_ref().unwrap_or(&none);
    let url = tags.name.as_deref().or(tags.url.as_deref()).unwrap_or("request");
    let class = format!("{} {url}", tags.method.as_deref().unwrap_or_default());
    let status = tags.status.as_deref().and_then(|status| status.parse::<u16>().ok());
    let duration = (point.data.value * 1e6).round() as i64;
    log.push(Found {
        start: end.saturating_sub(duration.max(0)),
        duration,
        class: class.trim(),
        bytes: 0,
        // 0: there was no response at all.
        failed: status.is_some_and(|status| status == 0 || status >= 500),
        stamp: end,
    });
}

/// Reads the summary, as `--summary-export` or `handleSummary` write it.
pub(crate) fn read_summary(source: &Source) -> Result<Summary, InputError> {
    let text = source.text()?;
    let root: Value = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column().saturating_sub(1));
        let shown = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        source.line_error(line as u64, shown, column..shown.len(), format!("no JSON: {error}"))
    })?;
    let metric = |name: &str| {
        let metric = root.get("metrics")?.get(name)?;
        Some(metric.get("values").unwrap_or(metric))
    };
    let number = |name: &str, key: &str| metric(name)?.get(key)?.as_f64();
    let missing = |what: &str| {
        let help = "write the file with --summary-export, or all of `data` in handleSummary";
        source.error(format!("no {what} in this summary")).with_help(help)
    };
    let durations = metric(DURATION).ok_or_else(|| missing(DURATION))?;
    let requests = number("http_reqs", "count").ok_or_else(|| missing("http_reqs.count"))?;
    let rate = number("http_reqs", "rate").filter(|rate| *rate > 0.0);
    let quantiles = quantiles(durations);
    if quantiles.len() < 2 || requests < 2.0 {
        return Err(missing("med, p(90) or p(95) of at least two requests"));
    }
    let low = durations.get("min").and_then(Value::as_f64).unwrap_or(0.0) / 1e3;
    // Of a rate metric `value` is the share that failed.
    let failed = number("http_req_failed", "value").or(number("http_req_failed", "rate"));
    let group = Group {
        name: "request".to_owned(),
        requests,
        failed: (failed.unwrap_or(0.0) * requests).round(),
        bins: Bins::from_quantiles(low, &quantiles, requests),
        mean: durations.get("avg").and_then(Value::as_f64).map(|mean| mean / 1e3),
        bytes: 0,
    };
    let users = number("vus_max", "value").or(number("vus_max", "max"));
    let offered = match (rate, users) {
        (Some(throughput), Some(clients)) if clients >= 1.0 => {
            Offered::Clients { clients, throughput, requests }
        }
        (Some(rate), _) => Offered::Count { requests, seconds: requests / rate },
        _ => Offered::Unknown,
    };
    let note = "k6's virtual users wait for each reply; under an arrival-rate executor take \
                --arrivals poisson";
    Ok(Summary { groups: vec![group], offered, notes: vec![note.to_owned()] })
}

/// `med`, `max` and everything like `p(95)`.
fn quantiles(durations: &Value) -> Vec<(f64, f64)> {
    let Some(entries) = durations.as_object() else { return Vec::new() };
    let share = |key: &str| match key {
        "med" => Some(0.5),
        "max" => Some(1.0),
        other => {
            other.strip_prefix("p(")?.strip_suffix(')')?.parse::<f64>().ok().map(|p| p / 100.0)
        }
    };
    entries.iter().filter_map(|(key, value)| Some((share(key)?, value.as_f64()? / 1e3))).collect()
}
