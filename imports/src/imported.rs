//! What an import found: the answer.

use serde::Serialize;

use crate::arrivals::timeline::Timeline;
use crate::arrivals::{self, ArrivalFit};
use crate::fit::service::{Sample, ServiceFit, fit};
use crate::formats::{Input, Side};
use crate::load::{Load, Stretch, observe};
use crate::log::{Counts, Log, Row};
use crate::options::{ArrivalModel, Options};
use crate::split::{Part, Split, summed};
use crate::summary::Summary;

/// A class of requests.
#[derive(Clone, Debug, Serialize)]
pub struct ClassFit {
    /// Its name.
    pub name: String,
    /// Share of all requests.
    pub share: f64,
    /// Requests.
    pub requests: u64,
    /// Mean size of a response, in bytes; 0 if unknown.
    pub response: u64,
    /// Its service times.
    pub service: ServiceFit,
    /// What load did to them; null if that cannot be told.
    pub stretch: Option<Stretch>,
    /// How far p50, p95 and p99 of the segments' sum, as written to the
    /// workload, are off what was observed.
    pub written_off: [f64; 3],
    #[serde(skip)]
    pub(crate) parts: Vec<Part>,
}

/// When it was logged, in s.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// From the first request to the last, holes closed.
    pub span: f64,
    /// What the log's clock counts in.
    pub tick: f64,
    /// Stretches in which nothing was logged.
    pub holes: u64,
    /// The longest of them.
    pub longest_hole: f64,
}

/// What an import found.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// Name of the workload.
    pub name: String,
    /// Names of the files, without folders.
    pub files: Vec<String>,
    /// Form of the files.
    pub format: &'static str,
    /// Whose durations they are, and what is in them.
    pub durations: &'static str,
    /// Lines and what became of them; null for a summary.
    pub counts: Option<Counts>,
    /// When it was logged; null for a summary.
    pub period: Option<Period>,
    /// How busy the server was.
    pub load: Load,
    /// How requests arrive.
    pub arrivals: ArrivalFit,
    /// Kinds of request, busiest first.
    pub classes: Vec<ClassFit>,
    /// What the durations are split into.
    pub split: Split,
    /// Mean cores in use under that split.
    pub cores: f64,
    /// What nobody measured.
    pub assumptions: Vec<String>,
    /// What to know about the data.
    pub notes: Vec<String>,
    #[serde(skip)]
    pub(crate) rows: Vec<Row>,
    #[serde(skip)]
    pub(crate) timeline: Option<Timeline>,
}

impl Side {
    fn words(self) -> &'static str {
        match self {
            Self::ServerToLastByte => {
                "the server's, from the first byte read to the last byte sent: waiting in the \
                 server and slow clients included"
            }
            Self::Server => "the server's: waiting in the server included",
            Self::Client => "the client's: network and waiting in the server included",
            Self::Unknown => "as recorded: whether waiting is included, the table does not say",
        }
    }
}

/// Fits requests one by one.
///
/// # Errors
/// What keeps them from being fitted.
pub(crate) fn of_log(
    input_side: Side,
    mut log: Log,
    options: &Options,
) -> Result<Imported, String> {
    let timeline = Timeline::new(&log.rows, log.tick(), options.seed);
    let arrivals = arrivals::of_times(&timeline, options.arrivals)?;
    let observed = observe(&log, timeline.span(), options);
    let split = Split::new(options.shares);
    let total: u64 = log.classes.iter().map(|class| class.requests).sum();
    let mut classes = Vec::new();
    let mut notes = Vec::new();
    let mut place = vec![None; log.classes.len()];
    for (index, (tally, (sample, stretch))) in log.classes.iter().zip(observed.classes).enumerate()
    {
        let Some(sample) = sample else {
            notes.push(format!(
                "class {}: fewer than two of its {} requests have a usable duration; left out",
                tally.name, tally.requests
            ));
            continue;
        };
        place[index] = Some(classes.len() as u16);
        let share = tally.requests as f64 / total as f64;
        let response = tally.mean_bytes();
        let name = tally.name.clone();
        classes.push(class(
            name,
            share,
            tally.requests,
            response,
            &sample,
            stretch,
            &split,
            options,
        ));
    }
    if classes.is_empty() {
        return Err("no class has two requests with a duration above 0".to_owned());
    }
    let sum: f64 = classes.iter().map(|class| class.share).sum();
    classes.iter_mut().for_each(|class| class.share /= sum);
    for row in &mut log.rows {
        // A request of a class that was left out is one of the busiest.
        row.class = place[usize::from(row.class)].unwrap_or(0);
    }
    let period = Period {
        span: timeline.span(),
        tick: timeline.tick,
        holes: timeline.holes,
        longest_hole: timeline.longest_hole,
    };
    notes.extend(notes_on(&log.counts, &period));
    let parts = Parts { arrivals, load: observed.load, classes, split, notes };
    let mut imported = parts.join(input_side, options);
    imported.counts = Some(log.counts);
    imported.period = Some(period);
    imported.rows = log.rows;
    imported.timeline = Some(timeline);
    Ok(imported)
}

