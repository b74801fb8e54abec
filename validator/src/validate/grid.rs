//! Grids: one workload, and the pools among which somebody has to choose.
//!
//! `docs/validate.md` describes the files.

use std::path::Path;

use sim::host::Host;
use sim::input::{
    Fault, InputError, InputKind, Keys, Reader, Reported, Section, Source, Value, count_up_to,
    elements, text,
};
use sim::pool::{Concurrency, PoolKind, Profile};
use sim::search::rules_of_thumb;
use sim::workload::{Goal, PythonVersion, Quantile, Workload};

use super::cells::{Cell, MAX_REQUESTS, Set, flag, parsed, short};
use super::figures::Figure;
use crate::run::WaitKernel;

/// Most profiles of one pool.
const MAX_PROFILES: usize = 64;

const FILE: Keys =
    Keys { table: "the file", keys: &["about", "quick", "requests", "workload", "pools"] };

/// Pools that a grid may have.
const POOLS: [PoolKind; 8] = [
    PoolKind::ProcessPoolExecutor,
    PoolKind::MultiprocessingPool,
    PoolKind::ThreadPoolExecutor,
    PoolKind::Asyncio,
    PoolKind::GeventPool,
    PoolKind::EventletGreenPool,
    PoolKind::GrpcProcess,
    PoolKind::GrpcThread,
];

const PROFILES: Keys = Keys {
    table: "[pools]",
    keys: &[
        "process-pool-executor",
        "multiprocessing-pool",
        "thread-pool-executor",
        "asyncio",
        "gevent-pool",
        "eventlet-green-pool",
        "grpc-process",
        "grpc-thread",
    ],
};

/// One workload on several pools.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Name of the workload.
    pub name: String,
    /// What the workload wants to be best.
    pub figure: Figure,
    /// One cell for each pool and size.
    pub cells: Vec<Cell>,
    /// Is it one of the few of a quick run?
    pub quick: bool,
}

impl Grid {
    /// With the sizes that rules of thumb name on `host`, where the grid has none
    /// of that size: it was drawn up for two cores.
    #[must_use]
    pub fn with_picks(mut self, host: &Host, python: PythonVersion) -> Self {
        let Some(like) = self.cells.first().cloned() else { return self };
        let mut workload = like.workload.clone();
        workload.runtime.python = vec![python];
        let rules = rules_of_thumb(&workload, host).into_iter();
        for profile in rules.filter_map(|rule| rule.pick).map(|pool| pool.profile) {
            if self.cells.iter().all(|cell| cell.profile != profile) {
                self.cells.push(on(&like, usual(profile), profile));
            }
        }
        self
    }
}

/// The pool that people mean by such a profile.
fn usual(profile: Profile) -> PoolKind {
    match profile.concurrency {
        Concurrency::Serial => PoolKind::ProcessPoolExecutor,
        Concurrency::EventLoop(_) => PoolKind::Asyncio,
        _ if profile.workers == 1 => PoolKind::ThreadPoolExecutor,
        _ => PoolKind::GrpcThread,
    }
}

/// `cell` on another pool.
fn on(cell: &Cell, pool: PoolKind, profile: Profile) -> Cell {
    let short = short(pool);
    let text = profile.to_string();
    let size = text.split_once(':').map_or(text.as_str(), |(_, size)| size);
    let name = format!("{}-{short}-{size}", cell.workload.name);
    Cell { name, pool, profile, ..cell.clone() }
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../cells/decision/", $name, ".toml")))),*]
    };
}

const SHIPPED: &[(&str, &str)] = files![
    "echo",
    "bytecode",
    "native",
    "locked",
    "waits",
    "half-waits",
    "mixed",
    "bursts",
    "payload",
    "memory",
    "tail",
    "closed",
    "closed-waits",
    "batch",
];

/// The grids that ship with the program.
///
/// # Errors
/// Never, as long as the tests pass.
pub fn shipped() -> Result<Vec<Grid>, Vec<InputError>> {
    let path = |name: &str| format!("validator/cells/decision/{name}.toml");
    SHIPPED.iter().map(|(name, text)| parse(text, Path::new(&path(name)))).collect()
}

/// The grid in `text`; `path` is for messages, and where relative paths start.
///
/// # Errors
/// It breaks a rule of the format.
pub fn parse(text: &str, path: &Path) -> Result<Grid, Vec<InputError>> {
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    Reader::read(Source::new(InputKind::Cells, path, text), |reader, document| {
        file(reader, document, &base)
    })
}

