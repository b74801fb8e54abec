//! Locust's `_stats.csv` and `_stats_history.csv`. Durations are in ms.

use std::collections::BTreeMap;

use csv::StringRecord;
use sim::input::InputError;

use crate::names::class_name;
use crate::source::Source;
use crate::summary::{Bins, Group, Offered, Summary};

/// Name of the row that sums up all others.
const ALL: &str = "Aggregated";

/// A table with Locust's columns.
struct Sheet {
    headers: StringRecord,
    rows: Vec<StringRecord>,
}

impl Sheet {
    fn open(source: &Source) -> Result<Self, InputError> {
        let text = source.text()?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let failed = |error: csv::Error| source.error(error.to_string());
        let headers = reader.headers().map_err(failed)?.clone();
        let rows = reader.records().collect::<Result<_, _>>().map_err(failed)?;
        Ok(Self { headers, rows })
    }

    fn text<'a>(&self, row: &'a StringRecord, name: &str) -> &'a str {
        let column = self.headers.iter().position(|header| header == name);
        column.and_then(|column| row.get(column)).unwrap_or_default()
    }

    /// None for `N/A`, which Locust writes where it has nothing.
    fn number(&self, row: &StringRecord, name: &str) -> Option<f64> {
        self.text(row, name).parse().ok().filter(|value: &f64| value.is_finite())
    }

    fn needs(&self, source: &Source, names: &[&str]) -> Result<(), InputError> {
        match names.iter().find(|name| !self.headers.iter().any(|header| header == **name)) {
            None => Ok(()),
            Some(name) => Err(source
                .error(format!("no column `{name}`"))
                .with_help("this file should be as Locust's --csv writes it")),
        }
    }

    /// The quantiles of a row: columns like `99.9%`.
    fn quantiles(&self, row: &StringRecord) -> Vec<(f64, f64)> {
        let share = |header: &str| header.strip_suffix('%')?.parse::<f64>().ok();
        let columns = self.headers.iter().zip(row).filter_map(|(header, value)| {
            let value = value.parse::<f64>().ok().filter(|value| *value >= 0.0)?;
            Some((share(header)? / 100.0, value / 1e3))
        });
        columns.collect()
    }

    fn class(&self, row: &StringRecord) -> String {
        class_name(&format!("{} {}", self.text(row, "Type"), self.text(row, "Name")))
    }
}

/// Reads `_stats.csv`.
pub(crate) fn read_stats(source: &Source) -> Result<Summary, InputError> {
    let sheet = Sheet::open(source)?;
    sheet
        .needs(source, &["Name", "Request Count", "Average Response Time", "Requests/s", "50%"])?;
    let mut groups = Vec::new();
    let mut rate = 0.0;
    let single = sheet.rows.len() == 1;
    for row in &sheet.rows {
        let requests = sheet.number(row, "Request Count").unwrap_or(0.0);
        if requests < 1.0 || (sheet.text(row, "Name") == ALL && !single) {
            continue;
        }
        rate += sheet.number(row, "Requests/s").unwrap_or(0.0);
        let low = sheet.number(row, "Min Response Time").unwrap_or(0.0) / 1e3;
        groups.push(Group {
            name: sheet.class(row),
            requests,
            failed: sheet.number(row, "Failure Count").unwrap_or(0.0),
            bins: Bins::from_quantiles(low, &sheet.quantiles(row), requests),
            mean: sheet.number(row, "Average Response Time").map(|mean| mean / 1e3),
            bytes: sheet.number(row, "Average Content Size").unwrap_or(0.0) as u64,
        });
    }
    let requests: f64 = groups.iter().map(|group| group.requests).sum();
    if requests < 2.0 {
        return Err(source.error("no requests were counted"));
    }
    let offered = match rate > 0.0 {
        true => Offered::Count { requests, seconds: requests / rate },
        false => Offered::Unknown,
    };
    let note = "Locust's users wait for each reply; how many there were stands in the history \
                file, which gives a closed load";
    Ok(Summary { groups, offered, notes: vec![note.to_owned()] })
}

/// What a history says of one class.
#[derive(Default)]
struct Past {
    requests: f64,
    failed: f64,
    parts: Vec<Bins>,
    mean: Option<f64>,
    bytes: u64,
}

/// Reads `_stats_history.csv`: with `--csv-full-history` for each class.
pub(crate) fn read_history(source: &Source) -> Result<Summary, InputError> {
    let sheet = Sheet::open(source)?;
    sheet.needs(source, &["Timestamp", "User Count", "Name", "Total Request Count", "50%"])?;
    let alone = sheet.rows.iter().all(|row| sheet.text(row, "Name") == ALL);
    let mut classes: BTreeMap<String, Past> = BTreeMap::new();
    for row in &sheet.rows {
        if alone || sheet.text(row, "Name") != ALL {
            classes.entry(sheet.class(row)).or_default().take(&sheet, row);
        }
    }
    let groups: Vec<Group> =
        classes.into_iter().filter_map(|(name, past)| past.group(name)).collect();
    if groups.is_empty() {
        return Err(source.error("no requests were counted"));
    }
    let offered = clients(&sheet);
    let note = "Locust's users wait for each reply; quantiles are those of its last ten seconds, \
                weighted by the requests of each row";
    Ok(Summary { groups, offered, notes: vec![note.to_owned()] })
}

impl Past {
    fn take(&mut self, sheet: &Sheet, row: &StringRecord) {
        let total = sheet.number(row, "Total Request Count").unwrap_or(0.0);
        let new = total - self.requests;
        let quantiles = sheet.quantiles(row);
        if new > 0.0 && !quantiles.is_empty() {
            self.parts.push(Bins::from_quantiles(0.0, &quantiles, new));
        }
        self.requests = total.max(self.requests);
        self.failed = sheet.number(row, "Total Failure Count").unwrap_or(self.failed);
        let mean = sheet.number(row, "Total Average Response Time").filter(|mean| *mean > 0.0);
        self.mean = mean.map(|mean| mean / 1e3).or(self.mean);
        self.bytes = sheet.number(row, "Total Average Content Size").unwrap_or(0.0) as u64;
    }

    fn group(self, name: String) -> Option<Group> {
        let Self { requests, failed, parts, mean, bytes } = self;
        let bins = Bins::pooled(&parts);
        (requests >= 2.0 && !parts.is_empty()).then_some(Group {
            name,
            requests,
            failed,
            bins,
            mean,
            bytes,
        })
    }
}

/// Users and throughput while all of them were there: the rows with the most
/// users.
fn clients(sheet: &Sheet) -> Offered {
    let rows = sheet.rows.iter().filter(|row| sheet.text(row, "Name") == ALL);
    let figures: Vec<[f64; 3]> = rows
        .filter_map(|row| {
            let number = |name| sheet.number(row, name);
            Some([number("Timestamp")?, number("User Count")?, number("Total Request Count")?])
        })
        .collect();
    let most = figures.iter().map(|row| row[1]).fold(0.0, f64::max);
    let full: Vec<&[f64; 3]> = figures.iter().filter(|row| row[1] == most).collect();
    match (full.first(), full.last()) {
        (Some(first), Some(last)) if most >= 1.0 && last[0] > first[0] && last[2] > first[2] => {
            let requests = last[2] - first[2];
            Offered::Clients {
                clients: most,
                throughput: requests / (last[0] - first[0]),
                requests,
            }
        }
        _ => Offered::Unknown,
    }
}
