//! The claims of one published document, as data.
//!
//! `docs/audit.md` is the reference of the format. Reading is strict: an
//! unknown key, an unknown name or a wrong unit is an error with its place.

mod check;
mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sim::input::InputError;
use sim::pool::{PoolKind, Profile};

use crate::figure::Figure;
use crate::formula::Formula;
use crate::quantity::Quantity;

/// Largest file of claims, in bytes.
pub const MAX_BYTES: u64 = 4 << 20;

/// One published document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Short name: that of its file.
    pub name: String,
    /// Title of the document.
    pub title: String,
    /// The system that it is about.
    pub system: String,
    /// What it says of its host.
    pub host: StatedHost,
    /// Where the file lies.
    pub path: PathBuf,
    /// Every configuration that figures are printed for.
    pub configurations: Vec<Configuration>,
    /// Every figure, in the order of the document.
    pub claims: Vec<Claim>,
    /// Model parameters taken from figures of this document.
    pub fitted: Vec<Fitted>,
}

/// What a document says of its host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatedHost {
    /// Hardware threads.
    pub cpus: Option<f64>,
    /// Memory, in bytes.
    pub memory: Option<f64>,
    /// Calibration that predictions use, relative to the file; `None`: the
    /// built-in reference host.
    pub calibration: Option<PathBuf>,
    /// What it leaves unsaid.
    pub unstated: String,
}

/// A pool under a load, with what is said of both.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Name within the document.
    pub id: String,
    /// What it is, in some words.
    pub about: String,
    /// Pool and workload for the model.
    pub model: Option<ModelRun>,
    /// The pool of a load test's row.
    pub pool: Option<RowPool>,
    /// Clients that wait for each reply.
    pub clients: Option<f64>,
    /// Time between a reply and the next request, in s.
    pub think: f64,
    /// Processes.
    pub workers: Option<f64>,
    /// Requests that can be in service at once.
    pub slots: Option<f64>,
    /// Cores that one request can use at once (its BLAS threads, or 1).
    pub cores_per_request: Option<f64>,
    /// Requests that can be in the system at once.
    pub in_flight: Option<f64>,
    /// Orderings that the document does not rule out, with the requests that
    /// each lets into the system at once.
    pub orderings: Vec<(String, f64)>,
    /// Requests that may wait before more are turned away.
    pub queue_cap: Option<f64>,
    /// Processes that are away together.
    pub workers_away: Option<f64>,
    /// Life of a worker, in s.
    pub ttl: Option<f64>,
    /// CPU time that each request takes at the least, in s.
    pub demand: Option<Formula>,
    /// Longest time in the system that the document admits, in s.
    pub longest: Option<Formula>,
    /// What the document leaves unsaid; empty if nothing that matters.
    pub unstated: String,
    /// Figures that cannot be judged for that; all if empty.
    pub leaves_open: Vec<Quantity>,
}

/// How the model is asked about a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRun {
    /// Workload and label of an entry of `workloads/variants.toml`.
    pub variant: String,
    /// Requests per replication.
    pub requests: u64,
    /// Do the workers start with the load?
    pub cold: bool,
    /// Keys of the workload that differ from the variant's.
    pub with: toml::Table,
}

/// The pool that a row of a load test names.
#[derive(Clone, Debug, PartialEq)]
pub struct RowPool {
    /// Which pool.
    pub kind: PoolKind,
    /// Workers and what each does.
    pub profile: Profile,
}

/// One printed figure.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Name within the document.
    pub id: String,
    /// Section of the document.
    pub section: String,
    /// Its configuration, if it is about one.
    pub configuration: Option<usize>,
    /// What it says.
    pub quantity: Quantity,
    /// The figure; of an order in words, none.
    pub figure: Option<Figure>,
    /// Class of requests that it is about; `None`: all.
    pub class: Option<String>,
    /// Stage of a pipeline that it is about.
    pub stage: Option<String>,
    /// Time that the pool has run when it holds, in s.
    pub after: Option<f64>,
    /// Stated as a setting, not as a result.
    pub given: bool,
    /// The claim that it repeats.
    pub same_as: Option<String>,
    /// What it must equal.
    pub equals: Option<Formula>,
    /// What it can be at the most, and why.
    pub at_most: Option<(Formula, String)>,
    /// What it must be at the least, and why.
    pub at_least: Option<(Formula, String)>,
    /// `left < right`, both formulas.
    pub says: Option<(Formula, Formula)>,
    /// Why nothing can decide it; empty if something can.
    pub open: String,
}

/// A model parameter taken from figures of the document.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The parameter, in some words.
    pub parameter: String,
    /// Its value, with unit.
    pub value: String,
    /// The claims that it was taken from.
    pub from: Vec<String>,
}

impl Document {
    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML or breaks a rule of the format.
    pub fn load(path: &Path) -> Result<Self, Vec<InputError>> {
        let text = crate::source::read(path, MAX_BYTES)?;
        Self::parse(&text, path)
    }

    /// Checks the claims in `text`; `path` is for messages.
    ///
    /// # Errors
    /// As for `load`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Vec<InputError>> {
        let file = file::read(text, path)?;
        check::document(file, &crate::source::Source::new(path, text))
    }

    /// The claim of that id.
    pub fn claim(&self, id: &str) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.id == id)
    }

    /// The figure of every claim that has one, by id.
    pub fn figures(&self) -> BTreeMap<&str, &Figure> {
        let with = self.claims.iter().filter_map(|c| Some((c.id.as_str(), c.figure.as_ref()?)));
        with.collect()
    }

    /// Configuration of `claim`.
    pub fn configuration(&self, claim: &Claim) -> Option<&Configuration> {
        claim.configuration.and_then(|index| self.configurations.get(index))
    }

    /// Is the claim one that a parameter was taken from?
    pub fn is_fitted(&self, id: &str) -> bool {
        self.fitted.iter().any(|fitted| fitted.from.iter().any(|from| from == id))
    }
}
