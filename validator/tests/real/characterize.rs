//! Callables that misbehave: each has its own outcome, and nothing is left.

use std::fs;
use std::path::Path;
use std::time::Duration;

use validator::characterize::{Callable, CharacterizeError, Phase, Plan, characterize};
use validator::interpreters;
use validator::run::Stop;

use crate::support::{processes_of, python, wait_until};

const MODULE: &str = r#"
import os, subprocess, sys, time

def raises():
    raise ValueError("no good")

def exits():
    sys.exit(4)

def ends():
    os._exit(9)

def crashes():
    os.kill(os.getpid(), 11)

def blocks():
    print("waiting for godot")
    while True:
        time.sleep(1)

def escapes():
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    raise ValueError("gone")

def forks():
    os.fork()

def hogs():
    kept = []
    while True:
        kept.append(bytearray(64 << 20))

def floods():
    for _ in range(20_000):
        print("y" * 100)
    raise ValueError("flooded")

def generates():
    yield 1

number = 5
"#;

/// How `name(args)` fails; it always does.
fn failure(name: &str, args: &str, setup: &str) -> Option<CharacterizeError> {
    let python = interpreters::at(python()?).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("misbehaving.py"), MODULE).unwrap();
    let work = folder.path().join("work");
    fs::create_dir(&work).unwrap();
    let callable = Callable {
        target: format!("misbehaving:{name}"),
        args: args.to_owned(),
        setup: setup.to_owned(),
        folder: folder.path().to_owned(),
        memory_bytes: 1 << 30,
    };
    let plan = Plan {
        callable: &callable,
        python: &python,
        free_threaded: None,
        timeout: Duration::from_secs(if name == "blocks" { 2 } else { 60 }),
        cores: 2,
        folder: &work,
    };
    let error = characterize(&plan, &Stop::new(), &()).unwrap_err();
    assert_nothing_left(&work);
    assert!(error.is_the_callables(), "{error}");
    assert!(error.help().is_some(), "{error}");
    Some(error)
}

fn assert_nothing_left(folder: &Path) {
    wait_until("all processes of the callable end", || processes_of(folder).is_empty());
}

#[test]
fn an_exception_is_told_with_its_place() {
    let Some(error) = failure("raises", "", "") else { return };
    let text = error.to_string();
    assert!(text.contains("ValueError: no good, when it was called"), "{text}");
    assert!(text.contains("misbehaving.py:5 in raises"), "{text}");
}

#[test]
fn what_is_wrong_with_how_it_is_named_is_told_apart() {
    let phase_of = |name, args, setup| match failure(name, args, setup)? {
        CharacterizeError::Raised { phase, .. } => Some(phase),
        other => panic!("{other}"),
    };
    let Some(missing) = phase_of("missing", "", "") else { return };
    assert_eq!(missing, Phase::Lookup);
    assert_eq!(phase_of("number", "", ""), Some(Phase::Lookup));
    assert_eq!(phase_of("raises", "nobody", ""), Some(Phase::Arguments));
    assert_eq!(phase_of("raises", "1,,", ""), Some(Phase::Arguments));
    assert_eq!(phase_of("raises", "", "1 / 0"), Some(Phase::Setup));
    assert_eq!(phase_of("raises", "7", ""), Some(Phase::Call));
}

#[test]
fn whoever_ends_its_process_is_told_how() {
    let Some(error) = failure("ends", "", "") else { return };
    assert!(error.to_string().contains("exit status: 9"), "{error}");
    let signal = failure("crashes", "", "").unwrap().to_string();
    assert!(signal.contains("signal: 11"), "{signal}");
    let exit = failure("exits", "", "").unwrap().to_string();
    assert!(exit.contains("SystemExit: 4"), "{exit}");
}

#[test]
fn whoever_blocks_is_ended_and_what_it_printed_is_shown() {
    let Some(error) = failure("blocks", "", "") else { return };
    assert!(matches!(error, CharacterizeError::TimedOut { phase: Phase::Call, .. }), "{error}");
    assert!(error.to_string().contains("waiting for godot"), "{error}");
    let error = failure("floods", "", "").unwrap().to_string();
    assert!(error.contains("it printed: yyy") && error.len() < 2_000, "{error}");
}

#[test]
fn memory_without_bound_is_refused_by_the_limit() {
    let Some(error) = failure("hogs", "", "") else { return };
    let limit = matches!(error, CharacterizeError::Memory { limit, .. } if limit == 1 << 30);
    assert!(limit, "{error}");
}

#[test]
fn processes_that_leave_the_group_are_ended_too() {
    // `failure` waits until none is left.
    let Some(error) = failure("escapes", "", "") else { return };
    assert!(error.to_string().contains("gone"), "{error}");
}

#[test]
fn returning_twice_is_no_call() {
    let Some(error) = failure("forks", "", "") else { return };
    assert!(error.to_string().contains("returned in both processes"), "{error}");
    let error = failure("generates", "", "").unwrap().to_string();
    assert!(error.contains("it returned a generator"), "{error}");
}