/// Fits a summary.
///
/// # Errors
/// What keeps it from being fitted.
pub(crate) fn of_summary(
    side: Side,
    mut summary: Summary,
    options: &Options,
) -> Result<Imported, String> {
    summary.groups.retain(|group| group.requests >= 2.0);
    summary.groups.sort_by(|a, b| b.requests.total_cmp(&a.requests).then(a.name.cmp(&b.name)));
    let dropped = summary.groups.len().saturating_sub(options.max_classes);
    if dropped > 0 {
        summary.groups.truncate(options.max_classes);
        summary.notes.push(format!("{dropped} classes with the fewest requests are left out"));
    }
    let total: f64 = summary.groups.iter().map(|group| group.requests).sum();
    let split = Split::new(options.shares);
    let mut classes = Vec::new();
    for group in summary.groups {
        if group.failed > 0.0 {
            let percent = 100.0 * group.failed / group.requests;
            let note = "failed; their durations are among the others";
            summary.notes.push(format!("class {}: {percent:.2} % {note}", group.name));
        }
        let sample = Sample::Bins { bins: group.bins, mean: group.mean };
        let (share, requests) = (group.requests / total, group.requests as u64);
        let name = group.name;
        classes.push(class(name, share, requests, group.bytes, &sample, None, &split, options));
    }
    let mean = classes.iter().map(|class| class.share * class.service.mean.point).sum();
    let arrivals = arrivals::of_summary(&summary.offered, options.arrivals, options.rate, mean)?;
    let mean_in_system = arrivals.rate.point * mean;
    let per_slot = options.slots.map(|slots| mean_in_system / f64::from(slots));
    let load = Load { mean_in_system, slots: options.slots, per_slot, low_up_to: None };
    let parts = Parts { arrivals, load, classes, split, notes: summary.notes };
    Ok(parts.join(side, options))
}

#[expect(clippy::too_many_arguments, reason = "each is one column of the answer")]
fn class(
    name: String,
    share: f64,
    requests: u64,
    response: u64,
    sample: &Sample,
    stretch: Option<Stretch>,
    split: &Split,
    options: &Options,
) -> ClassFit {
    let service = fit(sample, options.seed);
    let parts = split.parts(&service.chosen);
    let sums = summed(&parts, options.seed);
    let off = |i: usize| sums[i] / service.observed[i].point.max(f64::MIN_POSITIVE) - 1.0;
    let written_off = std::array::from_fn(off);
    ClassFit { name, share, requests, response, service, stretch, written_off, parts }
}

/// What logs and summaries have in common.
struct Parts {
    arrivals: ArrivalFit,
    load: Load,
    classes: Vec<ClassFit>,
    split: Split,
    notes: Vec<String>,
}

