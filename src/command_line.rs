//! The command that repeats an answer.

/// This program's own command line, quoted for a shell.
pub fn repeat() -> String {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = std::iter::once("planner".to_owned()).chain(words).collect();
    // Only a NUL byte cannot be quoted, and no argument can hold one.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}
