//! Files of cells: which workload, which pool, how many requests.
//!
//! `docs/validate.md` describes the format.

use std::collections::BTreeMap;
use std::path::Path;

use sim::input::{
    Fault, InputError, InputKind, Keys, Reader, Reported, Section, Source, Value, closest,
    count_up_to, elements, identifier, list, one_of, read_limited, text,
};
use sim::pool::{PoolKind, Profile, StartMethod, WorkerChoice};
use sim::workload::Workload;

use crate::run::WaitKernel;

/// Largest file, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Most cells of a file.
const MAX_CELLS: usize = 1000;
/// Most requests of a cell.
pub(super) const MAX_REQUESTS: u64 = 1_000_000;
/// Most requests of one worker's life.
const MAX_LIFE: u64 = 1_000_000;
/// Most BLAS threads.
const MAX_BLAS: u64 = 256;

const FILE: Keys = Keys { table: "the file", keys: &["set", "about", "workload", "cell"] };
const CELL: Keys = Keys {
    table: "[[cell]]",
    keys: &[
        "name",
        "effect",
        "workload",
        "arrivals",
        "pool",
        "profile",
        "requests",
        "start_method",
        "max_requests",
        "blas_threads",
        "choice",
        "beside",
        "waits",
        "quick",
    ],
};

const BESIDE: Keys = Keys { table: "beside", keys: &["pool", "profile", "classes"] };

/// What a set of cells is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// Scored, and never looked at while the model is made.
    HeldOut,
    /// Looked at while the model is made, never scored.
    Development,
    /// Scored apart: outside what the calibration saw.
    Extrapolation,
    /// Kept back for the day on which the held-out cells are worn out.
    Reserve,
    /// Workers behind gRPC, whose dispatcher no calibration measures.
    Grpc,
    /// gunicorn, uvicorn and Celery behind clients of ours.
    Servers,
    /// Drawn by seed, from a space that is declared.
    Random,
    /// Pools among which to choose.
    Decision,
}

impl Set {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::HeldOut,
        Self::Development,
        Self::Extrapolation,
        Self::Reserve,
        Self::Grpc,
        Self::Servers,
        Self::Random,
        Self::Decision,
    ];

    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::HeldOut => "held-out",
            Self::Development => "development",
            Self::Extrapolation => "extrapolation",
            Self::Reserve => "reserve",
            Self::Grpc => "grpc",
            Self::Servers => "servers",
            Self::Random => "random",
            Self::Decision => "decision",
        }
    }
}

/// One workload on one pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Unique among all files of a run.
    pub name: String,
    /// Which set it belongs to.
    pub set: Set,
    /// The effect that decides its figures, one word.
    pub effect: String,
    /// What arrives, with the arrivals of this cell.
    pub workload: Workload,
    /// The pool.
    pub pool: PoolKind,
    /// Its size.
    pub profile: Profile,
    /// Requests of one run.
    pub requests: u64,
    /// How processes start; `None`: as the pool does.
    pub start_method: Option<StartMethod>,
    /// Requests after which a worker is replaced.
    pub max_requests: Option<u64>,
    /// Threads of BLAS.
    pub blas_threads: u32,
    /// Which worker gets a request; `None`: as the pool does. gRPC pools only.
    pub choice: Option<WorkerChoice>,
    /// The second pool of a hybrid.
    pub beside: Option<Beside>,
    /// How waits are spent.
    pub waits: WaitKernel,
    /// Is it one of the few of a quick run?
    pub quick: bool,
}

/// A second pool, which serves a part of the classes. gRPC pools only.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The pool.
    pub pool: PoolKind,
    /// Its size.
    pub profile: Profile,
    /// Names of the classes that it serves.
    pub classes: Vec<String>,
}

/// `pool` in names of cells.
pub(super) fn short(pool: PoolKind) -> &'static str {
    match pool {
        PoolKind::MultiprocessingPool => "mp",
        PoolKind::ProcessPoolExecutor => "ppe",
        PoolKind::ThreadPoolExecutor => "tpe",
        PoolKind::MultiprocessingThreadPool => "mpt",
        PoolKind::Asyncio => "aio",
        PoolKind::GeventPool => "gevent",
        PoolKind::EventletGreenPool => "eventlet",
        PoolKind::GrpcProcess | PoolKind::GrpcThread => "grpc",
        other => other.name(),
    }
}

