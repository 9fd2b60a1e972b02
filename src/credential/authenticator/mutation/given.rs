//! What a mutation is given, and the templates that speak of it: literal text with placeholders such as `${origin}`,
//! `${hex:ff}` and `${repeat:1000:[}`.

use std::ops::Deref;

use super::args::Args;
use crate::authenticator::error::MutationError;
use crate::authenticator::keys::KeyPair;

/// The most that a template repeats.
const MOST: usize = 16 * 1024 * 1024;

/// The arguments of a mutation, and the data of the creation that it may use.
pub struct Given<'a> {
    pub(super) args: &'a Args,
    pub(super) origin: &'a str,
    pub(super) rp_id: &'a str,
    pub(super) challenge: &'a [u8],
    pub(super) seed: &'a [u8; 32],
    /// The credential key pair.
    pub(super) key: &'a KeyPair,
}

impl Deref for Given<'_> {
    type Target = Args;

    fn deref(&self) -> &Args {
        self.args
    }
}

impl Given<'_> {
    /// A template with only the common placeholders.
    pub(super) fn template(&self, text: &str) -> Result<Vec<u8>, MutationError> {
        self.fill(text, &|_name| None)
    }

    /// As [`Given::template`], as text.
    pub(super) fn text_template(&self, text: &str) -> Result<String, MutationError> {
        String::from_utf8(self.template(text)?).map_err(|_error| MutationError::Args("a template of UTF-8 text"))
    }

    /// Fills in a template; `named` gives the placeholders that depend on where it stands.
    pub(super) fn fill(
        &self,
        template: &str,
        named: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Vec<u8>, MutationError> {
        let mut out = Vec::new();
        let mut rest = template;
        while let Some(start) = rest.find("${") {
            let (before, after) = rest.split_at(start);
            let end = after.find('}').ok_or(MutationError::Args("a template whose placeholders are closed"))?;
            out.extend(before.bytes());
            let name = &after[2..end];
            let unknown = || MutationError::Impossible(format!("there is no placeholder ${{{name}}} here"));
            out.extend(named(name).or_else(|| common(name, self)).ok_or_else(unknown)?);
            rest = &after[end + 1..];
        }
        out.extend(rest.bytes());
        Ok(out)
    }
}

/// The placeholders that are known everywhere.
fn common(name: &str, given: &Given<'_>) -> Option<Vec<u8>> {
    if let Some(digits) = name.strip_prefix("hex:") {
        let pairs = (0..digits.len()).step_by(2);
        return pairs.map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect();
    }
    if let Some((count, text)) = name.strip_prefix("repeat:").and_then(|rest| rest.split_once(':')) {
        let count: usize = count.parse().ok()?;
        return (count.checked_mul(text.len())? <= MOST).then(|| text.repeat(count).into_bytes());
    }
    let (scheme, authority) = given.origin.split_once("://")?;
    let (host, port) =
        authority.rsplit_once(':').map_or((authority, String::new()), |(host, port)| (host, format!(":{port}")));
    let text = match name {
        "origin" => given.origin.to_owned(),
        "scheme" => scheme.to_owned(),
        "other-scheme" => (if scheme == "https" { "http" } else { "https" }).to_owned(),
        "host" => host.to_owned(),
        "host-upper" => host.to_uppercase(),
        "host-parent" => parent(host)?,
        "host-without-dot" => host.split_once('.').map_or_else(|| format!("{host}X"), |(a, b)| format!("{a}X{b}")),
        "host-homograph" => host.replacen(['a', 'e', 'o'], "\u{0430}", 1),
        "port" => port,
        "rp-id" => given.rp_id.to_owned(),
        "rp-id-upper" => given.rp_id.to_uppercase(),
        "rp-id-parent" => parent(given.rp_id)?,
        "challenge" => crate::webauthn::base64::encode_url(given.challenge),
        _ => return None,
    };
    Some(text.into_bytes())
}

/// What follows the first label; a name of one label has "parent" before it made up.
fn parent(name: &str) -> Option<String> {
    Some(name.split_once('.').map_or_else(|| "parent.invalid".to_owned(), |(_, parent)| parent.to_owned()))
}
