//! Names of request classes out of routes, task names and labels.

/// Longest name of a class.
const MAX_NAME: usize = 64;
/// Least letters of a hexadecimal word that is an identifier, not a word.
const MIN_HEX: usize = 8;

/// `GET /users/17?page=2` becomes `GET-users-N`: the query is cut off, what
/// tells one object from another becomes `N`, and what no name may contain
/// becomes a hyphen.
pub(crate) fn class_name(text: &str) -> String {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(scheme, rest)| {
        // `GET http://host/users` keeps its method and path.
        let method = scheme.rsplit_once(' ').map_or("", |(method, _)| method);
        rest.find('/').map_or(method, |slash| &rest[slash..])
    });
    let mut name = String::new();
    for word in path.split([' ', '/']).filter(|word| !word.is_empty()) {
        if !name.is_empty() {
            name.push('-');
        }
        if is_identifier(word) {
            name.push('N');
        } else {
            let letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            name.extend(word.chars().map(|c| if letter(c) { c } else { '-' }));
        }
        if name.len() >= MAX_NAME {
            break;
        }
    }
    name.truncate(MAX_NAME);
    if name.is_empty() { "root".to_owned() } else { name }
}

/// A number, or hexadecimal digits (with hyphens: a UUID) with a number in them.
fn is_identifier(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    digits == word.len() || (hex && digits > 0 && word.len() >= MIN_HEX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_lose_what_tells_objects_apart() {
        for (text, expected) in [
            ("GET /users/17?page=2", "GET-users-N"),
            ("GET /users/18/orders", "GET-users-N-orders"),
            ("POST /f/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "POST-f-N"),
            ("GET /cafe/decade", "GET-cafe-decade"),
            ("GET /", "GET"),
            ("https://example.org/a/b", "a-b"),
            ("app.tasks:resize", "app.tasks-resize"),
            ("/caf\u{e9}", "caf-"),
            ("", "root"),
        ] {
            assert_eq!(class_name(text), expected, "{text}");
        }
        assert_eq!(class_name(&"ab/".repeat(100)).len(), 64);
    }
}
