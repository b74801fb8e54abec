//! The pools of `workloads/variants.toml`, built for the model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sim::host::Host;
use sim::input::{InputError, closest};
use sim::pool::{Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod};
use sim::workload::{PythonVersion, Workload};

use crate::document::{Configuration, ModelRun};
use crate::source::{Source, read, toml_error};

/// Largest list of variants, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The list of pools that published benchmarks ran in.
#[derive(Clone, Debug)]
pub struct Variants {
    folder: PathBuf,
    all: Vec<Variant>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    variant: Vec<Variant>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    workload: String,
    label: String,
    pool: Option<String>,
    profile: Option<String>,
    start_method: Option<String>,
    python: Option<String>,
    blas_threads: Option<u32>,
    #[serde(default)]
    cold: bool,
    #[serde(default)]
    stages: BTreeMap<String, Executor>,
    #[serde(default)]
    classes: BTreeMap<String, Executor>,
    #[serde(default)]
    with: toml::Table,
}

/// The pool of one stage or class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Executor {
    pool: Option<String>,
    profile: Option<String>,
    start_method: Option<String>,
}

/// A workload in its pools.
#[derive(Clone, Debug)]
pub struct Built {
    /// What arrives.
    pub workload: Workload,
    /// Where it is served.
    pub deployment: Deployment,
    /// Do the workers start with the load?
    pub cold: bool,
    /// Requests per replication.
    pub requests: u64,
}

impl Variants {
    /// Reads `variants.toml` in `folder`, where the workloads lie.
    ///
    /// # Errors
    /// The file cannot be read or breaks its format.
    pub fn load(folder: &Path) -> Result<Self, Vec<InputError>> {
        let path = folder.join("variants.toml");
        let text = read(&path, MAX_BYTES)?;
        let file: File = toml::from_str(&text)
            .map_err(|error| toml_error(&Source::new(&path, &text), &error))?;
        Ok(Self { folder: folder.to_owned(), all: file.variant })
    }

    /// The pools and the load that `configuration` names; `None` if it names
    /// none, an error that says why if they cannot be built.
    pub fn build(
        &self,
        configuration: &Configuration,
        host: &Host,
    ) -> Option<Result<Built, String>> {
        configuration.model.as_ref().map(|model| self.named(model, host))
    }

    fn named(&self, model: &ModelRun, host: &Host) -> Result<Built, String> {
        let name = &model.variant;
        let named = |variant: &&Variant| format!("{} {}", variant.workload, variant.label) == *name;
        let variant = self.all.iter().find(named).ok_or_else(|| {
            let names: Vec<String> =
                self.all.iter().map(|v| format!("{} {}", v.workload, v.label)).collect();
            match closest(name, names.iter().map(String::as_str)) {
                Some(near) => format!("there is no variant `{name}`; did you mean `{near}`?"),
                None => format!("there is no variant `{name}`"),
            }
        })?;
        let workload = variant.workload(&self.folder, &model.with)?;
        let deployment = variant.deployment(&workload, host)?;
        let cold = variant.cold || model.cold;
        Ok(Built { workload, deployment, cold, requests: model.requests })
    }
}

impl Variant {
    fn workload(&self, folder: &Path, with: &toml::Table) -> Result<Workload, String> {
        let path = folder.join(format!("{}.toml", self.workload));
        let first =
            |errors: Vec<InputError>| errors.first().map_or(String::new(), |e| e.to_string());
        let text = read(&path, MAX_BYTES).map_err(first)?;
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| error.to_string())?;
        lay_over(&mut table, &self.with);
        lay_over(&mut table, with);
        let text = toml::to_string(&table).map_err(|error| error.to_string())?;
        Workload::parse(&text, &path, path.parent().unwrap_or(folder)).map_err(first)
    }

    fn deployment(&self, workload: &Workload, host: &Host) -> Result<Deployment, String> {
        let own = Executor {
            pool: self.pool.clone(),
            profile: self.profile.clone(),
            start_method: self.start_method.clone(),
        };
        if !self.stages.is_empty() {
            let pools = workload.stages.iter().map(|stage| {
                let executor = self.stages.get(&stage.name).unwrap_or(&own);
                self.pool(workload, executor, stage.profile, host)
            });
            return Ok(Deployment {
                pools: pools.collect::<Result<_, _>>()?,
                split: Split::ByStage,
            });
        }
        if self.classes.is_empty() {
            return Ok(self.pool(workload, &own, None, host)?.into());
        }
        let names: Vec<&str> = self.classes.keys().map(String::as_str).collect();
        let split = workload.classes.iter().map(|class| {
            let place = names.iter().position(|name| *name == class.name);
            place.map(|place| place as u32).ok_or(format!("class `{}` has no pool", class.name))
        });
        let split = Split::ByClass(split.collect::<Result<_, _>>()?);
        let pools = self.classes.values().map(|executor| self.pool(workload, executor, None, host));
        Ok(Deployment { pools: pools.collect::<Result<_, _>>()?, split })
    }

    /// `given` is the profile that the workload has for the stage.
    fn pool(
        &self,
        workload: &Workload,
        executor: &Executor,
        given: Option<Profile>,
        host: &Host,
    ) -> Result<PoolConfig, String> {
        let kind: PoolKind =
            executor.pool.as_ref().or(self.pool.as_ref()).ok_or("it names no pool")?.parse()?;
        let profile = executor.profile.as_ref().map(|text| text.parse::<Profile>()).transpose()?;
        let profile = profile.or(given).ok_or("it names no profile")?;
        let python = self.python.as_ref().map(|text| text.parse::<PythonVersion>()).transpose()?;
        let python = python.unwrap_or(workload.runtime.python[0]);
        let mut pool = PoolConfig::of_kind(kind, workload, profile, python, host.logical_cpus())?;
        pool.blas_threads = self.blas_threads.unwrap_or(1);
        if let Some(name) = &executor.start_method {
            let mut known = StartMethod::ALL.into_iter();
            let found = known.find(|method| method.name() == name);
            pool.start_method = found.ok_or(format!("`{name}` is no start method"))?;
        }
        Ok(pool)
    }
}

/// `over`, key by key, in the place of what `base` has there.
fn lay_over(base: &mut toml::Table, over: &toml::Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => lay_over(base, over),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