/// The cells of `set` that ship with the program; of random ones, those of seed 1.
///
/// # Errors
/// Never, as long as the tests pass.
pub fn shipped(set: Set) -> Result<Vec<Cell>, Vec<InputError>> {
    let text = match set {
        Set::HeldOut => include_str!("../../cells/held-out.toml"),
        Set::Development => include_str!("../../cells/development.toml"),
        Set::Extrapolation => include_str!("../../cells/extrapolation.toml"),
        Set::Reserve => include_str!("../../cells/reserve.toml"),
        Set::Grpc => include_str!("../../cells/grpc.toml"),
        Set::Servers => include_str!("../../cells/servers.toml"),
        Set::Random => return super::random::cells(1, None),
        Set::Decision => {
            let grids = super::grid::shipped()?;
            return Ok(grids.into_iter().flat_map(|grid| grid.cells).collect());
        }
    };
    parse(text, Path::new(&format!("validator/cells/{}.toml", set.name())))
}

/// The cells of the file at `path`.
///
/// # Errors
/// The file cannot be read or breaks a rule of the format: every error found.
pub fn load(path: &Path) -> Result<Vec<Cell>, Vec<InputError>> {
    let text = read_limited(InputKind::Cells, path, MAX_BYTES).map_err(|error| vec![*error])?;
    parse(&text, path)
}

/// As [`load`], of `text`; `path` is for messages, and where the paths of
/// workload files start.
///
/// # Errors
/// It breaks a rule of the format.
pub fn parse(text: &str, path: &Path) -> Result<Vec<Cell>, Vec<InputError>> {
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    Reader::read(Source::new(InputKind::Cells, path, text), |reader, document| {
        file(reader, document, &base)
    })
}

fn file<'a>(
    reader: &'a Reader,
    document: &'a Value<'a>,
    base: &'a Path,
) -> Result<Vec<Cell>, Reported> {
    let top = Section::open(reader, document, &FILE)?;
    let sets = Set::ALL.map(|set| (set.name(), set));
    let set = top.required("set", |value| one_of(value, &sets))?;
    top.optional("about", text)?;
    let workloads = workloads(reader, &top, base)?;
    let Some(value) = top.value("cell") else {
        return Err(top.missing_table("cell", "as [[cell]] with `name`, `workload` and `pool`"));
    };
    let values = reader.check(elements(value, MAX_CELLS))?;
    let known = Known { reader, base, set, workloads: &workloads };
    let cells: Vec<_> = values.iter().map(|value| known.cell(value)).collect();
    let cells = cells.into_iter().collect::<Result<Vec<_>, _>>()?;
    for (index, cell) in cells.iter().enumerate() {
        if cells[..index].iter().any(|earlier| earlier.name == cell.name) {
            let fault = Fault::new(values[index].span(), format!("two cells are `{}`", cell.name));
            return Err(reader.report(fault.help("give each cell its own name")));
        }
    }
    Ok(cells)
}

/// The workloads that the file itself describes.
fn workloads<'a>(
    reader: &'a Reader,
    top: &Section<'a>,
    base: &'a Path,
) -> Result<BTreeMap<String, Workload>, Reported> {
    let Some(value) = top.value("workload") else {
        return Ok(BTreeMap::new());
    };
    let values = reader.check(elements(value, MAX_CELLS))?;
    let read = |value| Workload::read_table(reader, value, base).map(|it| (it.name.clone(), it));
    let all: Vec<_> = values.iter().map(read).collect();
    let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    for (index, (name, _)) in all.iter().enumerate() {
        if all[..index].iter().any(|(earlier, _)| earlier == name) {
            let fault = Fault::new(values[index].span(), format!("two workloads are `{name}`"));
            return Err(reader.report(fault.help("give each workload its own name")));
        }
    }
    Ok(all.into_iter().collect())
}

/// What a cell may refer to.
struct Known<'a> {
    reader: &'a Reader,
    base: &'a Path,
    set: Set,
    workloads: &'a BTreeMap<String, Workload>,
}

