//! Values that must not be printed.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;

use super::marks::Forms;
use super::percent;
use crate::words::hex;

/// A token or header value. It has no `Display`, and `Debug` hides it.
#[derive(Clone)]
pub struct Secret(Arc<Inner>);

struct Inner {
    value: String,
    /// In which a reply may show it; made when they are first looked for.
    forms: OnceLock<Vec<Finder<'static>>>,
}

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Arc::new(Inner { value: value.into(), forms: OnceLock::new() }))
    }

    /// The value of an authorization header that has this as its bearer token (RFC 6750 section 2.1).
    pub fn as_bearer(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.expose()))
    }

    /// The part of an authorization header's value after the scheme.
    pub fn without_scheme(&self) -> Secret {
        let value = self.expose();
        Secret::new(value.split_once(' ').map_or(value, |(_, token)| token).trim())
    }

    /// The value itself, for the one place that sends or masks it.
    pub fn expose(&self) -> &str {
        &self.0.value
    }

    /// Whether bytes show the value in a form that a [`Masker`] would mask; of an authorization header's value, what follows the
    /// scheme. For one secret this is far cheaper than to make a masker.
    pub fn is_shown_in(&self, bytes: &[u8]) -> bool {
        let make = || {
            let token = self.without_scheme();
            let value = token.expose();
            let forms = if value.len() < LEAST_SECRET_LENGTH { Vec::new() } else { marks_of(value) };
            forms.iter().map(|form| Finder::new(form).into_owned()).collect()
        };
        let forms = self.0.forms.get_or_init(make);
        forms.iter().any(|form| form.needle().len() <= bytes.len() && form.find(bytes).is_some())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Replaces every known secret in a text, in plain, percent-encoded, hexadecimal and base64 form. A text is scanned once, however many
/// secrets there are. Clones learn of secrets that are added later.
#[derive(Clone, Default)]
pub struct Masker(Arc<Forms>);

/// The text in place of a secret.
pub const MASK: &str = "$TOKEN";

/// Values shorter than this would mask ordinary text and are refused when a target file is read.
pub const LEAST_SECRET_LENGTH: usize = 8;

impl Masker {
    /// A masker for these secrets. Values under [`LEAST_SECRET_LENGTH`] characters are not masked.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let masker = Self::default();
        secrets.into_iter().for_each(|secret| masker.add(secret));
        masker
    }

    /// Masks this too, from now on, also in the masker's clones.
    pub fn add(&self, secret: &Secret) {
        if secret.expose().len() >= LEAST_SECRET_LENGTH {
            masked_forms_of(secret.expose()).into_iter().for_each(|form| self.0.add(form));
        }
    }

    /// The text without secrets.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let forms = self.0.that_may_be_in(text.as_bytes());
        if forms.is_empty() {
            return Cow::Borrowed(text);
        }
        // Building fails only for more patterns than 32 bits count.
        let longest = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(forms.iter().map(|form| form.as_bytes()));
        longest.map_or_else(|_| MASK.into(), |longest| longest.replace_all(text, &vec![MASK; forms.len()]).into())
    }
}

/// The forms in which a value may be echoed. Base64 of a text that contains the value is found at all three alignments.
fn forms_of(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned(), percent::encode_component(value), percent::encode_component_lower(value)];
    forms.push(STANDARD.encode(value));
    forms.push(STANDARD_NO_PAD.encode(value));
    forms.push(URL_SAFE_NO_PAD.encode(value));
    for shift in 1..3 {
        // The characters that depend on neighbouring bytes are cut off.
        let padded = format!("{}{value}", "x".repeat(shift));
        let whole = padded.len() / 3 * 4;
        for engine in [STANDARD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&padded);
            forms.push(encoded[4..whole.min(encoded.len())].to_owned());
        }
    }
    let aligned = value.len() / 3 * 4;
    forms.push(STANDARD.encode(value)[..aligned].to_owned());
    forms.push(URL_SAFE_NO_PAD.encode(value)[..aligned].to_owned());
    forms.retain(|form| form.len() >= LEAST_SECRET_LENGTH);
    forms
}

