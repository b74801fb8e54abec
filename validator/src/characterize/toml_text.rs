//! The class as text: every value with its spread and how it was found.

use std::fmt::Write as _;

use sim::input::{format_bytes, format_duration};
use sim::kernel::SimDuration;

use super::{Class, FreeThreaded, Part, PartKind, Portrait};
use crate::lock_probe::Spread;

/// Columns of a comment.
const WIDTH: usize = 76;
/// Significant digits of durations.
const DIGITS: i32 = 4;
/// Largest payload that a class may have is far above this.
const MOST_BYTES: u64 = 1 << 40;

/// A whole workload file with this class alone, which `planner recommend` takes
/// as it is.
pub fn workload(portrait: &Portrait, name: &str, rate: Option<f64>, cores: u32) -> String {
    let found = Class { name: name.to_owned(), ..Class::of(portrait) };
    let mut out = String::new();
    comment(&mut out, &heading(portrait));
    let _ = writeln!(out, "\nname = \"{}\"", found.name);
    let _ = writeln!(out, "about = \"{}, as measured.\"\n", portrait.target.replace('"', ""));
    arrivals(&mut out, portrait, rate, cores);
    table(&mut out, portrait, &found, 1.0);
    runtime(&mut out, portrait);
    out.push_str(REST);
    out
}

const REST: &str = r#"
# What the answer is judged by:
# [objective]
# p99 = "500 ms"
# memory = "4 GiB"
"#;

/// The class's own tables, called `name`, with `share` of all requests.
pub fn class(portrait: &Portrait, name: &str, share: f64) -> String {
    let mut out = String::new();
    let class = Class { name: name.to_owned(), ..Class::of(portrait) };
    table(&mut out, portrait, &class, share);
    out
}

/// A workload of clients that call `class` without pause.
pub(super) fn closed(portrait: &Portrait, class: &Class, clients: u32) -> String {
    let mut out = format!("name = \"closed\"\n[arrivals.closed]\nclients = {clients}\n");
    table(&mut out, portrait, class, 1.0);
    out
}

fn table(out: &mut String, portrait: &Portrait, class: &Class, share: f64) {
    comment(out, &calls(portrait));
    let _ = writeln!(out, "[[class]]\nname = \"{}\"\nshare = {share}", class.name);
    sizes(out, portrait);
    out.push('\n');
    segments(out, portrait, class);
    memory(out, portrait);
}

fn heading(portrait: &Portrait) -> String {
    format!(
        "{} on CPython {}, as `planner characterize` measured it: {} calls. Each value is a \
         median over blocks of calls with its bootstrap 95 % interval.",
        portrait.target, portrait.python.build.version, portrait.times.count
    )
}

fn arrivals(out: &mut String, portrait: &Portrait, rate: Option<f64>, cores: u32) {
    let rate = rate.unwrap_or_else(|| {
        comment(
            out,
            "ASSUMED: a rate that keeps the cores half busy, or 10 requests in service at once, \
             whichever is less. Say what it is.",
        );
        assumed_rate(portrait, cores)
    });
    let digits = if rate < 100.0 { 3 } else { 0 };
    let _ = writeln!(out, "[arrivals.poisson]\nrate = \"{rate:.digits$}/s\"\n");
}

fn assumed_rate(portrait: &Portrait, cores: u32) -> f64 {
    let times = &portrait.times;
    let cpu = (times.own_cpu.point + times.other_cpu.point).max(1e-9);
    let half_busy = 0.5 * f64::from(cores) / cpu;
    half_busy.min(10.0 / times.elapsed.point.max(1e-9)).clamp(0.001, 1e6)
}

fn calls(portrait: &Portrait) -> String {
    let times = &portrait.times;
    let raised = match times.failed {
        0.0 => String::new(),
        share => format!(" {:.2} % of the calls raised.", 100.0 * share),
    };
    format!(
        "A call takes {} of elapsed and {} of CPU time; p50 {}, p95 {}, p99 {} over single \
         calls.{raised}",
        time(&times.elapsed),
        time(&times.own_cpu),
        seconds(times.calls.p50),
        seconds(times.calls.p95),
        seconds(times.calls.p99)
    )
}

