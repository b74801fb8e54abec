//! `planner init`: a workload file to start from.

use std::io;

use crate::args::InitArgs;
use crate::exit::{Code, Failure};
use crate::files::{OutFile, to_stdout};

const TEMPLATE: &str = include_str!("template.toml");

/// Writes the template, over an existing file only if asked to.
pub fn run(args: &InitArgs) -> Result<Code, Failure> {
    let path = &args.path;
    if !args.force && path.symlink_metadata().is_ok() {
        let error = io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it exists already; name another file, or overwrite it with --force",
        );
        return Err(Failure::file(path, error));
    }
    OutFile::create(path)?.fill(|out| out.write_all(TEMPLATE.as_bytes()))?;
    to_stdout(&format!(
        "Wrote {0}. Edit it, then run\n  planner recommend --workload {0}\n",
        path.display()
    ))?;
    Ok(Code::Met)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sim::workload::Workload;

    #[test]
    fn the_template_is_a_valid_workload() {
        let workload = Workload::parse(super::TEMPLATE, Path::new("template.toml"), Path::new(""));
        assert_eq!(workload.map_err(|errors| errors[0].to_string()).unwrap().classes.len(), 2);
    }

    #[test]
    fn what_the_template_suggests_is_valid_too() {
        // The other arrivals exclude the one that is there.
        let (arrivals, rest) = super::TEMPLATE.split_once("\n[[class]]").unwrap();
        let uncommented = |line: &str| match line.strip_prefix("# ") {
            Some(code) if code.starts_with('[') || code.contains(" = ") => format!("{code}\n"),
            _ => format!("{line}\n"),
        };
        let rest: String = rest.lines().map(uncommented).collect();
        let text = format!("{arrivals}\n[[class]]{rest}");
        let workload = Workload::parse(&text, Path::new("template.toml"), Path::new(""));
        let service = workload.map_err(|errors| errors[0].to_string()).unwrap().service;
        assert_eq!((service.lifecycle.max_requests, service.pools.len()), (Some(10_000), 2));
    }
}
