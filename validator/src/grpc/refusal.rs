//! What a pool says instead of serving a request.

use crate::run::Outcome;

/// Why a pool gave a request up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Its queue was full.
    Saturated,
    /// It waited in the queue for too long.
    QueueTimeout,
    /// The worker that had it went.
    WorkerLost,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Saturated, Self::QueueTimeout, Self::WorkerLost];

    /// How an [`Outcome::Pool`] of it begins.
    pub fn name(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::QueueTimeout => "queue-timeout",
            Self::WorkerLost => "worker-lost",
        }
    }

    /// The refusal that `outcome` tells of, if any.
    pub fn of(outcome: &Outcome) -> Option<Self> {
        let Outcome::Pool(text) = outcome else { return None };
        let (name, _) = text.split_once(": ")?;
        Self::ALL.into_iter().find(|refusal| refusal.name() == name)
    }

    pub(super) fn outcome(self, why: &str) -> Outcome {
        Outcome::Pool(format!("{}: {why}", self.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_tell_refusals() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::of(&refusal.outcome("any: reason")), Some(refusal));
        }
        assert_eq!(Refusal::of(&Outcome::Pool("BrokenProcessPool: gone".to_owned())), None);
        assert_eq!(Refusal::of(&Outcome::Exception("saturated: no".to_owned())), None);
    }
}
