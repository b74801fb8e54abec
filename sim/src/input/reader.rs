//! A TOML document being read: its text, and what was found wrong so far.

use std::cell::RefCell;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::input::error::InputError;
use crate::input::quantity::Fault;
use crate::input::source::Source;

/// Most errors that are reported at once.
const MAX_ERRORS: usize = 20;

/// The keys of one table of a file.
#[derive(Debug)]
pub struct Keys {
    /// The table as written in a file: `[arrivals.poisson]`, `[[class]]`.
    pub table: &'static str,
    /// Every key that it may have.
    pub keys: &'static [&'static str],
}

/// Proof that an error was recorded: whoever holds it need not say more.
#[derive(Clone, Copy, Debug)]
pub struct Reported(());

/// Collects the errors of one document.
pub struct Reader {
    source: Source,
    errors: RefCell<Vec<InputError>>,
}

impl Reader {
    /// Parses `source` as TOML and hands the document to `read`.
    ///
    /// # Errors
    /// Every error that was reported, in the order of the text.
    pub fn read<T>(
        source: Source,
        read: impl FnOnce(&Self, &Spanned<DeValue<'_>>) -> Result<T, Reported>,
    ) -> Result<T, Vec<InputError>> {
        let text = std::sync::Arc::clone(&source.text);
        let reader = Self { source, errors: RefCell::default() };
        let result = match DeTable::parse(&text) {
            Ok(document) => {
                // What is missing at the top is missing at no place in particular.
                read(&reader, &Spanned::new(0..0, DeValue::Table(document.into_inner())))
            }
            Err(error) => Err(reader.report(syntax_fault(&error, &text))),
        };
        let mut errors = reader.errors.into_inner();
        match result {
            Ok(value) if errors.is_empty() => Ok(value),
            _ => {
                errors.sort_by_key(|error| error.span.as_ref().map(|span| span.start));
                errors.truncate(MAX_ERRORS);
                Err(errors)
            }
        }
    }

    /// Records `fault`.
    pub fn report(&self, fault: Fault) -> Reported {
        self.report_elsewhere(self.source.error(fault))
    }

    /// Records an error of another file, one that this document refers to.
    pub fn report_elsewhere(&self, error: InputError) -> Reported {
        self.errors.borrow_mut().push(error);
        Reported(())
    }

    /// The value, or `Reported` after recording the fault.
    pub fn check<T>(&self, result: Result<T, Fault>) -> Result<T, Reported> {
        result.map_err(|fault| self.report(fault))
    }
}

/// What the TOML parser says, in one line.
fn syntax_fault(error: &toml::de::Error, text: &str) -> Fault {
    let span = error.span().unwrap_or(text.len()..text.len());
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    Fault::new(span, format!("this is not TOML: {message}"))
        .help("strings need quotes, keys end with `=`, tables look like [name] or [[name]]")
}
