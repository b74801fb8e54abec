//! Latency against load, throughput against workers.

use std::collections::BTreeSet;

use plots::{Lines, Point, Series};
use tables::{Column, Table};

use super::error::PictureError;
use super::{Wish, inputs, label};

/// What stands along the vertical axis unless a column is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Latency,
    Throughput,
}

/// Lines over one number, one for each value of what else is varied.
pub fn draw(table: &Table, wish: &Wish, shows: Shows) -> Result<String, PictureError> {
    let x = match &wish.x {
        Some(x) => x.clone(),
        None => along(table, shows).ok_or(PictureError::NothingVaried)?,
    };
    let sheet = Sheet::new(table, wish, shows, &x)?;
    let ys = figures(wish, shows, sheet.by.is_empty());
    let mut series = Vec::new();
    for y in &ys {
        series.extend(sheet.series(y, ys.len() > 1)?);
    }
    sheet.one_value_each(&series)?;
    let all = |value: fn(&Point) -> f64| -> Vec<f64> {
        series.iter().flat_map(|one| one.points.iter().map(value)).collect()
    };
    let (places, values) = (all(|point| point.x), all(|point| point.y));
    let mut y = label::axis(&ys[0], &values);
    if ys.len() > 1 {
        y.name = if shows == Shows::Latency { "latency" } else { "figures" }.to_owned();
    }
    let note = sheet.leaves_out().then(|| "overloaded cells are left out".to_owned());
    let (x, title) = (label::axis(&x, &places), wish.title.clone());
    Ok(Lines { title, x, y, series, limits: Vec::new(), note }.draw()?)
}

/// The rows that lines are made of.
struct Sheet<'a> {
    table: &'a Table,
    x: &'a Column,
    rows: Vec<usize>,
    /// Inputs that name a line.
    by: Vec<String>,
    /// Inputs that vary along a line or name it.
    others: Vec<String>,
    /// Cells that fail more are no part of it; `None`: all are.
    failures: Option<f64>,
}

impl<'a> Sheet<'a> {
    fn new(table: &'a Table, wish: &Wish, shows: Shows, x: &str) -> Result<Self, PictureError> {
        let rows = inputs::rows(table, x);
        let others = inputs::others(table, &rows, &[x]);
        let by = wish.by.clone().map_or_else(|| others.clone(), |by| vec![by]);
        for name in by.iter().filter(|name| *name != inputs::FAMILY) {
            inputs::column(table, name)?;
        }
        let x = inputs::numbers(table, x)?;
        let failures = (shows == Shows::Latency).then_some(wish.failures);
        Ok(Self { table, x, rows, by, others, failures })
    }

    fn is_left_out(&self, row: usize) -> bool {
        self.failures.is_some_and(|failures| inputs::is_overloaded(self.table, row, failures))
    }

    fn leaves_out(&self) -> bool {
        self.rows.iter().any(|row| self.is_left_out(*row))
    }

    /// Lines of figure `y`, in the order in which their names come.
    fn series(&self, y: &str, name_figure: bool) -> Result<Vec<Series>, PictureError> {
        let column = inputs::numbers(self.table, y)?;
        let ends = inputs::interval(self.table, y);
        let end =
            |column: Option<&Column>, row| column.and_then(|c| c.number(row)).unwrap_or(f64::NAN);
        let mut series: Vec<Series> = Vec::new();
        for row in self.rows.iter().copied().filter(|row| !self.is_left_out(*row)) {
            let Some((x, value)) = self.x.number(row).zip(column.number(row)) else { continue };
            let name = self.name(row, y, name_figure);
            let found = series.iter().position(|one| one.name == name).unwrap_or_else(|| {
                series.push(Series { name, points: Vec::new() });
                series.len() - 1
            });
            let low = end(ends.map(|ends| ends.0), row);
            let high = end(ends.map(|ends| ends.1), row);
            series[found].points.push(Point { x, y: value, low, high });
        }
        Ok(series)
    }

    fn name(&self, row: usize, y: &str, name_figure: bool) -> String {
        let group = inputs::label(self.table, &self.by, row);
        if !name_figure {
            return group;
        }
        let figure = label::parts(y).0.replace(" latency", "");
        if group.is_empty() { figure } else { format!("{group} {figure}") }
    }

    /// A line has one value at each place.
    fn one_value_each(&self, series: &[Series]) -> Result<(), PictureError> {
        for one in series {
            let mut places: Vec<f64> = one.points.iter().map(|point| point.x).collect();
            places.sort_by(f64::total_cmp);
            if places.windows(2).any(|pair| pair[0] == pair[1]) {
                let known = self.others.join(", ").replace(inputs::FAMILY, "profile");
                let known = Some(known).filter(|names| !names.is_empty());
                let what = known.unwrap_or_else(|| "no input that is varied".to_owned());
                return Err(PictureError::Ambiguous(what));
            }
        }
        Ok(())
    }
}

/// The horizontal axis that fits.
fn along(table: &Table, shows: Shows) -> Option<String> {
    let counts = ["workers", "slots"].into_iter().filter(|name| inputs::is_varied(table, name));
    let counts =
        counts.clone().find(|name| tells_apart(table, name)).or(counts.clone().next_back());
    let varied = inputs::varied(table);
    let is_number = |name: &&String| inputs::numbers(table, name).is_ok();
    let number =
        || varied.iter().filter(|name| *name != "python").find(is_number).map(String::as_str);
    let load = varied.iter().map(String::as_str).find(|name| label::is_load(name));
    let along = match shows {
        Shows::Latency => load.or_else(number).or(counts),
        Shows::Throughput => counts.or(load).or_else(number),
    };
    along.map(str::to_owned)
}

/// Does `x` with the inputs that name a line tell all rows apart?
fn tells_apart(table: &Table, x: &str) -> bool {
    let rows = inputs::rows(table, x);
    let others = inputs::others(table, &rows, &[x]);
    let place = |row: &usize| (inputs::text(table, x, *row), inputs::label(table, &others, *row));
    rows.iter().map(place).collect::<BTreeSet<_>>().len() == rows.len()
}

/// The columns to draw.
fn figures(wish: &Wish, shows: Shows, alone: bool) -> Vec<String> {
    let names: &[&str] = match shows {
        _ if !wish.y.is_empty() => return wish.y.clone(),
        Shows::Latency if alone => &["p99_s", "p95_s", "p50_s"],
        Shows::Latency => &["p99_s"],
        Shows::Throughput => &["throughput_per_s"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}
