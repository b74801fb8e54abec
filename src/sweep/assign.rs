//! Puts values into TOML documents so that all lines around them stay.

use toml_edit::{Item, Table, TableLike, Value};

/// A parameter of a calibration: a value with its range and origin.
pub(super) fn is_parameter(table: &dyn TableLike) -> bool {
    ["value", "low", "high", "origin"].iter().all(|key| table.contains_key(key))
}

/// Puts `value` at resolved `keys`; tables on the way are made. A parameter of a
/// calibration is then exactly that, by assumption.
pub fn set(document: &mut Table, keys: &[String], value: &Value) {
    set_in_table(document, keys, value);
}

fn set_in_table(table: &mut dyn TableLike, keys: &[String], value: &Value) {
    let Some((key, rest)) = keys.split_first() else { return };
    match table.get_mut(key) {
        Some(item) => set_in_item(item, rest, value),
        None if rest.is_empty() => {
            table.insert(key, Item::Value(value.clone()));
        }
        None => {
            let mut made = Table::new();
            set_in_table(&mut made, rest, value);
            made.set_implicit(rest.len() > 1);
            // In an inline table this becomes one as well.
            table.insert(key, Item::Table(made));
        }
    }
}

fn set_in_item(item: &mut Item, keys: &[String], value: &Value) {
    match item {
        Item::Table(table) if keys.is_empty() && is_parameter(table) => assume(table, value),
        Item::Table(table) if !keys.is_empty() => set_in_table(table, keys, value),
        Item::ArrayOfTables(tables) if !keys.is_empty() => {
            let entry = keys[0].parse().ok().and_then(|at| tables.get_mut(at));
            entry.into_iter().for_each(|table| set_in_table(table, &keys[1..], value));
        }
        Item::Value(old) => set_in_value(old, keys, value),
        replaced => *replaced = Item::Value(value.clone()),
    }
}

fn set_in_value(old: &mut Value, keys: &[String], value: &Value) {
    match (old, keys) {
        (Value::InlineTable(table), []) if is_parameter(table) => assume(table, value),
        (Value::InlineTable(table), [_, ..]) => set_in_table(table, keys, value),
        (Value::Array(list), [at, rest @ ..]) => {
            let entry = at.parse().ok().and_then(|at: usize| list.get_mut(at));
            entry.into_iter().for_each(|entry| set_in_value(entry, rest, value));
        }
        (old, _) => {
            // What stands around it (spaces, comments) stays.
            let around = old.decor().clone();
            *old = value.clone();
            *old.decor_mut() = around;
        }
    }
}

fn assume(parameter: &mut dyn TableLike, value: &Value) {
    for key in ["value", "low", "high"] {
        parameter.insert(key, Item::Value(value.clone()));
    }
    parameter.insert("origin", toml_edit::value("assumed"));
    parameter.insert("note", toml_edit::value("set by the sweep"));
}

#[cfg(test)]
mod tests {
    use super::super::place::{Keys, resolve};
    use super::*;
    use toml_edit::DocumentMut;

    const TEXT: &str = "name = \"w\" # a comment\n\n[arrivals.poisson]\nrate = \"1/s\"\n\n[[class]]\nname = \"echo\"\nsegment = [{ python = \"1 ms\" }, { wait = \"2 ms\" }]\n[[class]]\nname = \"matmul\"\n\n[cpu]\nslack = { value = \"5 us\", low = \"1 us\", high = \"9 us\", origin = \"published\", note = \"n\" }\n";

    fn keys(path: &str) -> Keys {
        path.split('.').map(str::to_owned).collect()
    }

    fn document() -> DocumentMut {
        TEXT.parse().unwrap()
    }

    fn put(path: &str, value: &str) -> String {
        let mut document = document();
        let keys = resolve(&document, &keys(path)).unwrap();
        set(&mut document, &keys, &value.parse().unwrap());
        assert_eq!(
            document.to_string().parse::<DocumentMut>().unwrap().to_string(),
            document.to_string()
        );
        document.to_string()
    }

    #[test]
    fn a_value_is_replaced_in_its_line() {
        let changed = put("arrivals.poisson.rate", "\"9/s\"");
        assert_eq!(changed, TEXT.replace("1/s", "9/s"));
        assert_eq!(put("name", "\"x\""), TEXT.replace("\"w\"", "\"x\""));
        assert_eq!(put("class.echo.segment.1.wait", "\"7 ms\""), TEXT.replace("2 ms", "7 ms"));
    }

    #[test]
    fn what_is_missing_is_added_where_it_belongs() {
        assert!(put("class.1.share", "0.5").contains("name = \"matmul\"\nshare = 0.5"));
        assert!(put("service.queue_cap", "10").contains("[service]\nqueue_cap = 10"));
        assert!(put("arrivals.closed.clients", "10").contains("[arrivals.closed]\nclients = 10"));
    }

    #[test]
    fn a_parameter_becomes_an_assumption() {
        let changed = put("cpu.slack", "\"20 us\"");
        let document: DocumentMut = changed.parse().unwrap();
        for key in ["value", "low", "high"] {
            assert_eq!(document["cpu"]["slack"][key].as_str(), Some("20 us"));
        }
        assert_eq!(document["cpu"]["slack"]["origin"].as_str(), Some("assumed"));
        assert!(put("cpu.slack.value", "\"2 us\"").contains("high = \"9 us\""));
    }
}