/// The same, and forms that only a hostile target writes: hexadecimal, and JSON that escapes a slash.
fn masked_forms_of(value: &str) -> Vec<String> {
    let mut forms = forms_of(value);
    forms.push(hex(value.as_bytes()));
    forms.push(value.bytes().map(|byte| format!("{byte:02X}")).collect());
    if value.contains('/') {
        forms.push(value.replace('/', "\\/"));
    }
    forms
}

/// The minimal texts, of which every text with one of the [`forms_of`] a value has one, each once.
fn marks_of(value: &str) -> Vec<String> {
    let mut marks = vec![value.to_owned()];
    let encoded = percent::encode_component(value);
    if encoded != value {
        marks.extend([percent::encode_component_lower(value), encoded]);
    }
    for shift in 0..3 {
        let padded = ["xx".get(..shift).unwrap_or_default(), value].concat();
        let whole = padded.len() / 3 * 4;
        let standard = STANDARD_NO_PAD.encode(&padded);
        let mark = standard.get(if shift == 0 { 0 } else { 4 }..whole).unwrap_or_default();
        if mark.contains(['+', '/']) {
            marks.push(mark.replace('+', "-").replace('/', "_"));
        }
        marks.push(mark.to_owned());
    }
    marks.retain(|mark| mark.len() >= LEAST_SECRET_LENGTH);
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_shows_a_form_is_found() {
        for value in
            ["s3cr3t+token/with=signs", "plain-token-of-somebody", "12345678", "a?b>c~d/e+f", "0123456789abcdefg"]
        {
            let secret = Secret::new(value);
            for form in masked_forms_of(value) {
                assert!(Masker::new([&secret]).mask(&form).contains(MASK), "{form} of {value}");
            }
            for form in forms_of(value) {
                assert!(secret.is_shown_in(format!("<{form}>").as_bytes()), "{form} of {value}");
                // A value that is found can be masked, too.
                assert!(Masker::new([&secret]).mask(&form).contains(MASK), "{form} of {value}");
            }
        }
    }

    #[test]
    fn a_form_is_masked_wherever_it_stands() {
        for value in ["s3cr3t+token/with=signs", "12345678", "a-b_c-d_e"] {
            let masker = Masker::new([&Secret::new(value)]);
            for form in masked_forms_of(value) {
                for before in ["", "x", "{\"token\":\"", "\u{e9}"] {
                    let text = format!("{before}{form} and more");
                    assert_eq!(masker.mask(&text), format!("{before}{MASK} and more"), "{form} of {value}");
                }
                assert!(!masker.mask(&form[1..]).contains(MASK), "{form} without its first character");
            }
        }
    }

    #[test]
    fn every_form_is_masked() {
        let secret = Secret::new("s3cr3t+token/with=signs");
        let masker = Masker::new([&secret]);
        for text in [
            secret.expose().to_owned(),
            percent::encode_component(secret.expose()),
            "s3cr3t%2btoken%2fwith%3dsigns".to_owned(),
            STANDARD.encode(secret.expose()),
            STANDARD.encode(format!("ab{} and more", secret.expose())),
            URL_SAFE_NO_PAD.encode(format!("a{} and more", secret.expose())),
        ] {
            let masked = masker.mask(&text).into_owned();
            assert!(masked.contains(MASK), "{text} stayed {masked}");
            assert!(secret.is_shown_in(text.as_bytes()), "{text}");
            assert!(secret.as_bearer().is_shown_in(text.as_bytes()), "{text}");
        }
        assert_eq!(masker.mask("nothing here"), "nothing here");
        let (clone, renewed) = (masker.clone(), Secret::new("a-token-that-came-later"));
        masker.add(&renewed);
        masker.add(&Secret::new("short"));
        let both = format!("{} and {} and short", STANDARD.encode(renewed.expose()), secret.expose());
        for masker in [&masker, &clone] {
            assert_eq!(masker.mask(&both), "$TOKEN and $TOKEN and short");
            assert_eq!(masker.mask("nothing here"), "nothing here");
        }
        assert!(!secret.is_shown_in(b"nothing here") && !Secret::new("short").is_shown_in(b"short"));
        assert_eq!(format!("{secret:?}"), "Secret(***)");
    }
}
