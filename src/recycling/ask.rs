//! The question to `sim::recycling`, and its refusals.

use sim::kernel::SimDuration;
use sim::recycling::{Answer, Leak, NoJitter, Question, Rule, keep_up};

use super::case::Case;
use super::measure::Measured;
use crate::exit::Failure;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Share of the workers that must be up.
    pub share: f64,
    /// With that probability at any moment after a common start.
    pub probability: f64,
}

/// The rule, but for its jitter.
#[derive(Clone, Copy, Debug)]
pub enum Base {
    /// A longest life.
    Ttl(SimDuration),
    /// A number of requests.
    MaxRequests(u64),
    /// The shortest lives that some jitter spreads enough.
    Shortest(Counted),
}

/// What lives are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Requests,
    Time,
}

impl Base {
    /// What lives are counted in.
    pub fn counted(self) -> Counted {
        match self {
            Self::Ttl(_) => Counted::Time,
            Self::MaxRequests(_) => Counted::Requests,
            Self::Shortest(counted) => counted,
        }
    }
}

impl Goal {
    /// Workers that must be up, of so many.
    pub fn up(&self, workers: u32) -> u32 {
        // A share like 0.9 of 10 is 9, whatever its last binary digit.
        ((self.share * f64::from(workers) - 1e-9).ceil() as u32).min(workers)
    }

    /// Fewest workers down that are too many.
    pub fn too_many(&self, workers: u32) -> u32 {
        workers - self.up(workers) + 1
    }
}

/// The smallest jitter for `goal`.
///
/// # Errors
/// There is none; the error says which lives would do.
pub fn ask(case: &Case, goal: Goal, base: Base, measured: &Measured) -> Result<Answer, Failure> {
    let rule = match base {
        Base::Ttl(base) => Rule::Ttl { base },
        Base::MaxRequests(base) => requests(base, measured),
        Base::Shortest(counted) => return shortest(case, goal, counted, measured),
    };
    let question = question(case, goal, rule, measured);
    keep_up(&question).map_err(|error| refused(error, &question))
}

/// The shortest lives are those whose jitter is as long as they are; an attempt
/// with shorter ones is told how long that is.
fn shortest(
    case: &Case,
    goal: Goal,
    counted: Counted,
    measured: &Measured,
) -> Result<Answer, Failure> {
    let rule = |secs: f64| match counted {
        Counted::Time => Rule::Ttl { base: SimDuration::from_secs(secs) + SimDuration(1) },
        Counted::Requests => requests((secs * measured.rate.point).ceil() as u64 + 1, measured),
    };
    let attempt = question(case, goal, rule(0.0), measured);
    match keep_up(&attempt) {
        Err(NoJitter::Steady { least, .. } | NoJitter::Together { least, .. }) => {
            let question = question(case, goal, rule(least.as_secs()), measured);
            keep_up(&question).map_err(|error| refused(error, &question))
        }
        other => other.map_err(|error| refused(error, &attempt)),
    }
}

fn requests(base: u64, measured: &Measured) -> Rule {
    Rule::MaxRequests { base, rate: measured.rate.point, cv: measured.cv }
}

fn question(case: &Case, goal: Goal, rule: Rule, measured: &Measured) -> Question {
    let workers = case.workers();
    Question {
        workers,
        up: goal.up(workers),
        probability: goal.probability,
        rule,
        outage: SimDuration::from_secs(measured.outage.point),
        leak: leak(case, rule, measured),
        seed: case.seed,
    }
}

/// What a worker leaks; in a life counted in time, requests at their mean pace.
fn leak(case: &Case, rule: Rule, measured: &Measured) -> Leak {
    let classes = case.workload.classes.iter();
    let per_request: f64 = classes.map(|class| class.share * class.leak_bytes as f64).sum();
    let per_hour = case.workload.runtime.leak_per_hour;
    match rule {
        Rule::MaxRequests { .. } => Leak { per_request: per_request.round() as u64, per_hour },
        Rule::Ttl { .. } => {
            let by_requests = (per_request * measured.rate.point * 3_600.0).round() as u64;
            Leak { per_request: 0, per_hour: per_hour.saturating_add(by_requests) }
        }
    }
}

