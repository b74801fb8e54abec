//! Places in TOML documents, by path: `class.echo.share`, `cpu.wake_latency`.

use std::ops::Range;

use toml_edit::{ArrayOfTables, Item, Table, TableLike, Value};

use super::assign::is_parameter;

/// Keys from the top; entries of lists by their position.
pub type Keys = Vec<String>;

/// A path leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    pub message: String,
    pub help: String,
}

/// Read-only view of what stands at a place.
enum View<'a> {
    Table(&'a dyn TableLike),
    Tables(&'a ArrayOfTables),
    List(&'a toml_edit::Array),
    Scalar,
}

impl<'a> View<'a> {
    fn of_item(item: &'a Item) -> Self {
        match item {
            Item::Table(table) => Self::Table(table),
            Item::ArrayOfTables(tables) => Self::Tables(tables),
            Item::Value(value) => Self::of_value(value),
            Item::None => Self::Scalar,
        }
    }

    fn of_value(value: &'a Value) -> Self {
        match value {
            Value::InlineTable(table) => Self::Table(table),
            Value::Array(list) => Self::List(list),
            _ => Self::Scalar,
        }
    }

    /// The entry `key` of a list.
    fn entry(&self, key: &str) -> Option<Self> {
        let position = key.parse().ok()?;
        match self {
            Self::Tables(tables) => tables.get(position).map(|table| Self::Table(table)),
            Self::List(list) => list.get(position).map(Self::of_value),
            Self::Table(_) | Self::Scalar => None,
        }
    }

    /// Names of a list's entries.
    fn names(&self) -> Vec<Option<&'a str>> {
        fn name(table: &dyn TableLike) -> Option<&str> {
            table.get("name").and_then(Item::as_str)
        }
        match self {
            Self::Tables(tables) => tables.iter().map(|table| name(table)).collect(),
            Self::List(list) => list.iter().map(|value| name(value.as_inline_table()?)).collect(),
            Self::Table(_) | Self::Scalar => Vec::new(),
        }
    }
}

/// `keys` with names of list entries replaced by their positions. Keys of
/// tables need not exist: the reader of the file knows best what may.
pub fn resolve(document: &Table, keys: &[String]) -> Result<Keys, Astray> {
    let mut resolved = Keys::new();
    let mut view = Some(View::Table(document));
    for (depth, key) in keys.iter().enumerate() {
        let key = match &view {
            None | Some(View::Table(_)) => key.clone(),
            Some(View::Scalar) => {
                let above = keys[..depth].join(".");
                return Err(Astray {
                    message: format!("`{above}` is a plain value, there is no `{key}` in it"),
                    help: format!("vary `{above}` itself"),
                });
            }
            Some(list) => position(list, key, &keys[..depth])?.to_string(),
        };
        view = match view {
            Some(View::Table(table)) => table.get(&key).map(View::of_item),
            Some(list) => list.entry(&key),
            None => None,
        };
        resolved.push(key);
    }
    Ok(resolved)
}

fn position(list: &View<'_>, key: &str, above: &[String]) -> Result<usize, Astray> {
    let names = list.names();
    let found = names.iter().position(|name| *name == Some(key));
    let found = found.or_else(|| key.parse().ok().filter(|&position| position < names.len()));
    found.ok_or_else(|| {
        let mut known: Vec<String> =
            names.iter().flatten().map(|name| format!("`{name}`")).collect();
        known.push(match names.len() {
            1 => "0".to_owned(),
            n => format!("0 to {}", n.saturating_sub(1)),
        });
        Astray {
            message: format!("there is no `{key}` in `{}`", above.join(".")),
            help: format!("write one of {}", known.join(", ")),
        }
    })
}

/// The value at `keys`, if there is one; of a parameter table, its `value`.
pub fn get(document: &Table, keys: &[String]) -> Option<Value> {
    let (last, above) = keys.split_last()?;
    let value_of = |item: &Item| match item.as_table_like() {
        Some(table) if is_parameter(table) => table.get("value")?.as_value().cloned(),
        Some(_) => None,
        None => item.as_value().cloned(),
    };
    let mut view = View::Table(document);
    for key in above {
        view = match view {
            View::Table(table) => View::of_item(table.get(key)?),
            list => list.entry(key)?,
        };
    }
    match view {
        View::Table(table) => value_of(table.get(last)?),
        View::List(list) => list.get(last.parse().ok()?).cloned(),
        View::Tables(_) | View::Scalar => None,
    }
}

/// Bytes of `text` at which key and value of `keys` stand.
pub fn spans(text: &str, keys: &[String]) -> Vec<Range<usize>> {
    let Ok(document) = toml_edit::Document::parse(text) else { return Vec::new() };
    let mut view = View::Table(document.as_table());
    let mut spans = Vec::new();
    for (depth, key) in keys.iter().enumerate() {
        let last = depth + 1 == keys.len();
        let next = match &view {
            View::Table(table) => table.get(key).map(|item| {
                if last {
                    spans.extend(table.key(key).and_then(toml_edit::Key::span));
                    spans.extend(item.span());
                }
                View::of_item(item)
            }),
            View::List(list) => key.parse().ok().and_then(|at: usize| list.get(at)).map(|value| {
                spans.extend(value.span().filter(|_| last));
                View::of_value(value)
            }),
            list => list.entry(key),
        };
        match next {
            Some(next) => view = next,
            None => break,
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml_edit::DocumentMut;

    const TEXT: &str = "name = \"w\" # a comment\n\n[arrivals.poisson]\nrate = \"1/s\"\n\n[[class]]\nname = \"echo\"\nsegment = [{ python = \"1 ms\" }, { wait = \"2 ms\" }]\n[[class]]\nname = \"matmul\"\n\n[cpu]\nslack = { value = \"5 us\", low = \"1 us\", high = \"9 us\", origin = \"published\", note = \"n\" }\n";

    fn keys(path: &str) -> Keys {
        path.split('.').map(str::to_owned).collect()
    }

    fn document() -> DocumentMut {
        TEXT.parse().unwrap()
    }

    #[test]
    fn entries_of_lists_go_by_name_or_position() {
        let resolved = |path| resolve(&document(), &keys(path));
        assert_eq!(resolved("class.matmul.share"), Ok(keys("class.1.share")));
        assert_eq!(resolved("class.1.share"), Ok(keys("class.1.share")));
        let error = resolved("class.matmull.share").unwrap_err();
        assert!(error.help.contains("`echo`, `matmul`, 0 to 1"), "{error:?}");
        assert!(resolved("class.echo.segment.2.wait").is_err());
        assert!(resolved("name.first").unwrap_err().message.contains("plain value"));
    }

    #[test]
    fn values_and_their_places_are_found() {
        let found = |path: &str| {
            get(&document(), &keys(path)).map(|value| super::super::axis::plain(&value))
        };
        assert_eq!(found("arrivals.poisson.rate").as_deref(), Some("1/s"));
        assert_eq!(found("class.0.segment.1.wait").as_deref(), Some("2 ms"));
        assert_eq!(found("cpu.slack").as_deref(), Some("5 us"));
        assert_eq!((found("class.1.share"), found("arrivals")), (None, None));
        let spans = spans(TEXT, &keys("arrivals.poisson.rate"));
        let shown: Vec<&str> = spans.iter().map(|span| &TEXT[span.clone()]).collect();
        assert_eq!(shown, ["rate", "\"1/s\""]);
    }
}
