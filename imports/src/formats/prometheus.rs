//! Prometheus text with a histogram; two scrapes give the rate.

use std::collections::BTreeMap;

use sim::input::{InputError, list};

use crate::names::class_name;
use crate::options::Options;
use crate::source::Source;
use crate::summary::{Bins, Group, Offered, Summary};

/// Labels that name what was asked for, best first.
const CLASS_LABELS: [&str; 8] =
    ["handler", "route", "endpoint", "path", "uri", "view", "task", "method"];

/// One series' state at one scrape.
#[derive(Clone, Debug, Default)]
struct Series {
    /// Upper edge as written, and all requests up to it.
    buckets: Vec<(f64, f64)>,
    sum: f64,
}

/// One scrape: histograms by metric and class, and when it was taken, in ms.
#[derive(Debug, Default)]
struct Scrape {
    histograms: BTreeMap<String, BTreeMap<String, Series>>,
    at_ms: Option<f64>,
}

/// A line of the exposition format.
struct Sample<'a> {
    name: &'a str,
    labels: Vec<(&'a str, String)>,
    value: f64,
    at_ms: Option<f64>,
}

/// Reads one scrape or, to get a rate, two.
pub(crate) fn read(sources: &[Source], options: &Options) -> Result<Summary, InputError> {
    let first = &sources[0];
    let mut scrapes = sources.iter().map(scrape).collect::<Result<Vec<_>, _>>()?;
    if scrapes.len() > 2 {
        return Err(first.error("more than two scrapes").with_help("name the first and the last"));
    }
    let later = scrapes.pop().unwrap_or_default();
    let earlier = scrapes.pop();
    let (metric, mut series) = only_histogram(&sources[sources.len() - 1], later.histograms)?;
    let mut notes = vec![format!("the histogram is `{metric}`")];
    let mut seconds = None;
    if let Some(mut earlier) = earlier {
        let before = earlier.histograms.remove(&metric).unwrap_or_default();
        subtract(first, &mut series, &before)?;
        let stamps = earlier.at_ms.zip(later.at_ms).map(|(from, to)| (to - from) / 1e3);
        seconds = options.apart.map(|apart| apart.as_secs()).or(stamps);
        if seconds.is_none_or(|seconds| seconds <= 0.0) && options.rate.is_none() {
            return Err(first
                .error("the samples carry no time, so two scrapes give no rate")
                .with_help("say how far they are apart, like --apart 60s"));
        }
    } else {
        notes.push("one scrape: all requests since the server started, whatever the load".into());
    }
    let groups: Vec<Group> =
        series.into_iter().filter_map(|(name, series)| group(name, series)).collect();
    let requests: f64 = groups.iter().map(|group| group.requests).sum();
    if requests < 1.0 {
        return Err(first.error("the histogram counted no requests"));
    }
    let offered = match seconds {
        Some(seconds) if seconds > 0.0 => Offered::Count { requests, seconds },
        _ => Offered::Unknown,
    };
    Ok(Summary { groups, offered, notes })
}

fn scrape(source: &Source) -> Result<Scrape, InputError> {
    let text = source.text()?;
    let mut scrape = Scrape::default();
    for (index, line) in text.lines().enumerate() {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let Some(sample) = sample(content) else {
            let what = "this is no sample of Prometheus' text format";
            return Err(source
                .line_error(index as u64 + 1, line, 0..line.len(), what)
                .with_help("a sample reads name{label=\"value\"} 12"));
        };
        scrape.at_ms = scrape.at_ms.or(sample.at_ms);
        scrape.take(&sample);
    }
    Ok(scrape)
}

impl Scrape {
    fn take(&mut self, sample: &Sample<'_>) {
        let class = || {
            let label = |wanted: &&str| sample.labels.iter().find(|(name, _)| name == wanted);
            let found = CLASS_LABELS.iter().find_map(label);
            found.map_or("request".to_owned(), |(_, value)| class_name(value))
        };
        if let Some(metric) = sample.name.strip_suffix("_bucket") {
            let edge = sample.labels.iter().find(|(name, _)| *name == "le");
            if let Some(edge) = edge.and_then(|(_, edge)| edge.parse::<f64>().ok()) {
                let classes = self.histograms.entry(metric.to_owned()).or_default();
                let buckets = &mut classes.entry(class()).or_default().buckets;
                // Series that differ in other labels only are one class.
                match buckets.iter_mut().find(|(known, _)| *known == edge) {
                    Some((_, count)) => *count += sample.value,
                    None => buckets.push((edge, sample.value)),
                }
            }
        } else if let Some(metric) = sample.name.strip_suffix("_sum")
            && let Some(classes) = self.histograms.get_mut(metric)
        {
            classes.entry(class()).or_default().sum += sample.value;
        }
    }
}

