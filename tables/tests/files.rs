//! What is written is what is read.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use tables::{Column, Format, Header, Table, TableError, read, write};

fn table() -> Table {
    let texts = ["a,b", "say \"x\"", "", "line\nbreak"].map(|text| Some(text.to_owned()));
    let numbers = [0.1 + 0.2, 1e-300, f64::MAX, -1.0 / 3.0].map(Some);
    let columns = [
        ("text", Column::Text([&texts[..], &[None]].concat())),
        ("number", Column::Number([&numbers[..], &[None]].concat())),
        ("integer", Column::Integer(vec![Some(i64::MIN), Some(0), None, Some(i64::MAX), Some(7)])),
        ("flag", Column::Flag(vec![Some(true), None, Some(false), Some(true), Some(true)])),
    ];
    Table::new(columns.map(|(name, column)| (name.to_owned(), column)).to_vec()).unwrap()
}

fn written(table: &Table, format: Format, header: Header) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(table, format, header, &mut bytes).unwrap();
    bytes
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn parquet_keeps_every_value_and_type() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(&table(), Format::Parquet, Header::Names);
    assert_eq!(read(&file(&folder, "t.parquet", &bytes)).unwrap(), table());
}

#[test]
fn csv_keeps_numbers_to_the_last_bit_and_texts_with_quotes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(&table(), Format::Csv, Header::Names);
    let found = read(&file(&folder, "t.csv", &bytes)).unwrap();
    for name in ["number", "integer", "flag"] {
        assert_eq!(found.column(name), table().column(name), "{name}");
    }
    for row in 0..found.rows() {
        let text = |table: &Table| table.column("text").unwrap().text(row);
        assert_eq!(text(&found), text(&table()));
    }
}

#[test]
fn rows_without_names_follow_a_file_that_has_them() {
    let whole = written(&table(), Format::Csv, Header::Names);
    let rows = written(&table(), Format::Csv, Header::None);
    let names = b"text,number,integer,flag\n";
    assert_eq!([&names[..], &rows].concat(), whole);
}

#[test]
fn what_is_no_table_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |name: &str, bytes: &[u8]| read(&file(&folder, name, bytes)).unwrap_err();
    fails("noise.parquet", b"PAR1 no such thing PAR1");
    fails("short.parquet", b"PAR1");
    fails("empty.parquet", b"");
    fails("ragged.csv", b"a,b\n1,2,3\n");
    assert!(matches!(fails("t.xlsx", b""), TableError::UnknownFormat(_)));
    assert!(matches!(read(Path::new("/no/such/t.csv")), Err(TableError::Io(_))));
    assert!(matches!(read(folder.path()), Err(TableError::UnknownFormat(_))));
    let mut bytes = written(&table(), Format::Parquet, Header::Names);
    let half = bytes.len() / 2;
    bytes.truncate(half);
    fails("half.parquet", &bytes);
}

#[test]
fn a_full_device_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for format in [Format::Csv, Format::Parquet] {
        let mut full = std::io::BufWriter::new(&full);
        assert!(write(&table(), format, Header::Names, &mut full).is_err());
        // What is buffered cannot be written either; nothing to tell again.
        let _ = full.into_parts();
    }
}