/// The error, with the life that would do in the words of the command line.
fn refused(error: NoJitter, question: &Question) -> Failure {
    let least = match &error {
        NoJitter::Steady { least, .. } | NoJitter::Together { least, .. } => Some(*least),
        _ => None,
    };
    let help = least.map(|least| match question.rule {
        Rule::Ttl { .. } => format!(
            "write --ttl {:.0}s or more, keep fewer workers up, or ask for a lower --probability",
            least.as_secs().ceil()
        ),
        Rule::MaxRequests { rate, .. } => format!(
            "write --max-requests {:.0} or more, keep fewer workers up, or ask for a lower \
             --probability",
            (least.as_secs() * rate).ceil()
        ),
    });
    Failure::NoJitter { error, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::stats::Estimate;

    const GOAL: Goal = Goal { share: 0.9, probability: 0.999 };

    fn case() -> Case {
        let outage = SimDuration::from_secs(5.0);
        Case::plain(20, outage, Some(2.0), SimDuration::from_secs(600.0))
    }

    fn measured() -> Measured {
        let (outage, rate) = (Estimate::exact(5.0), Estimate::exact(2.0));
        Measured { outage, rate, cv: 1.0, busiest: 1.0 }
    }

    fn asked(base: Base) -> Result<Answer, Failure> {
        ask(&case(), GOAL, base, &measured())
    }

    #[test]
    fn shares_are_whole_workers() {
        let up = |share, workers| Goal { share, ..GOAL }.up(workers);
        assert_eq!([up(0.9, 10), up(0.9, 11), up(1.0, 8), up(0.01, 8)], [9, 10, 8, 1]);
        assert_eq!(GOAL.too_many(20), 3);
    }

    #[test]
    fn the_shortest_lives_do_and_shorter_ones_do_not() {
        let answer = asked(Base::Shortest(Counted::Requests)).unwrap();
        let base = answer.lifecycle.max_requests.unwrap();
        let jitter = answer.lifecycle.max_requests_jitter;
        assert!(answer.short.1 <= 0.001 && base.abs_diff(jitter) <= 2, "{base} {jitter}");
        assert!(asked(Base::MaxRequests(base)).is_ok());
        assert!(asked(Base::MaxRequests(base - 4)).is_err());
        let answer = asked(Base::Shortest(Counted::Time)).unwrap();
        let (ttl, jitter) = (answer.lifecycle.ttl.unwrap(), answer.lifecycle.ttl_jitter);
        assert!(answer.short.1 <= 0.001 && ttl.0.abs_diff(jitter.0) <= 2, "{ttl} {jitter}");
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        let help = |base| match asked(base) {
            Err(Failure::NoJitter { help: Some(help), .. }) => help,
            other => panic!("{other:?}"),
        };
        let requests = help(Base::MaxRequests(10));
        let least = requests.split_whitespace().nth(2).unwrap().parse().unwrap();
        assert!(asked(Base::MaxRequests(least)).is_ok(), "{requests}");
        assert!(help(Base::Ttl(SimDuration::SECOND)).starts_with("write --ttl "));
    }

    #[test]
    fn leaks_by_requests_count_in_lives_by_time_too() {
        let mut case = case();
        case.workload.classes[0].leak_bytes = 1_000;
        case.workload.runtime.leak_per_hour = 1;
        let ttl = Rule::Ttl { base: SimDuration::SECOND };
        let expected = Leak { per_request: 0, per_hour: 1 + 1_000 * 2 * 3_600 };
        assert_eq!(leak(&case, ttl, &measured()), expected);
        let by_requests = requests(10, &measured());
        assert_eq!(leak(&case, by_requests, &measured()).per_request, 1_000);
    }
}
