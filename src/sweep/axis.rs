//! What is varied: a path and its values, from the command line or a file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sim::input::{InputError, InputKind};
use toml_edit::{Item, Value};

use super::design::Mode;
use super::values::{ListFault, Written, expand};

/// Largest plan, in bytes.
const MAX_PLAN_BYTES: u64 = 16 << 20;

/// One thing that is varied.
#[derive(Clone, Debug)]
pub struct Axis {
    /// As written: `workload.arrivals.poisson.rate`, `profile`.
    pub path: String,
    /// Its values, at least one.
    pub settings: Vec<Setting>,
    /// Where it was written.
    source: Source,
    /// Where in that the path stands.
    path_span: Range<usize>,
}

/// One value.
#[derive(Clone, Debug)]
pub struct Setting {
    /// As a person writes it, without quotes.
    pub text: String,
    /// As TOML.
    pub value: Value,
    span: Range<usize>,
}

#[derive(Clone, Debug)]
struct Source {
    name: Arc<Path>,
    text: Arc<str>,
}

impl Source {
    fn error(&self, span: Range<usize>, message: &str, help: &str) -> InputError {
        // The plan is no input file of its own kind; its caller decides the code.
        let whole = InputError::whole_file(InputKind::Workload, &*self.name, message);
        let error = InputError { source_text: Arc::clone(&self.text), span: Some(span), ..whole };
        if help.is_empty() { error } else { error.with_help(help) }
    }
}

impl Axis {
    /// An error at the path of this axis.
    pub fn path_error(&self, message: &str, help: &str) -> InputError {
        self.source.error(self.path_span.clone(), message, help)
    }

    /// An error at value `position` of this axis.
    pub fn value_error(&self, position: usize, message: &str, help: &str) -> InputError {
        let span = self.settings.get(position).map_or(&self.path_span, |setting| &setting.span);
        self.source.error(span.clone(), message, help)
    }
}

/// Reads `PATH=VALUE,VALUE,...`.
pub fn from_argument(argument: &str) -> Result<Axis, Box<InputError>> {
    let source = Source { name: Arc::from(Path::new("--vary")), text: Arc::from(argument) };
    let fail = |fault: ListFault| Box::new(source.error(fault.span, &fault.message, &fault.help));
    let Some(equals) = argument.find('=') else {
        let help = "write PATH=VALUES, like profile=process:1..8";
        return Err(fail(ListFault::new(0..argument.len(), "there is no `=`", help)));
    };
    let path = argument[..equals].trim();
    let list = expand(argument, equals + 1).map_err(fail)?;
    let settings = list.into_iter().map(from_written).collect();
    let start = argument.len() - argument.trim_start().len();
    let path_span = start..start + path.len();
    Ok(Axis { path: path.to_owned(), settings, source, path_span })
}

/// A value as written outside of TOML: TOML if it is some, else a string.
fn from_written(written: Written) -> Setting {
    let Written { text, span } = written;
    let value = text.parse::<Value>().unwrap_or_else(|_| Value::from(text.as_str()));
    Setting { text: plain(&value), value, span }
}

/// A value as a person writes it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        other => other.clone().decorated("", "").to_string(),
    }
}

/// Reads a plan: `mode` and a table `[vary]` of paths with their values.
pub fn from_plan(path: &Path) -> Result<(Option<Mode>, Vec<Axis>), Vec<InputError>> {
    let whole = |message: String| {
        let help = "a plan is a TOML file with a table [vary], see docs/sweep.md";
        vec![InputError::whole_file(InputKind::Workload, path, message).with_help(help)]
    };
    let cannot = |error: std::io::Error| whole(format!("this plan cannot be read: {error}"));
    let data = std::fs::metadata(path).map_err(cannot)?;
    if !data.is_file() || data.len() > MAX_PLAN_BYTES {
        return Err(whole(format!("this is no file of at most {MAX_PLAN_BYTES} bytes")));
    }
    parse_plan(path, &std::fs::read_to_string(path).map_err(cannot)?)
}

