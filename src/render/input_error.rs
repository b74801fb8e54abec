//! An input error with its line, a caret and what to do.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use sim::input::InputError;

use super::layout::WIDTH;

/// Longest stretch of a line that is shown on either side of a fault, in bytes.
const CONTEXT: usize = 2 * WIDTH;

/// Styled; the stream that it is written to takes the styles away where they
/// are not wanted.
pub fn renderer() -> Renderer {
    Renderer::styled().term_width(WIDTH)
}

/// The error as text.
pub fn report(error: &InputError) -> String {
    let path = error.path.display().to_string();
    let (source, span, first_line) = window(error);
    let mut group = annotate_snippets::Group::with_title(Level::ERROR.primary_title(match &span {
        Some(_) => error.message.clone(),
        None => format!("{path}: {}", error.message),
    }));
    if let Some(span) = span {
        let mark = AnnotationKind::Primary.span(span);
        let mark = match &error.label {
            Some(label) => mark.label(label),
            None => mark,
        };
        let snippet = Snippet::source(source).line_start(first_line).path(&path).annotation(mark);
        group = group.element(snippet);
    }
    for note in &error.notes {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = &error.help {
        group = group.element(Level::HELP.message(help));
    }
    renderer().render(&[group])
}

/// The lines that the span touches, cut on both sides if they are very long,
/// the span within them, and the number of the first.
fn window(error: &InputError) -> (&str, Option<std::ops::Range<usize>>, usize) {
    let text: &str = &error.source_text;
    let (Some(span), Some((line, _))) = (&error.span, error.line_column()) else {
        return ("", None, error.first_line);
    };
    let line_start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text.floor_char_boundary(span.end.min(text.len()).max(span.start));
    let line_end = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
    let from = text.ceil_char_boundary(line_start.max(span.start.saturating_sub(CONTEXT)));
    let to = text.floor_char_boundary(line_end.min(span.start + CONTEXT)).max(span.start);
    let marked = span.start - from..end.min(to) - from;
    (&text[from..to], Some(marked), line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::input::InputKind;

    fn error(text: &str, span: std::ops::Range<usize>) -> InputError {
        let whole =
            InputError::whole_file(InputKind::Workload, "w.toml", "`5 sec` has no known unit");
        InputError { source_text: text.into(), span: Some(span), ..whole.with_help("write `5 s`") }
    }

    fn plain(error: &InputError) -> String {
        anstream::adapter::strip_str(&report(error)).to_string()
    }

    #[test]
    fn shows_place_caret_and_help() {
        let shown = plain(&error("name = \"x\"\nwait = \"5 sec\"\n", 18..25));
        let expected = [
            "error: `5 sec` has no known unit",
            " --> w.toml:2:8",
            "  |",
            "2 | wait = \"5 sec\"",
            "  |        ^^^^^^^",
            "  |",
            "  = help: write `5 s`",
        ];
        assert_eq!(shown.lines().map(str::trim_end).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn shows_a_whole_file_without_a_caret() {
        let whole = InputError::whole_file(InputKind::Workload, "w.toml", "no such file");
        assert_eq!(plain(&whole).trim_end(), "error: w.toml: no such file");
    }

    #[test]
    fn any_span_can_be_shown() {
        let text = format!("é = \"{}\"\nb = 2", "é".repeat(5000));
        for span in [0..0, 0..2, 5..9000, 5003..5005, 0..text.len(), text.len()..text.len()] {
            assert!(plain(&error(&text, span.clone())).contains("w.toml:"), "{span:?}");
        }
        assert!(plain(&error("", 0..0)).contains("5 sec"));
        assert!(plain(&error("a", 7..9)).contains("5 sec"));
    }
}
