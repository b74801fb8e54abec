//! `planner characterize`: a class from a callable.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use sim::workload::Workload;
use toml_edit::DocumentMut;
use validator::characterize::{Callable, Class, Plan, Portrait, characterize, check, toml_text};
use validator::host;
use validator::interpreters::{self, Interpreter};
use validator::run::Stop;

use crate::args::{CharacterizeArgs, Format, HostArgs};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, to_stdout};
use crate::progress::Bar;
use crate::render::characterize::Answer;
use crate::{command_line, inputs, render};

/// Measures, writes the class, shows the portrait.
pub fn run(args: &CharacterizeArgs) -> Result<Code, Failure> {
    let calibration = args.writing.calibration.clone();
    let host = inputs::host(&HostArgs { calibration, ..HostArgs::default() })?;
    let machine = host::probe()?;
    let callable = callable(args, machine.memory_available / 2)?;
    let place = Place::of(args, &callable)?;
    let python = python(args)?;
    let free_threaded = without_lock(&python);
    let folder = tempfile::Builder::new().prefix("planner-").tempdir();
    let folder = folder.map_err(|error| Failure::file(&env::temp_dir(), error))?;
    let plan = Plan {
        callable: &callable,
        python: &python,
        free_threaded: free_threaded.as_ref(),
        timeout: args.limits.timeout,
        cores: machine.affinity,
        folder: folder.path(),
    };
    let signals = |error| Failure::Output { target: "signal handlers".to_owned(), error };
    let (stop, bar) = (Stop::on_signals().map_err(signals)?, Bar::new());
    let failed = |error| Failure::Characterize { target: callable.target.clone(), error };
    let portrait = characterize(&plan, &stop, &bar).map_err(failed)?;
    // Before the check, which takes a while and may be interrupted.
    let written = place.write(args, &portrait, machine.affinity)?;
    let checked = args.check.then(|| check(&plan, &portrait, &host, &stop, &bar));
    drop(bar);
    let (checked, unchecked) = match checked {
        Some(Ok(checked)) => (Some(checked), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, None),
    };
    let answer = Answer {
        version: render::json::VERSION,
        class: Class::of(&portrait),
        portrait: &portrait,
        checked,
        unchecked,
        written: written.display().to_string(),
        command: command_line::repeat(),
    };
    to_stdout(&match args.writing.format {
        Format::Text => render::characterize::text(&answer),
        Format::Json => render::json::text(&answer),
    })?;
    Ok(Code::Met)
}

fn callable(args: &CharacterizeArgs, half: u64) -> Result<Callable, Failure> {
    let folder = env::current_dir()
        .map_err(|error| Failure::file(Path::new("the current folder"), error))?;
    let callable = Callable {
        target: args.target.clone(),
        args: args.args.clone(),
        setup: args.setup.clone(),
        folder,
        memory_bytes: args.limits.memory.unwrap_or(half),
    };
    match callable.names() {
        Some(_) => Ok(callable),
        None => Err(Failure::Refused(format!(
            "`{}` names no callable: write package.module:function, like app.tasks:resize",
            args.target
        ))),
    }
}

fn python(args: &CharacterizeArgs) -> Result<Interpreter, Failure> {
    let active = env::var_os("VIRTUAL_ENV").map(|folder| PathBuf::from(folder).join("bin/python"));
    if let Some(path) = args.python.clone().or(active) {
        return interpreters::at(&path).map_err(|silent| {
            Failure::NoPython(format!("{}: {}", silent.path.display(), silent.reason))
        });
    }
    interpreters::usual()
        .ok_or_else(|| Failure::NoPython("no CPython 3.8 or later was found".to_owned()))
}

/// The newest build without the lock, unless that is measured anyway.
fn without_lock(python: &Interpreter) -> Option<Interpreter> {
    if python.build.free_threaded {
        return None;
    }
    interpreters::find().interpreters.into_iter().find(|it| it.build.free_threaded)
}

/// Where the class goes.
enum Place {
    /// A file of its own.
    New(PathBuf),
    /// Into this text of that file.
    Into(PathBuf, DocumentMut),
}

