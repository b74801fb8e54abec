//! The pictures: which of the answer's numbers go where.

use plots::{
    AxisLabel, Better, Candidate, Frontier, Limit, Lines, Objective, Panel, PlotError, Point,
    Quantity, Series, Spacing, Steps, Timeline,
};
use sim::experiment::Snapshot;
use sim::search::{FrontierPoint, Limited};
use sim::stats::Estimate;

use super::recording::{Course, Recording};
use crate::render::recommendation::{Answer, limited};

/// Values further apart than this are spread by ratios.
const WIDE: f64 = 8.0;
/// Values closer together than this are all but one beside zero.
const CLOSE: f64 = 2.0;
/// A limit further above the highest value than this would flatten the curve.
const NEAR: f64 = 3.0;

/// Marks the choice.
const CHOSEN: char = '\u{2605}';

/// Latency by how rare it is, with the limits on it.
pub fn latency(answer: &Answer<'_>, recording: &Recording) -> Result<String, PlotError> {
    let series = recording.curves.iter().map(|curve| Series {
        name: answer.workload.classes[curve.class].name.clone(),
        points: curve.points.iter().map(|(place, latency)| point(*place, latency)).collect(),
    });
    let margins = answer.recommendation.choice.margins.iter();
    let limits = margins.filter(|margin| matches!(margin.what, Limited::Latency(..)));
    let limits = limits.map(|margin| Limit {
        name: format!("limit on {}", limited(answer.workload, margin).0),
        value: margin.limit,
    });
    Lines {
        title: None,
        x: AxisLabel::new("one in so many is slower", Quantity::Plain, Spacing::Logarithmic),
        y: AxisLabel::new("latency", Quantity::Seconds, Spacing::Logarithmic),
        series: series.collect(),
        limits: merged(limits.collect()),
        note: None,
    }
    .draw()
}

fn point(x: f64, estimate: &Estimate) -> Point {
    Point { x, y: estimate.point, low: estimate.low, high: estimate.high }
}

/// Limits at one place share a line and its label.
fn merged(mut limits: Vec<Limit>) -> Vec<Limit> {
    limits.sort_by(|a, b| a.value.total_cmp(&b.value));
    limits.dedup_by(|later, first| {
        let same = later.value == first.value;
        if same {
            first.name.push_str(&later.name.replace("limit on", ","));
        }
        same
    });
    limits
}

/// How the figure and its table call the pool in `row`.
pub fn frontier_label(row: usize, point: &FrontierPoint) -> String {
    match point.chosen {
        true => format!("{CHOSEN} {}", row + 1),
        false => (row + 1).to_string(),
    }
}

/// Memory against the worst p99 of every pool of the frontier.
pub fn frontier(answer: &Answer<'_>) -> Result<String, PlotError> {
    let frontier = &answer.recommendation.frontier;
    let (name, quantity) = match frontier.tail_over_limit {
        true => ("worst p99 over its limit", Quantity::Share),
        false => ("worst p99", Quantity::Seconds),
    };
    let ends = |estimate: &Estimate| (estimate.low, estimate.high);
    // Names of pools would hide each other: the table beside has them.
    let candidate = |(row, point): (usize, &FrontierPoint)| Candidate {
        name: frontier_label(row, point),
        x: point.peak_pss.point,
        x_interval: ends(&point.peak_pss),
        y: point.tail.point,
        y_interval: ends(&point.tail),
    };
    let candidates: Vec<Candidate> = frontier.points.iter().enumerate().map(candidate).collect();
    let objective = |name: &str, quantity, values: &dyn Fn(&Candidate) -> f64| Objective {
        axis: AxisLabel::new(name, quantity, spacing(candidates.iter().map(values))),
        better: Better::Less,
    };
    let x = objective("peak PSS", Quantity::Bytes, &|candidate| candidate.x);
    let y = objective(name, quantity, &|candidate| candidate.y);
    Frontier { title: None, x, y, candidates: candidates.clone() }.draw()
}

fn spacing(values: impl Iterator<Item = f64>) -> Spacing {
    let known = values.filter(|value| value.is_finite());
    let (low, high) = known.fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    match high / low {
        ratio if low > 0.0 && ratio > WIDE => Spacing::Logarithmic,
        ratio if low > 0.0 && ratio < CLOSE => Spacing::Linear,
        _ => Spacing::FromZero,
    }
}

