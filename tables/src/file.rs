//! Tables to and from files.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use polars::prelude::{
    Column as Series, CsvReadOptions, CsvWriter, DataFrame, DataType, ParquetReader, ParquetWriter,
    PolarsError, SerReader as _, SerWriter as _,
};

use crate::{Column, Table, TableError};

/// Form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, UTF-8, a missing value is empty.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// Does a CSV file begin with the names of its columns?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// It does.
    Names,
    /// It holds rows only, to be appended to another file.
    None,
}

impl Format {
    /// The format that the ending of `path` says.
    ///
    /// # Errors
    /// It ends in neither `.csv` nor `.parquet`.
    pub fn of(path: &Path) -> Result<Self, TableError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            _ => Err(TableError::UnknownFormat(path.display().to_string())),
        }
    }
}

impl From<PolarsError> for TableError {
    fn from(error: PolarsError) -> Self {
        match error {
            PolarsError::IO { error, .. } => {
                Self::Io(std::io::Error::new(error.kind(), error.to_string()))
            }
            other => Self::Content(other.to_string()),
        }
    }
}

/// Writes `table` to `out`. Parquet states its columns whatever `header` says.
///
/// # Errors
/// `out` does not take it.
pub fn write(
    table: &Table,
    format: Format,
    header: Header,
    out: &mut dyn Write,
) -> Result<(), TableError> {
    let columns = table.columns().map(|(name, column)| series(name, column)).collect();
    let mut frame = DataFrame::new(table.rows(), columns)?;
    match format {
        Format::Csv => {
            CsvWriter::new(&mut *out).include_header(header == Header::Names).finish(&mut frame)?;
        }
        Format::Parquet => {
            ParquetWriter::new(&mut *out).finish(&mut frame)?;
        }
    }
    Ok(out.flush()?)
}

fn series(name: &str, column: &Column) -> Series {
    match column {
        Column::Text(values) => Series::new(name.into(), values.as_slice()),
        Column::Integer(values) => Series::new(name.into(), values.as_slice()),
        Column::Number(values) => Series::new(name.into(), values.as_slice()),
        Column::Flag(values) => Series::new(name.into(), values.as_slice()),
    }
}

/// Reads the table in the file at `path`; the ending says the format. The types
/// of a CSV file's columns are guessed from all of its rows.
///
/// # Errors
/// The file cannot be read, or is no table of that format.
pub fn read(path: &Path) -> Result<Table, TableError> {
    let format = Format::of(path)?;
    // Opened here, so that the system's own words are those that are shown.
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory).into());
    }
    let frame = match format {
        Format::Csv => CsvReadOptions::default()
            .with_infer_schema_length(None)
            .into_reader_with_file_handle(file)
            .finish()?,
        Format::Parquet => ParquetReader::new(file).finish()?,
    };
    Table::new(frame.columns().iter().map(column).collect::<Result<_, _>>()?)
}

fn column(series: &Series) -> Result<(String, Column), TableError> {
    let column = match series.dtype() {
        DataType::Boolean => Column::Flag(series.bool()?.iter().collect()),
        DataType::String => {
            Column::Text(series.str()?.iter().map(|text| text.map(str::to_owned)).collect())
        }
        kind if kind.is_integer() => {
            let series = series.cast(&DataType::Int64)?;
            Column::Integer(series.i64()?.iter().collect())
        }
        kind if kind.is_float() => {
            let series = series.cast(&DataType::Float64)?;
            Column::Number(series.f64()?.iter().collect())
        }
        _ => {
            let series = series.cast(&DataType::String)?;
            Column::Text(series.str()?.iter().map(|text| text.map(str::to_owned)).collect())
        }
    };
    Ok((series.name().to_string(), column))
}
