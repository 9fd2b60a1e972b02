//! One part of one credential, and how much of it is shown.

use super::marks::count;
use crate::words::beginning;

/// How many characters of a value are shown.
const MOST_CHARACTERS: usize = 160;
/// How many members of one value are taken apart.
pub(super) const MOST_PARTS: usize = 64;

/// One part of one credential.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The key by which its counterpart in another credential is found.
    pub key: String,
    /// Its name.
    pub label: String,
    /// Its value in words.
    pub value: String,
    /// How it is encoded.
    pub raw: Vec<u8>,
    /// What it contains, if `value` does not show all of it.
    pub content: Option<Vec<u8>>,
    /// What it consists of.
    pub parts: Vec<Part>,
    /// Why not all of it could be read.
    pub broken: Option<String>,
}

impl Part {
    pub fn new(key: &str, value: String, raw: &[u8]) -> Part {
        Part { key: key.to_owned(), label: key.to_owned(), value, raw: raw.to_vec(), ..Part::default() }
    }

    /// Bytes that words can't describe.
    pub fn opaque(key: &str, value: String, bytes: &[u8]) -> Part {
        Part { content: Some(bytes.to_vec()), ..Part::new(key, value, bytes) }
    }

    pub fn labelled(self, label: impl Into<String>) -> Part {
        Part { label: label.into(), ..self }
    }

    /// The note about it.
    pub fn note(&self) -> String {
        self.broken.clone().unwrap_or_default()
    }
}

/// Bytes under a name.
pub(super) fn bytes(key: &str, bytes: &[u8]) -> Part {
    Part::opaque(key, count(bytes.len()), bytes)
}

/// The line for members that are not taken apart.
pub(super) fn further(all: usize) -> Option<Part> {
    (all > MOST_PARTS).then(|| Part::new("…", format!("{} more, not shown", all - MOST_PARTS), &[]))
}

/// The beginning of a long text, with its length.
pub(super) fn cut(text: &str) -> String {
    let head = beginning(text, MOST_CHARACTERS);
    if head == text { text.to_owned() } else { format!("{head} … ({} characters)", text.chars().count()) }
}
