//! "Did you mean": the known word closest to an unknown one.

/// Similarity below which a suggestion would mislead (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.75;

/// The word of `known` closest to `word`, if any is close enough.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A misspelling is short; comparing a megabyte with every key is not.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` or `c`, in back quotes.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_intended_word_and_nothing_far_fetched() {
        let keys = ["share", "request", "response", "client_timeout"];
        assert_eq!(closest("shares", keys), Some("share"));
        assert_eq!(closest("reqest", keys), Some("request"));
        assert_eq!(closest("client-timeout", keys), Some("client_timeout"));
        assert_eq!(closest("Share", keys), Some("share"));
        assert_eq!(closest("zebra", keys), None);
        assert_eq!(closest(&"s".repeat(1000), keys), None);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list([]), "nothing");
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
