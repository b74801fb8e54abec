//! All variants of a system, several times in turn; each run is kept as it lands.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::SystemError;
use super::launch::{Run, launch};
use super::{Readings, System, Variant};
use crate::run::{Application, Stop};
use crate::validate::speed::Slowdown;

/// What is kept of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Name of the variant.
    pub variant: String,
    /// Which run of it, from 0.
    pub repeat: u32,
    /// Its figures.
    pub readings: Readings,
    /// How fast the machine was.
    pub slowdown: Slowdown,
    /// What the process had imported.
    pub application: Application,
}

/// Told before every run: its variant, how many are done, how many there are.
pub type Progress<'a> = dyn FnMut(&str, usize, usize) + 'a;

/// Runs `variants` of `system` with `python` `repeats` times in turn, every
/// other time in reverse order. Runs that `folder` has already are not repeated.
///
/// # Errors
/// As [`launch`]; finished runs stay in `folder`.
pub fn run(
    system: &dyn System,
    variants: &[Variant],
    python: &Path,
    repeats: u32,
    folder: &Path,
    stop: &Stop,
    progress: &mut Progress<'_>,
) -> Result<Vec<Kept>, SystemError> {
    fs::create_dir_all(folder).map_err(SystemError::file(folder))?;
    let path = folder.join("runs.jsonl");
    let mut kept = load(&path)?;
    kept.retain(|run| {
        run.repeat < repeats && variants.iter().any(|variant| variant.name == run.variant)
    });
    let mut journal =
        File::options().create(true).append(true).open(&path).map_err(SystemError::file(&path))?;
    let total = variants.len() * repeats as usize;
    for repeat in 0..repeats {
        let mut turn: Vec<&Variant> = variants.iter().collect();
        if repeat % 2 == 1 {
            turn.reverse();
        }
        for variant in turn {
            if kept.iter().any(|run| run.variant == variant.name && run.repeat == repeat) {
                continue;
            }
            progress(&variant.name, kept.len(), total);
            let place = folder.join(format!("{}-{repeat}", variant.name));
            let run = launch(variant, system.sources(), python, &place, stop)?;
            let run = keep(system, variant, repeat, &run)?;
            let mut line = serde_json::to_vec(&run).map_err(|error| SystemError::Records {
                variant: variant.name.clone(),
                reason: error.to_string(),
            })?;
            line.push(b'\n');
            journal.write_all(&line).map_err(SystemError::file(&path))?;
            kept.push(run);
        }
    }
    Ok(kept)
}

fn keep(
    system: &dyn System,
    variant: &Variant,
    repeat: u32,
    run: &Run,
) -> Result<Kept, SystemError> {
    Ok(Kept {
        variant: variant.name.clone(),
        repeat,
        readings: system.read(variant, run)?,
        slowdown: run.slowdown,
        application: run.application,
    })
}

/// The runs that were kept; none if there is no such file. A last line that was
/// cut short is a run that was not kept.
fn load(path: &Path) -> Result<Vec<Kept>, SystemError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let file = File::open(path).map_err(SystemError::file(path))?;
    let lines: Vec<String> =
        BufReader::new(file).lines().collect::<Result<_, _>>().map_err(SystemError::file(path))?;
    Ok(lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
