//! Typed values, any of which may be missing.

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// 64-bit signed integers.
    Integer,
    /// 64-bit floating-point numbers.
    Number,
    /// True or false.
    Flag,
}

/// One value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not there; fits a column of any type.
    Missing,
    /// Text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
}

/// Values of one type; `None` is a missing one.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// UTF-8 text.
    Text(Vec<Option<String>>),
    /// 64-bit signed integers.
    Integer(Vec<Option<i64>>),
    /// 64-bit floating-point numbers.
    Number(Vec<Option<f64>>),
    /// True or false.
    Flag(Vec<Option<bool>>),
}

impl Column {
    /// `rows` missing values.
    pub fn missing(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Text => Self::Text(vec![None; rows]),
            Kind::Integer => Self::Integer(vec![None; rows]),
            Kind::Number => Self::Number(vec![None; rows]),
            Kind::Flag => Self::Flag(vec![None; rows]),
        }
    }

    /// Its type.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Integer(_) => Kind::Integer,
            Self::Number(_) => Kind::Number,
            Self::Flag(_) => Kind::Flag,
        }
    }

    /// How many values, the missing ones included.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Flag(values) => values.len(),
        }
    }

    /// No values?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts `value` at `row`; false if the row does not exist or the value is
    /// of another type.
    #[must_use]
    pub fn set(&mut self, row: usize, value: Value) -> bool {
        if row >= self.len() {
            return false;
        }
        match (self, value) {
            (_, Value::Missing) => {}
            (Self::Text(values), Value::Text(value)) => values[row] = Some(value),
            (Self::Integer(values), Value::Integer(value)) => values[row] = Some(value),
            (Self::Number(values), Value::Number(value)) => values[row] = Some(value),
            (Self::Flag(values), Value::Flag(value)) => values[row] = Some(value),
            _ => return false,
        }
        true
    }

    /// The value at `row` as a number: integers as they are; none for text,
    /// flags and what is missing.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Number(values) => *values.get(row)?,
            Self::Integer(values) => values.get(row)?.map(|value| value as f64),
            Self::Text(_) | Self::Flag(_) => None,
        }
    }

    /// The value at `row` as text; empty if it is missing.
    pub fn text(&self, row: usize) -> String {
        fn shown<T: ToString>(values: &[Option<T>], row: usize) -> String {
            values.get(row).and_then(Option::as_ref).map_or_else(String::new, T::to_string)
        }
        match self {
            Self::Text(values) => shown(values, row),
            Self::Integer(values) => shown(values, row),
            Self::Number(values) => shown(values, row),
            Self::Flag(values) => shown(values, row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_only_where_its_type_fits() {
        let mut column = Column::missing(Kind::Number, 2);
        assert!(column.set(0, Value::Number(1.5)) && column.set(1, Value::Missing));
        assert!(!column.set(1, Value::Integer(1)), "integers are another type");
        assert!(!column.set(2, Value::Number(1.0)), "there is no third row");
        assert_eq!(column, Column::Number(vec![Some(1.5), None]));
    }

    #[test]
    fn numbers_and_text_of_every_type() {
        let text = Column::Text(vec![Some("7".to_owned())]);
        assert_eq!((text.number(0), text.text(0)), (None, "7".to_owned()));
        let integer = Column::Integer(vec![Some(7), None]);
        assert_eq!((integer.number(0), integer.text(0)), (Some(7.0), "7".to_owned()));
        assert_eq!((integer.number(1), integer.text(1)), (None, String::new()));
        assert_eq!(integer.number(9), None);
    }
}
