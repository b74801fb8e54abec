//! What is generated from the command line itself and from the answers' types.

use std::fs;
use std::path::Path;

use crate::args::{CompletionsArgs, ManArgs, Schema, SchemaArgs, description};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, to_stdout};
use crate::render::json;

/// Prints completions.
pub fn completions(args: &CompletionsArgs) -> Result<Code, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut description(), "planner", &mut script);
    print(&script)
}

/// Prints the manual page, or writes all of them.
pub fn man(args: &ManArgs) -> Result<Code, Failure> {
    let planner = description();
    let Some(folder) = &args.folder else {
        return print(&page(planner, Path::new("planner.1"))?);
    };
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    let commands = planner.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let mut pages: Vec<clap::Command> = commands.collect();
    pages.push(planner);
    for command in pages {
        let name = match command.get_name() {
            "planner" => "planner".to_owned(),
            name => format!("planner-{name}"),
        };
        let path = folder.join(format!("{name}.1"));
        let text = page(command.name(name), &path)?;
        OutFile::create(&path)?.fill(|out| out.write_all(&text))?;
    }
    Ok(Code::Met)
}

/// Prints the schema of an answer.
pub fn schema(args: &SchemaArgs) -> Result<Code, Failure> {
    let schema = match args.of {
        Schema::Recommend => schemars::schema_for!(json::recommend::Recommend),
        Schema::Simulate => schemars::schema_for!(json::simulate::Simulate),
        Schema::Recycling => schemars::schema_for!(json::recycling::Recycling),
        Schema::Validate => schemars::schema_for!(json::validate::Validate),
        Schema::Decision => schemars::schema_for!(json::decision::Decision),
        Schema::Audit => schemars::schema_for!(json::audit::Audits<'_>),
    };
    to_stdout(&json::text(&schema))?;
    Ok(Code::Met)
}

fn page(command: clap::Command, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let man = clap_mangen::Man::new(command);
    man.render(&mut text).map_err(|error| Failure::file(path, error))?;
    Ok(text)
}

fn print(text: &[u8]) -> Result<Code, Failure> {
    to_stdout(&String::from_utf8_lossy(text))?;
    Ok(Code::Met)
}
