//! Changes to when workers are replaced.

use sim::kernel::SimDuration;
use sim::pool::{Drain, Lifecycle};

/// What to change of a life cycle; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LifeChanges {
    pub ttl: Option<SimDuration>,
    pub ttl_jitter: Option<SimDuration>,
    pub max_requests: Option<u64>,
    pub max_requests_jitter: Option<u64>,
    /// In bytes.
    pub memory_limit: Option<u64>,
    pub check_every: Option<SimDuration>,
    pub start_first: bool,
    pub drain: Option<Drain>,
}

impl LifeChanges {
    /// `lifecycle` with the changes.
    ///
    /// # Errors
    /// A jitter is added to a rule that is not there.
    pub fn apply(&self, lifecycle: Lifecycle) -> Result<Lifecycle, String> {
        let changed = Lifecycle {
            ttl: self.ttl.or(lifecycle.ttl),
            ttl_jitter: self.ttl_jitter.unwrap_or(lifecycle.ttl_jitter),
            max_requests: self.max_requests.or(lifecycle.max_requests),
            max_requests_jitter: self.max_requests_jitter.unwrap_or(lifecycle.max_requests_jitter),
            memory_limit: self.memory_limit.or(lifecycle.memory_limit),
            check_every: self.check_every.or(lifecycle.check_every),
            start_first: self.start_first || lifecycle.start_first,
            drain: self.drain.unwrap_or(lifecycle.drain),
            ..lifecycle
        };
        if changed.ttl.is_none() && !changed.ttl_jitter.is_zero() {
            return Err("--ttl-jitter is added to a TTL, and there is none; add --ttl".to_owned());
        }
        if changed.max_requests.is_none() && changed.max_requests_jitter > 0 {
            return Err(
                "--max-requests-jitter is added to a number of requests, and there is none; \
                        add --max-requests"
                    .to_owned(),
            );
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_changes() {
        let lifecycle = Lifecycle {
            ttl: Some(SimDuration::SECOND),
            memory_limit: Some(7),
            start_first: true,
            ..Lifecycle::default()
        };
        assert_eq!(LifeChanges::default().apply(lifecycle), Ok(lifecycle));
        let changes = LifeChanges {
            max_requests: Some(10),
            max_requests_jitter: Some(3),
            drain: Some(Drain::Drop),
            ..LifeChanges::default()
        };
        let changed = changes.apply(lifecycle).unwrap();
        assert_eq!((changed.max_requests, changed.max_requests_jitter), (Some(10), 3));
        assert_eq!((changed.drain, changed.ttl), (Drain::Drop, Some(SimDuration::SECOND)));
        assert!(changed.start_first);
    }

    #[test]
    fn jitter_needs_what_it_is_added_to() {
        let why = |changes: LifeChanges| changes.apply(Lifecycle::default()).unwrap_err();
        let ttl = LifeChanges { ttl_jitter: Some(SimDuration(1)), ..LifeChanges::default() };
        assert!(why(ttl).contains("add --ttl"));
        let requests = LifeChanges { max_requests_jitter: Some(1), ..LifeChanges::default() };
        assert!(why(requests).contains("add --max-requests"));
    }
}
