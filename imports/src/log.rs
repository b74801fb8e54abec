//! Requests one by one: what is kept of them, what is dropped, and the counts.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::input::InputError;

use crate::names::class_name;
use crate::source::Source;

/// Requests of which everything is kept; of later ones only the numbers.
pub const MAX_KEPT: usize = 4_000_000;
/// Longest time that is believed, in ns: a day.
const MAX_DURATION_NS: i64 = 86_400_000_000_000;
/// Names of classes that are told apart while reading.
const MAX_NAMES: usize = 4096;
/// A clock that goes back by less is the order in which lines were written,
/// in ns.
const DISORDER_NS: i64 = 1_000_000_000;
/// Lines that could not be used, whose numbers are shown.
const SHOWN: usize = 3;
/// Lines before which the share of unusable ones says nothing.
const MIN_JUDGED: u64 = 100;
/// The class of all that is not a class of its own.
pub(crate) const OTHER: &str = "other";

/// One request, in ns since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// When it came.
    pub(crate) start: i64,
    /// How long it was under way.
    pub(crate) duration: u64,
    /// Index of its class.
    pub(crate) class: u16,
    /// An error: it came, but how long it took says nothing.
    pub(crate) failed: bool,
}

/// A request as a reader found it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found<'a> {
    /// When it came, in ns since 1970.
    pub(crate) start: i64,
    /// How long it was under way, in ns; may be nonsense.
    pub(crate) duration: i64,
    /// Route, task or label.
    pub(crate) class: &'a str,
    /// Size of the response, in bytes.
    pub(crate) bytes: u64,
    /// It ended in an error.
    pub(crate) failed: bool,
    /// The stamp as written, whose digits tell the clock's tick.
    pub(crate) stamp: i64,
}

/// What was read and what became of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    /// Lines or rows, headers left out.
    pub lines: u64,
    /// Requests that were used.
    pub used: u64,
    /// Lines that are not of the format.
    pub unparsed: u64,
    /// The first of them.
    pub unparsed_at: Vec<u64>,
    /// Lines of the format that have no duration.
    pub untimed: u64,
    /// Durations below zero.
    pub negative: u64,
    /// Durations of more than a day.
    pub absurd: u64,
    /// Connections that changed their protocol: not requests.
    pub upgraded: u64,
    /// Requests that failed: counted as arrivals, their durations not used.
    pub failed: u64,
    /// Times that the clock went back by more than a second.
    pub backwards: u64,
    /// The furthest that it went back, in s.
    pub backwards_most: f64,
    /// Requests beyond those that are kept.
    pub beyond: u64,
}

/// A class as it was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) name: String,
    pub(crate) requests: u64,
    bytes: u128,
    busy_ns: u128,
}

impl Tally {
    /// Mean size of a response, in bytes.
    pub(crate) fn mean_bytes(&self) -> u64 {
        u64::try_from(self.bytes / u128::from(self.requests.max(1))).unwrap_or(u64::MAX)
    }
}

/// All requests of an import.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) rows: Vec<Row>,
    pub(crate) classes: Vec<Tally>,
    pub(crate) counts: Counts,
    index: BTreeMap<String, u16>,
    last_end: Option<i64>,
    /// All stamps are multiples of this, in ns.
    tick: Option<i64>,
    first_bad: Option<Box<InputError>>,
}

impl Log {
    /// Takes a request, or says why not in the counts.
    pub(crate) fn push(&mut self, found: Found<'_>) {
        self.counts.lines += 1;
        if found.duration < 0 {
            self.counts.negative += 1;
            return;
        }
        if found.duration > MAX_DURATION_NS {
            self.counts.absurd += 1;
            return;
        }
        self.watch_clock(&found);
        let class = self.class(found.class);
        self.counts.used += 1;
        self.counts.failed += u64::from(found.failed);
        let tally = &mut self.classes[usize::from(class)];
        tally.requests += 1;
        tally.bytes += u128::from(found.bytes);
        tally.busy_ns += found.duration as u128;
        if self.rows.len() == MAX_KEPT {
            self.counts.beyond += 1;
            return;
        }
        let (start, duration, failed) = (found.start, found.duration as u64, found.failed);
        self.rows.push(Row { start, duration, class, failed });
    }

    /// Takes note of a line that is not of the format.
    pub(crate) fn unparsed(&mut self, number: u64, error: impl FnOnce() -> InputError) {
        self.counts.lines += 1;
        self.counts.unparsed += 1;
        if self.counts.unparsed_at.len() < SHOWN {
            self.counts.unparsed_at.push(number);
        }
        if self.first_bad.is_none() {
            self.first_bad = Some(Box::new(error()));
        }
    }

    /// Are so many lines of another format that this cannot be the right one?
    /// Then the error of the first of them.
    pub(crate) fn check(&mut self, most: f64) -> Result<(), InputError> {
        let (bad, lines) = (self.counts.unparsed, self.counts.lines);
        if bad as f64 <= most * lines as f64 {
            return Ok(());
        }
        match self.first_bad.take() {
            Some(mut error) => {
                error.notes.push(format!(
                    "{bad} of {lines} lines are not of this form; {:.3} % would be let pass",
                    100.0 * most
                ));
                Err(*error)
            }
            None => Ok(()),
        }
    }

    /// As [`Log::check`], early: a large file of the wrong format is not read to
    /// its end.
    pub(crate) fn check_soon(&mut self, most: f64) -> Result<(), InputError> {
        if self.counts.lines >= MIN_JUDGED && self.counts.unparsed == self.counts.lines {
            return self.check(most);
        }
        Ok(())
    }

