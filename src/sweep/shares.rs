//! Shares of the classes that nobody set make room for those that are varied.

use sim::input::parse_share;
use toml_edit::{DocumentMut, Item, Value};

use super::assign;
use super::place::{self, Keys};

/// Scales the shares of all classes that `set` does not name, in proportion, so
/// that the sum is 1 again. What cannot work is left for the reader to refuse.
pub fn rescale(document: &mut DocumentMut, set: &[&Keys]) {
    let is_share = |keys: &&&Keys| matches!(&keys[..], [class, _, share] if class == "class" && share == "share");
    let given: Vec<&Keys> = set.iter().filter(is_share).copied().collect();
    if given.is_empty() {
        return;
    }
    let (mut taken, mut others) = (0.0, Vec::new());
    for keys in (0..classes(document)).map(share_of) {
        match place::get(document, &keys).as_ref().and_then(number) {
            Some(share) if given.contains(&&keys) => taken += share,
            Some(share) => others.push((keys, share)),
            None => return,
        }
    }
    let left: f64 = others.iter().map(|(_, share)| share).sum();
    if left <= 0.0 || taken > 1.0 {
        return;
    }
    for (keys, share) in others {
        assign::set(document, &keys, &Value::from(share * (1.0 - taken) / left));
    }
}

fn share_of(class: usize) -> Keys {
    ["class", &class.to_string(), "share"].map(str::to_owned).to_vec()
}

fn classes(document: &DocumentMut) -> usize {
    match document.get("class") {
        Some(Item::ArrayOfTables(tables)) => tables.len(),
        Some(item) => item.as_array().map_or(0, toml_edit::Array::len),
        None => 0,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number.value()),
        Value::Integer(number) => Some(*number.value() as f64),
        Value::String(text) => parse_share(text.value()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(set: &[(usize, &str)]) -> Vec<f64> {
        let text = "class = [{ share = 0.5 }, { share = \"30 %\" }, { share = 0.2 }]";
        let mut document: DocumentMut = text.parse().unwrap();
        let keys: Vec<Keys> = set.iter().map(|(class, _)| share_of(*class)).collect();
        for (keys, (_, value)) in keys.iter().zip(set) {
            assign::set(&mut document, keys, &value.parse().unwrap());
        }
        rescale(&mut document, &keys.iter().collect::<Vec<_>>());
        let share = |class| number(&place::get(&document, &share_of(class)).unwrap()).unwrap();
        (0..3).map(share).collect()
    }

    #[test]
    fn the_other_classes_keep_their_proportions_and_the_sum_is_one() {
        for first in ["0.0", "0.1", "0.9", "1"] {
            let shares = shares(&[(0, first)]);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{shares:?}");
            assert!((shares[1] * 2.0 - shares[2] * 3.0).abs() < 1e-12, "{shares:?}");
        }
        let two = shares(&[(0, "0.1"), (2, "\"10 %\"")]);
        assert!((two[1] - 0.8).abs() < 1e-12, "{two:?}");
    }

    #[test]
    fn what_cannot_work_is_left_as_it_is() {
        assert_eq!(shares(&[(0, "1.5")]), [1.5, 0.3, 0.2]);
        assert_eq!(shares(&[(0, "0.1"), (1, "0.1"), (2, "0.1")]), [0.1, 0.1, 0.1]);
        assert_eq!(shares(&[]), [0.5, 0.3, 0.2]);
    }
}
