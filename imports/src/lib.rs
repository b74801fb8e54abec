//! Workloads from what people already have: access logs, tables of requests,
//! histograms, results of load tests.
//!
//! An import goes in one direction, a room for each step:
//!
//! | step | where |
//! |---|---|
//! | files, plain or gzipped, to lines | `source` |
//! | lines to requests or to a summary | `formats`, one file per format |
//! | what is dropped and counted | `log`; summaries: `summary` |
//! | when requests came | `arrivals` |
//! | what load did to their durations | `load` |
//! | which distribution the durations have | `fit` |
//! | what a worker does in that time | `split` |
//! | the workload file and the trace | `toml_text`, `trace` |
//!
//! A log has latencies, not service times, and nothing of what a worker did. So
//! [`Imported`] lists what was assumed; the workload file says it again beside
//! each number.

mod arrivals;
mod fit;
mod formats;
mod imported;
mod load;
mod log;
mod names;
mod options;
mod reservoir;
mod source;
mod split;
mod stamp;
mod summary;
mod toml_text;
mod trace;

use std::path::{Path, PathBuf};

use sim::input::InputError;
use sim::workload::{TraceRow, Workload};

pub use arrivals::{ArrivalCandidate, ArrivalFit};
pub use fit::service::{Candidate, SHARES, ServiceFit};
pub use imported::{ClassFit, Imported, Period};
pub use load::{Load, Stretch};
pub use log::{Counts, MAX_KEPT};
pub use options::{ArrivalModel, Columns, Format, Options, Shares, Unit};
pub use split::Split;

/// Reads `paths`, all of one format, and fits what is in them.
///
/// # Errors
/// A file cannot be read or is of no known format, too many lines are of
/// another form, or what is left cannot be fitted.
pub fn import(paths: &[PathBuf], options: &Options) -> Result<Imported, InputError> {
    let sources: Vec<_> = paths.iter().map(|path| source::source(path)).collect();
    let Some(first) = sources.first() else {
        return Err(source::source(Path::new("")).error("no file to import"));
    };
    let input = formats::read(&sources, options)?;
    let mut imported = imported::analyse(input, options).map_err(|why| {
        let error = first.error(why);
        if options.rate.is_none() && error.message.contains("nothing says") {
            return error.with_help("say it, like --rate 50/s");
        }
        error
    })?;
    imported.files = paths.iter().map(|path| plain_name(path)).collect();
    imported.workload().map_err(|error| {
        first
            .error(format!("what was fitted is outside of what a workload can hold: {error}"))
            .with_help("another --arrivals model, or fewer of the extreme requests, may do")
    })?;
    Ok(imported)
}

impl Imported {
    /// The workload file. `trace` names the trace that lies beside it; with
    /// `replay` the arrivals are those of the trace.
    pub fn toml(&self, trace: Option<&str>, replay: bool) -> String {
        toml_text::text(self, trace, replay)
    }

    /// The workload with the fitted arrivals.
    ///
    /// # Errors
    /// It is outside of the limits of a workload file.
    pub fn workload(&self) -> Result<Workload, Box<InputError>> {
        let text = self.toml(None, false);
        Workload::parse(&text, Path::new("workload.toml"), Path::new("")).map_err(|mut errors| {
            let what = "the workload file is not valid";
            let unknown = || source::source(Path::new("workload.toml")).error(what);
            Box::new(if errors.is_empty() { unknown() } else { errors.swap_remove(0) })
        })
    }

    /// The first `most` recorded requests, ready to be replayed; none of a
    /// summary.
    pub fn trace(&self, most: usize) -> impl Iterator<Item = TraceRow> {
        trace::rows(self, most)
    }
}

/// The last part of `path`, without what would break a comment.
fn plain_name(path: &Path) -> String {
    let name = path.file_name().map_or(path.as_os_str(), |name| name);
    let plain = |c: char| if c.is_control() || c == '"' || c == '\\' { '_' } else { c };
    name.to_string_lossy().chars().map(plain).collect()
}
