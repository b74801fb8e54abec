//! Recycling by rule: how many workers are down at once, and how much jitter
//! keeps enough of them up.
//!
//! Workers that start together and live equally long go together. Jitter
//! spreads the first generation, and every further one more, until restarts are
//! independent; the closed forms of both ends are in
//! [`closed_form::Lives`](crate::closed_form::Lives). Here are what lies between,
//! and the inverse question:
//!
//! * [`Drift`]: the exact course after a common start, worker by worker;
//! * [`Transient`]: the same by simulation, also for lives that end after a
//!   number of requests at an uneven pace;
//! * [`keep_up()`]: the smallest jitter that keeps `m` of `n` workers up;
//! * [`check_life`]: that a worker can serve at all before it is replaced.
//!
//! ```
//! use sim::kernel::SimDuration;
//! use sim::recycling::{Leak, Question, Rule, keep_up};
//!
//! // Eight workers, each restarted after 1000 requests or more at 2/s; a
//! // restart takes 5 s. At least six must be up, at any moment with 99.9 %.
//! let rule = Rule::MaxRequests { base: 1_000, rate: 2.0, cv: 1.0 };
//! let question = Question {
//!     workers: 8,
//!     up: 6,
//!     probability: 0.999,
//!     rule,
//!     outage: SimDuration::from_secs(5.0),
//!     leak: Leak::default(),
//!     seed: 1,
//! };
//! let answer = keep_up(&question)?;
//! assert_eq!(answer.lifecycle.max_requests_jitter, 369);
//! assert!(answer.lives.worst_at_least(3) <= 0.001);
//! # Ok::<(), sim::recycling::NoJitter>(())
//! ```

mod drift;
mod keep_up;
mod life;
mod no_jitter;
mod question;
mod transient;

pub use drift::Drift;
pub use keep_up::{Answer, DownRow, keep_up};
pub use life::{check_life, start_time};
pub use no_jitter::NoJitter;
pub use question::{Leak, Question, Rule};
pub use transient::{Generation, Transient};
