use super::*;
use crate::interpreters;
use std::io::Write as _;

/// A CPython of this machine for which the lock files have versions.
fn interpreter() -> Option<Interpreter> {
    let found = interpreters::find().interpreters.into_iter();
    found.rev().find(|i| i.build.implementation == "CPython" && i.build.minor >= 10)
}

/// Past the harness, which keeps to itself what a test that passes prints.
fn not_run(why: &str) {
    let _ = writeln!(io::stderr(), "not run: {why}");
}

/// The environment, or a line that says why its test did not run.
fn environment(cache: &Cache, purpose: Purpose) -> Option<Environment> {
    let Some(interpreter) = interpreter() else {
        not_run("no CPython 3.10 or later was found");
        return None;
    };
    match cache.environment(&interpreter, purpose) {
        Ok(environment) => Some(environment),
        Err(error @ (EnvironmentError::Install { .. } | EnvironmentError::NoVenv { .. })) => {
            not_run(&error.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn mark() -> Mark {
    Mark {
        interpreter: "/usr/bin/python3".into(),
        version: "3.12.1".to_owned(),
        free_threaded: false,
        lock_digest: locked::digest(b"numpy==2.0.0"),
    }
}

#[test]
fn a_plain_environment_is_the_interpreter_itself() {
    let folder = tempfile::tempdir().unwrap();
    let Some(environment) = environment(&Cache::at(folder.path()), Purpose::Plain) else { return };
    assert_eq!(environment.python, environment.interpreter.path);
    assert_eq!(environment.interpreter_lock, !environment.interpreter.build.free_threaded);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn packages_are_installed_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path());
    let Some(first) = environment(&cache, Purpose::Greenlets) else { return };
    assert!(first.python.starts_with(folder.path()));
    let built = fs::metadata(first.python.parent().unwrap()).unwrap().modified().unwrap();
    let second = environment(&cache, Purpose::Greenlets).unwrap();
    assert_eq!(first, second);
    let again = fs::metadata(second.python.parent().unwrap()).unwrap().modified().unwrap();
    assert_eq!(built, again);
}

#[test]
fn another_lock_file_or_interpreter_is_another_environment() {
    let name = folder_name(&mark(), Purpose::Numpy);
    assert!(name.starts_with("numpy-3.12.1-"), "{name}");
    let lock = Mark { lock_digest: locked::digest(b"numpy==2.0.1"), ..mark() };
    let interpreter = Mark { interpreter: "/opt/bin/python3".into(), ..mark() };
    let threads = Mark { free_threaded: true, ..mark() };
    for other in [lock, interpreter, threads] {
        assert_ne!(folder_name(&other, Purpose::Numpy), name);
    }
}

#[test]
fn an_environment_without_its_mark_is_not_finished() {
    let folder = tempfile::tempdir().unwrap();
    let (aside, target) = (folder.path().join("aside"), folder.path().join("target"));
    fs::create_dir_all(aside.join("bin")).unwrap();
    fs::create_dir_all(&target).unwrap();
    assert!(!is_finished(&target, &mark()));
    put_in_place(&aside, &target, &mark()).unwrap();
    assert!(is_finished(&target, &mark()));
    assert!(!is_finished(&target, &Mark { version: "3.12.2".to_owned(), ..mark() }));
}

#[test]
fn an_interpreter_that_cannot_make_environments_is_named() {
    let Some(mut interpreter) = interpreter() else { return };
    interpreter.path = "/bin/false".into();
    let folder = tempfile::tempdir().unwrap();
    let error = Cache::at(folder.path()).environment(&interpreter, Purpose::Numpy).unwrap_err();
    assert!(matches!(error, EnvironmentError::NoVenv { .. }), "{error}");
    assert!(error.to_string().contains("/bin/false"), "{error}");
}

#[test]
fn two_builders_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.lock");
    let held = lock(&path).unwrap();
    let other = File::options().append(true).open(&path).unwrap();
    assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
    drop(held);
    other.try_lock().unwrap();
}

#[test]
fn every_lock_file_pins_versions_and_files() {
    for requirements in Purpose::ALL.into_iter().filter_map(Purpose::requirements) {
        let pins = requirements.lines().filter(|line| !line.starts_with([' ', '#']));
        for pin in pins {
            assert!(pin.contains("==") && pin.ends_with('\\'), "{pin}");
        }
        assert!(requirements.contains("--hash=sha256:"));
    }
}
