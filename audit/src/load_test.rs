//! A user's own results: a CSV file with a row for each configuration.
//!
//! The first line names the columns. A unit stands in each cell (`8 ms`) or in
//! the column's name (`p99 (ms)`), not both. A row that cannot be read is an
//! error with its place, and the others are judged all the same.

mod columns;
mod model;

use std::path::Path;

use sim::input::{InputError, InputKind, closest, list};

pub use model::build;

use self::columns::{Column, Setting};
use crate::document::{Claim, Configuration, Document, RowPool, StatedHost};
use crate::figure::{Dimension, Figure, shorten};
use crate::quantity::Quantity;
use crate::source::{Source, read};

/// Largest file, in bytes.
pub const MAX_BYTES: u64 = 4 << 20;

/// Columns that every file has.
const NEEDED: [&str; 2] = ["name", "throughput"];

/// Reads the file at `path` as a document, with what is wrong with its rows.
///
/// # Errors
/// The file cannot be read, or lacks a column that every row needs.
pub fn load(path: &Path, host: StatedHost) -> Result<(Document, Vec<InputError>), Vec<InputError>> {
    let text = read(path, MAX_BYTES)?;
    parse(&text, path, host)
}

/// As [`load`], of a text.
///
/// # Errors
/// As for [`load`].
pub fn parse(
    text: &str,
    path: &Path,
    host: StatedHost,
) -> Result<(Document, Vec<InputError>), Vec<InputError>> {
    let source = Source::new(path, text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| vec![whole(path, &error)])?.clone();
    let columns = columns(&source, &header, text)?;
    let name = path.file_stem().map_or(String::new(), |name| name.to_string_lossy().into());
    let mut document = Document {
        title: format!("load test {name}"),
        system: "your own".to_owned(),
        path: path.to_owned(),
        configurations: Vec::new(),
        claims: Vec::new(),
        fitted: Vec::new(),
        name,
        host,
    };
    let mut errors = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let row = Row { source: &source, text, columns: &columns, record: &record };
                match row.read(&document) {
                    Ok((configuration, claims)) => {
                        document.configurations.push(configuration);
                        document.claims.extend(claims);
                    }
                    Err(mut wrong) => errors.append(&mut wrong),
                }
            }
            Err(error) => errors.push(whole(path, &error)),
        }
    }
    Ok((document, errors))
}

fn whole(path: &Path, error: &csv::Error) -> InputError {
    InputError::whole_file(InputKind::Figures, path, format!("this is no CSV: {error}"))
        .with_help("separate columns by commas and save the file as UTF-8")
}

