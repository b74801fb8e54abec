//! `planner recommend`: the main job.

use std::io;

use clap::error::ErrorKind;
use sim::experiment::CpuModel;
use sim::search::{SearchOptions, recommend};
use sim::stats::Verdict;
use sim::workload::{Goal, Workload};

use crate::args::{Format, RecommendArgs, description};
use crate::emit::{Emission, Places, Source};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, Target};
use crate::progress::Bar;
use crate::render::recommendation::Answer;
use crate::report::{self, Recording};
use crate::{command_line, inputs, render};

/// Finds the best pool and says why.
pub fn run(args: &RecommendArgs) -> Result<Code, Failure> {
    let mut workload = inputs::workload(&args.workload)?;
    let host = inputs::host(&args.host)?;
    if let Some(goal) = args.goal {
        set_goal(&mut workload, goal.into())?;
    }
    let places = Places::prepare(&args.emit, args.output.format, args.force)?;
    let target = Target::open(args.output.out.as_deref())?;
    let file = args.report.as_deref().map(OutFile::create).transpose()?;
    let (options, command, bar) = (options(args), command_line::repeat(), Bar::new());
    let recommendation = recommend(&workload, &host, &options, &bar)?;
    let source = Source {
        workload: &workload,
        host: &host,
        recommendation: &recommendation,
        options: &options,
        command: &command,
    };
    let emission = Emission::of(&source, &places, &bar);
    drop(bar);
    let answer = Answer {
        workload: &workload,
        host: &host,
        recommendation: &recommendation,
        command: command.clone(),
    };
    let text = match args.output.format {
        Format::Text => format!("{}{}", render::recommendation::text(&answer), emission.text),
        Format::Json => render::json::text(&render::json::recommend::Recommend::new(&answer)),
    };
    target.write(&text)?;
    if let Some(file) = file {
        report(&answer, args.scheduler.into(), file)?;
    }
    emission.end(code_of(recommendation.verdict))
}

/// Writes the report of `answer`.
fn report(answer: &Answer<'_>, cpu: CpuModel, file: OutFile) -> Result<(), Failure> {
    let recording = Recording::of(answer, cpu, &Bar::new())?;
    let page = report::html(answer, &recording).map_err(|error| Failure::Output {
        target: "the report".to_owned(),
        error: io::Error::other(error),
    })?;
    file.fill(|out| out.write_all(page.as_bytes()))
}

fn set_goal(workload: &mut Workload, goal: Goal) -> Result<(), Failure> {
    // The same rule as for `goal` in a workload file.
    if goal == Goal::Throughput && workload.arrivals.offered_rate().is_some() {
        let message = "an open load is served at the rate it is offered, so throughput cannot be \
                       the goal; name latency or memory, or use closed or batch arrivals";
        return Err(description().error(ErrorKind::ArgumentConflict, message).into());
    }
    workload.objective.goal = Some(goal);
    Ok(())
}

/// A width asked for scales the other: half as wide takes four times the
/// requests.
fn options(args: &RecommendArgs) -> SearchOptions {
    let usual = SearchOptions::default();
    let finer = usual.p99_precision / args.precision;
    SearchOptions {
        seed: args.seed,
        p99_precision: args.precision,
        throughput_precision: usual.throughput_precision / finer,
        budget: (usual.budget as f64 * (finer * finer).max(1.0)) as u64,
        events: (usual.events as f64 * (finer * finer).max(1.0)) as u64,
        cpu: args.scheduler.into(),
        ..usual
    }
}

fn code_of(verdict: Verdict) -> Code {
    match verdict {
        Verdict::Met => Code::Met,
        Verdict::Missed | Verdict::NotResolved => Code::NotMet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Command;

    fn options_of(precision: &str) -> SearchOptions {
        let line = ["planner", "recommend", "--workload", "w", "--precision", precision];
        match crate::args::parse(&line).unwrap() {
            Command::Recommend(args) => options(&args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_usual_precision_is_that_of_the_search() {
        let (usual, of) = (SearchOptions::default(), options_of("5%"));
        assert_eq!((of.budget, of.p99_precision), (usual.budget, usual.p99_precision));
        assert_eq!(of.throughput_precision, usual.throughput_precision);
    }

    #[test]
    fn half_the_width_may_take_four_times_the_requests() {
        let (usual, of) = (SearchOptions::default(), options_of("2.5%"));
        assert_eq!(of.budget, 4 * usual.budget);
        assert_eq!(of.throughput_precision, usual.throughput_precision / 2.0);
        assert_eq!(options_of("50%").budget, usual.budget);
    }
}
