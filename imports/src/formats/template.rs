//! Log formats as servers' configurations write them: `$remote_addr - [$time_local]`
//! of nginx, `%h %l %u %t "%r" %>s %b %D` of Apache.

/// What a field of a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Nothing that is needed.
    Ignored,
    /// When the request came or ended, in any form.
    Stamp,
    /// `GET /path HTTP/1.1`.
    Request,
    /// Method.
    Method,
    /// Path.
    Path,
    /// HTTP status.
    Status,
    /// Size of the response, in bytes.
    Bytes,
    /// Duration; how many ns its unit has.
    Duration(i64),
    /// Duration in s if it has a point (nginx), else in us (Apache).
    SomeDuration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field(Field),
}

/// A log format, ready to take lines apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
    /// Does the stamp say when the request came (Apache), not when it ended?
    pub(crate) stamp_is_start: bool,
}

/// Fields of nginx.
const NGINX: &[(&str, Field)] = &[
    ("time_local", Field::Stamp),
    ("time_iso8601", Field::Stamp),
    ("msec", Field::Stamp),
    ("request", Field::Request),
    ("request_method", Field::Method),
    ("uri", Field::Path),
    ("request_uri", Field::Path),
    ("status", Field::Status),
    ("body_bytes_sent", Field::Bytes),
    ("bytes_sent", Field::Bytes),
    ("request_time", Field::Duration(1_000_000_000)),
    ("upstream_response_time", Field::Duration(1_000_000_000)),
];

/// Fields of Apache, without what stands between `%` and the letter.
const APACHE: &[(&str, Field)] = &[
    ("t", Field::Stamp),
    ("r", Field::Request),
    ("m", Field::Method),
    ("U", Field::Path),
    ("s", Field::Status),
    ("b", Field::Bytes),
    ("B", Field::Bytes),
    ("O", Field::Bytes),
    ("D", Field::Duration(1_000)),
    ("T", Field::Duration(1_000_000_000)),
    ("{us}T", Field::Duration(1_000)),
    ("{ms}T", Field::Duration(1_000_000)),
    ("{s}T", Field::Duration(1_000_000_000)),
];

impl Template {
    /// A format by name (`nginx`, `apache`) or as configured.
    ///
    /// # Errors
    /// What is missing from it or not known.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = match text {
            "nginx" => NGINX_COMBINED,
            "nginx-common" => {
                "$remote_addr - $remote_user [$time_local] \"$request\" $status \
                               $body_bytes_sent $request_time"
            }
            "apache" => "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D",
            "apache-common" => "%h %l %u %t \"%r\" %>s %b %D",
            own => own,
        };
        let template = if text.contains('%') && !text.contains('$') {
            Self { parts: apache(text)?, stamp_is_start: true }
        } else {
            Self { parts: nginx(text), stamp_is_start: false }
        };
        template.check()?;
        Ok(template)
    }

    /// The combined or common format with a duration at its end, in the form
    /// of `SomeDuration`; `extra` further quoted fields before it.
    pub(crate) fn usual(quoted: usize) -> Self {
        let mut parts = nginx("$a $b $c [$time_local] \"$request\" $status $body_bytes_sent ");
        for _ in 0..quoted {
            parts.extend(nginx("\"$x\" "));
        }
        parts.push(Part::Field(Field::SomeDuration));
        Self { parts: joined(parts), stamp_is_start: false }
    }

    fn check(&self) -> Result<(), String> {
        let has = |wanted: fn(Field) -> bool| {
            self.parts.iter().any(|part| matches!(part, Part::Field(field) if wanted(*field)))
        };
        if !has(|field| field == Field::Stamp) {
            return Err("no time stamp: it needs $time_local, $msec, $time_iso8601 or %t".into());
        }
        if !has(|field| matches!(field, Field::Duration(_))) {
            return Err("no duration: it needs $request_time, %D or %{ms}T".into());
        }
        let two = |pair: &[Part]| matches!(pair, [Part::Field(_), Part::Field(_)]);
        if self.parts.windows(2).any(two) {
            return Err("two fields with nothing between them cannot be told apart".into());
        }
        Ok(())
    }

    /// Calls `each` with every field of `line`.
    ///
    /// # Errors
    /// Where in the line, in bytes, it stops being of this format.
    pub(crate) fn take_apart<'a>(
        &self,
        line: &'a str,
        mut each: impl FnMut(Field, &'a str),
    ) -> Result<(), usize> {
        let mut at = 0;
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Literal(literal) => {
                    if !line[at..].starts_with(literal.as_str()) {
                        return Err(at);
                    }
                    at += literal.len();
                }
                Part::Field(field) => {
                    let end = match self.parts.get(index + 1) {
                        Some(Part::Literal(literal)) => end_of(&line[at..], literal).ok_or(at)?,
                        _ => line.len() - at,
                    };
                    each(*field, &line[at..at + end]);
                    at += end;
                }
            }
        }
        if at == line.len() { Ok(()) } else { Err(at) }
    }
}

