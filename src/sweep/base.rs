//! The inputs that a sweep starts from, and those of one cell.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sim::host::Host;
use sim::input::InputError;
use sim::pool::Deployment;
use sim::workload::Workload;
use toml_edit::{DocumentMut, Value};

use super::assign;
use super::axis::Axis;
use super::place::{self, Keys};
use super::target::{Target, aim};
use crate::pools::{Choices, parts};

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
    pub(super) pools: Choices,
    pub axes: Vec<Axis>,
    pub(super) targets: Vec<Target>,
}

/// One cell, ready to be simulated.
#[derive(Debug)]
pub struct Cell<'a> {
    pub workload: Cow<'a, Workload>,
    pub host: Cow<'a, Host>,
    pub deployment: Deployment,
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
        pools: Choices,
        axes: Vec<Axis>,
    ) -> Result<Self, Vec<InputError>> {
        let targets = aim(&axes, (&workload.0.document, &workload.1), &host.0.document)?;
        let ((workload_text, workload), (host_text, host)) = (workload, host);
        Ok(Self { workload_text, host_text, workload, host, pools, axes, targets })
    }

    /// What `axis` has in the base, if it has anything there.
    pub fn base_value(&self, axis: usize) -> Option<Value> {
        match &self.targets[axis] {
            Target::Workload(keys) => place::get(&self.workload_text.document, keys),
            Target::Host(keys) => place::get(&self.host_text.document, keys),
            Target::Pool { .. } => None,
        }
    }

    /// Does `axis` set something of the pool?
    pub fn is_pool_axis(&self, axis: usize) -> bool {
        matches!(self.targets[axis], Target::Pool { .. })
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
        let deployment = self.choices(positions).deploy(&workload, &host)?;
        Ok(Cell { workload, host, deployment })
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

    /// What `positions` make of the pools.
    fn choices(&self, positions: &[Option<usize>]) -> Choices {
        let mut choices = self.pools.clone();
        let (known, _) = parts(&self.workload);
        for (target, position) in self.targets.iter().zip(positions) {
            if let (Target::Pool { names, settings }, Some(position)) = (target, position) {
                settings[*position].apply(&mut choices, names, &known);
            }
        }
        choices
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
