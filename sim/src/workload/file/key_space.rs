//! `[keys]`: the keys that requests carry.

use super::keys;
use crate::input::{Reported, Section, count_up_to, number};
use crate::workload::KeySpace;

/// Most keys, and most partitions.
pub const MAX_KEYS: u64 = 1_000_000;
/// Largest skew: beyond it one key has all requests but for one in a thousand.
const MAX_SKEW: f64 = 10.0;

pub(super) fn key_space(top: &Section<'_>) -> Result<Option<KeySpace>, Reported> {
    let Some(section) = top.table("keys", &keys::KEYS)? else {
        return Ok(None);
    };
    let count = section.required("count", |value| count_up_to(value, MAX_KEYS));
    let skew = section.or("skew", 0.0, |value| number(value, 0.0, MAX_SKEW));
    let partitions = section.or("partitions", 1, |value| count_up_to(value, MAX_KEYS));
    Ok(Some(KeySpace { count: count?, skew: skew?, partitions: partitions? }))
}
