//! Products whose configuration can be written, and the pools that they run.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use sim::pool::PoolKind;

/// A product, or a way to run one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `gunicorn.conf.py`.
    Gunicorn,
    /// A start script, as uvicorn reads no configuration file.
    Uvicorn,
    /// `celeryconfig.py`.
    Celery,
    /// A module that makes the executors.
    Futures,
    /// A module that makes the pool.
    Multiprocessing,
    /// A module with the loop's semaphore and its threads.
    Asyncio,
    /// Elixir configuration of gRPC workers.
    Snakepit,
    /// A service unit.
    Systemd,
    /// A deployment.
    Kubernetes,
}

/// What runs the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    Gunicorn,
    Uvicorn,
    Celery,
    /// The user's own program with a module that makes the pool.
    Library,
    Snakepit,
}

const GUNICORN: [PoolKind; 3] =
    [PoolKind::GunicornSync, PoolKind::GunicornGthread, PoolKind::GunicornGevent];
const CELERY: [PoolKind; 2] = [PoolKind::CeleryPrefork, PoolKind::CeleryThreads];
const SERVERS: [PoolKind; 6] = [
    PoolKind::GunicornSync,
    PoolKind::GunicornGthread,
    PoolKind::GunicornGevent,
    PoolKind::Uvicorn,
    PoolKind::CeleryPrefork,
    PoolKind::CeleryThreads,
];

impl Target {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Gunicorn,
        Self::Uvicorn,
        Self::Celery,
        Self::Futures,
        Self::Multiprocessing,
        Self::Asyncio,
        Self::Snakepit,
        Self::Systemd,
        Self::Kubernetes,
    ];

    /// As written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gunicorn => "gunicorn",
            Self::Uvicorn => "uvicorn",
            Self::Celery => "celery",
            Self::Futures => "concurrent.futures",
            Self::Multiprocessing => "multiprocessing",
            Self::Asyncio => "asyncio",
            Self::Snakepit => "snakepit",
            Self::Systemd => "systemd",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// The pools that it can run.
    pub fn kinds(self) -> &'static [PoolKind] {
        match self {
            Self::Gunicorn => &GUNICORN,
            Self::Uvicorn => &[PoolKind::Uvicorn],
            Self::Celery => &CELERY,
            Self::Futures => &[PoolKind::ProcessPoolExecutor, PoolKind::ThreadPoolExecutor],
            Self::Multiprocessing => {
                &[PoolKind::MultiprocessingPool, PoolKind::MultiprocessingThreadPool]
            }
            Self::Asyncio => &[PoolKind::Asyncio],
            Self::Snakepit => &[PoolKind::GrpcProcess, PoolKind::GrpcThread],
            Self::Systemd | Self::Kubernetes => &SERVERS,
        }
    }

    /// The pools to search where the workload names none of [`Target::kinds`]:
    /// whoever wants Celery under systemd says so in the workload.
    pub fn usual_kinds(self) -> &'static [PoolKind] {
        match self {
            Self::Systemd | Self::Kubernetes => &SERVERS[..4],
            _ => self.kinds(),
        }
    }

    /// The file with the settings; `part` names the classes of one pool of
    /// several.
    pub fn file(self, part: Option<&str>) -> String {
        let (stem, ending) = match self {
            Self::Gunicorn => ("gunicorn", ".conf.py"),
            Self::Uvicorn => ("serve_uvicorn", ".py"),
            Self::Celery => ("celeryconfig", ".py"),
            Self::Futures => ("executor_pool", ".py"),
            Self::Multiprocessing => ("process_pool", ".py"),
            Self::Asyncio => ("asyncio_pool", ".py"),
            Self::Snakepit => ("snakepit", ".exs"),
            Self::Systemd => ("pool", ".service"),
            Self::Kubernetes => ("pool", ".yaml"),
        };
        match part {
            // Python imports some of these, so no hyphen.
            Some(part) => format!("{stem}_{part}{ending}"),
            None => format!("{stem}{ending}"),
        }
    }

    /// Is there one file for all pools of a hybrid?
    pub fn is_library(self) -> bool {
        matches!(self, Self::Futures | Self::Multiprocessing | Self::Asyncio)
    }
}

impl Product {
    /// The product that runs `kind`.
    pub fn of(kind: PoolKind) -> Self {
        match kind {
            PoolKind::GunicornSync | PoolKind::GunicornGthread | PoolKind::GunicornGevent => {
                Self::Gunicorn
            }
            PoolKind::Uvicorn => Self::Uvicorn,
            PoolKind::CeleryPrefork | PoolKind::CeleryThreads => Self::Celery,
            PoolKind::GrpcProcess | PoolKind::GrpcThread | PoolKind::GrpcThreadSerial => {
                Self::Snakepit
            }
            _ => Self::Library,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One `--emit TARGET[=PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub target: Target,
    /// A folder, or the name of the file with the settings.
    pub path: Option<PathBuf>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            Some((_, "")) => return Err("write a folder or a file after `=`".to_owned()),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let target = Target::ALL.into_iter().find(|target| target.name() == name);
        target.map(|target| Self { target, path }).ok_or_else(|| {
            let names = Target::ALL.map(Target::name).join(", ");
            format!("`{name}` is nothing that can be emitted; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_read_with_and_without_a_place() {
        for target in Target::ALL {
            let wanted: Wanted = target.name().parse().unwrap();
            assert_eq!(wanted, Wanted { target, path: None });
            let placed: Wanted = format!("{target}=conf/x=y").parse().unwrap();
            assert_eq!(placed.path, Some(PathBuf::from("conf/x=y")));
        }
        let error = "apache".parse::<Wanted>().unwrap_err();
        assert!(error.contains("gunicorn") && error.contains("kubernetes"), "{error}");
        assert!("gunicorn=".parse::<Wanted>().is_err());
    }

    #[test]
    fn every_pool_of_a_target_has_a_product() {
        for target in [Target::Gunicorn, Target::Uvicorn, Target::Celery, Target::Systemd] {
            assert!(target.kinds().iter().all(|kind| Product::of(*kind) != Product::Library));
        }
        assert!(Target::Futures.kinds().iter().all(|kind| Product::of(*kind) == Product::Library));
    }
}
