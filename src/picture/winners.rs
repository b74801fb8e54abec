//! Who wins over two inputs.

use plots::{Better, Winners};
use tables::{Column, Table};

use super::error::PictureError;
use super::frontier::better;
use super::{Wish, inputs, label};
use crate::render::units::Unit;

/// A candidate in one place.
struct Entry {
    candidate: usize,
    value: f64,
    low: f64,
    high: f64,
}

/// The best candidate for every pair of values of two inputs. An overloaded
/// cell cannot win; `~` marks a winner whose interval meets that of the next.
pub fn draw(table: &Table, wish: &Wish) -> Result<String, PictureError> {
    let [x, y] = two_inputs(table, wish).ok_or(PictureError::NoContest)?;
    let best = wish.best.as_deref().unwrap_or("p99_s");
    let (columns, rows) = (values(table, &x)?, values(table, &y)?);
    let mut contest = Contest::new(table, wish, [&x, &y], best)?;
    let (mut cells, mut notes) = (Vec::new(), Vec::new());
    for up in &rows {
        for across in &columns {
            let (winner, note) = winner(contest.entries(across, up)?, best);
            cells.push(winner);
            notes.push(note);
        }
    }
    let title = wish
        .title
        .clone()
        .or_else(|| Some(format!("best {} (~ the next may be as good)", label::parts(best).0)));
    let (x, y, names) = (axis(&x), axis(&y), contest.names);
    Ok(Winners { title, x, columns, y, rows, names, cells, notes }.draw()?)
}

/// The inputs along the two axes: those named, else the first that are varied.
fn two_inputs(table: &Table, wish: &Wish) -> Option<[String; 2]> {
    let named = [wish.x.as_ref(), wish.y.first()];
    let candidates = ["profile", "python"].map(str::to_owned);
    let mut free = inputs::varied(table).into_iter().filter(|name| {
        wish.by.as_ref() != Some(name) && !named.contains(&Some(name)) && !candidates.contains(name)
    });
    let mut pick = |name: Option<&String>| name.cloned().or_else(|| free.next());
    Some([pick(named[0])?, pick(named[1])?])
}

/// Who can win where.
struct Contest<'a> {
    table: &'a Table,
    inputs: [&'a str; 2],
    /// Inputs that name a candidate.
    by: Vec<String>,
    others: Vec<String>,
    figure: &'a Column,
    ends: Option<(&'a Column, &'a Column)>,
    failures: f64,
    /// Candidates, in the order in which they come.
    names: Vec<String>,
}

impl<'a> Contest<'a> {
    fn new(
        table: &'a Table,
        wish: &Wish,
        inputs: [&'a str; 2],
        best: &str,
    ) -> Result<Self, PictureError> {
        let all: Vec<usize> = (0..table.rows()).collect();
        let others = inputs::others(table, &all, &inputs);
        let by = wish.by.clone().map_or_else(|| others.clone(), |by| vec![by]);
        if by.is_empty() {
            return Err(PictureError::NoContest);
        }
        let figure = inputs::numbers(table, best)?;
        let ends = inputs::interval(table, best);
        Ok(Self {
            table,
            inputs,
            by,
            others,
            figure,
            ends,
            failures: wish.failures,
            names: Vec::new(),
        })
    }

    /// The candidates where the inputs are `across` and `up`.
    fn entries(&mut self, across: &str, up: &str) -> Result<Vec<Entry>, PictureError> {
        let mut entries: Vec<Entry> = Vec::new();
        let here = |row: &usize| {
            [across, up] == self.inputs.map(|name| inputs::text(self.table, name, *row))
        };
        for row in (0..self.table.rows()).filter(here).collect::<Vec<_>>() {
            let name = inputs::label(self.table, &self.by, row);
            let candidate =
                self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
                    self.names.push(name);
                    self.names.len() - 1
                });
            if entries.iter().any(|entry| entry.candidate == candidate) {
                return Err(PictureError::Ambiguous(self.others.join(", ")));
            }
            let number = |column: &Column| column.number(row).unwrap_or(f64::NAN);
            let overloaded = inputs::is_overloaded(self.table, row, self.failures);
            let value = if overloaded { f64::NAN } else { number(self.figure) };
            let (low, high) =
                self.ends.map_or((f64::NAN, f64::NAN), |(low, high)| (number(low), number(high)));
            entries.push(Entry { candidate, value, low, high });
        }
        Ok(entries)
    }
}

/// Who wins, and by what.
fn winner(mut entries: Vec<Entry>, best: &str) -> (Option<usize>, String) {
    let sign = if better(best) == Better::Less { 1.0 } else { -1.0 };
    entries.retain(|entry| entry.value.is_finite());
    entries.sort_by(|a, b| (sign * a.value).total_cmp(&(sign * b.value)));
    let Some(first) = entries.first() else { return (None, String::new()) };
    let meets = |next: &Entry| match better(best) {
        Better::Less => next.low <= first.high,
        Better::More => next.high >= first.low,
    };
    let near = entries.get(1).is_some_and(meets);
    let unit = match label::parts(best).1 {
        plots::Quantity::Seconds => Unit::Seconds,
        plots::Quantity::Bytes => Unit::Bytes,
        plots::Quantity::PerSecond => Unit::PerSecond,
        plots::Quantity::Share => Unit::Share,
        plots::Quantity::Plain => Unit::Requests,
    };
    let sign = if near { "~" } else { "" };
    (Some(first.candidate), format!("{sign}{}", unit.show(first.value)))
}

/// Values of an input, numbers ascending, texts as they come.
fn values(table: &Table, name: &str) -> Result<Vec<String>, PictureError> {
    let column = inputs::column(table, name)?;
    let mut found: Vec<(Option<f64>, String)> = Vec::new();
    for row in 0..table.rows() {
        let text = column.text(row);
        if !text.is_empty() && !found.iter().any(|(_, known)| *known == text) {
            found.push((column.number(row), text));
        }
    }
    if found.iter().all(|(number, _)| number.is_some()) {
        found.sort_by(|a, b| a.0.unwrap_or(f64::NAN).total_cmp(&b.0.unwrap_or(f64::NAN)));
    }
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

/// Name and unit of an input. Its values stand as in the table, so the unit is
/// that of the column.
fn axis(column: &str) -> String {
    let (name, quantity) = label::parts(column);
    match quantity {
        plots::Quantity::PerSecond => format!("{name} (1/s)"),
        plots::Quantity::Seconds => format!("{name} (s)"),
        plots::Quantity::Bytes => format!("{name} (bytes)"),
        plots::Quantity::Share | plots::Quantity::Plain => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(candidate: usize, value: f64, half: f64) -> Entry {
        Entry { candidate, value, low: value - half, high: value + half }
    }

    #[test]
    fn the_smallest_latency_and_the_largest_throughput_win() {
        let entries = || vec![entry(0, 0.3, 0.01), entry(1, 0.1, 0.01), entry(2, f64::NAN, 0.0)];
        assert_eq!(winner(entries(), "p99_s"), (Some(1), "100 ms".to_owned()));
        assert_eq!(winner(entries(), "throughput_per_s"), (Some(0), "0.300/s".to_owned()));
        assert_eq!(winner(vec![entry(2, f64::NAN, 0.0)], "p99_s"), (None, String::new()));
    }

    #[test]
    fn a_narrow_win_is_marked() {
        let (_, note) = winner(vec![entry(0, 0.100, 0.01), entry(1, 0.105, 0.01)], "p99_s");
        assert_eq!(note, "~100 ms");
    }
}
