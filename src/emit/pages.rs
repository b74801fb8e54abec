//! Files from templates.

use minijinja::{Environment, context};
use serde::Serialize;

use super::Source;
use super::error::EmitError;
use super::facts::{Facts, PoolFacts, Setting};
use super::fit::Fitted;
use super::place::File;
use super::predicted::Predicted;
use super::target::{Product, Target};

/// Columns of a comment.
const WIDTH: usize = 88;

const TEMPLATES: [(&str, &str); 11] = [
    ("macros", include_str!("templates/macros.j2")),
    ("gunicorn", include_str!("templates/gunicorn.conf.py.j2")),
    ("uvicorn", include_str!("templates/serve_uvicorn.py.j2")),
    ("celery", include_str!("templates/celeryconfig.py.j2")),
    ("concurrent.futures", include_str!("templates/executor_pool.py.j2")),
    ("multiprocessing", include_str!("templates/process_pool.py.j2")),
    ("asyncio", include_str!("templates/asyncio_pool.py.j2")),
    ("snakepit", include_str!("templates/snakepit.exs.j2")),
    ("systemd", include_str!("templates/pool.service.j2")),
    ("kubernetes", include_str!("templates/pool.yaml.j2")),
    ("check", include_str!("templates/check.py.j2")),
];

/// The files of `target`, the one with the settings first.
///
/// # Errors
/// A template is broken.
pub fn files(
    target: Target,
    source: &Source<'_>,
    fitted: &Fitted<'_>,
    facts: &Facts,
) -> Result<Vec<File>, EmitError> {
    let fail =
        |error: minijinja::Error| EmitError::Template { target, reason: format!("{error:#}") };
    let pages = environment().map_err(fail)?;
    let mut files = Vec::new();
    let whole = target.is_library() || target == Target::Snakepit;
    let parts = if whole { &facts.pools[..1] } else { &facts.pools[..] };
    for pool in parts {
        let part = pool.name.as_deref().filter(|_| !whole);
        let file = target.file(part);
        let page = Page {
            facts,
            pool,
            head_lines: &facts.head,
            arguments: arguments(pool),
            application: application(pool),
            label: label(&facts.workload, part),
            module: module(target),
            file: &file,
        };
        let text = pages.get_template(target.name()).and_then(|t| t.render(&page)).map_err(fail)?;
        files.push(File { name: file, text });
    }
    if let Some(driver) = driver(target, facts) {
        let predicted = Predicted::of(source.workload, fitted, source.host, source.options.seed);
        // The text of a JSON value: it has no quotes of three.
        let prediction = serde_json::to_string_pretty(&predicted).unwrap_or_default();
        let context = context! {
            prediction, driver, module => module(target),
            measure => include_str!("check/measure.py"), judge => include_str!("check/judge.py"),
        };
        let text = pages.get_template("check").and_then(|t| t.render(context)).map_err(fail)?;
        files.push(File { name: check_name(target), text });
    }
    Ok(files)
}

/// What a template of settings sees.
#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    facts: &'a Facts,
    pool: &'a PoolFacts,
    head_lines: &'a [String],
    arguments: Vec<Setting<String>>,
    /// What the server is to serve; none for workers of a broker.
    application: Option<&'static str>,
    /// A name as Kubernetes wants it.
    label: String,
    /// The file as Python imports it.
    module: String,
    file: &'a str,
}

fn application(pool: &PoolFacts) -> Option<&'static str> {
    (pool.product != Product::Celery).then_some("app:application")
}

fn module(target: Target) -> String {
    target.file(None).trim_end_matches(".py").to_owned()
}

/// Small letters, digits and hyphens, at most 63.
fn label(workload: &str, part: Option<&str>) -> String {
    let whole = part.map_or(workload.to_owned(), |part| format!("{workload}-{part}"));
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = whole.chars().map(letter).take(58).collect();
    format!("pool-{}", text.trim_matches('-')).trim_end_matches('-').to_owned()
}

fn check_name(target: Target) -> String {
    format!("check_{}.py", target.name().replace('.', "_"))
}

/// The part of the check script that sends requests; none for gRPC, which the
/// standard library does not speak, and for pipelines.
fn driver(target: Target, facts: &Facts) -> Option<&'static str> {
    const HTTP: &str = include_str!("check/http.py");
    const CELERY: &str = include_str!("check/celery.py");
    match (target, facts.pools[0].product) {
        _ if facts.staged => None,
        (Target::Snakepit, _) => None,
        (Target::Futures, _) => {
            Some(concat!(include_str!("check/futures.py"), include_str!("check/submit.py")))
        }
        (Target::Multiprocessing, _) => {
            Some(concat!(include_str!("check/multiprocessing.py"), include_str!("check/submit.py")))
        }
        (Target::Asyncio, _) => Some(include_str!("check/asyncio.py")),
        (_, Product::Celery) => Some(CELERY),
        _ => Some(HTTP),
    }
}

