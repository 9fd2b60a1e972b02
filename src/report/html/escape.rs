//! What stands between a hostile text and the page.

use minijinja::{Error, Output, State, Value};

use crate::report::text::printable;

/// Writes a value of a template: what steers a terminal or turns a text's direction becomes visible, what HTML reads as its own
/// is escaped. Line breaks stay, since shell lines and JSON have them; in HTML they are white space.
pub(super) fn formatter(out: &mut Output<'_>, _state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text)?,
        Some(text) => out.write_str(&escaped(text))?,
        None => out.write_str(&escaped(&value.to_string()))?,
    }
    Ok(())
}

/// The text for an element's content or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            safe.push('\n');
        }
        for character in printable(line).chars() {
            match character {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                other => safe.push(other),
            }
        }
    }
    safe
}

/// A fragment's name of an id. Ids are paths of slugs; what a foreign stream may have besides becomes `~`.
pub(super) fn anchor(kind: &str, id: &str) -> String {
    let safe = |character: char| {
        if character.is_ascii_alphanumeric() || "-._/".contains(character) { character } else { '~' }
    };
    format!("{kind}-{}", id.chars().map(safe).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup_or_steers() {
        assert_eq!(escaped("</script>&\"'"), "&lt;/script&gt;&amp;&quot;&#39;");
        assert_eq!(escaped("a\nb\r\u{202e}\0"), "a\nb\\u{d}\\u{202e}\\u{0}");
        assert_eq!(anchor("case", "a-b/c.d e\"<\u{202e}"), "case-a-b/c.d~e~~~");
    }
}