const NGINX_COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status \
                              $body_bytes_sent \"$http_referer\" \"$http_user_agent\" \
                              $request_time";

/// Where `literal` first stands in `text`, a quote behind a backslash left out.
fn end_of(text: &str, literal: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let found = from + text[from..].find(literal)?;
        if !literal.starts_with('"') || !text[..found].ends_with('\\') {
            return Some(found);
        }
        from = found + 1;
    }
}

fn nginx(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        parts.push(Part::Literal(rest[..dollar].to_owned()));
        let name = &rest[dollar + 1..];
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = name.find(|c| !word(c)).unwrap_or(name.len());
        let known = NGINX.iter().find(|(known, _)| *known == &name[..end]);
        parts.push(Part::Field(known.map_or(Field::Ignored, |(_, field)| *field)));
        rest = &name[end..];
    }
    parts.push(Part::Literal(rest.to_owned()));
    joined(parts)
}

fn apache(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(percent) = rest.find('%') {
        parts.push(Part::Literal(rest[..percent].to_owned()));
        let code = rest[percent + 1..].trim_start_matches(['>', '<', '!', ',']);
        let braces = match code.strip_prefix('{') {
            Some(inner) => inner.find('}').ok_or("a brace is not closed")? + 2,
            None => 0,
        };
        let letter = code[braces..].chars().next().ok_or("a % with nothing behind it")?;
        let end = braces + letter.len_utf8();
        let known = APACHE.iter().find(|(known, _)| *known == &code[..end]);
        // `%{Referer}i` is ignored, and so is `%{...}t`, whose form is anybody's.
        parts.push(Part::Field(known.map_or(Field::Ignored, |(_, field)| *field)));
        rest = &code[end..];
    }
    parts.push(Part::Literal(rest.to_owned()));
    // Apache writes the brackets around `%t` itself, and a blank inside them.
    let mut closed = Vec::new();
    for part in parts {
        if part == Part::Field(Field::Stamp) {
            let bracket = |text: &str| Part::Literal(text.to_owned());
            closed.extend([bracket("["), part, bracket("]")]);
        } else {
            closed.push(part);
        }
    }
    Ok(joined(closed))
}

/// Neighbouring literals as one, none empty.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (_, Part::Literal(text)) if text.is_empty() => {}
            (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
            (_, part) => joined.push(part),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] \"GET /a\\\"b HTTP/1.1\" 200 \
                        512 \"-\" \"agent 1.0 (x)\" 0.012";

    fn fields<'a>(template: &Template, line: &'a str) -> Result<Vec<(Field, &'a str)>, usize> {
        let mut found = Vec::new();
        template.take_apart(line, |field, text| found.push((field, text)))?;
        found.retain(|(field, _)| *field != Field::Ignored);
        Ok(found)
    }

    #[test]
    fn nginx_and_apache_read_the_same_line() {
        let expected =
            ["10/Oct/2025:13:55:36 +0000", "GET /a\\\"b HTTP/1.1", "200", "512", "0.012"];
        for template in
            [Template::parse("nginx"), Template::parse("apache"), Ok(Template::usual(2))]
        {
            let found = fields(&template.unwrap(), LINE).unwrap();
            assert_eq!(found.iter().map(|(_, text)| *text).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_format_of_ones_own_is_read() {
        let nginx = Template::parse("$msec|$request_method|$uri|rt=$request_time;").unwrap();
        let found = fields(&nginx, "1760129736.250|GET|/x|rt=0.5;").unwrap();
        assert_eq!(found[3], (Field::Duration(1_000_000_000), "0.5"));
        let apache = Template::parse("%t %{ms}T %U").unwrap();
        let found = fields(&apache, "[10/Oct/2025:13:55:36 +0000] 17 /x").unwrap();
        assert_eq!(found[1], (Field::Duration(1_000_000), "17"));
    }

    #[test]
    fn another_line_says_where_it_differs() {
        let nginx = Template::parse("nginx").unwrap();
        assert_eq!(fields(&nginx, "").unwrap_err(), 0);
        let cut = &LINE[..60];
        assert!(fields(&nginx, cut).unwrap_err() >= 40);
        assert!(fields(&nginx, "\u{e9}\u{e9} - ").is_err());
    }

    #[test]
    fn a_format_without_what_is_needed_is_refused() {
        for (text, why) in [
            ("$remote_addr $request_time", "time stamp"),
            ("$time_local $status", "duration"),
            ("$msec$request_time", "between"),
            ("%t %D%", "nothing behind"),
            ("%t %{ms", "not closed"),
        ] {
            assert!(Template::parse(text).unwrap_err().contains(why), "{text}");
        }
    }
}