/// The command line of the product with `pool`'s settings, one argument each;
/// the first is the program.
fn arguments(pool: &PoolFacts) -> Vec<Setting<String>> {
    let mut line = Vec::new();
    let mut say = |text: String, why: &str| line.push(Setting::new(text, why));
    let replaced = &pool.replaced;
    match pool.product {
        Product::Gunicorn => {
            say("gunicorn".to_owned(), "");
            say(format!("--worker-class={}", pool.class.value), &pool.class.why);
            say(format!("--workers={}", pool.workers.value), &pool.workers.why);
            match pool.class.value {
                "gthread" => say(format!("--threads={}", pool.slots.value), &pool.slots.why),
                "gevent" => {
                    say(format!("--worker-connections={}", pool.slots.value), &pool.slots.why);
                }
                _ => {}
            }
            if pool.start.value == "fork" {
                say("--preload".to_owned(), &pool.start.why);
            }
            if let Some(n) = replaced.max_requests.value {
                say(format!("--max-requests={n}"), &replaced.max_requests.why);
            }
            if let Some(n) = replaced.jitter.value {
                say(format!("--max-requests-jitter={n}"), &replaced.jitter.why);
            }
            if let Some(seconds) = pool.kill_after.value {
                say(format!("--timeout={seconds}"), &pool.kill_after.why);
            }
            say(format!("--graceful-timeout={}", pool.graceful.value), &pool.graceful.why);
        }
        Product::Uvicorn => {
            say("uvicorn".to_owned(), "");
            say(format!("--workers={}", pool.workers.value), &pool.workers.why);
            if let Some(n) = replaced.max_requests.value {
                say(format!("--limit-max-requests={n}"), &replaced.max_requests.why);
            }
            if let Some(n) = replaced.jitter.value {
                say(format!("--limit-max-requests-jitter={n}"), &replaced.jitter.why);
            }
            let graceful = format!("--timeout-graceful-shutdown={}", pool.graceful.value);
            say(graceful, &pool.graceful.why);
        }
        Product::Celery => {
            say("celery".to_owned(), "");
            say("--app=app".to_owned(), "The module with your Celery application.");
            say("worker".to_owned(), "");
            say(format!("--pool={}", pool.class.value), &pool.class.why);
            let (concurrency, why) = match pool.class.value {
                "threads" => (pool.slots.value, &pool.slots.why),
                _ => (pool.workers.value, &pool.workers.why),
            };
            say(format!("--concurrency={concurrency}"), why);
            if let Some(n) = replaced.max_requests.value {
                say(format!("--max-tasks-per-child={n}"), &replaced.max_requests.why);
            }
            if let Some(mib) = replaced.memory_mib.value {
                say(format!("--max-memory-per-child={}", mib * 1024), &replaced.memory_mib.why);
            }
            if let Some(seconds) = pool.kill_after.value {
                say(format!("--time-limit={seconds}"), &pool.kill_after.why);
            }
        }
        Product::Library | Product::Snakepit => {}
    }
    line
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut pages = Environment::new();
    pages.set_trim_blocks(true);
    pages.set_lstrip_blocks(true);
    pages.set_keep_trailing_newline(true);
    pages.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    pages.add_filter("note", note);
    pages.add_filter("quoted", quoted);
    for (name, text) in TEMPLATES {
        pages.add_template(name, text)?;
    }
    Ok(pages)
}

/// `text` as a comment of lines that start with `#`, set in by `indent`.
fn note(text: &str, indent: Option<usize>) -> String {
    let start = format!("{}# ", " ".repeat(indent.unwrap_or(0)));
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(&start)
        .subsequent_indent(&start)
        .break_words(false);
    textwrap::wrap(text, options).join("\n")
}

/// A literal of Python: those of JSON are.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_wrap_and_stay_comments() {
        let text = note(&"many words ".repeat(20), Some(4));
        assert!(text.lines().count() > 2);
        assert!(text.lines().all(|line| line.starts_with("    # ") && line.len() <= WIDTH));
    }

    #[test]
    fn every_template_is_well_formed_and_every_target_has_one() {
        let pages = environment().unwrap();
        for target in Target::ALL {
            assert!(pages.get_template(target.name()).is_ok(), "{target}");
        }
    }
}
