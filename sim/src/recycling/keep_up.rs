//! The inverse question: how much jitter keeps enough workers up?

use super::no_jitter::NoJitter;
use super::question::{Question, Rule};
use super::transient::{Generation, Transient};
use crate::closed_form::{Lives, Sawtooth, down_at_least, most_down};
use crate::kernel::SimDuration;
use crate::pool::{Lifecycle, MAX_WORKERS};

/// Generations of the simulated course.
const GENERATIONS: u32 = 8;
/// Longest base of a rule, in s: about 30 years.
const LONGEST: f64 = 1e9;
/// Most requests of a life.
const MOST_REQUESTS: u64 = 1 << 50;
/// Rows of the table end when the chance is below this.
const NEGLIGIBLE: f64 = 1e-9;

/// The smallest jitter, and what comes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The rule with its jitter; nothing else is set.
    pub lifecycle: Lifecycle,
    /// Lives at an even pace.
    pub lives: Lives,
    /// Share of worker time lost.
    pub capacity_lost: f64,
    /// Restarts of the pool per hour.
    pub restarts_per_hour: f64,
    /// Chance that fewer are up than must be: in the long run, and at the worst
    /// moment after a common start.
    pub short: (f64, f64),
    /// Chance that it happens at some moment of the first generation.
    pub ever_in_first: f64,
    /// Chance of `k` or more down, for each `k` from 1 that is not negligible.
    pub down: Vec<DownRow>,
    /// The course after a common start, simulated at the pace of the rule.
    pub generations: Vec<Generation>,
    /// What the leak comes to in one worker, in bytes; `None` without one. What
    /// leaks by requests is bounded whatever the pace; what leaks with time, at
    /// an even one, and until the end of an outage, as a worker leaks while it
    /// stops.
    pub leak: Option<Sawtooth>,
}

/// One row of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DownRow {
    /// So many workers or more are down.
    pub down: u32,
    /// Chance in the long run.
    pub steady: f64,
    /// Chance at the worst moment after a common start.
    pub worst: f64,
}

/// The smallest jitter with which, at any moment after a common start, at least
/// `up` workers are up with the wanted probability; at most the base itself.
///
/// The worst moment is in the first generation, where each worker is down with
/// probability `outage / jitter` ([`Lives::down_at_worst`]); so the jitter is
/// the outage over the largest probability allowed ([`most_down`]). That is for
/// requests at an even pace. At an uneven one lives spread by themselves as well:
/// it is then more than needed, and the simulated course says how much.
///
/// # Errors
/// The question makes no sense, or no jitter does; the error says how long
/// workers must live.
pub fn keep_up(question: &Question) -> Result<Answer, NoJitter> {
    check(question)?;
    let Question { workers, up, rule, outage, .. } = *question;
    let allowed = most_down(workers, question.too_many(), 1.0 - question.probability);
    if allowed < 1.0 && question.probability == 1.0 && !outage.is_zero() {
        return Err(NoJitter::Certainty { up, workers });
    }
    // Anything is allowed: no jitter at all.
    let spread = if allowed >= 1.0 { 0.0 } else { outage.as_secs() / allowed };
    let base = rule.base_secs();
    if spread > base {
        return Err(too_short(question, spread));
    }
    let jitter = rule.jitter_for(spread);
    let lives = rule.lives(workers, jitter, outage)?;
    let too_many = question.too_many();
    let course = Transient::simulate(&rule, jitter, &lives, too_many, GENERATIONS, question.seed);
    Ok(Answer {
        lifecycle: lifecycle(&rule, jitter),
        capacity_lost: lives.down(),
        restarts_per_hour: lives.restarts_per_hour(),
        short: (lives.down_at_least(too_many), lives.worst_at_least(too_many)),
        ever_in_first: lives.ever_at_least(too_many),
        down: table(&lives),
        generations: course.generations,
        leak: leak(question, jitter, &lives),
        lives,
    })
}

