//! The recommendation as one HTML file that needs nothing else: no network, no
//! script. `page.html` has the page and its prose; each file here says what one
//! part of it shows, `choice` the first screen; `recording` is what is simulated
//! for the figures.

mod basis;
mod choice;
mod course;
mod figures;
mod latency;
mod parts;
mod recording;
mod rivals;
mod what_if;

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};

pub use recording::Recording;

use crate::render::recommendation::Answer;

const PAGE: &str = include_str!("page.html");
const PARTS: &str = include_str!("parts.html");
const STYLE: &str = include_str!("style.css");

/// The whole page.
///
/// # Errors
/// A template is broken: a fault of the program.
pub fn html(answer: &Answer<'_>, recording: &Recording) -> Result<String, minijinja::Error> {
    let mut pages = Environment::new();
    pages.set_trim_blocks(true);
    pages.set_lstrip_blocks(true);
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    // Their names end in .html, so everything that is put in is escaped.
    pages.add_template("parts.html", PARTS)?;
    pages.add_template("page.html", PAGE)?;
    pages.get_template("page.html")?.render(context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        choice => choice::Choice::of(answer),
        latency => latency::Latency::of(answer, recording),
        course => course::Course::of(answer, &recording.course),
        rivals => rivals::Rivals::of(answer),
        what_if => what_if::WhatIf::of(answer),
        basis => basis::Basis::of(answer),
    })
}
