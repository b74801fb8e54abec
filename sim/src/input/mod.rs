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

pub use quantity::{
    Fault, Value, count_up_to, elements, identifier, one_of, positive_duration, text,
};
pub(crate) use quantity::{
    MIN_RATE, boolean, bytes, count_between, duration, number, rate, rate_or_zero, share,
    wrong_type,
};
pub use reader::{Keys, Reader, Reported};
pub use section::Section;
pub(crate) use source::open_regular;
pub use source::{Source, read_limited};
pub(crate) use units::shown;
