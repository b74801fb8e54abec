//! The inputs that a sweep starts from, and those of one cell.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sim::host::Host;
use sim::input::InputError;
use sim::pool::{Concurrency, PoolConfig, Profile, StartMethod, WorkerChoice};
use sim::workload::{PythonVersion, Workload};
use toml_edit::{DocumentMut, Value};

use super::assign;
use super::axis::Axis;
use super::place::{self, Keys};
use super::target::{PoolSetting, Target, aim};

/// Pool settings that no axis varies.
#[derive(Clone, Copy, Debug)]
pub struct PoolBase {
    pub profile: Option<Profile>,
    /// `None`: the workload's first.
    pub python: Option<PythonVersion>,
    /// `None`: the interpreter's default.
    pub start_method: Option<StartMethod>,
    pub blas_threads: u32,
    pub choice: WorkerChoice,
}

/// A text and where it stands.
#[derive(Clone, Debug)]
pub struct InputText {
    pub path: PathBuf,
    pub document: DocumentMut,
}

/// Everything that cells are made of.
#[derive(Debug)]
pub struct Base {
    pub(super) workload_text: InputText,
    pub(super) host_text: InputText,
    pub workload: Workload,
    pub host: Host,
    pub(super) pool: PoolBase,
    pub axes: Vec<Axis>,
    pub(super) targets: Vec<Target>,
}

/// One cell, ready to be simulated.
#[derive(Debug)]
pub struct Cell<'a> {
    pub workload: Cow<'a, Workload>,
    pub host: Cow<'a, Host>,
    pub pool: PoolConfig,
}

impl Base {
    /// Finds out what each of `axes` varies.
    ///
    /// # Errors
    /// A path that leads nowhere or stands twice, or a pool setting that does
    /// not read; every one of them.
    pub fn new(
        workload: (InputText, Workload),
        host: (InputText, Host),
        pool: PoolBase,
        axes: Vec<Axis>,
    ) -> Result<Self, Vec<InputError>> {
        let targets = aim(&axes, &workload.0.document, &host.0.document)?;
        let ((workload_text, workload), (host_text, host)) = (workload, host);
        Ok(Self { workload_text, host_text, workload, host, pool, axes, targets })
    }

    /// Is there a profile in every cell?
    pub fn has_profile(&self, one_at_a_time: bool) -> bool {
        let varied = self.targets.iter().any(|target| target.names_profiles());
        self.pool.profile.is_some() || (varied && !one_at_a_time)
    }

    /// What `axis` has in the base, if it has anything there.
    pub fn base_value(&self, axis: usize) -> Option<Value> {
        match &self.targets[axis] {
            Target::Workload(keys) => place::get(&self.workload_text.document, keys),
            Target::Host(keys) => place::get(&self.host_text.document, keys),
            Target::Pool(_) => None,
        }
    }

    /// Does `axis` set something of the pool?
    pub fn is_pool_axis(&self, axis: usize) -> bool {
        matches!(self.targets[axis], Target::Pool(_))
    }

    /// The inputs of the cell that has the values at `positions`; `None` is the
    /// base.
    ///
    /// # Errors
    /// These values make no valid input together: why, in one line.
    pub fn cell(&self, positions: &[Option<usize>]) -> Result<Cell<'_>, String> {
        let say = |errors: Vec<InputError>| errors.first().map_or_else(String::new, one_line);
        let workload = self.workload(positions).map_err(|(errors, _)| say(errors))?;
        let host = self.host(positions).map_err(|(errors, _)| say(errors))?;
        let names = |workload: &Workload| -> Vec<String> {
            workload.classes.iter().map(|class| class.name.clone()).collect()
        };
        if names(&workload) != names(&self.workload) {
            return Err("the classes are not those of the base: their names are columns".to_owned());
        }
        let pool = self.pool(positions, &workload)?;
        Ok(Cell { workload, host, pool })
    }

    pub(super) fn workload(&self, positions: &[Option<usize>]) -> Parsed<'_, Workload> {
        let changes: Vec<_> = self.changes(positions, Target::workload_keys).collect();
        if changes.is_empty() {
            return Ok(Cow::Borrowed(&self.workload));
        }
        let mut document = self.workload_text.document.clone();
        changes.iter().for_each(|(keys, value)| assign::set(&mut document, keys, value));
        let set: Vec<&Keys> = changes.iter().map(|(keys, _)| *keys).collect();
        super::shares::rescale(&mut document, &set);
        let (text, path) = (document.to_string(), &self.workload_text.path);
        let folder = path.parent().unwrap_or(Path::new(""));
        Workload::parse(&text, path, folder).map(Cow::Owned).map_err(|errors| (errors, text))
    }

    pub(super) fn host(&self, positions: &[Option<usize>]) -> Parsed<'_, Host> {
        let mut document = None;
        for (keys, value) in self.changes(positions, Target::host_keys) {
            let document = document.get_or_insert_with(|| self.host_text.document.clone());
            assign::set(document, keys, value);
        }
        let Some(document) = document else { return Ok(Cow::Borrowed(&self.host)) };
        let text = document.to_string();
        Host::parse(&text, &self.host_text.path).map(Cow::Owned).map_err(|errors| (errors, text))
    }

    /// Where `positions` put which values, in the file that `keys` is about.
    fn changes<'a>(
        &'a self,
        positions: &'a [Option<usize>],
        keys: fn(&Target) -> Option<&Keys>,
    ) -> impl Iterator<Item = (&'a Keys, &'a Value)> {
        self.targets.iter().enumerate().filter_map(move |(axis, target)| {
            let position = positions[axis]?;
            Some((keys(target)?, &self.axes[axis].settings[position].value))
        })
    }

    fn pool(&self, positions: &[Option<usize>], workload: &Workload) -> Result<PoolConfig, String> {
        let mut base = self.pool;
        for (target, position) in self.targets.iter().zip(positions) {
            if let (Target::Pool(settings), Some(position)) = (target, position) {
                settings[*position].apply(&mut base);
            }
        }
        let profile = base.profile.ok_or("no profile is named")?;
        let python = base.python.unwrap_or(workload.runtime.python[0]);
        let interpreters = matches!(profile.concurrency, Concurrency::Interpreters(_));
        if interpreters && !python.has_interpreter_pool() {
            return Err(format!("Python {python} has no pool of sub-interpreters"));
        }
        let mut pool = PoolConfig::new(workload, profile, python);
        pool.start_method = base.start_method.unwrap_or(pool.start_method);
        pool.blas_threads = base.blas_threads;
        pool.choice = base.choice;
        Ok(pool)
    }
}

/// A parsed input, or why not and the text that was tried.
pub(super) type Parsed<'a, T> = Result<Cow<'a, T>, (Vec<InputError>, String)>;

fn one_line(error: &InputError) -> String {
    match &error.help {
        Some(help) => format!("{} ({help})", error.message),
        None => error.message.clone(),
    }
}

impl PoolSetting {
    fn apply(self, base: &mut PoolBase) {
        match self {
            Self::Profile(profile) => base.profile = Some(profile),
            Self::Python(python) => base.python = Some(python),
            Self::StartMethod(method) => base.start_method = Some(method),
            Self::BlasThreads(threads) => base.blas_threads = threads,
            Self::Choice(choice) => base.choice = choice,
        }
    }
}