fn check(question: &Question) -> Result<(), NoJitter> {
    let Question { workers, up, probability, rule, .. } = *question;
    let refuse = |why: String| Err(NoJitter::Invalid(why));
    if workers > MAX_WORKERS {
        return refuse(format!("{workers} workers are more than a pool can have, {MAX_WORKERS}"));
    }
    if up > workers {
        return refuse(format!("{up} of {workers} workers can never be up"));
    }
    if !(0.0..=1.0).contains(&probability) {
        return refuse(format!("a probability of {probability} is not between 0 and 1"));
    }
    if let Rule::MaxRequests { rate, cv, .. } = rule
        && !(rate.is_finite() && rate > 0.0 && (0.0..=100.0).contains(&cv))
    {
        return refuse(format!(
            "{rate} requests/s with a coefficient of variation of {cv} are no pace; the rate must \
             be above 0, the coefficient from 0 to 100"
        ));
    }
    if matches!(rule, Rule::Ttl { .. }) && question.leak.per_request > 0 {
        return refuse(
            "what a worker leaks by requests in a TTL depends on how many it serves; state the \
             leak per hour"
                .to_owned(),
        );
    }
    let requests = if let Rule::MaxRequests { base, .. } = rule { base } else { 0 };
    if rule.base_secs() > LONGEST || requests > MOST_REQUESTS {
        return refuse(format!(
            "lives of {} are as good as endless; state at most 30 years and 2^50 requests",
            SimDuration::from_secs(rule.base_secs())
        ));
    }
    // Refuses lives of no length.
    rule.lives(workers, 0, question.outage)?;
    Ok(())
}

/// Why a jitter as long as the base does not do; `least` s would.
fn too_short(question: &Question, least: f64) -> NoJitter {
    let Question { workers, up, rule, outage, .. } = *question;
    let (base, too_many) = (rule.base_secs(), question.too_many());
    let (life, least) = (SimDuration::from_secs(base), SimDuration::from_secs(least));
    let most = match Lives::new(workers, base, base, outage.as_secs()) {
        Ok(most) => most,
        Err(error) => return NoJitter::Life(error),
    };
    let steady = most.down_at_least(too_many);
    if steady > 1.0 - question.probability {
        NoJitter::Steady { up, workers, life, outage, short: steady, least }
    } else {
        NoJitter::Together { up, workers, life, short: most.worst_at_least(too_many), least }
    }
}

fn lifecycle(rule: &Rule, jitter: u64) -> Lifecycle {
    match *rule {
        Rule::Ttl { base } => {
            Lifecycle { ttl: Some(base), ttl_jitter: SimDuration(jitter), ..Lifecycle::default() }
        }
        Rule::MaxRequests { base, .. } => Lifecycle {
            max_requests: Some(base),
            max_requests_jitter: jitter,
            ..Lifecycle::default()
        },
    }
}

fn table(lives: &Lives) -> Vec<DownRow> {
    let (workers, worst) = (lives.workers(), lives.down_at_worst());
    let row = |down| DownRow {
        down,
        steady: lives.down_at_least(down),
        worst: down_at_least(workers, worst, down),
    };
    (1..=workers).map(row).take_while(|row| row.steady.max(row.worst) >= NEGLIGIBLE).collect()
}

