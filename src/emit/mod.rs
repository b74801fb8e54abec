//! `recommend --emit`: the answer as the configuration of a product.
//!
//! - [`target`] says what can be written and which pools each product runs.
//! - [`fit`] finds the pool: the choice itself, or the best that the product has.
//! - [`facts`] turns it into settings, each with its value and its reason.
//! - [`pages`] writes them as files by the templates, with a check script that
//!   holds the deployed pool against the prediction ([`load`], [`predicted`]).
//! - [`place`] is where the files go.

mod error;
mod facts;
mod fit;
mod load;
mod memory;
mod pages;
mod place;
mod predicted;
mod replaced;
mod served;
mod target;

use sim::host::Host;
use sim::search::{Recommendation, SearchOptions};
use sim::stats::Verdict;
use sim::workload::Workload;

pub use error::EmitError;
pub use place::Places;
pub use target::Wanted;

use place::File;
use target::Target;

use crate::exit::{Code, Failure};
use crate::progress::Bar;
use crate::render::layout::Page;

/// The recommendation that is to be written out, and what it was made from.
pub struct Source<'a> {
    pub workload: &'a Workload,
    pub host: &'a Host,
    pub recommendation: &'a Recommendation,
    pub options: &'a SearchOptions,
    /// Repeats the answer.
    pub command: &'a str,
}

/// What one product gets.
struct Emitted {
    target: Target,
    /// The pool, and how it compares with the free choice.
    about: Vec<String>,
    /// Does that pool keep every limit?
    verdict: Verdict,
    /// The files, the one with the settings first.
    files: Vec<File>,
}

/// What became of every `--emit`: the answer is written first, then the first
/// failure ends the program.
#[derive(Default)]
pub struct Emission {
    /// To be added to the answer.
    pub text: String,
    not_met: bool,
    failure: Option<Failure>,
}

impl Emission {
    /// Writes what `places` want of `source`.
    pub fn of(source: &Source<'_>, places: &Places, bar: &Bar) -> Self {
        let (mut emission, mut page) = (Self::default(), Page::default());
        for wanted in places.wanted() {
            let written = emit(wanted.target, source, bar).and_then(|emitted| {
                let paths = places.write(wanted, &emitted.files)?;
                show(&emitted, paths.as_deref(), &mut page);
                Ok(emitted.verdict)
            });
            match written {
                Ok(verdict) => emission.not_met |= verdict != Verdict::Met,
                Err(failure) => {
                    emission.failure.get_or_insert(failure);
                }
            }
        }
        let text = page.finish();
        emission.text = if text.is_empty() { text } else { format!("\n{text}") };
        emission
    }

    /// How the program ends whose answer ends with `code`.
    ///
    /// # Errors
    /// Something could not be emitted.
    pub fn end(self, code: Code) -> Result<Code, Failure> {
        match self.failure {
            Some(failure) => Err(failure),
            None if self.not_met => Ok(Code::NotMet),
            None => Ok(code),
        }
    }
}

/// Writes `target`'s files for the pool that `source` recommends.
///
/// # Errors
/// The product cannot run any pool that the workload allows, or the search for
/// one gave up.
fn emit(target: Target, source: &Source<'_>, bar: &Bar) -> Result<Emitted, Failure> {
    let fitted = fit::fit(target, source, bar)?;
    let facts = facts::Facts::of(target, source, &fitted);
    Ok(Emitted {
        target,
        about: fitted.about(source),
        verdict: fitted.recommendation.verdict,
        files: pages::files(target, source, &fitted, &facts)?,
    })
}

/// What was emitted, for the end of the answer: where the files are, or the
/// files themselves.
fn show(emitted: &Emitted, written: Option<&str>, page: &mut Page) {
    page.heading(&format!("Emitted for {}", emitted.target));
    for paragraph in &emitted.about {
        page.paragraph("  ", paragraph);
    }
    if let Some(written) = written {
        page.hanging("  ", "    ", &format!("Wrote {written}."));
        return;
    }
    for file in &emitted.files {
        page.heading(&format!("---- {} ----", file.name));
        page.line(file.text.trim_end());
    }
}
