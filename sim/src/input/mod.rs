//! What every file that a person writes goes through: bounded reading, units,
//! and errors that say what is wrong, where, and what to write instead.

mod error;
mod quantity;
mod reader;
mod section;
mod source;
mod suggest;
mod units;

pub use error::{InputError, InputKind};
pub use suggest::{closest, list};
pub use units::{
    MAX_BYTES, MAX_DURATION, MAX_RATE, UnitError, format_bytes, format_duration, parse_bytes,
    parse_duration, parse_rate, parse_share,
};

pub(crate) use quantity::{
    Fault, MIN_RATE, Value, boolean, bytes, count_between, count_up_to, duration, elements,
    identifier, number, one_of, positive_duration, rate, rate_or_zero, share, text, wrong_type,
};
pub(crate) use reader::{Keys, Reader, Reported};
pub(crate) use section::Section;
pub(crate) use source::{Source, open_regular, read_limited};
pub(crate) use units::shown;
