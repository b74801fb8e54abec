//! The reader of `workloads/variants.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use sim::pool::{Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod};
use sim::workload::{PythonVersion, Workload};

use crate::root;

/// Hardware threads of the reference host.
const LOGICAL_CPUS: u32 = 16;

/// A pool in which a published benchmark ran a workload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    pub(crate) workload: String,
    pub(crate) label: String,
    pool: Option<String>,
    profile: Option<String>,
    start_method: Option<String>,
    python: Option<String>,
    blas_threads: Option<u32>,
    #[serde(default)]
    pub(crate) cold: bool,
    #[serde(default)]
    stages: BTreeMap<String, Executor>,
    #[serde(default)]
    classes: BTreeMap<String, Executor>,
    #[serde(default)]
    with: toml::Table,
}

/// The pool of one stage or class.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Executor {
    pool: Option<String>,
    profile: Option<String>,
    start_method: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    variant: Vec<Variant>,
}

/// Every entry, in the order of the file.
pub(crate) fn all() -> Vec<Variant> {
    let text = std::fs::read_to_string(root().join("workloads/variants.toml")).unwrap();
    let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    file.variant
}

impl Variant {
    /// Workload and label.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.workload, self.label)
    }

    /// Where the workload lies.
    pub(crate) fn path(&self) -> PathBuf {
        root().join("workloads").join(format!("{}.toml", self.workload))
    }

    /// The workload with what the entry changes in it.
    pub(crate) fn workload(&self) -> Workload {
        let path = self.path();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
        let mut table: toml::Table = toml::from_str(&text).unwrap();
        lay_over(&mut table, &self.with);
        let text = toml::to_string(&table).unwrap();
        Workload::parse(&text, &path, path.parent().unwrap())
            .unwrap_or_else(|errors| panic!("{}: {errors:?}", self.name()))
    }

    /// The pools of the entry for its workload.
    pub(crate) fn deployment(&self, workload: &Workload) -> Deployment {
        if !self.stages.is_empty() {
            return self.pipeline(workload);
        }
        if !self.classes.is_empty() {
            return self.hybrid(workload);
        }
        self.pool(workload, &self.own(), None).into()
    }

    fn pipeline(&self, workload: &Workload) -> Deployment {
        for name in self.stages.keys() {
            let known = workload.stages.iter().any(|stage| stage.name == *name);
            assert!(known, "{}: there is no stage `{name}`", self.name());
        }
        let pools = workload.stages.iter().map(|stage| {
            let own = self.own();
            let executor = self.stages.get(&stage.name).unwrap_or(&own);
            self.pool(workload, executor, stage.profile)
        });
        Deployment { pools: pools.collect(), split: Split::ByStage }
    }

    fn hybrid(&self, workload: &Workload) -> Deployment {
        let names: Vec<&String> = self.classes.keys().collect();
        let pool_of = |class: &str| names.iter().position(|name| *name == class);
        let split = workload.classes.iter().map(|class| {
            pool_of(&class.name).unwrap_or_else(|| panic!("{}: {}", self.name(), class.name)) as u32
        });
        let split = Split::ByClass(split.collect());
        assert_eq!(names.len(), workload.classes.len(), "{}", self.name());
        let pools = self.classes.values().map(|executor| self.pool(workload, executor, None));
        Deployment { pools: pools.collect(), split }
    }

    fn own(&self) -> Executor {
        Executor {
            pool: self.pool.clone(),
            profile: self.profile.clone(),
            start_method: self.start_method.clone(),
        }
    }

    /// `given` is the profile that the workload has for the stage.
    fn pool(&self, workload: &Workload, executor: &Executor, given: Option<Profile>) -> PoolConfig {
        let kind = executor.pool.as_ref().or(self.pool.as_ref());
        let kind: PoolKind =
            kind.unwrap_or_else(|| panic!("{}: no pool", self.name())).parse().unwrap();
        let profile = executor.profile.as_ref().map(|text| text.parse().unwrap());
        let profile: Profile =
            profile.or(given).unwrap_or_else(|| panic!("{}: no profile", self.name()));
        let python = self.python.as_ref().map(|text| text.parse().unwrap());
        let python: PythonVersion = python.unwrap_or(workload.runtime.python[0]);
        assert!(workload.runtime.python.contains(&python), "{}: {python}", self.name());
        let mut pool = PoolConfig::of_kind(kind, workload, profile, python, LOGICAL_CPUS)
            .unwrap_or_else(|why| panic!("{}: {why}", self.name()));
        pool.blas_threads = self.blas_threads.unwrap_or(1);
        if let Some(name) = &executor.start_method {
            pool.start_method = start_method(name);
        }
        pool
    }
}

fn start_method(name: &str) -> StartMethod {
    let mut known = StartMethod::ALL.into_iter();
    known.find(|method| method.name() == name).unwrap_or_else(|| panic!("{name}"))
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
