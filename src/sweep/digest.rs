//! What tells one sweep from another.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Digest of a sequence of texts.
#[derive(Clone, Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds a text; its length counts, so that no two sequences run together.
    pub fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// As `add`.
    pub fn with(mut self, text: &str) -> Self {
        self.add(text);
        self
    }

    /// As hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Everything that the rows of a sweep depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Version of this program.
    pub planner: String,
    /// Digest of workload, host and pool, and of what the values make of them.
    pub inputs: String,
    /// Digest of what is varied, and how it is combined.
    pub plan: String,
    /// How long, how often, from which seed.
    pub run: String,
    /// Which part of the sweep.
    pub shard: String,
}

impl Fingerprint {
    /// What differs from `other`, in words; nothing if they are of one sweep.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            (&self.planner, &other.planner, "the version of planner"),
            (&self.inputs, &other.inputs, "the workload, the host, the pool or a value"),
            (&self.plan, &other.plan, "what is varied"),
            (&self.run, &other.run, "the requests, the replications, the seed or the scheduler"),
            (&self.shard, &other.shard, "the shard"),
        ];
        parts.into_iter().find(|(own, others, _)| own != others).map(|(.., what)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_that_read_the_same_end_to_end_differ() {
        let digest = |texts: &[&str]| texts.iter().fold(Digest::default(), |d, t| d.with(t)).hex();
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_eq!(digest(&["ab", "c"]), digest(&["ab", "c"]));
        // SHA-256 of eight zero bytes: the length of the empty text.
        assert!(digest(&[""]).starts_with("af5570f5a1810b7a"));
    }
}
