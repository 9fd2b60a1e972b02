//! Hostile text on its way to a terminal or a file.

use std::borrow::Cow;

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
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}... ({} more characters)", &text[..end], text[end..].chars().count())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_made_visible_and_the_rest_stays() {
        assert_eq!(printable("\u{1b}[31mred\u{202e}"), "\\u{1b}[31mred\\u{202e}");
        assert_eq!(printable("ordinary ü ✓"), "ordinary ü ✓");
        assert_eq!(printable("a\nb\u{9b}"), "a\\u{a}b\\u{9b}");
        assert_eq!((shortened("äöü", 3), shortened("äöü€", 3)), ("äöü".into(), "äöü... (1 more characters)".into()));
    }
}
