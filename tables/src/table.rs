//! Named columns of equal length.

use crate::{Column, TableError};

/// Named columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<(String, Column)>,
}

impl Table {
    /// A table of `columns`, in that order.
    ///
    /// # Errors
    /// Two columns have the same name, or their lengths differ.
    pub fn new(columns: Vec<(String, Column)>) -> Result<Self, TableError> {
        let expected = columns.first().map_or(0, |(_, column)| column.len());
        for (index, (name, column)) in columns.iter().enumerate() {
            if columns[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(TableError::TwoColumns(name.clone()));
            }
            if column.len() != expected {
                return Err(TableError::Length {
                    name: name.clone(),
                    found: column.len(),
                    expected,
                });
            }
        }
        Ok(Self { columns })
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(own, _)| own == name).map(|(_, column)| column)
    }

    /// Columns with their names, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_one_length_and_their_own_names() {
        let column = |values: &[i64]| Column::Integer(values.iter().copied().map(Some).collect());
        let table = |second: &str, values: &[i64]| {
            Table::new(vec![("a".to_owned(), column(&[1, 2])), (second.to_owned(), column(values))])
        };
        assert_eq!(table("b", &[3, 4]).unwrap().rows(), 2);
        assert!(matches!(table("a", &[3, 4]), Err(TableError::TwoColumns(_))));
        assert!(matches!(table("b", &[3]), Err(TableError::Length { found: 1, .. })));
        assert_eq!(Table::new(Vec::new()).unwrap().rows(), 0);
    }
}
