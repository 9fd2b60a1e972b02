//! The interface to what the reader of a reply may not see.

use std::fmt;

use crate::wire::secret::Secret;

/// Knows what the reader of a reply may not see, and finds it in bytes.
pub trait Watch: fmt::Debug + Sync {
    /// The things that are in the bytes, each once.
    fn seen(&self, bytes: &[u8]) -> Vec<Seen>;
}

/// A thing that the reader of a reply may not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What it is, such as `the name of a factor`.
    pub what: &'static str,
    /// Whose it is, such as `another user`.
    pub whose: &'static str,
    /// Whether it is a token.
    pub is_token: bool,
}

/// A thing, and where in the reply it stands.
pub(super) type Found = (String, Seen);

impl Watch for Secret {
    fn seen(&self, bytes: &[u8]) -> Vec<Seen> {
        let token = Seen { what: "the token", whose: "the caller", is_token: true };
        if self.is_shown_in(bytes) { vec![token] } else { Vec::new() }
    }
}
