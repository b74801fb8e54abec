//! Raw observations on disk: a journal while they land, Parquet afterwards.

use std::path::{Path, PathBuf};

use tables::{Column, Format, Header, Table};
use validator::calibrate::{CalibrateError, Facts, JOURNAL, Journal, Observation};

use crate::exit::Failure;
use crate::files::OutFile;

/// The table of observations, under the folder of raw data.
const TABLE: &str = "observations.parquet";

/// The observations of a folder, and what they are of.
pub struct Raw {
    pub facts: Facts,
    folder: PathBuf,
    from: From,
}

enum From {
    Journal(Journal),
    Table(Vec<Observation>),
}

/// The journal of `folder`, with what the folder has already, and the facts of
/// it, which must be of the same host as `facts`.
pub fn open(folder: &Path, facts: Facts) -> Result<(Facts, Journal), Failure> {
    let facts = match Facts::read(folder) {
        Ok(found) if found.same_host(&facts) => found,
        Ok(found) => {
            let found = format!("{}, {}", found.processor, found.interpreter);
            return Err(CalibrateError::OtherHost { path: folder.to_owned(), found }.into());
        }
        Err(_) => {
            facts.write(folder)?;
            facts
        }
    };
    let mut journal = Journal::open(folder)?;
    let table = folder.join(TABLE);
    // A journal that is there holds the table's observations already.
    if journal.observations().is_empty() && table.is_file() {
        journal.append(read(&table)?)?;
    }
    Ok((facts, journal))
}

impl Raw {
    /// What was measured just now.
    pub fn measured(facts: Facts, folder: PathBuf, journal: Journal) -> Self {
        Self { facts, folder, from: From::Journal(journal) }
    }

    /// What `folder` has, to be fitted again.
    pub fn kept(folder: &Path) -> Result<Self, Failure> {
        let facts = Facts::read(folder)?;
        let from = match folder.join(JOURNAL).is_file() {
            true => From::Journal(Journal::open(folder)?),
            false => From::Table(read(&folder.join(TABLE))?),
        };
        Ok(Self { facts, folder: folder.to_owned(), from })
    }

    pub fn observations(&self) -> &[Observation] {
        match &self.from {
            From::Journal(journal) => journal.observations(),
            From::Table(observations) => observations,
        }
    }

    /// Turns the journal into a table; returns the folder.
    pub fn close(self) -> Result<PathBuf, Failure> {
        if let From::Journal(journal) = self.from {
            let path = self.folder.join(TABLE);
            let table = table(journal.observations())?;
            OutFile::create(&path)?.fill(|to| {
                let written = tables::write(&table, Format::Parquet, Header::Names, to);
                written.map_err(std::io::Error::other)
            })?;
            journal.discard()?;
        }
        Ok(self.folder)
    }
}

fn table(observations: &[Observation]) -> Result<Table, Failure> {
    let integer = |of: fn(&Observation) -> u32| {
        Column::Integer(observations.iter().map(|o| Some(i64::from(of(o)))).collect())
    };
    let text = |of: fn(&Observation) -> &String| {
        Column::Text(observations.iter().map(|o| Some(of(o).clone())).collect())
    };
    let number = |of: fn(&Observation) -> f64| {
        Column::Number(observations.iter().map(|o| Some(of(o))).collect())
    };
    let columns = [
        ("round", integer(|o| o.round)),
        ("run", integer(|o| o.run)),
        ("probe", text(|o| &o.probe)),
        ("quantity", text(|o| &o.quantity)),
        ("x", number(|o| o.x)),
        ("value", number(|o| o.value)),
    ];
    let named = columns.into_iter().map(|(name, column)| (name.to_owned(), column));
    Ok(Table::new(named.collect())?)
}

fn read(path: &Path) -> Result<Vec<Observation>, Failure> {
    let none = |reason: String| CalibrateError::NoObservations { path: path.to_owned(), reason };
    let table = tables::read(path).map_err(|error| none(error.to_string()))?;
    let column =
        |name: &str| table.column(name).ok_or_else(|| none(format!("it has no column `{name}`")));
    let [round, run, probe, quantity, x, value] = [
        column("round")?,
        column("run")?,
        column("probe")?,
        column("quantity")?,
        column("x")?,
        column("value")?,
    ];
    let row = |at: usize| {
        Some(Observation {
            round: round.number(at)? as u32,
            run: run.number(at)? as u32,
            probe: probe.text(at),
            quantity: quantity.text(at),
            x: x.number(at)?,
            value: value.number(at)?,
        })
    };
    let rows = (0..table.rows()).map(row).collect::<Option<Vec<_>>>();
    Ok(rows.ok_or_else(|| none("numbers are missing".to_owned()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TABLE);
        let observation = |run: u32| Observation {
            round: run / 2,
            run,
            probe: "cores".to_owned(),
            quantity: "spin_before".to_owned(),
            x: f64::from(run),
            value: 1.0 / f64::from(run + 3),
        };
        let observations: Vec<_> = (0..5).map(observation).collect();
        let mut bytes = Vec::new();
        let table = table(&observations).unwrap();
        tables::write(&table, Format::Parquet, Header::Names, &mut bytes).unwrap();
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read(&path).unwrap(), observations);
        std::fs::write(&path, "no table").unwrap();
        assert!(matches!(read(&path), Err(Failure::Calibrate(_))));
    }
}
