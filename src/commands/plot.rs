//! `planner plot`: a picture of a table.

use tables::TableError;

use crate::args::PlotArgs;
use crate::exit::{Code, Failure};
use crate::files::OutFile;
use crate::picture::{self, Wish};

/// Reads the table and draws it.
pub fn run(args: &PlotArgs) -> Result<Code, Failure> {
    let table = tables::read(&args.from).map_err(|error| match error {
        TableError::UnknownFormat(_) => Failure::Table(error),
        error => Failure::Unreadable { path: args.from.clone(), error },
    })?;
    let file = OutFile::create(&args.out)?;
    let wish = Wish {
        kind: args.kind,
        x: args.x.clone(),
        y: args.y.clone(),
        by: args.by.clone(),
        best: args.best.clone(),
        title: args.title.clone(),
        failures: args.failures,
    };
    let svg = picture::draw(&table, &wish)?;
    file.fill(|to| to.write_all(svg.as_bytes()))?;
    Ok(Code::Met)
}
