//! `planner recommend`: the main job.

use sim::search::{Recommendation, SearchOptions, recommend};
use sim::stats::Verdict;

use crate::args::{Format, RecommendArgs};
use crate::exit::{Code, Failure};
use crate::files::Target;
use crate::progress::Bar;
use crate::{command_line, inputs, render};

/// Finds the best pool and says why.
pub fn run(args: &RecommendArgs) -> Result<Code, Failure> {
    let mut workload = inputs::workload(&args.workload)?;
    let host = inputs::host(&args.host)?;
    let target = Target::open(args.output.out.as_deref())?;
    if let Some(goal) = args.goal {
        workload.objective.goal = Some(goal.into());
    }
    let options = SearchOptions {
        seed: args.seed,
        p99_precision: args.precision,
        cpu: args.scheduler.into(),
        ..SearchOptions::default()
    };
    let bar = Bar::new();
    let recommendation = recommend(&workload, &host, &options, &bar)?;
    drop(bar);
    let code = code_of(&recommendation);
    let answer = render::recommendation::Answer {
        workload: &workload,
        host: &host,
        recommendation: &recommendation,
        command: command_line::repeat(),
    };
    let text = match args.output.format {
        Format::Text => render::recommendation::text(&answer),
        Format::Json => render::json::text(&render::json::recommend::Recommend::new(&answer)),
    };
    target.write(&text)?;
    Ok(code)
}

fn code_of(recommendation: &Recommendation) -> Code {
    match recommendation.verdict {
        Verdict::Met => Code::Met,
        Verdict::Missed | Verdict::NotResolved => Code::NotMet,
    }
}
