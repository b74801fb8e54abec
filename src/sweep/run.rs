//! Runs the cells that are not done yet, in parallel.

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use rayon::prelude::*;
use sim::search::Progress as _;
use tables::{Column, Kind, Table, Value};

use super::base::Base;
use super::columns::AxisColumn;
use super::design::{Design, MAX_CELLS_PER_RUN};
use super::digest::{Digest, Fingerprint};
use super::figures::{self, Effort};
use super::journal::Journal;
use super::shard::Shard;
use crate::exit::Failure;
use crate::progress::Bar;
use crate::render::units::Unit;

/// A sweep that is done, but for writing it.
#[derive(Debug)]
pub struct Done {
    pub table: Table,
    pub tally: Tally,
    /// To be discarded once the table is written.
    pub journal: Journal,
}

/// What became of the cells.
#[derive(Debug)]
pub struct Tally {
    pub rows: u64,
    /// Rows found in the journal of an interrupted run.
    pub resumed: u64,
    /// Cells that could not be run.
    pub failed: u64,
    /// Why the first of them could not.
    pub first_error: Option<String>,
}

/// Cells of `shard` of the sweep `design` over `base`; finished rows are kept
/// beside `out`.
///
/// # Errors
/// A value that no input can have, too many cells, or a journal that cannot be
/// written or is of another sweep.
pub fn run(
    base: &Base,
    design: &Design,
    effort: Effort,
    shard: Shard,
    out: Option<&Path>,
) -> Result<Done, Failure> {
    let cells = shard.cells(design.cells());
    if cells.end - cells.start > MAX_CELLS_PER_RUN {
        let count = cells.end - cells.start;
        let count = format!("{count} cells, over {MAX_CELLS_PER_RUN} a run");
        return Err(Failure::TooManyCells { count, shards: true });
    }
    let inputs = base.check(design).map_err(Failure::Plan)?;
    let columns = Columns::new(base, design);
    let fingerprint = fingerprint(base, design, effort, shard, &inputs);
    let mut done = vec![false; (cells.end - cells.start) as usize];
    let journal = Journal::open(out, &fingerprint, &columns.kinds(), |(cell, _)| {
        if let Some(done) = cell.checked_sub(cells.start).and_then(|at| done.get_mut(at as usize)) {
            *done = true;
        }
    })?;
    let resumed = done.iter().filter(|done| **done).count() as u64;
    let open: Vec<u64> =
        cells.clone().zip(&done).filter(|(_, done)| !**done).map(|(c, _)| c).collect();
    let keeper = Mutex::new(Keeper { journal, pace: Pace::new(open.len()) });
    open.into_par_iter().try_for_each(|cell| {
        let positions = design.positions(cell);
        let mut row = columns.of_axes(base, design, cell, &positions);
        row.extend(figures::row(base.cell(&positions), effort));
        // A thread that panicked has ended the program's answer already.
        let mut keeper = keeper.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        keeper.pace.step();
        keeper.journal.keep(cell, &row)
    })?;
    let mut journal =
        keeper.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).journal;
    let table = columns.table(&mut journal, cells)?;
    Ok(Done { tally: Tally::of(&table, resumed), table, journal })
}

impl Tally {
    fn of(table: &Table, resumed: u64) -> Self {
        let errors: Vec<String> = table.column("error").map_or_else(Vec::new, |column| {
            (0..table.rows()).map(|row| column.text(row)).filter(|e| !e.is_empty()).collect()
        });
        let failed = errors.len() as u64;
        Self { rows: table.rows() as u64, resumed, failed, first_error: errors.into_iter().next() }
    }
}

struct Keeper {
    journal: Journal,
    pace: Pace,
}

/// How far, and how much longer.
struct Pace {
    bar: Bar,
    began: Instant,
    done: u64,
    total: u64,
}

impl Pace {
    fn new(total: usize) -> Self {
        Self { bar: Bar::new(), began: Instant::now(), done: 0, total: total as u64 }
    }

