//! Why candidates are ruled out, gathered so that a reader sees each reason
//! once.

use std::collections::BTreeMap;

use crate::search::Exclusion;

/// Why one candidate is ruled out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ruling {
    /// What is ruled out: the candidate's kind.
    pub(super) what: String,
    /// The mechanism; with `what` it says which rulings belong together.
    pub(super) kind: Kind,
    /// A full sentence.
    pub(super) reason: String,
    /// How close the candidate came to passing: of rulings that belong
    /// together the one with the lowest value speaks for all.
    pub(super) distance: f64,
}

/// The mechanism that rules a candidate out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The runtime lacks the profile.
    Runtime,
    /// A crash would take several requests along.
    Isolation,
    /// The code or a library is not thread-safe.
    ThreadSafety,
    /// Extensions bring the lock back or refuse a sub-interpreter.
    Extensions,
    /// The code is not written for an event loop.
    EventLoop,
    /// The start method is unsafe or not allowed.
    StartMethod,
    /// Its workers cannot be replaced by rule.
    Lifecycle,
    /// More processes than allowed.
    MaxWorkers,
    /// More memory than there is.
    Memory,
    /// Another candidate is the same or better in everything modelled.
    Dominated,
    /// A resource cannot carry the load.
    Capacity,
    /// A latency limit is missed even by an empty system.
    Latency,
}

impl Ruling {
    /// A ruling whose sentence fits everything that it belongs together with.
    pub(super) fn new(what: impl Into<String>, kind: Kind, reason: impl Into<String>) -> Self {
        Self { what: what.into(), kind, reason: reason.into(), distance: 0.0 }
    }
}

/// Gathers rulings; the order is that of `what`, then of the mechanism.
pub(super) fn gather(rulings: impl IntoIterator<Item = Ruling>) -> Vec<Exclusion> {
    let mut groups: BTreeMap<(String, Kind), (Ruling, u32)> = BTreeMap::new();
    for ruling in rulings {
        let (closest, count) =
            groups.entry((ruling.what.clone(), ruling.kind)).or_insert_with(|| (ruling.clone(), 0));
        *count += 1;
        if ruling.distance < closest.distance {
            *closest = ruling;
        }
    }
    groups
        .into_values()
        .map(|(ruling, candidates)| Exclusion {
            what: ruling.what,
            candidates,
            reason: ruling.reason,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_speaks_for_its_group() {
        let memory = |distance: f64| Ruling {
            distance,
            ..Ruling::new("processes", Kind::Memory, format!("Needs {distance} bytes."))
        };
        let gathered = gather([memory(9.0), memory(7.0), Ruling::new("a", Kind::Runtime, "No.")]);
        assert_eq!(gathered.len(), 2);
        assert_eq!(gathered[1].candidates, 2);
        assert_eq!(gathered[1].reason, "Needs 7 bytes.");
    }
}