fn sizes(out: &mut String, portrait: &Portrait) {
    for (key, what, size) in
        [("request", "arguments", &portrait.request), ("response", "result", &portrait.response)]
    {
        match (size.bytes, &size.why_not) {
            (Some(bytes), _) => {
                let text = format!(
                    "The {what}, pickled: exact; {} of CPU time to pack and {} to unpack, least \
                     of 5.",
                    seconds(size.pack),
                    seconds(size.unpack)
                );
                comment(out, &text);
                let _ = writeln!(out, "{key} = \"{}\"", format_bytes(bytes.min(MOST_BYTES)));
            }
            (None, why) => {
                let why = why.as_deref().unwrap_or("it is unknown why");
                comment(out, &format!("The {what} cannot go to another process: {why}."));
            }
        }
    }
}

fn segments(out: &mut String, portrait: &Portrait, class: &Class) {
    if class.repeat > 1 {
        if let Some(lock) = &portrait.lock {
            let text = format!(
                "{:.1} re-acquires per call lost the lock beside one spinner [{:.1}, {:.1}], so \
                 the call is cut into as many parts. In each:",
                lock.releases.point, lock.releases.low, lock.releases.high
            );
            comment(out, &text);
        }
        for part in &class.parts {
            comment(out, &how(part, class.repeat));
        }
        let _ = writeln!(out, "[[class.segment]]\nrepeat = {}\ngroup = [", class.repeat);
        for (index, part) in class.parts.iter().enumerate() {
            let last = index + 1 == class.parts.len();
            let _ = writeln!(out, "  {{ {} }},", fields(part, class, last).join(", "));
        }
        out.push_str("]\n\n");
        return;
    }
    for (index, part) in class.parts.iter().enumerate() {
        let last = index + 1 == class.parts.len();
        comment(out, &how(part, 1));
        let fields = fields(part, class, last).join("\n");
        let _ = writeln!(out, "[[class.segment]]\n{fields}\n");
    }
}

fn how(part: &Part, repeat: u32) -> String {
    let over = if repeat > 1 { format!(" over {repeat}") } else { String::new() };
    let varies = part
        .variation
        .map_or(String::new(), |cv| format!("; varies from call to call, CV {cv:.2}"));
    format!("{}: {}{over}: {}{varies}.", key(part.kind), time(&part.seconds), part.how)
}

fn key(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Python => "python",
        PartKind::LockedNative => "locked_native",
        PartKind::Native | PartKind::Parallel => "native",
        PartKind::Wait => "wait",
    }
}

fn fields(part: &Part, class: &Class, last: bool) -> Vec<String> {
    // An end of a range may be no time at all, and a segment of none is refused.
    let mean = rounded(part.seconds.point / f64::from(class.repeat)).max(SimDuration(1));
    let value = match part.variation {
        // Of independent parts, so that their sum varies as the call did.
        Some(cv) => {
            let cv = (cv * f64::from(class.repeat).sqrt()).min(20.0);
            format!("{{ gamma = {{ mean = \"{}\", cv = {cv:.3} }} }}", format_duration(mean))
        }
        None => format!("\"{}\"", format_duration(mean)),
    };
    let mut fields = vec![format!("{} = {value}", key(part.kind))];
    if part.kind == PartKind::Parallel {
        fields.push("parallel = \"blas\"".to_owned());
    }
    if last && class.reacquires > 0 {
        fields.push(format!("reacquires = {}", class.reacquires));
    }
    fields
}

fn memory(out: &mut String, portrait: &Portrait) {
    let Some(memory) = &portrait.memory else { return };
    let set = memory.working_set;
    comment(
        out,
        &format!(
            "Peak of resident memory above what was there before a call: median of {}, {}.",
            set.n,
            bytes_between(&set)
        ),
    );
    let _ = writeln!(out, "[class.memory]\nworking_set = \"{}\"", whole(set.point));
    if set.point >= 1.0 && memory.kept >= 0.01 {
        comment(out, "What was resident after the call, of that.");
        let _ = writeln!(out, "kept = {:.2}", memory.kept);
    }
    let leak = &memory.leak;
    let text = format!(
        "Slope of private memory over {} calls: {} per call.",
        leak.calls,
        bytes_between(&leak.per_call)
    );
    comment(out, &text);
    if leak.certain {
        let _ = writeln!(out, "leak = \"{}\"", whole(leak.per_call.point));
    } else {
        comment(out, "No leak that is certain.");
    }
    out.push('\n');
}

