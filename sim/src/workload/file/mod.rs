//! The workload file: TOML shapes in, a checked `Workload` out.
//!
//! `docs/workload.md` is the reference of the format.

mod arrivals;
mod class;
mod distribution;
mod key_space;
mod keys;
mod objective;
mod recycling;
mod runtime;
mod segment;
mod service;
mod stage;

use std::path::Path;

use crate::input::{
    InputError, InputKind, Reader, Reported, Section, Source, Value, identifier, read_limited, text,
};
use crate::workload::{Stage, Workload};

pub use arrivals::{MAX_BATCH, MAX_CLIENTS, MAX_POINTS};
pub use distribution::MAX_EMPIRICAL;
pub use key_space::MAX_KEYS;
pub use keys::workload_keys;
pub use stage::MAX_STAGES;

/// Largest workload file, in bytes.
pub const MAX_WORKLOAD_BYTES: u64 = 1 << 20;

/// What the readers of single tables need besides the table.
#[derive(Clone, Copy)]
struct Context<'a> {
    reader: &'a Reader,
    /// Relative paths inside the file start here.
    base_dir: &'a Path,
    /// The stages that segments may name; `None` if they are wrong themselves.
    stages: Option<&'a [Stage]>,
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
        Reader::read(source, |reader, document| {
            workload(Context { reader, base_dir, stages: None }, document)
        })
    }

    /// Checks the workload in the table `value` of another document; relative
    /// paths in it start at `base_dir`.
    ///
    /// # Errors
    /// It breaks a rule of the format; `reader` knows which.
    pub fn read_table<'a>(
        reader: &'a Reader,
        value: &'a Value<'a>,
        base_dir: &'a Path,
    ) -> Result<Self, Reported> {
        workload(Context { reader, base_dir, stages: None }, value)
    }

    /// This workload with the `[arrivals]` of `section`, a table of another
    /// document; as it is if there is none.
    ///
    /// # Errors
    /// They break a rule of the format.
    pub fn with_arrivals_of(
        self,
        section: &Section<'_>,
        base_dir: &Path,
    ) -> Result<Self, Reported> {
        if section.value("arrivals").is_none() {
            return Ok(self);
        }
        let context = Context { reader: section.reader, base_dir, stages: Some(&self.stages) };
        let arrivals = arrivals::arrivals(context, section, &self.classes, self.keys)?;
        Ok(Self { arrivals, ..self })
    }
}

fn workload<'a>(context: Context<'a>, document: &'a Value<'a>) -> Result<Workload, Reported> {
    let top = Section::open(context.reader, document, &keys::WORKLOAD)?;
    let name = top.required("name", identifier);
    let about = top.or("about", String::new(), |value| Ok(text(value)?.trim().to_owned()));
    let keys = key_space::key_space(&top);
    let runtime = runtime::runtime(&top);
    let has_keys = keys.as_ref().map_or(true, Option::is_some);
    let service = service::service(&top, runtime.as_ref().ok(), has_keys);
    let stages = stage::stages(context, &top);
    let context = Context { stages: stages.as_deref().ok(), ..context };
    // The rest names classes; without those every name would be reported again.
    let classes = class::classes(context, &top)?;
    let passes = stage::check_passes(&top, context.stages.unwrap_or_default(), &classes);
    let arrivals = match &keys {
        Ok(keys) => arrivals::arrivals(context, &top, &classes, *keys),
        Err(reported) => Err(*reported),
    };
    let objective = objective::objective(&top, &classes, arrivals.as_ref().ok());
    let service = service?;
    class::check_hangs(&top, &classes, &service.lifecycle)?;
    passes?;
    Ok(Workload {
        name: name?,
        about: about?,
        arrivals: arrivals?,
        classes,
        stages: stages?,
        keys: keys?,
        runtime: runtime?,
        service,
        objective: objective?,
    })
}
