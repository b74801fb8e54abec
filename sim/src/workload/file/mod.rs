//! The workload file: TOML shapes in, a checked `Workload` out.
//!
//! `docs/workload.md` is the reference of the format.

mod arrivals;
mod class;
mod distribution;
mod keys;
mod objective;
mod runtime;
mod segment;

use std::path::Path;

use crate::input::{
    InputError, InputKind, Reader, Reported, Section, Source, Value, identifier, read_limited, text,
};
use crate::workload::Workload;

pub use arrivals::{MAX_BATCH, MAX_CLIENTS, MAX_POINTS};
pub use distribution::MAX_EMPIRICAL;
pub use keys::workload_keys;

/// Largest workload file, in bytes.
pub const MAX_WORKLOAD_BYTES: u64 = 1 << 20;

/// What the readers of single tables need besides the table.
#[derive(Clone, Copy)]
struct Context<'a> {
    reader: &'a Reader,
    /// Relative paths inside the file start here.
    base_dir: &'a Path,
}

impl Workload {
    /// Reads and checks the workload file at `path`.
    ///
    /// # Errors
    /// The file or one that it refers to cannot be read, is no TOML or breaks
    /// a rule of the format: every error found, in the order of the text.
    pub fn load(path: &Path) -> Result<Self, Vec<InputError>> {
        let text = read_limited(InputKind::Workload, path, MAX_WORKLOAD_BYTES)
            .map_err(|error| vec![*error])?;
        Self::parse(&text, path, path.parent().unwrap_or(Path::new("")))
    }

    /// Checks the workload in `text`; `path` is for messages, relative paths
    /// in `text` start at `base_dir`.
    ///
    /// # Errors
    /// As for `load`.
    pub fn parse(text: &str, path: &Path, base_dir: &Path) -> Result<Self, Vec<InputError>> {
        let source = Source::new(InputKind::Workload, path, text);
        Reader::read(source, |reader, document| workload(Context { reader, base_dir }, document))
    }
}

fn workload<'a>(context: Context<'a>, document: &'a Value<'a>) -> Result<Workload, Reported> {
    let top = Section::open(context.reader, document, &keys::WORKLOAD)?;
    let name = top.required("name", identifier);
    let about = top.or("about", String::new(), |value| Ok(text(value)?.trim().to_owned()));
    let runtime = runtime::runtime(&top);
    let service = runtime::service(&top);
    let classes = class::classes(context, &top);
    // Both name classes; without those every name would be reported again.
    let classes = classes?;
    let arrivals = arrivals::arrivals(context, &top, &classes);
    let objective = objective::objective(&top, &classes, arrivals.as_ref().ok());
    Ok(Workload {
        name: name?,
        about: about?,
        arrivals: arrivals?,
        classes,
        stages: Vec::new(),
        keys: None,
        runtime: runtime?,
        service: service?,
        objective: objective?,
    })
}