fn runtime(out: &mut String, portrait: &Portrait) {
    let build = &portrait.python.build;
    let suffix = if build.free_threaded { "t" } else { "" };
    let _ = writeln!(out, "[runtime]\npython = [\"3.{}{suffix}\"]", build.minor);
    if portrait.coroutine {
        let _ = writeln!(out, "event_loop = true                  # it is a coroutine function");
    }
    let imports = &portrait.imports;
    comment(
        out,
        &format!("Median of {} imports: {} of CPU time.", imports.cpu.n, time(&imports.cpu)),
    );
    let _ = writeln!(out, "import_time = \"{}\"", format_duration(rounded(imports.cpu.point)));
    comment(out, &format!("Private memory: {}.", bytes_between(&imports.memory)));
    let _ = writeln!(out, "import_memory = \"{}\"", whole(imports.memory.point));
    if !imports.libraries.is_empty() {
        let names: Vec<String> =
            imports.libraries.iter().map(|name| format!("\"{name}\"")).collect();
        let _ = writeln!(out, "libraries = [{}]", names.join(", "));
    }
    comment(out, "What is not vouched for counts as not allowed; no measurement can vouch for it:");
    out.push_str("# thread_safe = true\n");
    let fork = &portrait.fork;
    comment(
        out,
        &format!("A forked child of a parent with {} thread(s): {}.", fork.threads, fork.child),
    );
    out.push_str("# fork_safe = true\n");
    if let FreeThreaded::Measured { version, locked, .. } = &portrait.free_threaded {
        let state =
            if *locked { "an import turned the lock back on" } else { "the lock stayed off" };
        comment(out, &format!("On CPython {version} without the lock it ran, and {state}."));
        if !locked {
            out.push_str("# free_threading_ready = true\n");
        }
    }
}

fn whole(bytes: f64) -> String {
    format_bytes(bytes.round().max(0.0) as u64)
}

fn bytes_between(spread: &Spread) -> String {
    format!("{:.0} B [{:.0}, {:.0}]", spread.point, spread.low, spread.high)
}

fn time(spread: &Spread) -> String {
    format!("{} [{}, {}]", seconds(spread.point), seconds(spread.low), seconds(spread.high))
}

fn seconds(value: f64) -> String {
    format_duration(rounded(value))
}

/// Four digits are more than any measurement is worth.
fn rounded(seconds: f64) -> SimDuration {
    let duration = SimDuration::from_secs(seconds.max(0.0));
    let digits = duration.0.checked_ilog10().map_or(0, |log| log as i32 + 1);
    let unit = 10_u64.pow((digits - DIGITS).max(0) as u32);
    SimDuration((duration.0 + unit / 2) / unit * unit)
}

/// Words in lines that begin with `#`.
fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
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
    use std::path::Path;

    use sim::workload::Workload;

    use super::super::testing::portrait;
    use super::*;

    fn read(text: &str) -> Workload {
        let read = Workload::parse(text, Path::new("w.toml"), Path::new(""));
        read.map_err(|errors| format!("{}\n{text}", errors[0])).unwrap()
    }

    #[test]
    fn every_portrait_is_a_workload_that_takes_as_long_as_the_call() {
        for held in [0.0, 0.02, 0.6, 1.0] {
            for kept in [0.0, 0.5] {
                for releases in [0.0, 0.4, 1.0, 14.3, 3_000.0] {
                    for wait in [0.0, 2e-3] {
                        let portrait = portrait(held, kept * held, releases, wait);
                        let workload = read(&workload(&portrait, "price", None, 2));
                        let seconds = workload.mean_seconds(0, |_| true);
                        let off = seconds / (10e-3 + wait) - 1.0;
                        assert!(off.abs() < 0.02, "{held} {kept} {releases} {wait}: {seconds}");
                        assert_eq!(workload.classes[0].leak_bytes, 11_000);
                    }
                }
            }
        }
    }

    #[test]
    fn every_line_fits_and_every_value_says_how_it_was_found() {
        let text = workload(&portrait(0.6, 0.1, 3.0, 2e-3), "price", Some(50.0), 2);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for words in ["held the lock beside a spinner", "cannot go to another process", "50.000/s"]
        {
            let joined = text.replace("\n# ", " ");
            assert!(joined.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("ASSUMED"), "{text}");
    }

    #[test]
    fn a_part_that_may_take_no_time_can_still_be_read() {
        let portrait = portrait(0.6, 0.1, 14.3, 2e-3);
        let class = Class::of(&portrait).at(|_| 0.0);
        let head = "name = \"price\"\narrivals = { poisson = { rate = \"1/s\" } }\n";
        let mut text = format!("{head}\n[[class]]\nname = \"price\"\n");
        segments(&mut text, &portrait, &class);
        assert!(!read(&text).classes[0].segments.is_empty(), "{text}");
    }

    #[test]
    fn durations_keep_four_digits() {
        assert_eq!(rounded(0.123_456_789), SimDuration(123_500_000));
        assert_eq!(rounded(0.0), SimDuration(0));
    }
}