impl<'a> Known<'a> {
    fn cell(&self, value: &'a Value<'a>) -> Result<Cell, Reported> {
        let section = Section::open(self.reader, value, &CELL)?;
        let name = section.required("name", identifier);
        let effect = section.required("effect", identifier);
        let workload = self.workload(&section);
        let pool = section.required("pool", parsed::<PoolKind>);
        let profile = section.required("profile", parsed::<Profile>);
        let requests = section.required("requests", |value| count_up_to(value, MAX_REQUESTS));
        let methods = StartMethod::ALL.map(|method| (method.name(), method));
        let start_method = section.optional("start_method", |value| one_of(value, &methods));
        let max_requests = section.optional("max_requests", |value| count_up_to(value, MAX_LIFE));
        let blas = section.or("blas_threads", 1, |value| count_up_to(value, MAX_BLAS));
        let choices = WorkerChoice::ALL.map(|choice| (choice.name(), choice));
        let choice = section.optional("choice", |value| one_of(value, &choices));
        let beside = beside(&section);
        let kernels = [("sleep", WaitKernel::Sleep), ("socket", WaitKernel::Socket)];
        let waits = section.or("waits", WaitKernel::Sleep, |value| one_of(value, &kernels));
        let quick = section.or("quick", false, flag);
        let (pool, profile, choice) = (pool?, profile?, choice?);
        if choice.is_some() && !pool.name().starts_with("grpc") {
            let why = format!("who gets a request is {pool}'s own affair");
            return Err(section.fail(section.span_of("choice"), why, "leave `choice` out"));
        }
        // Whatever the interpreter: the oldest that any pool needs is asked for.
        let newest = sim::workload::PythonVersion { minor: 13, free_threaded: false };
        if let Some(why) = pool.refuses(profile, newest) {
            return Err(section.fail(section.span_of("profile"), why, "choose another size"));
        }
        Ok(Cell {
            name: name?,
            set: self.set,
            effect: effect?,
            workload: workload?,
            pool,
            profile,
            requests: requests?,
            start_method: start_method?,
            max_requests: max_requests?,
            blas_threads: blas? as u32,
            choice,
            beside: beside?,
            waits: waits?,
            quick: quick?,
        })
    }

    /// The workload of that name in this file, else in the file of that path.
    fn workload(&self, section: &Section<'a>) -> Result<Workload, Reported> {
        let name = section.required("workload", text)?;
        let workload = match self.workloads.get(name) {
            Some(workload) => workload.clone(),
            None if name.ends_with(".toml") => self.load(&self.base.join(name))?,
            None => {
                let names = || self.workloads.keys().map(String::as_str);
                let help = match closest(name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write {} or the path of a .toml file", list(names())),
                };
                let message = format!("`{name}` is no workload of this file");
                return Err(section.fail(section.span_of("workload"), message, help));
            }
        };
        workload.with_arrivals_of(section, self.base)
    }

    fn load(&self, path: &Path) -> Result<Workload, Reported> {
        Workload::load(path).map_err(|errors| {
            let reported = errors.into_iter().map(|error| self.reader.report_elsewhere(error));
            reported.last().unwrap_or_else(|| {
                self.reader.report(Fault::new(0..0, "a workload could not be read"))
            })
        })
    }
}

fn beside(cell: &Section<'_>) -> Result<Option<Beside>, Reported> {
    let Some(section) = cell.table("beside", &BESIDE)? else { return Ok(None) };
    let pool = section.required("pool", parsed::<PoolKind>);
    let profile = section.required("profile", parsed::<Profile>);
    let names = |value: &Value<'_>| -> Result<Vec<String>, Fault> {
        elements(value, MAX_CELLS)?.iter().map(identifier).collect()
    };
    let classes = section.required("classes", names);
    Ok(Some(Beside { pool: pool?, profile: profile?, classes: classes? }))
}

pub(super) fn flag(value: &Value<'_>) -> Result<bool, Fault> {
    value.get_ref().as_bool().ok_or_else(|| {
        Fault::new(value.span(), "expected true or false").help("write it without quotes")
    })
}