/// Memory over time, with `limit`, in bytes, if it is near.
pub fn memory(course: &Course, limit: u64) -> Result<String, PlotError> {
    let pss = steps(course, "PSS", |s| s.pss as f64);
    let rss = steps(course, "RSS", |s| s.rss as f64);
    let limits = match is_near(course, limit) {
        true => vec![Limit { name: "limit".to_owned(), value: limit as f64 }],
        false => Vec::new(),
    };
    let y = AxisLabel::new("memory", Quantity::Bytes, Spacing::FromZero);
    timeline(vec![Panel { y, steps: vec![pss, rss], limits }], None)
}

/// Highest PSS in the run, in bytes.
pub fn peak(course: &Course) -> u64 {
    course.snapshots.iter().map(|snapshot| snapshot.pss).max().unwrap_or(0)
}

/// Can `limit` be drawn without flattening the curve?
pub fn is_near(course: &Course, limit: u64) -> bool {
    let highest = course.snapshots.iter().map(|s| s.pss.max(s.rss)).max().unwrap_or(0);
    limit as f64 <= NEAR * highest as f64
}

/// Workers up, slots busy and the queue, with replacements marked.
pub fn workers(course: &Course) -> Result<String, PlotError> {
    let panel = |name: &str, value: fn(&Snapshot) -> f64| Panel {
        y: AxisLabel::new(name, Quantity::Plain, Spacing::FromZero),
        steps: vec![steps(course, "", value)],
        limits: Vec::new(),
    };
    let pairs = course.snapshots.windows(2).filter(|pair| pair[1].restarts > pair[0].restarts);
    let moments: Vec<f64> = pairs.map(|pair| pair[1].at.as_secs()).collect();
    let events = (!moments.is_empty()).then(|| ("workers are being replaced".to_owned(), moments));
    let panels = vec![
        panel("workers up", |s| f64::from(s.fewest_ready)),
        panel("slots busy", |s| s.busy_slots as f64),
        panel("requests queued", |s| s.queued as f64),
    ];
    timeline(panels, events)
}

/// Share of the cores and of the busiest lock in use from step to step; `cpus`
/// are what the host has.
pub fn utilisation(course: &Course, cpus: f64) -> Result<String, PlotError> {
    let share = |used: fn(&Snapshot) -> f64, of: f64| -> Vec<(f64, f64)> {
        let pairs = course.snapshots.windows(2);
        pairs
            .map(|pair| {
                let ns = pair[1].at.since(pair[0].at).0 as f64;
                (pair[0].at.as_secs(), (used(&pair[1]) - used(&pair[0])) / ns / of)
            })
            .collect()
    };
    let cores = share(|s| s.core_time, cpus);
    let lock = share(|s| s.lock_time as f64, 1.0);
    let panel = |name: &str, points| Panel {
        y: AxisLabel::new(name, Quantity::Share, Spacing::FromZero),
        steps: vec![Steps { name: String::new(), points }],
        limits: Vec::new(),
    };
    let mut panels = vec![panel("cores in use", cores)];
    if shares_a_lock(course) {
        panels.push(panel("lock held", lock));
    }
    timeline(panels, None)
}

/// Is there a lock or event loop that requests wait for?
pub fn shares_a_lock(course: &Course) -> bool {
    course.snapshots.last().is_some_and(|last| last.lock_time > 0)
}

fn steps(course: &Course, name: &str, value: impl Fn(&Snapshot) -> f64) -> Steps {
    let points = course.snapshots.iter().map(|s| (s.at.as_secs(), value(s))).collect();
    Steps { name: name.to_owned(), points }
}

fn timeline(panels: Vec<Panel>, events: Option<(String, Vec<f64>)>) -> Result<String, PlotError> {
    Timeline { title: None, panels, events }.draw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_at_one_place_share_a_label() {
        let limit = |name: &str, value| Limit { name: format!("limit on {name}"), value };
        let merged = merged(vec![limit("b p99", 2.0), limit("a p99", 1.0), limit("c p99", 2.0)]);
        let said: Vec<&str> = merged.iter().map(|limit| limit.name.as_str()).collect();
        assert_eq!(said, ["limit on a p99", "limit on b p99, c p99"]);
    }

    #[test]
    fn far_values_are_spread_by_ratios() {
        assert_eq!(spacing([1.0, 20.0].into_iter()), Spacing::Logarithmic);
        assert_eq!(spacing([1.0, 3.0, f64::NAN].into_iter()), Spacing::FromZero);
        assert_eq!(spacing([1.0, 1.5].into_iter()), Spacing::Linear);
        assert_eq!(spacing([0.0, 2.0].into_iter()), Spacing::FromZero);
    }
}