fn file<'a>(reader: &'a Reader, document: &'a Value<'a>, base: &'a Path) -> Result<Grid, Reported> {
    let top = Section::open(reader, document, &FILE)?;
    top.optional("about", text)?;
    let quick = top.or("quick", false, flag)?;
    let requests = top.required("requests", |value| count_up_to(value, MAX_REQUESTS))?;
    let Some(value) = top.value("workload") else {
        return Err(top.missing_table("workload", "as [workload], with what a workload file has"));
    };
    let workload = Workload::read_table(reader, value, base)?;
    let figure = match wanted(&workload) {
        Ok(figure) => figure,
        Err(why) => return Err(reader.report(Fault::new(value.span(), why))),
    };
    let Some(pools) = top.table("pools", &PROFILES)? else {
        return Err(top.missing_table("pools", "as process-pool-executor = [\"process:2\"]"));
    };
    let name = workload.name.clone();
    let like = Cell {
        name: String::new(),
        set: Set::Decision,
        effect: "decision".to_owned(),
        workload,
        pool: PoolKind::ProcessPoolExecutor,
        profile: Profile::processes(1),
        requests,
        start_method: None,
        max_requests: None,
        blas_threads: 1,
        choice: None,
        beside: None,
        waits: WaitKernel::Sleep,
        quick,
    };
    let mut cells = Vec::new();
    for kind in POOLS {
        cells.extend(profiles(&pools, kind)?.into_iter().map(|profile| on(&like, kind, profile)));
    }
    if cells.len() < 2 {
        let fault = Fault::new(top.span_of("pools"), "fewer than two pools are no choice");
        return Err(reader.report(fault.help("name more pools or more sizes")));
    }
    Ok(Grid { name, figure, cells, quick })
}

fn profiles(pools: &Section<'_>, kind: PoolKind) -> Result<Vec<Profile>, Reported> {
    let fits = |value: &Value<'_>| {
        let profile = parsed::<Profile>(value)?;
        let newest = PythonVersion { minor: 13, free_threaded: false };
        match kind.refuses(profile, newest) {
            Some(why) => Err(Fault::new(value.span(), why).help("choose another size")),
            None => Ok(profile),
        }
    };
    let all = |value: &Value<'_>| -> Result<Vec<Profile>, Fault> {
        elements(value, MAX_PROFILES)?.iter().map(fits).collect()
    };
    Ok(pools.optional(kind.name(), all)?.unwrap_or_default())
}

/// The figure that tells which pool is best for `workload`.
fn wanted(workload: &Workload) -> Result<Figure, String> {
    let limits = &workload.objective.latency;
    match workload.goal() {
        Goal::Throughput => Ok(Figure::Throughput),
        Goal::Memory => Ok(Figure::PeakPss),
        Goal::Latency if limits.is_empty() => Ok(Figure::Mean),
        Goal::Latency if workload.classes.len() > 1 => {
            Err("a latency limit is measured over all requests: use one class".to_owned())
        }
        Goal::Latency => match &limits[..] {
            [limit] if limit.quantile == Quantile::P99 => Ok(Figure::P99),
            _ => Err("of latency limits, one p99 can be judged".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_ships_is_a_dozen_grids_with_the_rules_own_sizes() {
        let grids = shipped().unwrap();
        assert!(grids.len() >= 12 && grids.iter().filter(|grid| grid.quick).count() >= 3);
        let names: BTreeSet<_> = grids.iter().flat_map(|g| &g.cells).map(|c| &c.name).collect();
        assert_eq!(names.len(), grids.iter().map(|grid| grid.cells.len()).sum::<usize>());
        for grid in &grids {
            assert!((6..=10).contains(&grid.cells.len()), "{}", grid.name);
            // n, sqrt, 2n+1, min(32, n+4) and the tree's processes of 2 cores.
            for size in ["process:2", "process:5", "threads:6", "process:24"] {
                let has = grid.cells.iter().any(|cell| cell.profile.to_string() == size);
                assert!(has, "{} has no {size}", grid.name);
            }
        }
        let figures: BTreeSet<Figure> = grids.iter().map(|grid| grid.figure).collect();
        assert!(figures.contains(&Figure::Throughput) && figures.contains(&Figure::P99));
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("cells/decision");
        assert_eq!(std::fs::read_dir(files).unwrap().count(), SHIPPED.len());
    }

    #[test]
    fn a_larger_machine_adds_the_sizes_that_rules_name_there() {
        let echo = shipped().unwrap().remove(0);
        let python = "3.12".parse().unwrap();
        let sizes = |cores| {
            let grid = echo.clone().with_picks(&Host::ideal(cores), python);
            let added = grid.cells.into_iter().skip(echo.cells.len());
            added.map(|cell| cell.name).collect::<Vec<_>>()
        };
        assert_eq!(sizes(2), [""; 0]);
        assert_eq!(sizes(8), ["echo-ppe-17", "echo-ppe-8", "echo-tpe-12", "echo-ppe-96"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let grid = "requests = 9\n[workload]\nname = \"w\"\n\
                    arrivals = { batch = { requests = 9 } }\n\
                    class = [{ name = \"c\", segment = [{ python = \"1 ms\" }] }]\n[pools]\n\
                    asyncio = [\"async:1x4\", \"async:1x8\"]\n";
        let read = |text: &str| parse(text, Path::new("grid.toml"));
        assert_eq!(read(grid).unwrap().cells.len(), 2);
        for (from, to, line, said) in [
            ("\"async:1x4\"", "\"process:4\"", 7, "asyncio cannot be process:4"),
            (", \"async:1x8\"", "", 7, "no choice"),
            ("asyncio", "asynci", 7, "unknown key `asynci`"),
            ("requests = 9\n[", "quick = 1\n[", 1, "true or false"),
        ] {
            let errors = read(&grid.replacen(from, to, 1)).unwrap_err();
            let error = errors.iter().find(|error| error.message.contains(said));
            let found = error.expect(said).line_column().unwrap().0;
            assert!(found == line || found + 1 == line, "{errors:?}");
        }
    }
}
