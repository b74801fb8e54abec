//! Tries every value before the work, and tells what the readers of the files
//! say of it where the sweep names it.

use rayon::prelude::*;
use sim::input::InputError;
use toml_edit::DocumentMut;

use super::base::Base;
use super::design::Design;
use super::digest::Digest;
use super::place;
use super::target::Target;

/// Errors that are shown.
const MAX_SHOWN: usize = 20;

impl Base {
    /// Tries every value on its own, so that a wrong one is known before the
    /// work; gives a digest of all that the values lead to.
    ///
    /// # Errors
    /// Every value that the reader of its file refuses, whatever the others are.
    pub fn check(&self, design: &Design) -> Result<Digest, Vec<InputError>> {
        let (mut errors, mut all) = (Vec::new(), Digest::default());
        all.add(&format!("{:?}{:?}{:?}", self.workload, self.host, self.pools));
        for axis in 0..self.axes.len() {
            let tried: Vec<Result<Digest, InputError>> = (0..self.axes[axis].settings.len())
                .into_par_iter()
                .map(|position| self.try_value(axis, position, design))
                .collect();
            for result in tried {
                match result {
                    Ok(digest) => all.add(&digest.hex()),
                    Err(error) => errors.push(error),
                }
            }
        }
        errors.truncate(MAX_SHOWN);
        if errors.is_empty() { Ok(all) } else { Err(errors) }
    }

    /// A value that is wrong beside the first values of the others may be right
    /// beside the base: then it is some combinations that are wrong, and their
    /// cells say so.
    fn try_value(
        &self,
        axis: usize,
        position: usize,
        design: &Design,
    ) -> Result<Digest, InputError> {
        self.try_among(axis, position, &design.probe(axis, position)).or_else(|_| {
            let mut alone = vec![None; self.axes.len()];
            alone[axis] = Some(position);
            self.try_among(axis, position, &alone)
        })
    }

    fn try_among(
        &self,
        axis: usize,
        position: usize,
        positions: &[Option<usize>],
    ) -> Result<Digest, InputError> {
        let mut digest = Digest::default();
        let (failed, document) = match &self.targets[axis] {
            Target::Workload(_) => match self.workload(positions) {
                Ok(workload) => return Ok(digest.with(&format!("{workload:?}"))),
                Err(failed) => (failed, &self.workload_text.document),
            },
            Target::Host(_) => match self.host(positions) {
                Ok(host) => return Ok(digest.with(&format!("{host:?}"))),
                Err(failed) => (failed, &self.host_text.document),
            },
            Target::Pool { .. } => {
                let axis = &self.axes[axis];
                return Ok(digest.with(&format!("{}={}", axis.path, axis.settings[position].text)));
            }
        };
        let (errors, text) = failed;
        match self.fault_of(axis, &errors, &text, document) {
            Some(error) => Err(self.retold(axis, position, error)),
            None => {
                // Wrong together with others only: the cells say so.
                errors.iter().for_each(|error| digest.add(&error.to_string()));
                Ok(digest)
            }
        }
    }

    /// The error that is about what `axis` set: at its place, or anywhere if
    /// that place was not there before.
    fn fault_of<'a>(
        &self,
        axis: usize,
        errors: &'a [InputError],
        text: &str,
        document: &DocumentMut,
    ) -> Option<&'a InputError> {
        let touches = |target: &Target, error: &InputError| {
            let Some(span) = error.span.as_ref().filter(|_| *error.source_text == *text) else {
                return false;
            };
            let mut places = place::spans(text, target.keys()).into_iter();
            places.any(|place| span.start < place.end && place.start < span.end)
        };
        let own = &self.targets[axis];
        let is_new = place::spans(&document.to_string(), own.keys()).is_empty();
        errors.iter().find(|error| touches(own, error)).or_else(|| {
            let others = || self.targets.iter().filter(|target| target.is_beside(own));
            let not_theirs = |error: &&InputError| !others().any(|target| touches(target, error));
            errors.iter().find(not_theirs).filter(|_| is_new)
        })
    }

    /// What the reader of a file says, at the place of the sweep that caused it.
    fn retold(&self, axis: usize, position: usize, error: &InputError) -> InputError {
        let help = error.help.as_deref().unwrap_or_default();
        let own = &self.axes[axis];
        let mut retold = if error.message.starts_with("unknown key") {
            own.path_error(&error.message, help)
        } else {
            own.value_error(position, &error.message, help)
        };
        let path = error.path.display();
        retold.notes.push(format!("this goes to `{}`, read as part of {path}", own.path));
        retold
    }
}
