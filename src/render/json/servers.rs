//! The answer of `planner servers`.

use std::path::Path;

use serde::Serialize;
use sim::host::Host;
use sim::pool::PoolKind;

use super::VERSION;
use super::calibrate::Parameter;
use crate::commands::servers::Measured;

/// The answer of `planner servers`; times in s, sizes in bytes.
#[derive(Debug, Serialize)]
pub struct Servers<'a> {
    version: u32,
    calibration: &'a Path,
    interrupted: bool,
    servers: Vec<Server>,
    not_run: Vec<NotRun<'a>>,
}

#[derive(Debug, Serialize)]
struct Server {
    pool: &'static str,
    runs: usize,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Serialize)]
struct NotRun<'a> {
    pool: &'static str,
    reason: &'a str,
}

impl<'a> Servers<'a> {
    /// The same facts as in the text.
    pub fn new(host: &Host, measured: &'a Measured, out: &'a Path) -> Self {
        let Measured { rounds, failed, interrupted } = measured;
        let server = |(kind, rounds): (&PoolKind, &Vec<_>)| Server {
            pool: kind.name(),
            runs: rounds.len(),
            parameters: parameters(host, *kind),
        };
        let not_run =
            |(kind, reason): (&PoolKind, &'a String)| NotRun { pool: kind.name(), reason };
        Self {
            version: VERSION,
            calibration: out,
            interrupted: *interrupted,
            servers: rounds.iter().map(server).collect(),
            not_run: failed.iter().map(not_run).collect(),
        }
    }
}

/// What the calibration says of `kind` alone.
fn parameters(host: &Host, kind: PoolKind) -> Vec<Parameter> {
    let tables = [format!("dispatch.{kind}."), format!("server.{kind}.")];
    let all = host.parameters().into_iter();
    let own = all.filter(|it| tables.iter().any(|table| it.name.starts_with(table)));
    own.map(Parameter::from).collect()
}