/// A string that `T` reads.
pub(super) fn parsed<T: std::str::FromStr<Err = String>>(value: &Value<'_>) -> Result<T, Fault> {
    text(value)?.parse().map_err(|why: String| {
        let (what, help) = why.split_once("; ").unwrap_or((&why, "see `planner simulate --help`"));
        Fault::new(value.span(), what).help(help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all() -> Vec<Cell> {
        Set::ALL.into_iter().flat_map(|set| shipped(set).unwrap()).collect()
    }

    #[test]
    fn what_ships_reads_and_has_unique_names_within_a_set() {
        for set in Set::ALL {
            let cells = shipped(set).unwrap();
            let names: BTreeSet<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
            assert_eq!(names.len(), cells.len(), "{}", set.name());
            assert!(cells.iter().all(|cell| cell.set == set));
        }
        assert!(shipped(Set::HeldOut).unwrap().len() >= 80);
    }

    #[test]
    fn no_two_sets_serve_the_same_classes() {
        let classes =
            |set: Set| shipped(set).unwrap().into_iter().map(|cell| cell.workload.classes);
        for set in Set::ALL {
            for other in Set::ALL.into_iter().filter(|other| *other != set) {
                let known: Vec<_> = classes(other).collect();
                for own in classes(set) {
                    assert!(!known.contains(&own), "{} and {}", set.name(), other.name());
                }
            }
        }
    }

    #[test]
    fn held_out_cells_have_every_effect_and_every_kind_of_load() {
        let cells = shipped(Set::HeldOut).unwrap();
        let has = |what: &str, holds: &dyn Fn(&Cell) -> bool| {
            assert!(cells.iter().any(holds), "no cell with {what}");
        };
        use sim::workload::Arrivals;
        has("an open load", &|cell| matches!(cell.workload.arrivals, Arrivals::Poisson { .. }));
        has("a closed load", &|cell| matches!(cell.workload.arrivals, Arrivals::Closed { .. }));
        has("a batch", &|cell| matches!(cell.workload.arrivals, Arrivals::Batch { .. }));
        has("bursts", &|cell| matches!(cell.workload.arrivals, Arrivals::OnOff { .. }));
        has("16 workers", &|cell| cell.profile.workers == 16);
        has("recycling", &|cell| cell.max_requests.is_some());
        has("a killed worker", &|cell| cell.workload.classes.iter().any(|class| class.crash > 0.0));
        let quick = cells.iter().filter(|cell| cell.quick).count();
        assert!((10..=16).contains(&quick), "{quick} in a quick run");
        // Batches serve what they say.
        for cell in all() {
            if let Arrivals::Batch { requests } = cell.workload.arrivals {
                assert_eq!(requests, cell.requests, "{}", cell.name);
            }
        }
    }

    #[test]
    fn every_server_is_run_and_replaces_workers_where_it_can() {
        let cells = shipped(Set::Servers).unwrap();
        for kind in crate::servers::kinds() {
            let own: Vec<&Cell> = cells.iter().filter(|cell| cell.pool == kind).collect();
            assert!(!own.is_empty(), "{kind}");
        }
        let jitter = |cell: &&Cell| cell.workload.service.lifecycle.max_requests_jitter > 0;
        assert!(cells.iter().filter(jitter).count() >= 3);
        let host = sim::host::Host::ideal(2);
        for cell in &cells {
            let case = crate::validate::Case::new(cell, "3.13".parse().unwrap(), &host, 1);
            let case = case.unwrap_or_else(|why| panic!("{}: {why}", cell.name));
            let limit = cell.workload.service.lifecycle.max_requests;
            assert_eq!(case.deployment.pools[0].lifecycle.max_requests, limit, "{}", cell.name);
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let head = "set = \"development\"\n[[workload]]\nname = \"w\"\n\
                    arrivals = { batch = { requests = 9 } }\n\
                    class = [{ name = \"c\", segment = [{ python = \"1 ms\" }] }]\n[[cell]]\n";
        let cell = "name = \"a\"\neffect = \"e\"\nworkload = \"w\"\n\
                    pool = \"asyncio\"\nprofile = \"async:1x4\"\nrequests = 9\n";
        let read = |text: &str| parse(&format!("{head}{text}"), Path::new("cells.toml"));
        assert_eq!(read(cell).unwrap().len(), 1);
        for (from, to, line, said) in [
            ("asyncio", "asynci", 10, "asynci"),
            ("async:1x4", "process:4", 11, "asyncio cannot be process:4"),
            ("\"w\"", "\"v\"", 9, "no workload of this file"),
            ("requests = 9", "request = 9", 12, "unknown key `request`"),
            ("requests = 9", "requests = 9\nchoice = \"first-fit\"", 13, "own affair"),
        ] {
            let errors = read(&cell.replace(from, to)).unwrap_err();
            assert_eq!(errors[0].line_column().unwrap().0, line, "{errors:?}");
            assert!(errors[0].message.contains(said), "{errors:?}");
        }
        let twice = read(&format!("{cell}[[cell]]\n{cell}")).unwrap_err();
        assert!(twice[0].message.contains("two cells are `a`"), "{twice:?}");
        let nowhere = load(Path::new("/no/such/cells.toml")).unwrap_err();
        assert_eq!(nowhere[0].kind, InputKind::Cells);
    }
}
