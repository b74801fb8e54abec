//! The questions, in their order.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use sim::search::Progress;

use super::answer::{Alone, Answer, Beside, First, Fork, Imports, Pickled, Together};
use super::figures::{Times, memory_use, times};
use super::launch::{Asked, Desk, Question};
use super::lock::lock_use;
use super::{
    BlasUse, CharacterizeError, ForkUse, FreeThreaded, ImportUse, LockUse, MemoryUse, Plan,
    Portrait, Size,
};
use crate::interpreters::Interpreter;
use crate::lock_probe::Spread;
use crate::run::Stop;

const MS: u64 = 1_000_000;
/// Processes that import the module, one after another.
const IMPORTS: u32 = 3;
/// Time for calls in one process.
const ALONE_NS: u64 = 1_000 * MS;
/// Time for calls beside spinners; as long again for those that are known.
const BESIDE_NS: u64 = 6_000 * MS;
/// Time for calls whose memory is watched.
const MEMORY_NS: u64 = 1_500 * MS;
/// Of the bar.
const STEPS: u64 = 7;

/// Measures the callable of `plan`; about 20 s for one of 10 ms.
///
/// Everything runs in child processes, of which none is left on return.
///
/// # Errors
/// The callable could not be called once, or the system failed. A later
/// question without an answer is part of the portrait.
pub fn characterize(
    plan: &Plan<'_>,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Portrait, CharacterizeError> {
    let began = Instant::now();
    let desk = Desk::new(plan.callable, plan.folder, stop)?;
    let course = Course { plan, desk };
    let step = |what: &str, done| progress.step(what, done, STEPS);
    step("the first call", 0);
    let (first, mut seen) = course.first()?;
    let one = Duration::from_nanos(first.wall_ns);
    step("imports", 1);
    let imports = course.imports()?;
    step("calls alone", 2);
    let (times, blas) = course.alone(one)?;
    let mut not_run = Vec::new();
    let mut missed = |question: &str, why: String| not_run.push((question.to_owned(), why));
    step("calls beside threads that spin", 3);
    let lock = match times.locked {
        true => course.beside(one, &mut seen)?.or_else(|why| none(&mut missed, "lock", why))?,
        false => None,
    };
    if seen.cut {
        missed(
            "lock",
            "its time ran out; the figures are of what was measured until then".to_owned(),
        );
    }
    step("memory", 4);
    let memory = course.memory(one)?.or_else(|why| none(&mut missed, "memory", why))?;
    step("a forked child", 5);
    let fork = course.fork(one)?;
    step("a free-threaded build", 6);
    let free_threaded = course.free_threaded(one, times.batch)?;
    step("done", STEPS);
    Ok(Portrait {
        target: plan.callable.target.clone(),
        python: plan.python.clone(),
        imports,
        first_call: first.wall_ns as f64 * 1e-9,
        coroutine: first.awaited,
        request: size(&first.arguments),
        response: size(&first.result),
        unsendable: first.function.why.clone(),
        times,
        blas,
        lock,
        memory,
        fork,
        free_threaded,
        output: seen.output,
        left: seen.left.max(first.children),
        not_run,
        took: began.elapsed().as_secs_f64(),
    })
}

fn none<T>(
    missed: &mut impl FnMut(&str, String),
    question: &str,
    why: String,
) -> Result<Option<T>, CharacterizeError> {
    missed(question, why);
    Ok(None)
}

/// An answer, or why the callable gave none.
type Attempt<T> = Result<Result<Option<T>, String>, CharacterizeError>;

struct Course<'a> {
    plan: &'a Plan<'a>,
    desk: Desk<'a>,
}