impl Place {
    /// Looks before the work whether it can be written.
    fn of(args: &CharacterizeArgs, callable: &Callable) -> Result<Self, Failure> {
        if let Some(path) = &args.writing.into {
            let (text, workload) = inputs::workload_text(path)?;
            must_have_room(&workload, &name(args, callable), path)?;
            return Ok(Self::Into(path.clone(), text.document));
        }
        let path = args.writing.out.clone();
        let path = path.unwrap_or_else(|| format!("{}.toml", name(args, callable)).into());
        if !args.writing.force && path.symlink_metadata().is_ok() {
            return Err(Failure::Exists(path));
        }
        // A folder that cannot be written is known now; this leaves nothing behind.
        OutFile::create(&path)?;
        Ok(Self::New(path))
    }

    fn write(
        self,
        args: &CharacterizeArgs,
        portrait: &Portrait,
        cores: u32,
    ) -> Result<PathBuf, Failure> {
        let class = Class::of(portrait);
        let name = args.writing.name.clone().unwrap_or(class.name);
        let (path, text) = match self {
            Self::New(path) => {
                (path, toml_text::workload(portrait, &name, args.writing.rate, cores))
            }
            Self::Into(path, document) => {
                let text = added(document, portrait, &name, args.writing.share, &path)?;
                (path, text)
            }
        };
        OutFile::create(&path)?.fill(|out| out.write_all(text.as_bytes()))?;
        Ok(path)
    }
}

fn name(args: &CharacterizeArgs, callable: &Callable) -> String {
    let own = || validator::characterize::class_name(&callable.target);
    args.writing.name.clone().unwrap_or_else(own)
}

fn must_have_room(workload: &Workload, name: &str, path: &Path) -> Result<(), Failure> {
    let path = path.display();
    if workload.classes.iter().any(|class| class.name == name) {
        let message = format!("`{path}` has a class `{name}` already: name this one with --name");
        return Err(Failure::Refused(message));
    }
    if !workload.stages.is_empty() {
        let message = format!(
            "`{path}` has stages, and a callable measured by itself has none: write it to a file \
             of its own with --out, and give its segments a stage by hand"
        );
        return Err(Failure::Refused(message));
    }
    Ok(())
}

/// `document` with the class, and the others' shares less its own.
fn added(
    mut document: DocumentMut,
    portrait: &Portrait,
    name: &str,
    share: Option<f64>,
    path: &Path,
) -> Result<String, Failure> {
    let broken = |why: &str| Failure::file(path, io::Error::other(why.to_owned()));
    let classes = document.get_mut("class").and_then(toml_edit::Item::as_array_of_tables_mut);
    let classes = classes.ok_or_else(|| {
        broken("its classes are not [[class]] tables; write them so, or use --out")
    })?;
    let share = share.unwrap_or(1.0 / (classes.len() + 1) as f64);
    let mut left = 1.0;
    for table in classes.iter_mut() {
        let now = share_of(table.get("share")).ok_or_else(|| broken("a share is no number"))?;
        let less = (now * (1.0 - share) * 1e6).round() / 1e6;
        left -= less;
        let decor = table.get("share").and_then(|item| item.as_value()).map(|v| v.decor().clone());
        let mut value = toml_edit::Value::from(less);
        if let Some(decor) = decor {
            *value.decor_mut() = decor;
        }
        table.insert("share", toml_edit::Item::Value(value));
    }
    let left = (left * 1e6).round() / 1e6;
    let text = toml_text::class(portrait, name, left);
    let text = format!("{}\n{text}", document.to_string().trim_end());
    // Tables that come after the classes stay where they are: the order of tables
    // means nothing in TOML.
    Workload::parse(&text, path, path.parent().unwrap_or(Path::new("")))
        .map_err(Failure::Inputs)?;
    Ok(text)
}

/// A share as it may be written; the only class needs none.
fn share_of(item: Option<&toml_edit::Item>) -> Option<f64> {
    let Some(item) = item else { return Some(1.0) };
    let whole = item.as_integer().map(|whole| whole as f64);
    let text = || sim::input::parse_share(item.as_str()?).ok();
    item.as_float().or(whole).or_else(text)
}
