//! `planner recycling`: the rule that keeps enough workers up.

use sim::experiment::SimError;
use sim::kernel::SimDuration;
use sim::pool::{Lifecycle, Rule};
use sim::stats::Verdict;

use crate::args::{Format, RecyclingArgs};
use crate::exit::{Code, Failure};
use crate::files::Target;
use crate::pools::Choices;
use crate::progress::Bar;
use crate::recycling::{Base, Case, Counted, Goal, study};
use crate::render::recycling::Answer;
use crate::{command_line, inputs, render};

/// With which probability, if nobody says.
const PROBABILITY: f64 = 0.999;
/// Plain workers without a stated life live for so many outages, or for that
/// many seconds if they have none.
const OUTAGES_PER_LIFE: f64 = 60.0;

/// Finds the rule, checks it, and says what came out.
pub fn run(args: &RecyclingArgs) -> Result<Code, Failure> {
    let case = Case {
        cpu: args.check.scheduler.into(),
        replications: args.check.replications,
        seed: args.check.seed,
        ..case(args)?
    };
    let goal = goal(args, &case)?;
    let base = base(args, &case);
    // Refused here if the pool has no such rule at all.
    case.with(bare(base))?;
    let target = Target::open(args.output.out.as_deref())?;
    let bar = Bar::new();
    let study = study(&case, goal, base, &bar)?;
    drop(bar);
    let answer = Answer { case: &case, study: &study, command: command_line::repeat() };
    let text = match args.output.format {
        Format::Text => render::recycling::text(&answer),
        Format::Json => render::json::text(&render::json::recycling::Recycling::new(&answer)),
    };
    target.write(&text)?;
    Ok(match study.check.verdict {
        Verdict::Missed => Code::NotMet,
        Verdict::Met | Verdict::NotResolved => Code::Met,
    })
}

fn case(args: &RecyclingArgs) -> Result<Case, Failure> {
    let Some(path) = &args.workload else { return plain(args) };
    let (workload, host) = (inputs::workload(path)?, inputs::host(&args.host)?);
    let deployment = Choices::from(&args.pool).deploy(&workload, &host);
    let deployment = deployment.map_err(SimError::Impossible)?;
    Ok(Case::of(workload, host, deployment)?)
}

fn plain(args: &RecyclingArgs) -> Result<Case, Failure> {
    let (Some(workers), Some(outage)) = (args.plain.workers, args.plain.outage) else {
        return Err(impossible("without --workload, both --workers and --outage are needed"));
    };
    let rate = args.plain.rate;
    let life = match (args.rule.ttl, args.rule.max_requests, rate) {
        (Some(ttl), ..) => ttl,
        (_, Some(requests), Some(rate)) => SimDuration::from_secs(requests as f64 / rate),
        (_, Some(_), None) => {
            let why = "how long --max-requests lasts depends on how many come; add --rate, the \
                       requests per second of one worker";
            return Err(impossible(why));
        }
        _ => SimDuration::from_secs(OUTAGES_PER_LIFE * outage.as_secs().max(1.0)),
    };
    Ok(Case::plain(workers, outage, rate, life))
}

fn goal(args: &RecyclingArgs, case: &Case) -> Result<Goal, Failure> {
    let stated = case.workload.objective.keep_up;
    let share = args.goal.keep_up.or(stated.map(|keep_up| keep_up.share));
    let probability = args.goal.probability.or(stated.map(|keep_up| keep_up.probability));
    let Some(share) = share else {
        return Err(impossible("how many workers must be up? Write it, like --keep-up 90%"));
    };
    Ok(Goal { share, probability: probability.unwrap_or(PROBABILITY) })
}

/// The rule that is asked for, else the workload's, else the shortest lives that
/// do.
fn base(args: &RecyclingArgs, case: &Case) -> Base {
    let stated = case.workload.service.lifecycle;
    let rules = case.pool.kind.mechanics().rules(case.pool.python);
    let counts_requests = match args.workload {
        Some(_) => rules.contains(&Rule::MaxRequests) || !rules.contains(&Rule::Ttl),
        None => args.plain.rate.is_some(),
    };
    match (args.rule.max_requests, args.rule.ttl, stated.max_requests, stated.ttl) {
        (Some(requests), ..) | (_, None, Some(requests), _) => Base::MaxRequests(requests),
        (_, Some(ttl), ..) | (_, _, _, Some(ttl)) => Base::Ttl(ttl),
        _ if counts_requests => Base::Shortest(Counted::Requests),
        _ => Base::Shortest(Counted::Time),
    }
}

/// The rule without its jitter; whatever its numbers, as long as they are some.
fn bare(base: Base) -> Lifecycle {
    let none = Lifecycle::default();
    match base {
        Base::MaxRequests(requests) => Lifecycle { max_requests: Some(requests), ..none },
        Base::Ttl(ttl) => Lifecycle { ttl: Some(ttl), ..none },
        Base::Shortest(Counted::Requests) => Lifecycle { max_requests: Some(1), ..none },
        Base::Shortest(Counted::Time) => Lifecycle { ttl: Some(SimDuration::SECOND), ..none },
    }
}

fn impossible(why: &str) -> Failure {
    SimError::Impossible(why.to_owned()).into()
}
