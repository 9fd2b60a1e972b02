//! Escaping of hostile text in a page, and the page's policy.

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

use super::text::printable;
use crate::webauthn::base64;
use crate::webauthn::hash::Hash;

/// Renders the first of some templates (name, and text) for a page. Every value is escaped when it is written, whatever the
/// template does, unless it was marked as safe here.
pub(super) fn render(
    templates: &[(&'static str, &'static str)],
    page: impl Serialize,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(formatter);
    environment
        .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(io::Error::other)?);
    for (name, text) in templates {
        environment.add_template(name, text).map_err(io::Error::other)?;
    }
    let first = templates.first().map(|(name, _)| *name).unwrap_or_default();
    let template = environment.get_template(first).map_err(io::Error::other)?;
    template.render_captured_to(Value::from(Serde(page)), out).map(|_state| ()).map_err(io::Error::other)
}

/// Our own text, which is written without escaping.
pub(super) fn safe(text: &str) -> Value {
    Value::from_safe_string(text.to_owned())
}

/// Allows only our own style and script, known by their hashes, and no request of any kind.
pub(super) fn policy(style: &str, script: Option<&str>) -> String {
    let hash = |text: &str| format!("'sha256-{}'", base64::encode_standard(&Hash::Sha256.digest(text.as_bytes())));
    let script = script.map(|script| format!(" script-src {};", hash(script))).unwrap_or_default();
    format!("default-src 'none'; style-src {};{script} base-uri 'none'; form-action 'none'", hash(style))
}

/// Writes a value of a template: what steers a terminal or turns a text's direction becomes visible, what HTML reads as its own
/// is escaped. Line breaks stay, since shell lines and JSON have them; in HTML they are white space.
fn formatter(out: &mut Output<'_>, _state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup_or_steers() {
        assert_eq!(escaped("</script>&\"'"), "&lt;/script&gt;&amp;&quot;&#39;");
        assert_eq!(escaped("a\nb\r\u{202e}\0"), "a\nb\\u{d}\\u{202e}\\u{0}");
    }
}
