//! `planner import`: a workload file from what people already have.

use std::io;
use std::path::Path;

use clap::error::ErrorKind;
use imports::{ArrivalModel, Columns, Imported, Options, Shares, import};

use crate::args::{Format, ImportArgs, description};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, to_stdout};
use crate::render;
use crate::render::import::Answer;

/// Reads, fits, writes the workload and says how good it is.
pub fn run(args: &ImportArgs) -> Result<Code, Failure> {
    let options = options(args);
    let replay = options.arrivals == Some(ArrivalModel::Replay);
    let writing = &args.writing;
    if replay && writing.trace.is_none() {
        let message = "a replay needs the trace: say where to write it, with --trace FILE";
        return Err(description().error(ErrorKind::MissingRequiredArgument, message).into());
    }
    for path in std::iter::once(&writing.out).chain(&writing.trace) {
        must_be_new(path, writing.force)?;
    }
    let imported = import(&args.files, &options).map_err(|error| Failure::Inputs(vec![error]))?;
    let out = OutFile::create(&writing.out)?;
    let traced = match &writing.trace {
        Some(path) => Some(write_trace(&imported, path, options.trace_rows)?),
        None => None,
    };
    let beside = writing.trace.as_deref().map(|trace| as_seen_from(&writing.out, trace));
    let text = imported.toml(beside.as_deref(), replay);
    out.fill(|out| out.write_all(text.as_bytes()))?;
    let answer = Answer {
        imported: &imported,
        workload: writing.out.display().to_string(),
        trace: writing.trace.as_ref().map(|path| path.display().to_string()).zip(traced),
        command: crate::command_line::repeat(),
    };
    to_stdout(&match writing.format {
        Format::Text => render::import::text(&answer),
        Format::Json => render::json::text(&render::json::import::Import::new(&answer)),
    })?;
    Ok(Code::Met)
}

fn options(args: &ImportArgs) -> Options {
    let (reading, meaning) = (&args.reading, &args.meaning);
    Options {
        name: args.writing.name.clone(),
        from: reading.from.map(Into::into),
        log_format: reading.log_format.clone(),
        columns: Columns {
            start: reading.start.clone(),
            duration: reading.duration.clone(),
            class: reading.class.clone(),
            unit: reading.unit.map(Into::into),
        },
        max_classes: reading.max_classes as usize,
        max_unparsed: reading.max_unparsed,
        rate: meaning.rate,
        apart: meaning.apart,
        slots: meaning.slots,
        shares: Shares { cpu: meaning.cpu_share, lock: meaning.lock_share },
        arrivals: meaning.arrivals.map(Into::into),
        all_load: meaning.all_load,
        trace_rows: args.writing.trace_requests as usize,
        seed: args.writing.seed,
    }
}

fn must_be_new(path: &Path, force: bool) -> Result<(), Failure> {
    if force || path.symlink_metadata().is_err() {
        return Ok(());
    }
    let error = io::Error::new(
        io::ErrorKind::AlreadyExists,
        "it exists already; name another file, or overwrite it with --force",
    );
    Err(Failure::file(path, error))
}

/// Writes the trace; the number of its requests.
fn write_trace(imported: &Imported, path: &Path, most: usize) -> Result<usize, Failure> {
    let workload = imported.workload().map_err(|error| Failure::Inputs(vec![*error]))?;
    let mut rows = 0;
    OutFile::create(path)?.fill(|mut out| {
        let counted = imported.trace(most).inspect(|_| rows += 1);
        sim::workload::write_trace(&mut out, counted, &workload)
    })?;
    Ok(rows)
}

/// How a workload file at `workload` names `trace`: by its name alone if they
/// are in one folder.
fn as_seen_from(workload: &Path, trace: &Path) -> String {
    let name = trace.file_name().map(Path::new);
    match name {
        Some(name) if workload.parent() == trace.parent() => name.display().to_string(),
        _ => std::path::absolute(trace).unwrap_or_else(|_| trace.to_owned()).display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_in_the_same_folder_is_named_by_its_name() {
        assert_eq!(as_seen_from(Path::new("a/w.toml"), Path::new("a/t.csv")), "t.csv");
        let elsewhere = as_seen_from(Path::new("a/w.toml"), Path::new("b/t.csv"));
        assert!(elsewhere.ends_with("b/t.csv") && elsewhere.starts_with('/'), "{elsewhere}");
    }
}
