//! Text under way: labelled lines that fit the view.

use crate::report::text::{entry, printable, push, wrapped};
use crate::report::view::View;

/// Columns of a label in the details.
const INDENT: usize = 12;
/// Columns of a label at the end.
const END_INDENT: usize = 10;
/// The fewest columns for prose, however narrow the terminal is.
const LEAST: usize = 24;

/// A part of a summary.
pub(super) struct Page<'a> {
    pub text: String,
    pub view: &'a View,
}

impl<'a> Page<'a> {
    pub fn new(view: &'a View) -> Page<'a> {
        Page { text: String::new(), view }
    }

    /// Text as it is.
    pub fn push(&mut self, words: &str) {
        push(&mut self.text, words);
    }

    /// One labelled paragraph of a detail, broken at the width.
    pub fn entry(&mut self, label: &str, words: &str) {
        let lines = wrapped(&printable(words), self.view.width.saturating_sub(INDENT).max(LEAST));
        for (index, line) in lines.iter().enumerate() {
            entry(&mut self.text, if index == 0 { label } else { "" }, line);
        }
    }

    /// One labelled line of a detail that is never broken: an id, or a command to paste.
    pub fn whole(&mut self, label: &str, words: &str) {
        entry(&mut self.text, label, words);
    }

    /// One labelled paragraph of the end, broken at the width.
    pub fn line(&mut self, label: &str, words: &str) {
        let lines = wrapped(&printable(words), self.view.width.saturating_sub(END_INDENT).max(LEAST));
        for (index, words) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            push(&mut self.text, &format!("{label:<9} {words}\n"));
        }
    }

    /// One labelled line of the end that is never broken.
    pub fn command(&mut self, label: &str, words: &str) {
        push(&mut self.text, &format!("{label:<9} {}\n", printable(words)));
    }

    /// Prose without a label.
    pub fn prose(&mut self, words: &str) {
        push(&mut self.text, &format!("{}\n", wrapped(words, self.view.width.max(LEAST)).join("\n")));
    }
}