    fn step(&mut self) {
        self.done += 1;
        let each = self.began.elapsed().as_secs_f64() / self.done as f64;
        let left = Unit::Seconds.show((each * (self.total - self.done) as f64).ceil());
        let message = format!("cell {} of {}, about {left} left", self.done, self.total);
        self.bar.step(&message, self.done, self.total);
    }
}

fn fingerprint(
    base: &Base,
    design: &Design,
    effort: Effort,
    shard: Shard,
    inputs: &Digest,
) -> Fingerprint {
    let mut plan = Digest::default().with(design.mode.name());
    for axis in &base.axes {
        plan.add(&axis.path);
        axis.settings.iter().for_each(|setting| plan.add(&setting.value.to_string()));
    }
    Fingerprint {
        planner: env!("CARGO_PKG_VERSION").to_owned(),
        inputs: inputs.hex(),
        plan: plan.hex(),
        run: Digest::default().with(&format!("{effort:?}")).hex(),
        shard: format!("{}/{}", shard.index, shard.of),
    }
}

/// Names, types and axes of the table.
struct Columns {
    all: Vec<(String, Kind)>,
    /// Axes with a column of their own, by position; the pool has its own.
    axes: Vec<(usize, AxisColumn)>,
}

impl Columns {
    fn new(base: &Base, design: &Design) -> Self {
        let base_counts = design.mode == super::Mode::OneAtATime;
        let of_axis = |axis: usize| {
            let before = base.base_value(axis).filter(|_| base_counts);
            let settings = &base.axes[axis].settings;
            let values = settings.iter().map(|setting| &setting.value).chain(before.as_ref());
            (axis, AxisColumn::new(&base.axes[axis].path, values))
        };
        let own = (0..base.axes.len()).filter(|&axis| !base.is_pool_axis(axis));
        let axes: Vec<_> = own.map(of_axis).collect();
        let mut all = vec![("cell".to_owned(), Kind::Integer), ("varied".to_owned(), Kind::Text)];
        all.extend(axes.iter().map(|(_, axis)| (axis.name.clone(), axis.reading.kind())));
        all.extend(figures::columns(&base.workload));
        Self { all, axes }
    }

    fn kinds(&self) -> Vec<Kind> {
        self.all.iter().map(|(_, kind)| *kind).collect()
    }

    /// Number, what is varied, and the value on every axis of `cell`.
    fn of_axes(
        &self,
        base: &Base,
        design: &Design,
        cell: u64,
        positions: &[Option<usize>],
    ) -> Vec<Value> {
        let varied = match design.mode {
            super::Mode::Grid => None,
            super::Mode::OneAtATime => positions.iter().position(Option::is_some),
        };
        let varied =
            varied.map_or(Value::Missing, |axis| Value::Text(base.axes[axis].path.clone()));
        let mut row = vec![Value::Integer(cell as i64), varied];
        for (axis, column) in &self.axes {
            let value = match positions[*axis] {
                Some(position) => Some(base.axes[*axis].settings[position].value.clone()),
                None => base.base_value(*axis),
            };
            row.push(value.and_then(|value| column.reading.read(&value)).unwrap_or(Value::Missing));
        }
        row
    }

    /// All rows of `journal`, in order of their cells.
    fn table(&self, journal: &mut Journal, cells: std::ops::Range<u64>) -> Result<Table, Failure> {
        let rows = (cells.end - cells.start) as usize;
        let mut columns: Vec<(String, Column)> = self
            .all
            .iter()
            .map(|(name, kind)| (name.clone(), Column::missing(*kind, rows)))
            .collect();
        let mut fits = true;
        journal.rows(&self.kinds(), |(cell, values)| {
            let Some(row) = cell.checked_sub(cells.start) else { return };
            for ((_, column), value) in columns.iter_mut().zip(values) {
                fits &= column.set(row as usize, value);
            }
        })?;
        debug_assert!(fits, "a journal of this sweep has its rows and types");
        Ok(Table::new(columns)?)
    }
}
