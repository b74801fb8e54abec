//! `planner audit`: published figures, or one's own, against laws and the model.

use std::path::{Path, PathBuf};

use audit::document::{Document, StatedHost};
use audit::variants::Variants;
use audit::verdict::{Audit, audit};
use audit::{Predictions, load_test, measured, predict};
use sim::host::Host;
use sim::input::{InputError, InputKind};

use crate::args::{AuditArgs, AuditFormat, HostArgs};
use crate::exit::{Code, Failure};
use crate::files::Target;
use crate::progress::Bar;
use crate::render::audit::Answer;
use crate::{command_line, inputs, render};
use sim::search::Progress as _;

/// Judges every document and says what came out.
pub fn run(args: &AuditArgs) -> Result<Code, Failure> {
    let target = Target::open(args.output.out.as_deref())?;
    let mut errors = Vec::new();
    let documents = documents(args, &mut errors)?;
    let bar = Bar::new();
    let mut audits = Vec::new();
    for (done, document) in documents.iter().enumerate() {
        bar.step("auditing documents", done as u64, documents.len() as u64);
        audits.push(judge(args, document)?);
    }
    drop(bar);
    let answer = Answer { audits: &audits, all: args.all, command: command_line::repeat() };
    let text = match args.output.format {
        AuditFormat::Text => render::audit::text(&answer),
        AuditFormat::Json => render::json::text(&render::json::audit::Audits::new(&answer)),
        AuditFormat::Html => render::audit_page::html(&answer),
    };
    target.write(&text)?;
    // The rows that could be read have been judged; now for the others.
    if errors.is_empty() { Ok(Code::Met) } else { Err(Failure::Inputs(errors)) }
}

/// Every document that the paths name; faulty rows go to `errors`.
fn documents(args: &AuditArgs, errors: &mut Vec<InputError>) -> Result<Vec<Document>, Failure> {
    let mut documents = Vec::new();
    for path in args.paths.iter().map(|path| files(path)).collect::<Result<Vec<_>, _>>()?.concat() {
        if is_load_test(&path) {
            let host = stated(&args.host)?;
            let (document, wrong) = load_test::load(&path, host).map_err(Failure::Inputs)?;
            errors.extend(wrong);
            documents.push(document);
        } else {
            documents.push(Document::load(&path).map_err(Failure::Inputs)?);
        }
    }
    Ok(documents)
}

fn is_load_test(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "csv")
}

/// The file itself, or the files of claims in a folder, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let fail = |message: String| {
        let error = InputError::whole_file(InputKind::Figures, path, message);
        Failure::Inputs(vec![error.with_help("name a file of claims, or a folder of them")])
    };
    let entries = std::fs::read_dir(path).map_err(|error| fail(error.to_string()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() { Err(fail("no file of claims is in here".to_owned())) } else { Ok(files) }
}

/// What the command line says of the host of a load test: nothing is assumed.
fn stated(args: &HostArgs) -> Result<StatedHost, Failure> {
    let host = inputs::host(args)?;
    let sized = args.calibration.is_some();
    let cpus = (sized || args.cores.is_some() || args.quota.is_some()).then(|| {
        let threads = if sized { host.logical_cpus() } else { host.cores };
        host.quota.map_or(f64::from(threads), |quota| quota.cpus.min(f64::from(threads)))
    });
    let memory = (sized || args.memory.is_some()).then_some(host.memory_bytes as f64);
    Ok(StatedHost { cpus, memory, ..StatedHost::default() })
}

fn judge<'a>(args: &AuditArgs, document: &'a Document) -> Result<Audit<'a>, Failure> {
    let host = host(args, document)?;
    let folder = document.path.parent().unwrap_or(Path::new(""));
    if is_load_test(&document.path) {
        let predictions = match &args.workload {
            None => Predictions::default(),
            Some(path) => {
                let workload = inputs::workload(path)?;
                let build = |row: &_| load_test::build(document, row, &workload, &host);
                predict(document, &build, &host, args.seed)
            }
        };
        return Ok(audit(document, predictions, Default::default()));
    }
    let results = folder.join("../measured").join(format!("{}.toml", document.name));
    let results = measured::load(&results, document).map_err(Failure::Inputs)?;
    let asked = document.configurations.iter().any(|one| one.model.is_some());
    let predictions = if asked {
        let workloads = args.workloads.clone().unwrap_or_else(|| folder.join("../../workloads"));
        let variants = Variants::load(&workloads).map_err(Failure::Inputs)?;
        predict(document, &|one| variants.build(one, &host), &host, args.seed)
    } else {
        Predictions::default()
    };
    Ok(audit(document, predictions, results))
}

/// The host of the command line, else the document's, else the built-in one.
fn host(args: &AuditArgs, document: &Document) -> Result<Host, Failure> {
    let mut wanted = args.host.clone();
    if let (None, Some(path)) = (&wanted.calibration, &document.host.calibration) {
        let folder = document.path.parent().unwrap_or(Path::new(""));
        wanted.calibration = Some(folder.join(path));
    }
    inputs::host(&wanted)
}
