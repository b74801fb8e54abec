//! The workload file, with where each number comes from.

use std::fmt::Write as _;

use sim::input::{format_bytes, format_duration};
use sim::kernel::SimDuration;
use sim::workload::{Arrivals, Distribution};

use crate::imported::{ClassFit, Imported};

/// Columns of a comment.
const WIDTH: usize = 76;
/// Significant digits of durations.
const DIGITS: i32 = 4;
/// Values of an empirical distribution on a line.
const PER_LINE: usize = 8;

/// The file; with `replay` the arrivals are those of that trace.
pub(crate) fn text(imported: &Imported, trace: Option<&str>, replay: bool) -> String {
    let mut out = String::new();
    comment(&mut out, &heading(imported));
    let _ = writeln!(out, "\nname = \"{}\"", imported.name);
    let _ = writeln!(out, "about = \"Imported from {}.\"\n", imported.files.join(", "));
    comment(&mut out, &format!("Arrivals: {}. {}", imported.arrivals.choice, rate(imported)));
    match (replay, trace) {
        (true, Some(file)) => {
            let _ = writeln!(out, "[arrivals.replay]\nfile = {}\n", quoted(file));
        }
        (false, Some(file)) => {
            arrivals(&mut out, &imported.arrivals.arrivals);
            comment(&mut out, "The recorded requests themselves, instead:");
            let _ = writeln!(out, "# [arrivals.replay]\n# file = {}\n", quoted(file));
        }
        (_, None) => {
            arrivals(&mut out, &imported.arrivals.arrivals);
            out.push('\n');
        }
    }
    split_comment(&mut out, imported);
    for (index, found) in imported.classes.iter().enumerate() {
        class(&mut out, found, share(imported, index));
    }
    out.push_str(REST);
    out
}

/// What no log shows.
const REST: &str = r#"# No log shows these; what is not vouched for counts as not allowed.
# docs/workload.md says what there is.
# [runtime]
# python = ["3.12"]                # interpreters that may be used
# thread_safe = true               # may two requests run in one process?
# event_loop = true                # is the code async or does it use greenlets?
# fork_safe = true                 # may it be forked after the imports?
# import_time = "600 ms"           # CPU time of the imports
# import_memory = "80 MB"          # memory of the imports

# [class.memory] of each class: working_set = "50 MB"

# What the answer is judged by, for all classes or as { class = "100 ms" }:
# [objective]
# p99 = "500 ms"
# memory = "4 GiB"
"#;

fn heading(imported: &Imported) -> String {
    let counts = imported.counts.as_ref().map_or(String::new(), |counts| {
        format!(" {} of {} lines were used.", counts.used, counts.lines)
    });
    format!(
        "Imported from {} ({}).{counts} Durations are {}.",
        imported.files.join(", "),
        imported.format,
        imported.durations
    )
}

fn rate(imported: &Imported) -> String {
    let rate = &imported.arrivals.rate;
    let interval = if rate.low < rate.high {
        format!("{:.4}/s [{:.4}, {:.4}]", rate.point, rate.low, rate.high)
    } else {
        format!("{:.4}/s as stated", rate.point)
    };
    let assumed = imported.arrivals.assumed.as_ref();
    let assumed = assumed.map_or(String::new(), |text| format!(" ASSUMED: {text}."));
    format!("{interval}; {}.{assumed}", imported.arrivals.why)
}

fn split_comment(out: &mut String, imported: &Imported) {
    for assumption in &imported.assumptions {
        if Some(assumption) != imported.arrivals.assumed.as_ref() {
            comment(out, &format!("ASSUMED: {assumption}."));
        }
    }
    if imported.split.kinds().len() > 1 {
        let text = "Segments are drawn independently; their sum has the mean and variance that \
                    were fitted, so each varies more than the whole.";
        comment(out, text);
    }
    out.push('\n');
}

/// Shares with six digits that sum to 1: the last takes what rounding left.
fn share(imported: &Imported, index: usize) -> f64 {
    let rounded = |class: &ClassFit| (class.share * 1e6).round().max(1.0) / 1e6;
    if index == 0 {
        let others: f64 = imported.classes[1..].iter().map(rounded).sum();
        ((1.0 - others) * 1e6).round() / 1e6
    } else {
        rounded(&imported.classes[index])
    }
}

