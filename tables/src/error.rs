//! What can go wrong with a table.

use std::io;

/// A table cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Two columns of one name.
    #[error("there are two columns `{0}`")]
    TwoColumns(String),
    /// Columns of different lengths.
    #[error("column `{name}` has {found} values where the first column has {expected}")]
    Length {
        /// The column.
        name: String,
        /// Its length.
        found: usize,
        /// Length of the first column.
        expected: usize,
    },
    /// The name of the file says no format.
    #[error("`{0}` is neither a .csv nor a .parquet file")]
    UnknownFormat(String),
    /// The file cannot be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The content is no table of that format, or could not be written.
    #[error("{0}")]
    Content(String),
}
