//! The references of both files name every key.

use sim::host::calibration_keys;
use sim::workload::workload_keys;

use crate::root;

/// The part of `text` under the heading that ends with `table`, up to the next
/// heading.
fn section<'a>(text: &'a str, table: &str) -> Option<&'a str> {
    let heads = |part: &&str| {
        let heading = part.lines().next().unwrap_or_default();
        heading.trim_matches(['#', ' ', '`']).ends_with(table)
    };
    text.split("\n#").find(heads)
}

fn assert_documented<'a>(document: &str, keys: impl Iterator<Item = (&'a str, &'a str)>) {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let documented = |table: &str, key: &str| {
        section(&text, table).is_some_and(|section| section.contains(&format!("`{key}`")))
    };
    let missing: Vec<_> = keys.filter(|(table, key)| !documented(table, key)).collect();
    assert!(missing.is_empty(), "{document} does not describe {missing:?}");
}

#[test]
fn the_workload_reference_names_every_key() {
    assert_documented("docs/workload.md", workload_keys());
}

#[test]
fn the_calibration_reference_names_every_key() {
    assert_documented("docs/calibration.md", calibration_keys());
}
