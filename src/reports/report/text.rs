//! Hostile text on its way to a terminal or a file.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::words::beginning;

/// The text with every control character (terminal escapes included) and every bidirectional override made visible.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let bidirectional =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || bidirectional || matches!(character, '\u{fffe}' | '\u{ffff}') {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The text, or its first characters and how many follow.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let head = beginning(text, most);
    match text[head.len()..].chars().count() {
        0 => Cow::Borrowed(text),
        more => Cow::Owned(format!("{head}... ({more} more characters)")),
    }
}

/// Text in lines of at most so many characters, broken at blanks; a longer word has a line of its own.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Writing to a `String` can't fail.
pub(super) fn push(text: &mut String, words: &str) {
    text.write_str(words).unwrap_or_default();
}

/// One labelled line, made safe for a terminal.
pub(super) fn entry(text: &mut String, label: &str, words: &str) {
    push(text, &format!("  {label:<9} {}\n", printable(words)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_blanks() {
        assert_eq!(wrapped("one two  three\nfour", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("unbreakable ü", 3), ["unbreakable", "ü"]);
        assert!(wrapped(" ", 3).is_empty());
    }

    #[test]
    fn escapes_are_made_visible_and_the_rest_stays() {
        assert_eq!(printable("\u{1b}[31mred\u{202e}"), "\\u{1b}[31mred\\u{202e}");
        assert_eq!(printable("ordinary ü ✓"), "ordinary ü ✓");
        assert_eq!(printable("a\nb\u{9b}"), "a\\u{a}b\\u{9b}");
        assert_eq!((shortened("äöü", 3), shortened("äöü€", 3)), ("äöü".into(), "äöü... (1 more characters)".into()));
    }
}
