//! What each purpose needs, to the exact version and file.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Pools of the standard library: no packages.
    Plain,
    /// eventlet and gevent.
    Greenlets,
    /// NumPy, for BLAS.
    Numpy,
    /// Workers behind gRPC.
    Grpc,
    /// gunicorn, uvicorn and Celery.
    Servers,
    /// tadween-core.
    Tadween,
    /// pyrallel-consumer.
    Pyrallel,
    /// The five pools of a comparison, and requests.
    FivePools,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Plain,
        Self::Greenlets,
        Self::Numpy,
        Self::Grpc,
        Self::Servers,
        Self::Tadween,
        Self::Pyrallel,
        Self::FivePools,
    ];

    /// As in the names of folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Greenlets => "greenlets",
            Self::Numpy => "numpy",
            Self::Grpc => "grpc",
            Self::Servers => "servers",
            Self::Tadween => "tadween",
            Self::Pyrallel => "pyrallel",
            Self::FivePools => "five-pools",
        }
    }

    /// The lock file; none if nothing need be installed.
    pub(super) fn requirements(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Greenlets => Some(include_str!("../../python/requirements/greenlets.txt")),
            Self::Numpy => Some(include_str!("../../python/requirements/numpy.txt")),
            Self::Grpc => Some(include_str!("../../python/requirements/grpc.txt")),
            Self::Servers => Some(include_str!("../../python/requirements/servers.txt")),
            Self::Tadween => Some(include_str!("../../python/requirements/tadween.txt")),
            Self::Pyrallel => Some(include_str!("../../python/requirements/pyrallel.txt")),
            Self::FivePools => Some(include_str!("../../python/requirements/pools.txt")),
        }
    }

    /// Modules that must be there.
    pub(super) fn modules(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Greenlets => &["eventlet", "gevent"],
            Self::Numpy => &["numpy"],
            Self::Grpc => &["grpc"],
            Self::Servers => &["celery", "gevent", "gunicorn", "uvicorn", "yaml"],
            Self::Tadween => &["numpy", "tadween_core.workflow"],
            Self::Pyrallel => &["confluent_kafka", "pyrallel_consumer"],
            Self::FivePools => &["eventlet", "gevent", "requests"],
        }
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