impl Course<'_> {
    fn question(&self, name: &'static str, settings: Value, limit: Duration) -> Question<'_> {
        let settings = match settings {
            Value::Object(settings) => settings,
            _ => Map::new(),
        };
        let python = &self.plan.python.path;
        Question { name, python, settings, blas_threads: 1, limit }
    }

    /// Time for set-up and some calls, each of which may be far slower than the
    /// first.
    fn patience(&self, one: Duration, calls: u32, budget_ns: u64) -> Duration {
        self.plan.timeout + one * calls + Duration::from_nanos(4 * budget_ns)
    }

    fn first(&self) -> Result<(First, Asked), CharacterizeError> {
        let asked = self.desk.ask(&self.question("first", json!({}), self.plan.timeout))?;
        let first = asked.answers.iter().find_map(|answer| match answer {
            Answer::First(first) => Some(first.clone()),
            _ => None,
        });
        Ok((first.ok_or_else(|| odd("first"))?, asked))
    }

    fn imports(&self) -> Result<ImportUse, CharacterizeError> {
        let question = self.question("imports", json!({}), self.plan.timeout);
        let mut all: Vec<Imports> = Vec::new();
        for _ in 0..IMPORTS {
            let asked = self.desk.ask(&question)?;
            all.extend(asked.answers.into_iter().find_map(|answer| match answer {
                Answer::Imports(imports) => Some(imports),
                _ => None,
            }));
        }
        let spread = |value: &dyn Fn(&Imports) -> f64| {
            Spread::of(&all.iter().map(value).collect::<Vec<_>>()).ok_or_else(|| odd("imports"))
        };
        Ok(ImportUse {
            cpu: spread(&|it| it.cpu_ns as f64 * 1e-9)?,
            memory: spread(&|it| it.bytes as f64)?,
            libraries: all.last().map(|it| it.libraries.clone()).unwrap_or_default(),
            threads: all.iter().map(|it| it.threads).max().unwrap_or(1),
        })
    }

    /// On one BLAS thread, on all cores, and on one again.
    fn alone(&self, one: Duration) -> Result<(Times, Option<BlasUse>), CharacterizeError> {
        let mut single = self.alone_with(&self.plan.python.path, 1, one)?;
        let parallel = match self.plan.cores {
            1 => None,
            cores => Some(self.alone_with(&self.plan.python.path, cores, one)?),
        };
        let again = self.alone_with(&self.plan.python.path, 1, one)?;
        single.blocks.extend(again.blocks);
        single.calls.extend(again.calls);
        single.failed += again.failed;
        let single = times(&single).ok_or_else(|| odd("alone"))?;
        let parallel = parallel.as_ref().and_then(times);
        let blas = parallel.and_then(|many| blas(&single, &many, self.plan.cores));
        Ok((single, blas))
    }

    fn alone_with(
        &self,
        python: &std::path::Path,
        blas_threads: u32,
        one: Duration,
    ) -> Result<Alone, CharacterizeError> {
        let settings = json!({ "budget_ns": ALONE_NS, "block_ns": 100 * MS, "least_blocks": 3 });
        let question = self.question("alone", settings, self.patience(one, 20, ALONE_NS));
        let asked = self.desk.ask(&Question { python, blas_threads, ..question })?;
        let alone = asked.answers.into_iter().find_map(|answer| match answer {
            Answer::Alone(alone) => Some(alone),
            _ => None,
        });
        alone.ok_or_else(|| odd("alone"))
    }

    fn beside(&self, one: Duration, seen: &mut Asked) -> Attempt<LockUse> {
        let (long, short) = (5 * MS, MS);
        let cells: Vec<(u32, u64)> =
            [1, 2, 4].into_iter().flat_map(|n| [(n, long), (n, short)]).collect();
        let settings = json!({
            "budget_ns": BESIDE_NS,
            "block_ns": 120 * MS,
            "cells": cells,
            "repeats": 8,
            "crowded_repeats": 2,
        });
        let question = self.question("beside", settings, self.patience(one, 80, BESIDE_NS));
        let asked = match self.desk.ask(&question) {
            Err(error) if error.is_the_callables() => return Ok(Err(error.to_string())),
            asked => asked?,
        };
        seen.left = seen.left.max(asked.left);
        seen.cut |= asked.cut;
        let blocks: Vec<&Beside> = asked
            .answers
            .iter()
            .filter_map(|answer| match answer {
                Answer::Beside(block) => Some(block),
                _ => None,
            })
            .collect();
        Ok(lock_use(&blocks).map(Some).ok_or_else(|| "too few calls beside a spinner".to_owned()))
    }

    fn memory(&self, one: Duration) -> Attempt<MemoryUse> {
        let settings = json!({ "budget_ns": MEMORY_NS, "repeats": 5 });
        let question = self.question("memory", settings, self.patience(one, 40, MEMORY_NS));
        let asked = match self.desk.ask(&question) {
            Err(error) if error.is_the_callables() => return Ok(Err(error.to_string())),
            asked => asked?,
        };
        let found = asked.answers.iter().find_map(|answer| match answer {
            Answer::Memory(memory) => memory_use(memory),
            _ => None,
        });
        Ok(found.map(Some).ok_or_else(|| "too few calls".to_owned()))
    }

    fn fork(&self, one: Duration) -> Result<ForkUse, CharacterizeError> {
        let patience = Duration::from_secs(3) + one * 20;
        let settings = json!({ "patience_ns": patience.as_nanos() as u64 });
        let question = self.question("fork", settings, self.patience(one, 2, 0) + patience);
        // As users fork: with the threads that libraries start by themselves.
        let question = Question { blas_threads: self.plan.cores, ..question };
        let untried = |why: String| ForkUse {
            child: format!("not tried: {why}"),
            threads: 0,
            imported_threads: 0,
        };
        let asked = match self.desk.ask(&question) {
            Err(error) if error.is_the_callables() => return Ok(untried(error.to_string())),
            asked => asked?,
        };
        let found = asked.answers.into_iter().find_map(|answer| match answer {
            Answer::Fork(Fork { imported_threads, threads, child }) => {
                Some(ForkUse { child, threads, imported_threads })
            }
            _ => None,
        });
        Ok(found.unwrap_or_else(|| untried("no answer".to_owned())))
    }

    fn free_threaded(&self, one: Duration, batch: u64) -> Result<FreeThreaded, CharacterizeError> {
        if self.plan.python.build.free_threaded {
            return Ok(FreeThreaded::NotRun("all of this was measured on one".to_owned()));
        }
        let Some(build) = self.plan.free_threaded else {
            let why = "no free-threaded CPython was found; `planner doctor` says where it looks";
            return Ok(FreeThreaded::NotRun(why.to_owned()));
        };
        match self.without_lock(build, one, batch) {
            Err(error) if error.is_the_callables() => Ok(FreeThreaded::NotRun(format!(
                "CPython {} without the lock: {error}",
                build.build.version
            ))),
            found => found,
        }
    }

    fn without_lock(
        &self,
        build: &Interpreter,
        one: Duration,
        batch: u64,
    ) -> Result<FreeThreaded, CharacterizeError> {
        let alone = self.alone_with(&build.path, 1, one)?;
        let locked = alone.locked;
        let own_cpu = times(&alone).ok_or_else(|| odd("alone"))?.own_cpu;
        let rate = |count| {
            let window_ns = (500 * MS).max(8 * one.as_nanos() as u64);
            let settings = json!({
                "kind": "threads", "count": count, "window_ns": window_ns, "batch": batch,
                "alone_ns": 0,
            });
            let question = self.question("together", settings, self.patience(one, 20, window_ns));
            let asked = self.desk.ask(&Question { python: &build.path, ..question })?;
            together(&asked).map(|it| it.calls / (it.ended - it.began) as f64)
        };
        let two_threads = rate(2)? / rate(1)?;
        let version = build.build.version.clone();
        Ok(FreeThreaded::Measured { version, locked, own_cpu, two_threads })
    }
}