fn parse_plan(path: &Path, text: &str) -> Result<(Option<Mode>, Vec<Axis>), Vec<InputError>> {
    let source = Source { name: Arc::from(path), text: Arc::from(text) };
    let document = toml_edit::Document::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        vec![source.error(span, &format!("this is not TOML: {}", error.message()), "")]
    })?;
    let (mut mode, mut axes, mut errors) = (None, Vec::new(), Vec::new());
    for (key, item) in document.as_table() {
        let span = item.span().unwrap_or(0..0);
        match (key, item.as_str(), item.as_table_like()) {
            ("mode", Some("grid"), _) => mode = Some(Mode::Grid),
            ("mode", Some("one-at-a-time"), _) => mode = Some(Mode::OneAtATime),
            ("mode", ..) => {
                errors.push(source.error(span, "unknown mode", "write grid or one-at-a-time"));
            }
            ("vary", _, Some(table)) => {
                for (path, values) in table.iter() {
                    let key = table.key(path).and_then(toml_edit::Key::span).unwrap_or(0..0);
                    match axis(&source, path, key, values) {
                        Ok(axis) => axes.push(axis),
                        Err(error) => errors.push(*error),
                    }
                }
            }
            _ => {
                let message = format!("unknown key `{key}` in the plan");
                errors.push(source.error(span, &message, "known here: `mode` and table [vary]"));
            }
        }
    }
    if errors.is_empty() { Ok((mode, axes)) } else { Err(errors) }
}

fn axis(
    source: &Source,
    path: &str,
    path_span: Range<usize>,
    values: &Item,
) -> Result<Axis, Box<InputError>> {
    let span = values.span().unwrap_or_else(|| path_span.clone());
    let fail = |message: &str, help: &str| Box::new(source.error(span.clone(), message, help));
    let settings = match values.as_value() {
        Some(Value::String(list)) => expand(list.value(), 0)
            .map_err(|fault| fail(&fault.message, &fault.help))?
            .into_iter()
            .map(|written| from_written(Written { span: span.clone(), ..written }))
            .collect(),
        Some(Value::Array(list)) if !list.is_empty() => list.iter().map(setting).collect(),
        _ => {
            let help = "write a list, like [\"1/s\", \"2/s\"], or a range, like \"1..8\"; paths \
                        with dots need quotes";
            return Err(fail("these are no values", help));
        }
    };
    Ok(Axis { path: path.to_owned(), settings, source: source.clone(), path_span })
}

fn setting(value: &Value) -> Setting {
    let span = value.span().unwrap_or(0..0);
    Setting { text: plain(value), value: value.clone().decorated("", ""), span }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.settings.iter().map(|setting| setting.text.as_str()).collect()
    }

    #[test]
    fn values_are_toml_where_they_can_be() {
        let axis = from_argument("workload.x = 5, 0.5, true, 2 ms, \"7\", [\"3.12\"]").unwrap();
        assert_eq!(axis.path, "workload.x");
        assert_eq!(texts(&axis), ["5", "0.5", "true", "2 ms", "7", "[\"3.12\"]"]);
        let kinds: Vec<_> = axis.settings.iter().map(|setting| setting.value.type_name()).collect();
        assert_eq!(kinds, ["integer", "float", "boolean", "string", "string", "array"]);
    }

    #[test]
    fn errors_point_into_the_argument() {
        let error = from_argument("profile").unwrap_err();
        assert_eq!((error.span, error.path.to_str()), (Some(0..7), Some("--vary")));
        let axis = from_argument(" profile=a,b").unwrap();
        assert_eq!(axis.path_error("", "").span, Some(1..8));
        assert_eq!(axis.value_error(1, "", "").span, Some(11..12));
    }

    #[test]
    fn a_plan_says_the_same_as_arguments() {
        let text =
            "mode = \"grid\"\n[vary]\n\"workload.x\" = [\"1/s\", 2]\nprofile = \"process:1..3\"\n";
        let (mode, axes) = parse_plan(Path::new("plan.toml"), text).unwrap();
        assert_eq!(mode, Some(Mode::Grid));
        assert_eq!(
            axes.iter().map(|axis| axis.path.as_str()).collect::<Vec<_>>(),
            ["workload.x", "profile"]
        );
        assert_eq!(texts(&axes[0]), ["1/s", "2"]);
        assert_eq!(texts(&axes[1]), ["process:1", "process:2", "process:3"]);
        let place = axes[0].value_error(1, "", "").line_column();
        assert_eq!(place, Some((3, 24)));
    }

    #[test]
    fn every_fault_of_a_plan_is_reported() {
        let text = "mode = \"random\"\nspeed = 3\n[vary]\na = []\nb = \"1,,2\"\n";
        let errors = parse_plan(Path::new("plan.toml"), text).unwrap_err();
        let lines: Vec<_> = errors.iter().map(|error| error.line_column().unwrap().0).collect();
        assert_eq!(lines, [1, 2, 4, 5]);
        assert_eq!(parse_plan(Path::new("p"), "= 3").unwrap_err().len(), 1);
    }
}