fn leak(question: &Question, jitter: u64, lives: &Lives) -> Option<Sawtooth> {
    let per_second = question.leak.per_hour as f64 / 3_600.0;
    let Sawtooth { most, mean } = lives.sawtooth(per_second);
    let by_time = Sawtooth { most: most + per_second * lives.outage(), mean };
    let by_request = match question.rule {
        Rule::Ttl { .. } => Sawtooth { most: 0.0, mean: 0.0 },
        Rule::MaxRequests { base, rate, .. } => Sawtooth {
            most: question.leak.per_request as f64 * (base as f64 + jitter as f64),
            mean: lives.sawtooth(question.leak.per_request as f64 * rate).mean,
        },
    };
    let (most, mean) = (by_time.most + by_request.most, by_time.mean + by_request.mean);
    (most > 0.0).then_some(Sawtooth { most, mean })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recycling::Leak;

    fn question(rule: Rule) -> Question {
        let outage = SimDuration::from_secs(10.0);
        let leak = Leak::default();
        Question { workers: 20, up: 16, probability: 0.999, rule, outage, leak, seed: 1 }
    }

    fn ttl(secs: f64) -> Rule {
        Rule::Ttl { base: SimDuration::from_secs(secs) }
    }

    #[test]
    fn the_answer_is_enough_and_no_less_would_be() {
        let requests = Rule::MaxRequests { base: 5_000, rate: 4.0, cv: 1.0 };
        for rule in [ttl(1_800.0), requests] {
            let question = question(rule);
            let answer = keep_up(&question).unwrap();
            assert!(answer.short.1 <= 0.001 && answer.short.0 < answer.short.1);
            let found = answer.lifecycle.ttl_jitter.0.max(answer.lifecycle.max_requests_jitter);
            // Less by a thousandth, or by one request.
            let less = found - (found / 1_000).max(1);
            let lives = rule.lives(20, less, question.outage).unwrap();
            assert!(lives.worst_at_least(5) > 0.001, "{found}");
            let rows = &answer.down;
            assert_eq!(rows[4].worst, answer.short.1);
            assert!(rows.is_sorted_by(|a, b| a.worst >= b.worst && a.steady >= b.steady));
            // The worst moment is worse than the average over its generation.
            assert!(answer.generations[0].short.low <= answer.short.1);
            assert_eq!(answer, keep_up(&question).unwrap());
        }
    }

    #[test]
    fn costs_are_those_of_the_cycle() {
        let answer = keep_up(&question(ttl(1_800.0))).unwrap();
        let cycle = 1_800.0 + answer.lifecycle.ttl_jitter.as_secs() / 2.0 + 10.0;
        assert!((answer.capacity_lost - 10.0 / cycle).abs() < 1e-9);
        assert!((answer.restarts_per_hour - 20.0 * 3_600.0 / cycle).abs() < 1e-6);
    }

    #[test]
    fn lives_that_are_too_short_are_told_how_long_they_must_be() {
        let least = |error: &NoJitter| match *error {
            NoJitter::Steady { least, .. } | NoJitter::Together { least, .. } => least,
            _ => panic!("{error}"),
        };
        for (life, steady) in [(100.0, true), (200.0, false)] {
            let error = keep_up(&question(ttl(life))).unwrap_err();
            assert_eq!(matches!(error, NoJitter::Steady { .. }), steady, "{error}");
            let enough = least(&error).as_secs();
            assert!(keep_up(&question(ttl(enough * 1.001))).is_ok(), "{error}");
            assert!(keep_up(&question(ttl(enough * 0.999))).is_err(), "{error}");
        }
    }

    #[test]
    fn certainty_is_not_to_be_had_and_nothing_needs_no_jitter() {
        let certain = Question { probability: 1.0, ..question(ttl(1e4)) };
        assert_eq!(keep_up(&certain), Err(NoJitter::Certainty { up: 16, workers: 20 }));
        let nobody = Question { up: 0, ..certain };
        assert_eq!(keep_up(&nobody).unwrap().lifecycle.ttl_jitter, SimDuration::ZERO);
        let no_outage = Question { outage: SimDuration::ZERO, ..certain };
        let answer = keep_up(&no_outage).unwrap();
        assert_eq!((answer.lifecycle.ttl_jitter, answer.short), (SimDuration::ZERO, (0.0, 0.0)));
    }

    #[test]
    fn a_leak_is_bounded_by_the_longest_life() {
        let rule = Rule::MaxRequests { base: 5_000, rate: 4.0, cv: 0.0 };
        let mut question = question(rule);
        assert_eq!(keep_up(&question).unwrap().leak, None);
        question.leak = Leak { per_request: 100_000, per_hour: 0 };
        let answer = keep_up(&question).unwrap();
        let most = 5_000 + answer.lifecycle.max_requests_jitter;
        let leak = answer.leak.unwrap();
        assert_eq!(leak.most, 100_000.0 * most as f64);
        assert!(leak.mean > 0.45 * leak.most && leak.mean < 0.51 * leak.most);
        question.rule = ttl(1_800.0);
        assert!(matches!(keep_up(&question), Err(NoJitter::Invalid(_))));
    }

    #[test]
    fn questions_without_sense_are_refused() {
        let good = question(ttl(1_800.0));
        let pace = |rate, cv| question(Rule::MaxRequests { base: 10, rate, cv });
        for bad in [
            Question { up: 21, ..good },
            Question { workers: 0, up: 0, ..good },
            Question { probability: f64::NAN, ..good },
            question(ttl(0.0)),
            question(Rule::MaxRequests { base: 0, rate: 1.0, cv: 0.0 }),
            Question { workers: u32::MAX, ..good },
            question(Rule::Ttl { base: SimDuration(u64::MAX) }),
            question(Rule::MaxRequests { base: u64::MAX, rate: 1e18, cv: 0.0 }),
            pace(0.0, 1.0),
            pace(f64::INFINITY, 1.0),
            pace(1.0, -1.0),
        ] {
            let error = keep_up(&bad).unwrap_err();
            assert!(matches!(error, NoJitter::Invalid(_) | NoJitter::Life(_)), "{error}");
        }
    }
}