pub(super) fn together(asked: &Asked) -> Result<Together, CharacterizeError> {
    let found = asked.answers.iter().find_map(|answer| match answer {
        Answer::Together(together) => Some(together.clone()),
        _ => None,
    });
    found.filter(|it| it.ended > it.began).ok_or_else(|| odd("together"))
}

fn odd(question: &'static str) -> CharacterizeError {
    CharacterizeError::Answer { question, error: "the answer is missing".to_owned() }
}

/// With more BLAS threads it takes less time for certain, or it has none.
fn blas(single: &Times, many: &Times, threads: u32) -> Option<BlasUse> {
    let saved = |one: f64, all: f64| {
        let share = f64::from(threads) / f64::from(threads - 1);
        ((one - all) * share).clamp(0.0, one)
    };
    let (one, all) = (single.elapsed, many.elapsed);
    (many.threads > single.threads && all.high < one.low).then(|| BlasUse {
        threads,
        in_process: many.threads,
        elapsed: all,
        parallel: Spread {
            point: saved(one.point, all.point),
            low: saved(one.low, all.high),
            high: saved(one.high, all.low),
            n: all.n,
        },
    })
}

fn size(pickled: &Pickled) -> Size {
    Size {
        bytes: pickled.bytes,
        why_not: pickled.why.clone(),
        pack: pickled.pack_ns as f64 * 1e-9,
        unpack: pickled.unpack_ns as f64 * 1e-9,
    }
}