impl Parts {
    fn join(self, side: Side, options: &Options) -> Imported {
        let Self { arrivals, load, classes, split, notes } = self;
        let busy: f64 = classes.iter().map(|class| class.share * class.service.mean.point).sum();
        let cores = arrivals.rate.point * busy * split.cpu;
        let mut assumptions = Vec::new();
        if split.cpu_assumed {
            assumptions.push(format!(
                "{:.0} % of each duration is on a core, {:.3} cores in all: a log does not show \
                 it; measure it and say --cpu-share",
                100.0 * split.cpu,
                cores
            ));
        }
        if split.lock_assumed {
            assumptions.push(format!(
                "{:.0} % of the time on a core holds the interpreter lock; say --lock-share",
                100.0 * split.lock
            ));
        }
        assumptions.extend(about_load(&load, &classes));
        assumptions.extend(arrivals.assumed.clone());
        Imported {
            name: options.name.clone(),
            files: Vec::new(),
            format: "",
            durations: side.words(),
            counts: None,
            period: None,
            load,
            arrivals,
            classes,
            split,
            cores,
            assumptions,
            notes,
            rows: Vec::new(),
            timeline: None,
        }
    }
}

/// What durations are service times, and how far load may have stretched them.
fn about_load(load: &Load, classes: &[ClassFit]) -> Vec<String> {
    let mut found = Vec::new();
    for class in classes {
        let Some(stretch) = class.stretch.as_ref().filter(|stretch| stretch.used) else { continue };
        found.push(format!(
            "class {}: service times are those of the {} requests that found at most {} others \
             under way; at the load that was, the median is {:.2} times as long [{:.2}, {:.2}]",
            class.name,
            stretch.low,
            load.low_up_to.unwrap_or_default(),
            stretch.ratio.point,
            stretch.ratio.low,
            stretch.ratio.high
        ));
    }
    if classes.iter().all(|class| class.stretch.as_ref().is_none_or(|stretch| !stretch.used)) {
        let known = classes.iter().any(|class| class.stretch.is_some());
        let why = match (load.per_slot, known) {
            (Some(busy), _) if busy > 0.7 => format!(
                "{:.0} % of the slots were taken on average, so waiting is likely in them",
                100.0 * busy
            ),
            (_, true) => "requests at low load were not surely faster".to_owned(),
            _ => "how far load stretched them cannot be told from this data".to_owned(),
        };
        found.push(format!("durations are taken as service times: {why}"));
    }
    found
}

/// What was wrong with the data, one sentence each.
fn notes_on(counts: &Counts, period: &Period) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |count: u64, text: String| {
        if count > 0 {
            notes.push(text);
        }
    };
    let at: Vec<String> = counts.unparsed_at.iter().map(u64::to_string).collect();
    note(
        counts.unparsed,
        format!("{} lines are of another form, first line {}", counts.unparsed, at.join(", ")),
    );
    note(counts.untimed, format!("{} lines have no duration", counts.untimed));
    note(counts.negative, format!("{} durations below zero were dropped", counts.negative));
    note(counts.absurd, format!("{} durations of more than a day were dropped", counts.absurd));
    note(
        counts.upgraded,
        format!("{} connections changed their protocol and were dropped", counts.upgraded),
    );
    note(
        counts.failed,
        format!("{} requests failed: arrivals, but their durations are not used", counts.failed),
    );
    note(
        counts.backwards,
        format!(
            "the clock went back {} times, {:.1} s at most; requests were sorted",
            counts.backwards, counts.backwards_most
        ),
    );
    note(
        period.holes,
        format!(
            "{} holes without any request, the longest {:.0} s: taken as missing, not as idle",
            period.holes, period.longest_hole
        ),
    );
    note(
        counts.beyond,
        format!(
            "the first {} requests were fitted, {} later ones only counted",
            counts.used - counts.beyond,
            counts.beyond
        ),
    );
    notes
}

/// The whole import.
///
/// # Errors
/// What keeps it from being fitted.
pub(crate) fn analyse(input: Input, options: &Options) -> Result<Imported, String> {
    use crate::formats::Content;
    let mut imported = match input.content {
        Content::Requests(log) => of_log(input.side, log, options)?,
        Content::Summary(summary) => of_summary(input.side, summary, options)?,
    };
    imported.format = input.format.name();
    if input.assumed_utc {
        imported.assumptions.push("times without a zone are UTC".to_owned());
    }
    if options.arrivals == Some(ArrivalModel::Replay) && imported.rows.is_empty() {
        return Err("a summary has no requests to replay".to_owned());
    }
    Ok(imported)
}