fn class(out: &mut String, found: &ClassFit, share: f64) {
    let [p50, p95, p99] = found.written_off.map(|off| format!("{:+.1} %", 100.0 * off));
    comment(out, &format!("{}: {}.", found.name, found.service.words()));
    comment(out, &format!("As written, p50 is {p50} off, p95 {p95}, p99 {p99}."));
    let _ = writeln!(out, "[[class]]\nname = \"{}\"\nshare = {share}", found.name);
    if found.response > 0 {
        let _ = writeln!(out, "response = \"{}\"", format_bytes(found.response.min(1 << 40)));
    }
    for part in &found.parts {
        let text = distribution(&part.distribution);
        let _ = writeln!(out, "\n[[class.segment]]\n{} = {text}", part.kind);
    }
    out.push('\n');
}

fn arrivals(out: &mut String, arrivals: &Arrivals) {
    let time = |at: SimDuration| format!("\"{}\"", format_duration(rounded(at)));
    let _ = match arrivals {
        Arrivals::Poisson { rate } => writeln!(out, "[arrivals.poisson]\nrate = {}", per(*rate)),
        Arrivals::Deterministic { rate } => {
            writeln!(out, "[arrivals.deterministic]\nrate = {}", per(*rate))
        }
        Arrivals::Gamma { rate, cv } => {
            writeln!(out, "[arrivals.gamma]\nrate = {}\ncv = {cv:.4}", per(*rate))
        }
        Arrivals::OnOff { on_rate, off_rate, mean_on, mean_off } => writeln!(
            out,
            "[arrivals.on_off]\non_rate = {}\noff_rate = {}\nmean_on = {}\nmean_off = {}",
            per(*on_rate),
            per(*off_rate),
            time(*mean_on),
            time(*mean_off)
        ),
        Arrivals::Varying { points } => {
            let _ = writeln!(out, "[arrivals.varying]\npoints = [");
            for (at, rate) in points {
                // Whole microseconds, so that points stay in order.
                let at = SimDuration(at.0 / 1000 * 1000);
                let _ = writeln!(out, "  [\"{}\", {}],", format_duration(at), per(*rate));
            }
            writeln!(out, "]")
        }
        Arrivals::Closed { clients, think } => {
            let think = distribution(think);
            writeln!(out, "[arrivals.closed]\nclients = {clients}\nthink = {think}")
        }
        Arrivals::Replay { .. } | Arrivals::Batch { .. } => Ok(()),
    };
}

fn distribution(distribution: &Distribution) -> String {
    let time = |duration: &SimDuration| format!("\"{}\"", format_duration(rounded(*duration)));
    match distribution {
        Distribution::Constant(value) => time(value),
        Distribution::Exponential { mean } => {
            format!("{{ exponential = {{ mean = {} }} }}", time(mean))
        }
        Distribution::Gamma { mean, cv } => {
            format!("{{ gamma = {{ mean = {}, cv = {cv:.4} }} }}", time(mean))
        }
        Distribution::Lognormal { median, p99 } if rounded(*p99) > rounded(*median) => {
            format!("{{ lognormal = {{ median = {}, p99 = {} }} }}", time(median), time(p99))
        }
        Distribution::Lognormal { median, .. } => time(median),
        Distribution::Empirical(values) => {
            let lines: Vec<String> = values
                .chunks(PER_LINE)
                .map(|line| line.iter().map(time).collect::<Vec<_>>().join(", "))
                .collect();
            format!("{{ empirical = {{ values = [\n  {},\n] }} }}", lines.join(",\n  "))
        }
    }
}

/// Four digits are more than any fit is worth.
fn rounded(duration: SimDuration) -> SimDuration {
    let digits = duration.0.checked_ilog10().map_or(0, |log| log as i32 + 1);
    let unit = 10_u64.pow((digits - DIGITS).max(0) as u32);
    SimDuration((duration.0 + unit / 2) / unit * unit)
}

/// A rate in a unit of time that keeps its digits.
fn per(rate: f64) -> String {
    match rate {
        0.0 => "\"0/s\"".to_owned(),
        _ if rate < 0.01 => format!("\"{:.4}/h\"", rate * 3600.0),
        _ if rate < 100.0 => format!("\"{rate:.4}/s\""),
        _ => format!("\"{rate:.2}/s\""),
    }
}

/// As a TOML string.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// Words in lines that begin with `#`.
fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() > 1 && line.len() + 1 + word.len() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_four_digits() {
        assert_eq!(rounded(SimDuration(123_456_789)), SimDuration(123_500_000));
        assert_eq!(rounded(SimDuration(999_996)), SimDuration(1_000_000));
        assert_eq!(rounded(SimDuration(7)), SimDuration(7));
        assert_eq!(rounded(SimDuration(0)), SimDuration(0));
    }

    #[test]
    fn no_file_name_breaks_the_file() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
    }
}
