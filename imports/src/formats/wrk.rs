//! What wrk and wrk2 print.

use sim::input::InputError;

use crate::source::Source;
use crate::summary::{Bins, Group, Offered, Summary};

/// Reads what `wrk --latency` printed.
pub(crate) fn read(source: &Source) -> Result<Summary, InputError> {
    let text = source.text()?;
    let missing = |what: &str, help: &str| source.error(format!("no {what}")).with_help(help);
    let mut quantiles = quantiles(&text);
    let (mut mean, mut most) = (None, None);
    if let Some(line) = text.lines().find(|line| line.trim_start().starts_with("Latency  ")) {
        let mut words = line.split_whitespace().skip(1);
        mean = words.next().and_then(duration);
        most = words.nth(1).and_then(duration);
    }
    if quantiles.is_empty() {
        return Err(missing("latency distribution", "run wrk with --latency"));
    }
    let spectrum = quantiles.len() > 10;
    if let Some(most) = most
        && quantiles.iter().all(|(share, value)| *share < 1.0 && *value <= most)
    {
        quantiles.push((1.0, most));
    }
    let (requests, seconds) = text
        .lines()
        .find_map(total)
        .ok_or_else(|| missing("line `N requests in T`", "keep all that wrk printed"))?;
    let clients = text
        .lines()
        .find_map(|line| line.split_once(" connections").and_then(|(before, _)| last(before)));
    let clients = clients
        .filter(|clients| *clients >= 1.0)
        .ok_or_else(|| missing("number of connections", "keep all that wrk printed"))?;
    let failed = text.lines().find_map(|line| {
        let (_, number) = line.split_once("Non-2xx or 3xx responses:")?;
        number.trim().parse::<f64>().ok()
    });
    let mut notes = Vec::new();
    let throughput = requests / seconds;
    let offered = if spectrum {
        notes.push("wrk2 sends at a constant rate and counts from when it should have sent".into());
        Offered::Paced { rate: throughput, requests }
    } else {
        notes.push("wrk's connections wait for each reply: slow replies are under-counted".into());
        Offered::Clients { clients, throughput, requests }
    };
    let bins = Bins::from_quantiles(0.0, &quantiles, requests);
    let name = "request".to_owned();
    let failed = failed.unwrap_or(0.0);
    Ok(Summary {
        groups: vec![Group { name, requests, failed, bins, mean, bytes: 0 }],
        offered,
        notes,
    })
}

/// `50%  1.20ms` of wrk, and the rows of wrk2's detailed spectrum (in ms).
fn quantiles(text: &str) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let mut spectrum = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [share, value] if share.ends_with('%') => {
                let share = share.trim_end_matches('%').parse::<f64>().ok();
                found.extend(share.map(|share| share / 100.0).zip(duration(value)));
            }
            [value, share, count, _] => {
                let numbers = (value.parse::<f64>(), share.parse::<f64>(), count.parse::<u64>());
                if let (Ok(value), Ok(share), Ok(_)) = numbers {
                    spectrum.push((share, value / 1e3));
                }
            }
            _ => {}
        }
    }
    if spectrum.is_empty() { found } else { spectrum }
}

/// `  12345 requests in 10.02s, 1.2MB read`.
fn total(line: &str) -> Option<(f64, f64)> {
    let (requests, rest) = line.split_once(" requests in ")?;
    let seconds = duration(rest.split(',').next()?.trim())?;
    let requests: f64 = requests.trim().parse().ok()?;
    (seconds > 0.0 && requests >= 2.0).then_some((requests, seconds))
}

fn last(text: &str) -> Option<f64> {
    text.split_whitespace().next_back()?.parse().ok()
}

/// `1.20ms`, `12.00us`, `1.50s`, `2.00m`, `1.00h`, in s.
fn duration(text: &str) -> Option<f64> {
    let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, worth) =
        units.iter().find_map(|(unit, worth)| Some((text.strip_suffix(unit)?, worth)))?;
    let value: f64 = number.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value * worth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_wrks_units() {
        let cases = [("12.00us", 12e-6), ("1.20ms", 1.2e-3), ("1.50s", 1.5), ("2.00m", 120.0)];
        for (text, seconds) in cases {
            assert!((duration(text).unwrap() - seconds).abs() < 1e-12, "{text}");
        }
        assert_eq!(duration("nan"), None);
        assert_eq!(duration("-1s"), None);
        assert_eq!(duration(""), None);
    }
}
