//! Loading what the command line names.

use std::path::Path;

use sim::host::{Host, Quota};
use sim::input::{InputError, InputKind, format_bytes, format_duration};
use sim::kernel::SimDuration;
use sim::workload::Workload;
use toml_edit::DocumentMut;
use validator::host::Probe;

use crate::args::HostArgs;
use crate::exit::Failure;
use crate::sweep::InputText;

/// The published 8-core host, so that an installed program works on its own.
const REFERENCE: &str = include_str!("../calibration/reference-8core.toml");
const REFERENCE_NAME: &str = "calibration/reference-8core.toml";
/// The kernel's default `cpu.max` period.
const QUOTA_PERIOD: SimDuration = SimDuration(100_000_000);

/// Loads the workload at `path`.
pub fn workload(path: &Path) -> Result<Workload, Failure> {
    Workload::load(path).map_err(Failure::Inputs)
}

/// Loads the calibration, the built-in one if none is named, and sizes the
/// host as the command line says.
pub fn host(args: &HostArgs) -> Result<Host, Failure> {
    let mut host = match &args.calibration {
        Some(path) => Host::load(path),
        None => Host::parse(REFERENCE, Path::new(REFERENCE_NAME)),
    }
    .map_err(Failure::Inputs)?;
    if args.here {
        must_be(&host, &validator::host::probe()?)?;
    }
    resize(&mut host, args);
    Ok(host)
}

/// The built-in host.
pub fn reference() -> Result<Host, Failure> {
    Host::parse(REFERENCE, Path::new(REFERENCE_NAME)).map_err(Failure::Inputs)
}

/// The workload at `path`, with its text.
pub fn workload_text(path: &Path) -> Result<(InputText, Workload), Failure> {
    let workload = workload(path)?;
    let fail = |message: String| {
        Failure::Inputs(vec![InputError::whole_file(InputKind::Workload, path, message)])
    };
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    let document = text.parse().map_err(|error: toml_edit::TomlError| fail(error.to_string()))?;
    Ok((InputText { path: path.to_owned(), document }, workload))
}

/// The calibration as [`host`] has it, with its text: what the command line
/// says of the host's size is written into it.
pub fn host_text(args: &HostArgs) -> Result<(InputText, Host), Failure> {
    let host = host(args)?;
    let path = args.calibration.as_deref().unwrap_or(Path::new(REFERENCE_NAME));
    let fail = |message: String| {
        Failure::Inputs(vec![InputError::whole_file(InputKind::Calibration, path, message)])
    };
    let text = match &args.calibration {
        Some(path) => std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?,
        None => REFERENCE.to_owned(),
    };
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| fail(error.to_string()))?;
    write_size(&mut document, &host, args);
    Ok((InputText { path: path.to_owned(), document }, host))
}

/// As [`resize`], of the text.
fn write_size(document: &mut DocumentMut, host: &Host, args: &HostArgs) {
    let Some(size) = document.get_mut("host").and_then(toml_edit::Item::as_table_like_mut) else {
        return;
    };
    if args.cores.is_some() {
        size.insert("cores", toml_edit::value(i64::from(host.cores)));
    }
    if args.memory.is_some() {
        size.insert("memory", toml_edit::value(format_bytes(host.memory_bytes)));
    }
    if let (Some(_), Some(quota)) = (args.quota, host.quota) {
        let mut table = toml_edit::InlineTable::new();
        table.insert("cpus", quota.cpus.into());
        table.insert("period", format_duration(quota.period).into());
        size.insert("quota", toml_edit::value(table));
    }
}

fn resize(host: &mut Host, args: &HostArgs) {
    if let Some(cores) = args.cores {
        host.cores = cores;
    }
    if let Some(bytes) = args.memory {
        host.memory_bytes = bytes;
    }
    if let Some(cpus) = args.quota {
        host.quota = Some(Quota { cpus, period: QUOTA_PERIOD });
    }
}

/// A calibration measures one processor; figures of another mislead.
fn must_be(host: &Host, machine: &Probe) -> Result<(), Failure> {
    let difference = if host.processor != machine.processor {
        format!("its processor is `{}`, this one `{}`", host.processor, machine.processor)
    } else if host.cores != machine.topology.cores {
        format!("it has {} cores, this one {}", host.cores, machine.topology.cores)
    } else {
        return Ok(());
    };
    Err(Failure::OtherHost { calibration: host.name.clone(), difference })
}

#[cfg(test)]
mod tests {
    use super::*;
    use validator::host::{Limits, Topology};

    fn machine(processor: &str, cores: u32) -> Probe {
        Probe {
            processor: processor.to_owned(),
            kernel: String::new(),
            topology: Topology { cpus: cores, cores, threads_per_core: 1 },
            affinity: cores,
            limits: Limits::default(),
            memory: 1,
            memory_available: 1,
            swap: 0,
            load: [0.0; 3],
        }
    }

    #[test]
    fn a_calibration_of_another_processor_or_size_is_refused() {
        let host = Host { processor: "Examplon".to_owned(), ..Host::ideal(4) };
        must_be(&host, &machine("Examplon", 4)).unwrap();
        let other = must_be(&host, &machine("Otheron", 4)).unwrap_err().to_string();
        assert!(other.contains("`Examplon`, this one `Otheron`"), "{other}");
        let smaller = must_be(&host, &machine("Examplon", 2)).unwrap_err().to_string();
        assert!(smaller.contains("4 cores, this one 2"), "{smaller}");
    }

    #[test]
    fn the_text_of_a_host_reads_as_the_host() {
        for (memory, quota) in [(None, None), (Some(1_000_000_007), Some(0.37))] {
            let args = HostArgs { cores: quota.map(|_| 3), memory, quota, ..HostArgs::default() };
            let (text, host) = host_text(&args).unwrap();
            let read = Host::parse(&text.document.to_string(), &text.path).unwrap();
            assert_eq!(read, host);
        }
    }

    #[test]
    fn overrides_change_only_what_they_name() {
        let mut host = Host::ideal(4);
        let args = HostArgs { quota: Some(0.5), memory: Some(7), ..HostArgs::default() };
        resize(&mut host, &args);
        assert_eq!(host.usable_cpus(), 0.5);
        assert_eq!((host.cores, host.memory_bytes), (4, 7));
    }
}