fn columns(
    source: &Source<'_>,
    header: &csv::StringRecord,
    text: &str,
) -> Result<Vec<Column>, Vec<InputError>> {
    let line = line_at(text, header.position().map_or(0, |at| at.byte() as usize));
    let mut errors = Vec::new();
    let mut found = Vec::new();
    for name in header {
        match Column::named(name) {
            Some(column) => found.push(column),
            None => {
                let plain = name.split(['(', ' ']).next().unwrap_or(name);
                let help = match closest(plain, Column::known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write {}", list(Column::known())),
                };
                let message = format!("`{}` is no column of a load test", shorten(name));
                errors.push(source.error(within(text, &line, name), message, help));
            }
        }
    }
    for needed in NEEDED {
        if errors.is_empty() && !found.iter().any(|column| column.name() == needed) {
            let help = "every row needs a name and a throughput; docs/audit.md has an example";
            errors.push(source.error(line.clone(), format!("there is no column `{needed}`"), help));
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

/// The line that byte `at` of `text` stands in.
fn line_at(text: &str, at: usize) -> std::ops::Range<usize> {
    let at = text.floor_char_boundary(at.min(text.len()));
    // Empty lines and comments belong to the record after them.
    let mut start = at;
    for line in text[at..].split_inclusive('\n') {
        if !line.trim().is_empty() && !line.starts_with('#') {
            return start..start + line.trim_end().len();
        }
        start += line.len();
    }
    at..text.len()
}

/// Where `cell` stands in `line`; the line if it is empty or written otherwise.
fn within(text: &str, line: &std::ops::Range<usize>, cell: &str) -> std::ops::Range<usize> {
    match text[line.clone()].find(cell).filter(|_| !cell.is_empty()) {
        Some(at) => line.start + at..line.start + at + cell.len(),
        None => line.clone(),
    }
}

struct Row<'a> {
    source: &'a Source<'a>,
    text: &'a str,
    columns: &'a [Column],
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn read(&self, document: &Document) -> Result<(Configuration, Vec<Claim>), Vec<InputError>> {
        let line = line_at(self.text, self.record.position().map_or(0, |at| at.byte() as usize));
        let mut errors = Vec::new();
        let mut fail = |cell: &str, message: String, help: String| {
            errors.push(self.source.error(within(self.text, &line, cell), message, help));
        };
        if self.record.len() != self.columns.len() {
            let (has, wants) = (self.record.len(), self.columns.len());
            let message = format!("this row has {has} cells, the header {wants}");
            fail("", message, "leave a cell empty where nothing is known".to_owned());
        }
        let mut configuration = Configuration::default();
        let mut figures: Vec<(Quantity, Figure)> = Vec::new();
        let (mut kind, mut profile) = (None, None);
        for (column, cell) in self.columns.iter().zip(self.record) {
            if cell.is_empty() {
                continue;
            }
            match column {
                Column::Name => configuration.id = cell.to_owned(),
                Column::Pool => match cell.parse::<sim::pool::PoolKind>() {
                    Ok(known) => kind = Some(known),
                    Err(why) => fail(cell, why, "leave the cell empty for any other".to_owned()),
                },
                Column::Profile => match cell.parse::<sim::pool::Profile>() {
                    Ok(known) => profile = Some(known),
                    Err(why) => fail(cell, why, "write it like `process:8`".to_owned()),
                },
                Column::Setting(setting, unit) => {
                    match columns::figure(cell, unit.as_deref(), setting.dimension()) {
                        Ok(figure) => setting.set(&mut configuration, figure.value),
                        Err((message, help)) => fail(cell, message, help),
                    }
                }
                Column::Figure(quantity, unit) => {
                    match columns::figure(cell, unit.as_deref(), quantity.dimension()) {
                        Ok(figure) => figures.push((*quantity, figure)),
                        Err((message, help)) => fail(cell, message, help),
                    }
                }
            }
        }
        if configuration.id.is_empty() {
            fail("", "this row has no name".to_owned(), "name its configuration".to_owned());
        } else if document.configurations.iter().any(|other| other.id == configuration.id) {
            let id = configuration.id.clone();
            fail(&id, format!("`{}` is there twice", shorten(&id)), "rename one".to_owned());
        }
        for (quantity, figure) in &figures {
            let share = matches!(quantity, Quantity::Rejected) && figure.value > 1.0;
            let zero = matches!(figure.dimension, Dimension::Time) && figure.value <= 0.0;
            if share || zero {
                let message = format!("{} cannot be {figure}", quantity.name());
                fail(&figure.text, message, "correct it, or leave the cell empty".to_owned());
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        configuration.pool = profile
            .map(|profile| RowPool { kind: kind.unwrap_or(sim::pool::PoolKind::Generic), profile });
        if let Some(profile) = profile {
            configuration.workers = configuration.workers.or(Some(f64::from(profile.workers)));
            configuration.slots = configuration.slots.or(Some(profile.slots() as f64));
        }
        let place = document.configurations.len();
        let claims =
            figures.into_iter().map(|(q, figure)| claim(&configuration.id, place, q, figure));
        let claims = claims.collect();
        Ok((configuration, claims))
    }
}

/// A result of row `place`; what was offered is a setting of the test.
fn claim(row: &str, place: usize, quantity: Quantity, figure: Figure) -> Claim {
    Claim {
        id: format!("{row} {}", quantity.name()),
        section: row.to_owned(),
        configuration: Some(place),
        quantity,
        figure: Some(figure),
        class: None,
        stage: None,
        after: None,
        given: quantity == Quantity::Offered,
        same_as: None,
        equals: None,
        at_most: None,
        at_least: None,
        says: None,
        open: String::new(),
    }
}

/// For `columns`: what a setting of that name changes.
impl Setting {
    fn set(self, configuration: &mut Configuration, value: f64) {
        match self {
            Self::Workers => configuration.workers = Some(value),
            Self::Slots => configuration.slots = Some(value),
            Self::Clients => configuration.clients = Some(value),
            Self::Think => configuration.think = value,
            Self::CoresPerRequest => configuration.cores_per_request = Some(value),
            Self::QueueCap => configuration.queue_cap = Some(value),
        }
    }
}