    /// The coarsest power of ten of nanoseconds, up to a second, that all
    /// stamps are multiples of.
    pub(crate) fn tick(&self) -> i64 {
        self.tick.unwrap_or(1)
    }

    /// Sorts the rows and keeps the `most` classes that were busiest; the rest
    /// becomes one.
    pub(crate) fn settle(&mut self, source: &Source, most: usize) -> Result<(), InputError> {
        self.rows.sort_by_key(|row| row.start);
        let timed = self.rows.iter().filter(|row| !row.failed).count();
        if timed < 2 {
            let message = format!("{timed} usable requests: there is nothing to fit");
            return Err(source.error(message).with_help(self.why_few()));
        }
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        let busy = |class: &usize| std::cmp::Reverse(self.classes[*class].busy_ns);
        order.sort_by_key(busy);
        let alone = if order.len() > most { most.saturating_sub(1) } else { order.len() };
        let mut target = vec![alone; order.len()];
        let mut kept: Vec<Tally> = Vec::new();
        for (place, class) in order.into_iter().enumerate() {
            let tally = std::mem::take(&mut self.classes[class]);
            if place < alone && tally.name != OTHER {
                target[class] = kept.len();
                kept.push(tally);
            } else {
                target[class] = usize::MAX;
                merge(&mut kept, tally);
            }
        }
        let other = kept.iter().position(|tally| tally.name == OTHER).unwrap_or(0);
        for row in &mut self.rows {
            let class = target[usize::from(row.class)];
            row.class = if class == usize::MAX { other } else { class } as u16;
        }
        self.classes = kept;
        Ok(())
    }

    fn why_few(&self) -> String {
        let counts = &self.counts;
        format!(
            "of {} lines {} are of another form, {} have no duration, {} are negative, {} longer \
             than a day, {} failed",
            counts.lines,
            counts.unparsed,
            counts.untimed,
            counts.negative,
            counts.absurd,
            counts.failed
        )
    }

    fn class(&mut self, text: &str) -> u16 {
        let name = class_name(text);
        if let Some(&class) = self.index.get(&name) {
            return class;
        }
        let name = if self.index.len() < MAX_NAMES { name } else { OTHER.to_owned() };
        let next = self.classes.len() as u16;
        let class = *self.index.entry(name.clone()).or_insert(next);
        if class == next {
            self.classes.push(Tally { name, ..Tally::default() });
        }
        class
    }

    fn watch_clock(&mut self, found: &Found<'_>) {
        let end = found.start.saturating_add(found.duration);
        if let Some(last) = self.last_end
            && end < last.saturating_sub(DISORDER_NS)
        {
            self.counts.backwards += 1;
            let back = (last - end) as f64 / 1e9;
            self.counts.backwards_most = self.counts.backwards_most.max(back);
        }
        self.last_end = Some(end);
        let mut tick = self.tick.unwrap_or(1_000_000_000);
        while found.stamp % tick != 0 {
            tick /= 10;
        }
        self.tick = Some(tick);
    }
}

/// Adds `tally` to the class of all others.
fn merge(kept: &mut Vec<Tally>, tally: Tally) {
    match kept.iter_mut().find(|kept| kept.name == OTHER) {
        Some(other) => {
            other.requests += tally.requests;
            other.bytes += tally.bytes;
            other.busy_ns += tally.busy_ns;
        }
        None => kept.push(Tally { name: OTHER.to_owned(), ..tally }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::source;

    fn found(start: i64, duration: i64, class: &str) -> Found<'_> {
        Found { start, duration, class, stamp: start, bytes: 10, failed: false }
    }

    #[test]
    fn nonsense_is_dropped_and_counted_and_a_clock_that_jumps_is_seen() {
        let mut log = Log::default();
        let second = 1_000_000_000;
        for (start, duration) in
            [(100, 1), (101, -1), (102, 100_000), (103, 1), (50, 1), (104, 1), (103, 1)]
        {
            log.push(found(start * second, duration * second, "a"));
        }
        let counts = &log.counts;
        assert_eq!((counts.lines, counts.used), (7, 5));
        assert_eq!((counts.negative, counts.absurd), (1, 1));
        assert_eq!((counts.backwards, counts.backwards_most), (1, 53.0));
        assert_eq!(log.tick(), second);
        log.settle(&source(Path::new("x")), 8).unwrap();
        assert!(log.rows.is_sorted_by_key(|row| row.start));
    }

    #[test]
    fn classes_beyond_the_most_become_one_and_no_request_is_lost() {
        let mut log = Log::default();
        for (class, requests) in [("a", 5), ("b", 50), ("other", 3), ("c", 20), ("d", 1)] {
            (0..requests).for_each(|i| log.push(found(i, 7, class)));
        }
        log.settle(&source(Path::new("x")), 3).unwrap();
        let found: Vec<_> = log.classes.iter().map(|c| (c.name.as_str(), c.requests)).collect();
        assert_eq!(found, [("b", 50), ("c", 20), ("other", 9)]);
        for (class, tally) in log.classes.iter().enumerate() {
            let rows = log.rows.iter().filter(|row| usize::from(row.class) == class).count();
            assert_eq!(rows as u64, tally.requests, "{}", tally.name);
            assert_eq!(tally.mean_bytes(), 10);
        }
    }

    #[test]
    fn a_million_names_become_few() {
        let mut log = Log::default();
        for name in 0..3 * MAX_NAMES {
            log.push(found(0, 1, &format!("n{name}x")));
        }
        assert_eq!(log.classes.len(), MAX_NAMES + 1);
        log.settle(&source(Path::new("x")), 8).unwrap();
        assert_eq!(log.classes.iter().map(|c| c.requests).sum::<u64>(), 3 * MAX_NAMES as u64);
    }
}