/// `name{a="b",c="d"} 12 1760129736000`.
fn sample(line: &str) -> Option<Sample<'_>> {
    let (name, rest) = line.split_at(line.find(['{', ' ', '\t'])?);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (Vec::new(), rest),
    };
    let mut words = rest.split_ascii_whitespace();
    let value: f64 = words.next()?.parse().ok()?;
    let at_ms = match words.next() {
        Some(at) => Some(at.parse().ok()?),
        None => None,
    };
    Some(Sample { name, labels, value, at_ms })
}

/// The labels up to the closing brace, and what comes after it.
fn labels(mut rest: &str) -> Option<(Vec<(&str, String)>, &str)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((found, after));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut letters = quoted.char_indices();
        rest = loop {
            match letters.next()? {
                (at, '"') => break &quoted[at + 1..],
                (_, '\\') => value.push(letters.next()?.1),
                (_, letter) => value.push(letter),
            }
        };
        found.push((name.trim(), value));
    }
}

/// The one histogram of durations that there is.
fn only_histogram(
    source: &Source,
    mut found: BTreeMap<String, BTreeMap<String, Series>>,
) -> Result<(String, BTreeMap<String, Series>), InputError> {
    found.retain(|_, classes| classes.values().any(|series| !series.buckets.is_empty()));
    if found.len() > 1 {
        let timed = |name: &str| name.contains("duration") || name.contains("latency");
        if found.keys().any(|name| timed(name)) {
            found.retain(|name, _| timed(name));
        }
    }
    let names = list(found.keys().map(String::as_str));
    match found.len() {
        1 => found.pop_first().ok_or_else(|| source.error("no histogram")),
        0 => Err(source
            .error("no histogram: no sample's name ends in _bucket")
            .with_help("summaries with quantiles cannot be imported; export a histogram")),
        _ => Err(source
            .error(format!("more than one histogram: {names}"))
            .with_help("keep the one of the server's durations, like with grep")),
    }
}

fn subtract(
    source: &Source,
    series: &mut BTreeMap<String, Series>,
    before: &BTreeMap<String, Series>,
) -> Result<(), InputError> {
    for (class, series) in series {
        let Some(before) = before.get(class) else { continue };
        for (edge, count) in &mut series.buckets {
            let earlier = before.buckets.iter().find(|(known, _)| known == edge);
            *count -= earlier.map_or(0.0, |(_, count)| *count);
            if *count < 0.0 {
                return Err(source
                    .error(format!("the counts of `{class}` fall between the scrapes"))
                    .with_help(
                        "name the earlier scrape first; if the server was restarted in \
                                between, take two scrapes of one life",
                    ));
            }
        }
        series.sum -= before.sum;
    }
    Ok(())
}

/// Counts up to each edge become counts between edges.
fn group(name: String, series: Series) -> Option<Group> {
    let mut buckets = series.buckets;
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    let bins = buckets.iter().map(|(edge, up_to)| {
        let count = (up_to - below).max(0.0);
        below = up_to.max(below);
        (*edge, count)
    });
    let bins = Bins::new(0.0, bins.collect());
    let requests = bins.total();
    let mean = (series.sum > 0.0).then(|| series.sum / requests);
    (requests >= 1.0).then_some(Group { name, requests, failed: 0.0, bins, mean, bytes: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_labels_values_and_perhaps_a_time() {
        let found = sample("a_bucket{le=\"+Inf\",path=\"/a,\\\"b\\\"}\"} 12 1000").unwrap();
        assert_eq!((found.name, found.value, found.at_ms), ("a_bucket", 12.0, Some(1000.0)));
        assert_eq!(found.labels[1], ("path", "/a,\"b\"}".to_owned()));
        assert_eq!(found.labels[0].1.parse::<f64>(), Ok(f64::INFINITY));
        assert!(sample("a 1e3").is_some_and(|found| found.value == 1000.0));
        for line in ["a", "a{b=\"c} 1", "a{b} 1", "a{b=\"c\"} x", "a 1 x"] {
            assert!(sample(line).is_none(), "{line}");
        }
    }

    #[test]
    fn counts_up_to_an_edge_become_counts_between_edges() {
        let buckets = vec![(f64::INFINITY, 10.0), (0.1, 4.0), (0.5, 9.0)];
        let group = group("a".to_owned(), Series { buckets, sum: 2.0 }).unwrap();
        let counts: Vec<f64> = group.bins.each().map(|(.., count)| count).collect();
        assert_eq!((counts, group.mean), (vec![4.0, 5.0, 1.0], Some(0.2)));
    }
}
