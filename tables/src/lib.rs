//! Tables as CSV and Parquet files, behind an interface that names no type of
//! the library underneath.
//!
//! A [`Table`] is a list of named, typed [`Column`]s of equal length; any value
//! may be missing. [`write()`] and [`read()`] know the two [`Format`]s.

mod column;
mod error;
mod file;
mod table;

pub use column::{Column, Kind, Value};
pub use error::TableError;
pub use file::{Format, Header, read, write};
pub use table::Table;
