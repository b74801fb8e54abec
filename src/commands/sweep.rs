//! `planner sweep`: many cells into one table.

use std::path::Path;

use sim::experiment::Start;
use tables::{Format, Header, TableError};

use crate::args::SweepArgs;
use crate::exit::{Code, Failure};
use crate::files::{OutFile, to_stdout};
use crate::pools::Choices;
use crate::render::units::count;
use crate::sweep::{self, Axis, Base, Design, Done, Effort, Mode, Shard, Tally};
use crate::{inputs, picture};

/// Sweeps, writes the table, and says on standard output what became of it.
pub fn run(args: &SweepArgs) -> Result<Code, Failure> {
    let out = Out::new(args.out.as_deref())?;
    let picture = args.plot.plot_out.as_deref().map(OutFile::create).transpose()?;
    let (mode, axes) = axes(args)?;
    let base = base(args, axes)?;
    let design = Design::new(mode, &base.axes)
        .map_err(|count| Failure::TooManyCells { count, shards: false })?;
    let done = sweep::run(&base, &design, effort(args), args.shard, out.kept())?;
    out.write(&done, args.shard)?;
    done.journal.discard()?;
    if let Some(file) = picture {
        let svg = picture::of_sweep(&done.table, args.plot.plot)?;
        file.fill(|to| to.write_all(svg.as_bytes()))?;
    }
    if let Some(path) = out.path {
        to_stdout(&summary(&done.tally, path))?;
    }
    match done.tally.first_error {
        Some(error) if done.tally.failed == done.tally.rows => Err(Failure::NothingRan(error)),
        _ => Ok(Code::Met),
    }
}

/// Everything that is varied: the plan's, then the command line's.
fn axes(args: &SweepArgs) -> Result<(Mode, Vec<Axis>), Failure> {
    let (mut mode, mut axes) = (None, Vec::new());
    if let Some(plan) = &args.plan {
        (mode, axes) = sweep::from_plan(plan).map_err(Failure::Plan)?;
    }
    let mut errors = Vec::new();
    for argument in &args.vary {
        match sweep::from_argument(argument) {
            Ok(axis) => axes.push(axis),
            Err(error) => errors.push(*error),
        }
    }
    if !errors.is_empty() {
        return Err(Failure::Plan(errors));
    }
    Ok((args.mode.map(Mode::from).or(mode).unwrap_or(Mode::Grid), axes))
}

fn base(args: &SweepArgs, axes: Vec<Axis>) -> Result<Base, Failure> {
    let workload = inputs::workload_text(&args.workload)?;
    let host = inputs::host_text(&args.host)?;
    Base::new(workload, host, Choices::from(&args.pool), axes).map_err(Failure::Plan)
}

fn effort(args: &SweepArgs) -> Effort {
    Effort {
        requests: args.run.requests,
        replications: args.run.replications,
        seed: args.run.seed,
        cpu: args.run.scheduler.into(),
        start: if args.run.cold { Start::Cold } else { Start::Warm },
    }
}

/// Where the table goes.
struct Out<'a> {
    path: Option<&'a Path>,
    format: Format,
    /// Can a journal stand beside it? Not beside a device.
    is_file: bool,
}

impl<'a> Out<'a> {
    /// Refuses now what could not be written after the work.
    fn new(path: Option<&'a Path>) -> Result<Self, Failure> {
        let Some(named) = path else {
            return Ok(Self { path, format: Format::Csv, is_file: false });
        };
        drop(OutFile::create(named)?);
        let is_file = !named.exists() || named.is_file();
        let format = if is_file { Format::of(named)? } else { Format::Csv };
        Ok(Self { path, format, is_file })
    }

    /// Beside what finished rows are kept.
    fn kept(&self) -> Option<&'a Path> {
        self.path.filter(|_| self.is_file)
    }

    fn write(&self, done: &Done, shard: Shard) -> Result<(), Failure> {
        // Parts of a CSV file follow one another without names in between.
        let header = if shard.index == 1 { Header::Names } else { Header::None };
        let write = |to: &mut dyn std::io::Write| {
            tables::write(&done.table, self.format, header, to).map_err(|error| match error {
                TableError::Io(error) => error,
                other => std::io::Error::other(other),
            })
        };
        match self.path {
            Some(path) => OutFile::create(path)?.fill(write),
            None => {
                let mut text = Vec::new();
                let target = || "to standard output".to_owned();
                write(&mut text).map_err(|error| Failure::Output { target: target(), error })?;
                to_stdout(&String::from_utf8_lossy(&text))
            }
        }
    }
}

/// What became of the sweep, in a few lines.
fn summary(done: &Tally, path: &Path) -> String {
    let rows = count(done.rows, "row");
    let mut text = format!("{rows} in {}\n", path.display());
    if done.resumed > 0 {
        text.push_str(&format!(
            "{} of an interrupted sweep were kept\n",
            count(done.resumed, "row")
        ));
    }
    if let Some(error) = &done.first_error {
        let cells = count(done.failed, "cell");
        text.push_str(&format!(
            "{cells} could not be run, see column `error`; the first:\n  {error}\n"
        ));
    }
    text
}
