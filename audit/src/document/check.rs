//! From shapes to a checked document: names that exist, units that fit.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sim::input::{InputError, closest, list};

use super::file::{self, Text};
use super::{Claim, Configuration, Document, Fitted, ModelRun, StatedHost};
use crate::figure::{Dimension, Figure, shorten};
use crate::formula::Formula;
use crate::quantity::Quantity;
use crate::source::Source;

/// Requests per replication where the file does not say.
const REQUESTS: u64 = 4000;
/// Most errors that are reported at once.
const MOST_ERRORS: usize = 20;

struct Check<'a> {
    source: &'a Source<'a>,
    errors: RefCell<Vec<InputError>>,
}

pub(super) fn document(file: file::File, source: &Source<'_>) -> Result<Document, Vec<InputError>> {
    let check = Check { source, errors: RefCell::default() };
    let document = check.document(file);
    let mut errors = check.errors.into_inner();
    if errors.is_empty() {
        return Ok(document);
    }
    errors.sort_by_key(|error| error.span.as_ref().map(|span| span.start));
    errors.truncate(MOST_ERRORS);
    Err(errors)
}

impl Check<'_> {
    fn report(&self, at: &Text, message: impl Into<String>, help: impl Into<String>) {
        self.errors.borrow_mut().push(self.source.error(at.span(), message, help));
    }

    fn document(&self, file: file::File) -> Document {
        let ids: BTreeSet<String> =
            file.section.iter().flat_map(|s| &s.claim).map(|c| c.id.get_ref().clone()).collect();
        self.unique(file.configuration.iter().map(|configuration| &configuration.id));
        self.unique(file.section.iter().flat_map(|section| &section.claim).map(|claim| &claim.id));
        let places = file.configuration.iter().enumerate();
        let names: BTreeMap<String, usize> =
            places.map(|(index, one)| (one.id.get_ref().clone(), index)).collect();
        let configurations =
            file.configuration.into_iter().map(|one| self.configuration(one, &ids)).collect();
        let mut claims = Vec::new();
        for section in file.section {
            for claim in section.claim {
                claims.extend(self.claim(claim, &section.title, &names, &ids));
            }
        }
        let fitted = file.fitted.into_iter().map(|one| self.fitted(one, &ids)).collect();
        let host = StatedHost {
            cpus: file.document.cpus,
            memory: self.measure(file.document.memory.as_ref(), Dimension::Memory),
            calibration: file.document.calibration,
            unstated: file.document.unstated,
        };
        let path = self.source.path().to_owned();
        Document {
            name: path.file_stem().map_or(String::new(), |name| name.to_string_lossy().into()),
            title: file.document.title,
            system: file.document.system,
            host,
            path,
            configurations,
            claims,
            fitted,
        }
    }

    fn unique<'t>(&self, ids: impl Iterator<Item = &'t Text>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id.get_ref()) {
                self.report(
                    id,
                    format!("`{}` is there twice", shorten(id.get_ref())),
                    "rename one",
                );
            }
        }
    }

    fn configuration(&self, file: file::Configuration, ids: &BTreeSet<String>) -> Configuration {
        let model = file.variant.map(|variant| ModelRun {
            variant,
            requests: file.requests.unwrap_or(REQUESTS),
            cold: file.cold,
            with: file.with,
        });
        Configuration {
            id: file.id.into_inner(),
            about: file.about,
            model,
            pool: None,
            clients: file.clients,
            think: self.measure(file.think.as_ref(), Dimension::Time).unwrap_or(0.0),
            workers: file.workers,
            slots: file.slots,
            cores_per_request: file.cores_per_request,
            in_flight: file.in_flight,
            orderings: file.orderings.into_iter().map(|o| (o.what, o.in_flight)).collect(),
            queue_cap: file.queue_cap,
            workers_away: file.workers_away,
            ttl: self.measure(file.ttl.as_ref(), Dimension::Time),
            demand: self.formula(file.demand.as_ref(), ids),
            longest: self.formula(file.longest.as_ref(), ids),
            unstated: file.unstated,
            leaves_open: file.leaves_open.iter().filter_map(|name| self.quantity(name)).collect(),
        }
    }

    fn claim(
        &self,
        file: file::Claim,
        section: &str,
        configurations: &BTreeMap<String, usize>,
        ids: &BTreeSet<String>,
    ) -> Option<Claim> {
        let quantity = self.quantity(&file.quantity)?;
        let figure = file.value.as_ref().and_then(|value| self.figure(value, quantity));
        if file.value.is_none() && file.says.is_none() {
            self.report(&file.id, "this claim has neither `value` nor `says`", "add one");
        }
        let configuration = file.configuration.as_ref().and_then(|name| {
            let found = configurations.get(name.get_ref()).copied();
            if found.is_none() {
                let known = configurations.keys().map(String::as_str);
                self.unknown(name, "configuration", closest(name.get_ref(), known));
            }
            found
        });
        if let Some(same) = &file.same_as {
            self.known(same, ids);
        }
        let bound = |text: &Option<Text>| {
            self.formula(text.as_ref(), ids).map(|formula| (formula, file.because.clone()))
        };
        Some(Claim {
            section: section.to_owned(),
            configuration,
            quantity,
            figure,
            class: file.class.clone(),
            stage: file.stage.clone(),
            after: self.measure(file.after.as_ref(), Dimension::Time),
            given: file.given,
            equals: self.formula(file.equals.as_ref(), ids),
            at_most: bound(&file.at_most),
            at_least: bound(&file.at_least),
            says: file.says.as_ref().and_then(|says| self.says(says, ids)),
            same_as: file.same_as.map(Text::into_inner),
            open: file.open,
            id: file.id.into_inner(),
        })
    }

    fn fitted(&self, file: file::Fitted, ids: &BTreeSet<String>) -> Fitted {
        file.from.iter().for_each(|id| self.known(id, ids));
        let from = file.from.into_iter().map(Text::into_inner).collect();
        Fitted { parameter: file.parameter, value: file.value, from }
    }

    fn quantity(&self, name: &Text) -> Option<Quantity> {
        let found = Quantity::named(name.get_ref());
        if found.is_none() {
            let known = || Quantity::ALL.iter().map(|quantity| quantity.name());
            let help = match closest(name.get_ref(), known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write {}", list(known())),
            };
            self.report(name, format!("`{}` is no quantity", shorten(name.get_ref())), help);
        }
        found
    }

    fn figure(&self, text: &Text, quantity: Quantity) -> Option<Figure> {
        match Figure::parse(text.get_ref()) {
            Ok(figure) if figure.dimension == quantity.dimension() => Some(figure),
            Ok(_) => {
                let message = format!("`{}` is no {}", shorten(text.get_ref()), quantity.name());
                self.report(text, message, "give it a unit of that quantity");
                None
            }
            Err(error) => {
                self.report(text, error.message, error.help);
                None
            }
        }
    }

    fn measure(&self, text: Option<&Text>, dimension: Dimension) -> Option<f64> {
        let text = text?;
        match Figure::parse(text.get_ref()) {
            Ok(figure) if figure.dimension == dimension => Some(figure.value),
            Ok(_) => {
                self.report(text, "this unit does not fit here", "write \"30 min\" or \"32 GB\"");
                None
            }
            Err(error) => {
                self.report(text, error.message, error.help);
                None
            }
        }
    }

    fn formula(&self, text: Option<&Text>, ids: &BTreeSet<String>) -> Option<Formula> {
        let text = text?;
        self.parsed(text, text.get_ref(), ids)
    }

    fn says(&self, text: &Text, ids: &BTreeSet<String>) -> Option<(Formula, Formula)> {
        let Some((left, right)) = text.get_ref().split_once(" < ") else {
            self.report(text, "this compares nothing", "write \"a < b\"");
            return None;
        };
        Some((self.parsed(text, left, ids)?, self.parsed(text, right, ids)?))
    }

    fn parsed(&self, at: &Text, text: &str, ids: &BTreeSet<String>) -> Option<Formula> {
        match Formula::parse(text) {
            Ok(formula) => {
                for name in formula.names().into_iter().filter(|name| !ids.contains(*name)) {
                    let message = format!("there is no claim `{}`", shorten(name));
                    self.report(at, message, suggestion(name, ids));
                }
                Some(formula)
            }
            Err(why) => {
                let help = "put spaces around operators, like \"( a - b ) / a\"";
                self.report(at, format!("this is no formula: {why}"), help);
                None
            }
        }
    }

    fn known(&self, id: &Text, ids: &BTreeSet<String>) {
        if !ids.contains(id.get_ref()) {
            let message = format!("there is no claim `{}`", shorten(id.get_ref()));
            self.report(id, message, suggestion(id.get_ref(), ids));
        }
    }

    fn unknown(&self, at: &Text, what: &str, near: Option<&str>) {
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add a [[{what}]] of that id"),
        };
        self.report(at, format!("there is no {what} `{}`", shorten(at.get_ref())), help);
    }
}

fn suggestion(name: &str, ids: &BTreeSet<String>) -> String {
    match closest(name, ids.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add a claim of that id".to_owned(),
    }
}
