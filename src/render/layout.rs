//! Headings, paragraphs and tables that fit 80 columns.

use comfy_table::{ContentArrangement, Table, presets};

/// Columns of the narrowest terminal that is catered for.
pub const WIDTH: usize = 80;

/// A text that grows section by section.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// Starts a section.
    pub fn heading(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(title);
        self.text.push('\n');
    }

    /// A paragraph, wrapped, its lines after the first set in like the text.
    pub fn paragraph(&mut self, indent: &str, text: &str) {
        self.hanging(indent, indent, text);
    }

    /// A paragraph that starts with `first` and goes on with `rest`.
    pub fn hanging(&mut self, first: &str, rest: &str, text: &str) {
        // A word that is too long (a path) keeps its line to itself.
        let options = textwrap::Options::new(WIDTH)
            .initial_indent(first)
            .subsequent_indent(rest)
            .break_words(false);
        for line in textwrap::wrap(text, options) {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// A line as it is, for what must not be wrapped.
    pub fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Rows in columns, set in by two; nothing without rows.
    pub fn table<const N: usize>(&mut self, rows: &[[String; N]]) {
        if rows.is_empty() {
            return;
        }
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(WIDTH as u16 - 1)
            .add_rows(rows.iter().map(|row| row.as_slice()));
        for line in table.lines() {
            self.text.push(' ');
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_the_page() {
        let mut page = Page::default();
        page.heading("Title");
        page.paragraph("  ", &"word ".repeat(50));
        page.table(&[["name".to_owned(), "many words ".repeat(20), "a cell".to_owned()]]);
        let text = page.finish();
        assert!(text.lines().count() > 6);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH && line == line.trim_end(), "{line:?}");
        }
    }
}
